/* curve.h - a connection of our own making, for what libzmq would never send. */
#ifndef HOSTILE_CURVE_H
#define HOSTILE_CURVE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "crypto/key.h"

#define CURVE_GREETING 64
#define CURVE_OPENING  (CURVE_GREETING + 202) /* and HELLO, a frame */

struct curve;

/* Its port on the loopback. */
void curve_address(const char *endpoint, struct sockaddr_in *out);
/* What a client says first, greeting and HELLO, of a session that nobody goes on with. */
void curve_opening(const uint8_t server_pk[32], uint8_t out[CURVE_OPENING]);

/* NULL: refused. The caller's: curve_close(). */
struct curve *curve_open(const char *endpoint, const uint8_t server_pk[32],
                         const struct gv_key *key);
struct curve *curve_greet(const char *endpoint); /* the greetings, and no handshake */
void curve_close(struct curve *c);               /* NULL is fine */
/* Another part of a message that never ends. False: the other side has closed. */
bool curve_part(struct curve *c);
/* The header of a frame of so many bytes, and none of them. False: the other side has closed. */
bool curve_announce(struct curve *c, uint64_t len);
/* Does the other side close within so long? */
bool curve_ends(struct curve *c, int wait_ms);

#endif
