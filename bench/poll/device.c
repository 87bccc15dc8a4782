#include "device.h"
#include <stdio.h>
#include <string.h>
#include "ber.h"

/* The counters of a port, in the order that the formula in responder.c numbers them. */
enum {
  IN_OCTETS,
  IN_UNICAST,
  IN_MULTICAST,
  IN_BROADCAST,
  OUT_OCTETS,
  OUT_UNICAST,
  OUT_MULTICAST,
  OUT_BROADCAST,
  IN_DISCARDS,
  IN_ERRORS,
  OUT_DISCARDS,
  OUT_ERRORS,
  COUNTERS,
  /* Not multicast alone: everything but unicast. */
  IN_OTHERS,
  OUT_OTHERS,
  NO_COUNTER
};

static const struct {
  uint32_t unit, steps;
} PACE[COUNTERS] = {
    [IN_OCTETS] = {1000, 100000}, [OUT_OCTETS] = {1000, 100000}, [IN_UNICAST] = {1, 100000}, [OUT_UNICAST] = {1, 100000},
    [IN_MULTICAST] = {1, 100},    [OUT_MULTICAST] = {1, 100},    [IN_BROADCAST] = {1, 100},  [OUT_BROADCAST] = {1, 100},
    [IN_DISCARDS] = {1, 10},      [IN_ERRORS] = {1, 10},         [OUT_DISCARDS] = {1, 10},   [OUT_ERRORS] = {1, 10}};

enum table { SYSTEM, IF_NUMBER, IF_TABLE, IF_X_TABLE, IF_LAST_CHANGE };

struct object {
  uint8_t oid[12];
  uint8_t size, table, column, port, type, counter;
};

#define MAX_OBJECTS (16 + 41 * PORTS)
static struct object objects[MAX_OBJECTS];
static int count, if_first, if_x_first;

static const uint8_t SYSTEM_OID[] = {0x2b, 6, 1, 2, 1, 1};
static const uint8_t IF_NUMBER_OID[] = {0x2b, 6, 1, 2, 1, 2, 1, 0};
static const uint8_t IF_OID[] = {0x2b, 6, 1, 2, 1, 2, 2, 1};
static const uint8_t IF_X_OID[] = {0x2b, 6, 1, 2, 1, 31, 1, 1, 1};
static const uint8_t IF_LAST_CHANGE_OID[] = {0x2b, 6, 1, 2, 1, 31, 1, 5, 0};

#define T(type) ((type) << 8 | NO_COUNTER)
#define C32(counter) (COUNTER32 << 8 | (counter))
#define C64(counter) (COUNTER64 << 8 | (counter))
/* Type and counter of each column, from the first on. */
static const int IF_COLUMNS[] = {
    T(INTEGER),        T(OCTETS),          T(INTEGER),        T(INTEGER),       T(GAUGE32),         T(OCTETS),
    T(INTEGER),        T(INTEGER),         T(TIMETICKS),      C32(IN_OCTETS),   C32(IN_UNICAST),    C32(IN_OTHERS),
    C32(IN_DISCARDS),  C32(IN_ERRORS),     T(COUNTER32),      C32(OUT_OCTETS),  C32(OUT_UNICAST),   C32(OUT_OTHERS),
    C32(OUT_DISCARDS), C32(OUT_ERRORS),    T(GAUGE32),        T(OID)};
static const int IF_X_COLUMNS[] = {
    T(OCTETS),          C32(IN_MULTICAST),  C32(IN_BROADCAST),  C32(OUT_MULTICAST), C32(OUT_BROADCAST),
    C64(IN_OCTETS),     C64(IN_UNICAST),    C64(IN_MULTICAST),  C64(IN_BROADCAST),  C64(OUT_OCTETS),
    C64(OUT_UNICAST),   C64(OUT_MULTICAST), C64(OUT_BROADCAST), T(INTEGER),         T(GAUGE32),
    T(INTEGER),         T(INTEGER),         T(OCTETS),          T(TIMETICKS)};
#define SIZE(array) ((int)(sizeof(array) / sizeof(*(array))))

static void add(enum table table, const uint8_t *prefix, int size, int column, int port, int how) {
  struct object *object = &objects[count++];
  memcpy(object->oid, prefix, (size_t)size);
  if (column > 0) {
    object->oid[size++] = (uint8_t)column;
    object->oid[size++] = (uint8_t)port;
  }
  object->size = (uint8_t)size;
  object->table = (uint8_t)table;
  object->column = (uint8_t)column;
  object->port = (uint8_t)port;
  object->type = (uint8_t)(how >> 8);
  object->counter = (uint8_t)(how & 0xff);
}

void device_prepare(void) {
  static const int system[] = {T(OCTETS), T(OID), T(TIMETICKS), T(OCTETS), T(OCTETS), T(OCTETS), T(INTEGER)};
  for (int column = 1; column <= SIZE(system); column++)
    add(SYSTEM, SYSTEM_OID, SIZE(SYSTEM_OID), column, 0, system[column - 1]);
  add(IF_NUMBER, IF_NUMBER_OID, SIZE(IF_NUMBER_OID), 0, 0, T(INTEGER));
  if_first = count;
  for (int column = 1; column <= SIZE(IF_COLUMNS); column++)
    for (int port = 1; port <= PORTS; port++) add(IF_TABLE, IF_OID, SIZE(IF_OID), column, port, IF_COLUMNS[column - 1]);
  if_x_first = count;
  for (int column = 1; column <= SIZE(IF_X_COLUMNS); column++)
    for (int port = 1; port <= PORTS; port++) add(IF_X_TABLE, IF_X_OID, SIZE(IF_X_OID), column, port, IF_X_COLUMNS[column - 1]);
  add(IF_LAST_CHANGE, IF_LAST_CHANGE_OID, SIZE(IF_LAST_CHANGE_OID), 0, 0, T(TIMETICKS));
}

int device_objects(void) { return count; }

/* Every subidentifier of ours is one octet below 0x80, and a longer one begins above that: octets compare as OIDs do. */
static int compare(const struct object *object, const uint8_t *oid, int size) {
  int least = object->size < size ? object->size : size;
  int order = memcmp(object->oid, oid, (size_t)least);
  return order != 0 ? order : object->size - size;
}

int device_after(const uint8_t *oid, int size) {
  int found = device_find(oid, size);
  if (found >= 0) return found + 1;
  int low = 0, high = count;
  while (low < high) {
    int middle = (low + high) / 2;
    if (compare(&objects[middle], oid, size) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

int device_find(const uint8_t *oid, int size) {
  if (size == SIZE(IF_X_OID) + 2 && memcmp(oid, IF_X_OID, sizeof IF_X_OID) == 0) {
    int column = oid[size - 2], port = oid[size - 1];
    bool there = column >= 1 && column <= SIZE(IF_X_COLUMNS) && port >= 1 && port <= PORTS;
    return there ? if_x_first + (column - 1) * PORTS + port - 1 : -1;
  }
  if (size == SIZE(IF_OID) + 2 && memcmp(oid, IF_OID, sizeof IF_OID) == 0) {
    int column = oid[size - 2], port = oid[size - 1];
    bool there = column >= 1 && column <= SIZE(IF_COLUMNS) && port >= 1 && port <= PORTS;
    return there ? if_first + (column - 1) * PORTS + port - 1 : -1;
  }
  for (int i = 0; i < if_first; i++)
    if (compare(&objects[i], oid, size) == 0) return i;
  return compare(&objects[count - 1], oid, size) == 0 ? count - 1 : -1;
}

const uint8_t *device_oid(int object, int *size) {
  *size = objects[object].size;
  return objects[object].oid;
}

int device_type(int object) { return objects[object].type; }

static uint64_t counter_at(int counter, uint32_t device, int port, uint64_t elapsed_ms) {
  if (counter == IN_OTHERS || counter == OUT_OTHERS) {
    int first = counter == IN_OTHERS ? IN_MULTICAST : OUT_MULTICAST;
    return counter_at(first, device, port, elapsed_ms) + counter_at(first + 1, device, port, elapsed_ms);
  }
  uint64_t place = (uint64_t)device * 7919 + (uint64_t)port * 104729 + (uint64_t)counter * 1299709;
  uint64_t rate = PACE[counter].unit * (1 + place % PACE[counter].steps);
  uint64_t start = ((uint64_t)device * 31 + (uint64_t)port * 17 + (uint64_t)counter * 7) % 1000;
  start = counter >= IN_DISCARDS ? start << 12 : (start + 1) << 44;
  return start + rate * elapsed_ms / 1000;
}

static int number_at(const struct object *object, uint32_t device, uint64_t elapsed_ms) {
  switch (object->table) {
    case SYSTEM:
      return object->column == 3 ? (int)(100000 + (uint64_t)device * 977 % 10000000 + elapsed_ms / 10) : 6;
    case IF_NUMBER:
      return PORTS;
    case IF_TABLE: {
      static const int numbers[] = {0, 0, 0, 6, 1500, 1000000000, 0, 1, 1, 4242};
      if (object->column == 1) return object->port;
      return object->column < SIZE(numbers) ? numbers[object->column] : 0;
    }
    case IF_X_TABLE: {
      static const int numbers[] = {[14] = 1, [15] = 1000, [16] = 2, [17] = 1};
      return object->column < SIZE(numbers) ? numbers[object->column] : 0;
    }
    default:
      return 4242;
  }
}

static int text_at(const struct object *object, uint32_t device, char *out, size_t room) {
  unsigned a = device >> 16, b = device >> 8 & 0xff, c = device & 0xff;
  if (object->table == IF_X_TABLE)
    return snprintf(out, room, object->column == 1 ? "Gi1/0/%d" : "uplink to server %d", object->port);
  if (object->table == IF_TABLE && object->column == 2) return snprintf(out, room, "GigabitEthernet1/0/%d", object->port);
  if (object->table == IF_TABLE) {
    const uint8_t mac[6] = {2, (uint8_t)a, (uint8_t)b, (uint8_t)c, 0, object->port};
    memcpy(out, mac, sizeof mac);
    return sizeof mac;
  }
  if (object->column == 5) return snprintf(out, room, "switch-%u-%u-%u", a, b, c);
  static const char *const texts[] = {[1] = "Simulated switch, 48 ports", [4] = "nobody@example.com", [6] = "Row 1, rack 2"};
  return snprintf(out, room, "%s", texts[object->column]);
}

/* The content of an unsigned number: as few octets as there may be, the highest bit clear. */
static inline int put_unsigned(uint8_t *out, uint64_t value) {
  int size = value == 0 ? 1 : (64 - __builtin_clzll(value)) / 8 + 1;
  for (int i = 0; i < size; i++) out[i] = i == 0 && size == 9 ? 0 : (uint8_t)(value >> 8 * (size - 1 - i));
  return size;
}

uint8_t *device_put(uint8_t *out, int number, uint32_t device, uint64_t elapsed_ms) {
  const struct object *object = &objects[number];
  /* Nothing here is longer than 127 octets: every length is one octet. */
  uint8_t *at = out + 2;
  *at++ = OID;
  *at++ = object->size;
  memcpy(at, object->oid, sizeof object->oid);
  at += object->size;
  *at++ = object->type;
  uint8_t *length = at++;
  int size;
  if (object->counter != NO_COUNTER) {
    uint64_t value = counter_at(object->counter, device, object->port, elapsed_ms);
    size = put_unsigned(at, object->type == COUNTER32 ? (uint32_t)value : value);
  } else if (object->type == OCTETS) {
    size = text_at(object, device, (char *)at, 100);
  } else if (object->type == OID) {
    /* A switch of a maker that does not exist, and 0.0 for "nothing more specific". */
    static const uint8_t maker[] = {0x2b, 6, 1, 4, 1, 0x86, 0x8d, 0x1f, 1, 48}, zero[] = {0};
    bool system = object->table == SYSTEM;
    size = system ? SIZE(maker) : SIZE(zero);
    memcpy(at, system ? maker : zero, (size_t)size);
  } else {
    size = put_unsigned(at, (uint32_t)number_at(object, device, elapsed_ms));
  }
  *length = (uint8_t)size;
  out[0] = SEQUENCE;
  out[1] = (uint8_t)(at + size - out - 2);
  return at + size;
}
