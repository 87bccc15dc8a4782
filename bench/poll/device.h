/* What a device of the responder has: a 48-port switch whose counters move. */
#ifndef DEVICE_H
#define DEVICE_H
#include <stdint.h>

enum { PORTS = 48 };

/* Makes the table of objects; once. */
void device_prepare(void);
/* How many objects there are; they are numbered from 0 in the order of the tree. */
int device_objects(void);
/* Number of the object with these OID octets, -1 when there is none. */
int device_find(const uint8_t *oid, int size);
/* Number of the first object after these OID octets; device_objects() when none follows. */
int device_after(const uint8_t *oid, int size);
/* Octets of its OID. */
const uint8_t *device_oid(int object, int *size);
/* Tag of its value. */
int device_type(int object);
/* Writes its varbind at `out` (room for 256 octets) and returns the end; `device` is the address's lower 24 bits. */
uint8_t *device_put(uint8_t *out, int object, uint32_t device, uint64_t elapsed_ms);
#endif
