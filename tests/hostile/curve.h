/* curve.h - a connection of our own making, for what libzmq would never send. */
#ifndef HOSTILE_CURVE_H
#define HOSTILE_CURVE_H

#include <stdbool.h>

#include "crypto/key.h"

struct curve;

/* On the loopback. NULL: refused. The caller's: curve_close(). */
struct curve *curve_open(const char *endpoint, const uint8_t server_pk[32],
                         const struct gv_key *key);
void curve_close(struct curve *c); /* NULL is fine */
/* Another part of a message that never ends. False: the other side has closed. */
bool curve_part(struct curve *c);

#endif
