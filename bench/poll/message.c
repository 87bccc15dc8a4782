#include "message.h"
#include "device.h"

enum { TOO_BIG = 1, NO_SUCH_NAME = 2, GEN_ERR = 5, MOST_NAMES = 512 };
static const struct answer NO_ANSWER = {NULL, NULL};

struct names {
  const uint8_t *oid[MOST_NAMES];
  int size[MOST_NAMES];
  int count;
};

static bool take_names(struct reader *list, struct names *names) {
  names->count = 0;
  while (!list->bad && list->at < list->end) {
    struct reader varbind = take(list, SEQUENCE);
    struct reader oid = take(&varbind, OID);
    if (list->bad || varbind.bad || size_of(oid) < 1 || size_of(oid) > 127 || names->count == MOST_NAMES) return false;
    names->oid[names->count] = oid.at;
    names->size[names->count++] = size_of(oid);
  }
  return !list->bad;
}

/* A varbind without a value: noSuchInstance or endOfMibView. */
static uint8_t *put_absent(uint8_t *at, const uint8_t *oid, int size, int tag) {
  *at++ = SEQUENCE;
  if (size + 4 > 127) *at++ = 0x81;
  *at++ = (uint8_t)(size + 4);
  *at++ = OID;
  *at++ = (uint8_t)size;
  memcpy(at, oid, (size_t)size);
  at += size;
  *at++ = (uint8_t)tag;
  *at++ = 0;
  return at;
}

/* SNMPv1 knows no Counter64: what has one is not there. */
static bool is_seen(int object, int version) { return version != 0 || device_type(object) != COUNTER64; }

static int after(const uint8_t *oid, int size, int version, bool stuck) {
  int object = device_after(oid, size);
  if (stuck && object > 0) object--;
  while (object < device_objects() && !is_seen(object, version)) object++;
  return object;
}

/* Does to the varbinds in from..to what `spoil` says, returns their new end. */
static uint8_t *damage(uint8_t *from, uint8_t *to, const struct asked *asked) {
  uint8_t *starts[4 * MOST_NAMES];
  int count = 0;
  for (uint8_t *at = from; at < to && count < 4 * MOST_NAMES; at += 2 + at[1]) {
    if (at[1] >= 0x80) return to;
    starts[count++] = at;
  }
  if (count == 0) return to;
  int which = (int)(asked->where % (uint32_t)count);
  uint8_t *one = starts[which];
  uint8_t *value = one + 4 + one[3];
  switch (asked->spoil) {
    case SWAPPED: {
      /* The values stay: a client that does not look at names takes each for the other. */
      if (count < 2) return one;
      uint8_t *other = starts[which > 0 ? which - 1 : 1];
      if (other[3] != one[3]) return one;
      uint8_t name[128];
      memcpy(name, one + 4, one[3]);
      memmove(one + 4, other + 4, one[3]);
      memcpy(other + 4, name, one[3]);
      return to;
    }
    case SURPLUS:
      memcpy(to, one, (size_t)one[1] + 2);
      return to + one[1] + 2;
    case MISSING:
      return starts[count - 1];
    case LONG_COUNTER: {
      if (one[1] + 12 > 127) return one;
      memmove(value + 14, value + 2, (size_t)(to - value - 2));
      memset(value + 2, 1, 12);
      value[0] = COUNTER64;
      value[1] = (uint8_t)(value[1] + 12);
      one[1] = (uint8_t)(one[1] + 12);
      return to + 12;
    }
    case LYING_LENGTH:
      value[1] = (uint8_t)(value[1] + 1 + asked->where % 90);
      return to;
    default:
      return to;
  }
}

static uint8_t *put_got(uint8_t *at, const struct names *names, int type, int version, const struct asked *asked, int *missing) {
  *missing = 0;
  for (int i = 0; i < names->count; i++) {
    bool next = type == GETNEXT;
    int object = next ? after(names->oid[i], names->size[i], version, asked->spoil == NO_ADVANCE)
                      : device_find(names->oid[i], names->size[i]);
    bool there = object >= 0 && object < device_objects() && is_seen(object, version);
    if (!there && *missing == 0) *missing = i + 1;
    at = there ? device_put(at, object, asked->device, asked->elapsed_ms)
               : put_absent(at, names->oid[i], names->size[i], next ? END_OF_MIB_VIEW : NO_SUCH_INSTANCE);
  }
  return at;
}

/* Stops before a varbind that would not fit into `limit`, as agents do. */
static uint8_t *put_bulk(uint8_t *at, uint8_t *limit, const struct names *names, int once, int times, const struct asked *asked) {
  int next[MOST_NAMES];
  bool stuck = asked->spoil == NO_ADVANCE;
  for (int i = 0; i < names->count; i++) next[i] = after(names->oid[i], names->size[i], 1, stuck);
  for (int turn = 0; turn < times || turn == 0; turn++) {
    bool more = false;
    for (int i = turn == 0 ? 0 : once; i < (times > 0 ? names->count : once); i++) {
      bool there = next[i] < device_objects();
      int size;
      const uint8_t *oid = device_oid(device_objects() - 1, &size);
      uint8_t *end = there ? device_put(at, next[i], asked->device, asked->elapsed_ms)
                           : put_absent(at, oid, size, END_OF_MIB_VIEW);
      if (end > limit) return at;
      at = end;
      if (there && i >= once) {
        more = true;
        if (!stuck) next[i]++;
      }
    }
    if (!more) return at;
  }
  return at;
}

struct answer answer_to_pdu(struct reader *from, int version, int overhead, const struct asked *asked, uint8_t *room) {
  int type = from->at < from->end ? *from->at : 0;
  if (type != GET && type != GETNEXT && (type != GETBULK || version == 0)) return NO_ANSWER;
  struct reader pdu = take(from, type);
  int32_t id = take_integer(&pdu), first = take_integer(&pdu), second = take_integer(&pdu);
  const uint8_t *list_at = pdu.at;
  struct reader list = take(&pdu, SEQUENCE);
  struct names names;
  if (from->bad || pdu.bad || !take_names(&list, &names)) return NO_ANSWER;
  uint8_t *start = room + HEAD_ROOM, *at = start;
  uint8_t *limit = start + (asked->most < MOST_OCTETS ? asked->most : MOST_OCTETS) - overhead;
  int status = 0, index = 0, missing = 0;
  if (type == GETBULK) {
    int once = first < 0 ? 0 : first > names.count ? names.count : first;
    at = put_bulk(at, limit, &names, once, second < 0 ? 0 : second, asked);
  } else if (names.count <= 256) {
    at = put_got(at, &names, type, version, asked, &missing);
  }
  bool too_big = at > limit || (at == start && names.count > 0) ||
                 (asked->most_varbinds > 0 && type != GETBULK && names.count > asked->most_varbinds);
  if (too_big) status = TOO_BIG;
  else if (version == 0 && missing > 0) status = NO_SUCH_NAME, index = missing;
  else if (asked->spoil == NO_ADVANCE && type == GET) status = GEN_ERR, index = (int)(asked->where % 100000);
  if (status != 0) {
    /* An error repeats what was asked; only tooBig of v2c is empty. */
    int size = status == TOO_BIG && version != 0 ? 0 : (int)(pdu.at - list_at);
    at = start;
    memcpy(at, list_at, (size_t)size);
    at += size;
    if (size == 0) start = before_head(start, SEQUENCE, 0);
  } else {
    at = damage(start, at, asked);
    start = before_head(start, SEQUENCE, at - start);
  }
  start = before_integer(start, index);
  start = before_integer(start, status);
  start = before_integer(start, asked->spoil == WRONG_ID ? id ^ (int32_t)(1u << asked->where % 31) : id);
  start = before_head(start, asked->spoil == AS_REPORT ? REPORT : RESPONSE, at - start);
  struct answer answer = {start, at};
  return answer;
}

struct answer answer_to(const uint8_t *datagram, int size, const struct asked *asked, uint8_t *room) {
  struct reader whole = {datagram, datagram + size, false};
  struct reader message = take(&whole, SEQUENCE);
  if (whole.bad || whole.at != whole.end) return NO_ANSWER;
  int version = take_integer(&message);
  if (message.bad || (version != 0 && version != 1 && version != 3)) return NO_ANSWER;
  if (version == 3) return answer_to_v3(datagram, size, &message, asked, room);
  struct reader community = take(&message, OCTETS);
  if (message.bad || size_of(community) > 255) return NO_ANSWER;
  struct answer answer = answer_to_pdu(&message, version, 48 + size_of(community), asked, room);
  if (answer.from == NULL) return NO_ANSWER;
  answer.from = before_octets(answer.from, OCTETS, community.at, size_of(community));
  if (asked->spoil == FOREIGN_COMMUNITY && size_of(community) > 0) answer.from[2] ^= 1;
  answer.from = before_integer(answer.from, version);
  answer.from = before_head(answer.from, SEQUENCE, answer.to - answer.from);
  return answer;
}
