/* What the responder says to one datagram: SNMPv1 and v2c here, v3 in usm.c. */
#ifndef MESSAGE_H
#define MESSAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ber.h"

/* Room in front of the varbinds for everything that comes before them. */
enum { HEAD_ROOM = 640, MOST_OCTETS = 65507, ROOM = HEAD_ROOM + MOST_OCTETS + 256 };

/* What a hostile device does to an answer where it is made; other damage is done to the datagram. */
enum spoil { NOTHING, WRONG_ID, FOREIGN_COMMUNITY, SWAPPED, SURPLUS, MISSING, LONG_COUNTER, LYING_LENGTH, NO_ADVANCE, AS_REPORT };

struct asked {
  /* Lower 24 bits of the address asked. */
  uint32_t device;
  uint64_t elapsed_ms;
  /* Largest answer, octets. */
  int most;
  /* tooBig from more than this many varbinds on; 0 = no such limit. */
  int most_varbinds;
  enum spoil spoil;
  /* Where in the answer the damage is. */
  uint32_t where;
};

struct answer {
  /* NULL when there is none to give. */
  uint8_t *from;
  uint8_t *to;
};

/* `room` has ROOM octets; the answer lies in it. */
struct answer answer_to(const uint8_t *datagram, int size, const struct asked *asked, uint8_t *room);

/* The response PDU to the PDU at `from`; `overhead` is what the message needs around it. */
struct answer answer_to_pdu(struct reader *from, int version, int overhead, const struct asked *asked, uint8_t *room);

/* v3, from behind the version on. */
struct answer answer_to_v3(const uint8_t *datagram, int size, struct reader *message, const struct asked *asked, uint8_t *room);
/* Whether this build speaks v3. */
bool v3_prepare(void);
#endif
