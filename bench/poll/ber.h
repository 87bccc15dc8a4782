/* Just enough BER (X.690) for SNMP: a reader that never leaves its octets, writers that go backwards. */
#ifndef BER_H
#define BER_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
  INTEGER = 0x02,
  OCTETS = 0x04,
  OID = 0x06,
  SEQUENCE = 0x30,
  IP_ADDRESS = 0x40,
  COUNTER32 = 0x41,
  GAUGE32 = 0x42,
  TIMETICKS = 0x43,
  COUNTER64 = 0x46,
  NO_SUCH_INSTANCE = 0x81,
  END_OF_MIB_VIEW = 0x82,
  GET = 0xa0,
  GETNEXT = 0xa1,
  RESPONSE = 0xa2,
  GETBULK = 0xa5,
  REPORT = 0xa8
};

struct reader {
  const uint8_t *at, *end;
  bool bad;
};

/* Steps over a TLV with this tag and gives its content; on anything else the reader is bad for good. */
static inline struct reader take(struct reader *from, int tag) {
  struct reader none = {from->end, from->end, true};
  if (from->bad || from->end - from->at < 2 || *from->at != tag) {
    from->bad = true;
    return none;
  }
  const uint8_t *at = from->at + 1;
  long length = *at++;
  if (length >= 0x80) {
    int octets = length & 0x7f;
    if (octets == 0 || octets > 3 || from->end - at < octets) {
      from->bad = true;
      return none;
    }
    for (length = 0; octets > 0; octets--) length = length << 8 | *at++;
  }
  if (length > from->end - at) {
    from->bad = true;
    return none;
  }
  from->at = at + length;
  struct reader content = {at, at + length, false};
  return content;
}

static inline int size_of(struct reader content) { return (int)(content.end - content.at); }

static inline int32_t take_integer(struct reader *from) {
  struct reader content = take(from, INTEGER);
  int size = size_of(content);
  if (from->bad || size < 1 || size > 4) {
    from->bad = true;
    return 0;
  }
  int32_t value = *content.at & 0x80 ? -1 : 0;
  while (content.at < content.end) value = (int32_t)((uint32_t)value << 8 | *content.at++);
  return value;
}

/* The writers put something in front of `at` and return where it begins. */
static inline uint8_t *before_head(uint8_t *at, int tag, long length) {
  if (length < 0x80) {
    *--at = (uint8_t)length;
  } else {
    int octets = 0;
    for (long left = length; left > 0; left >>= 8, octets++) *--at = (uint8_t)left;
    *--at = (uint8_t)(0x80 | octets);
  }
  *--at = (uint8_t)tag;
  return at;
}

static inline uint8_t *before_octets(uint8_t *at, int tag, const void *octets, int size) {
  at -= size;
  memcpy(at, octets, (size_t)size);
  return before_head(at, tag, size);
}

static inline uint8_t *before_integer(uint8_t *at, int32_t value) {
  uint8_t *end = at;
  do {
    *--at = (uint8_t)value;
    value >>= 8;
  } while (!((value == 0 && !(*at & 0x80)) || (value == -1 && (*at & 0x80))));
  return before_head(at, INTEGER, end - at);
}
#endif
