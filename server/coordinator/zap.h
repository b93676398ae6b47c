/*
 * zap.h - the door: answers libzmq's question who may connect (RFC 27). A thread of its own, which
 * looks into the keyring and nothing else.
 */
#ifndef GV_ZAP_H
#define GV_ZAP_H

#include "base/err.h"
#include "coordinator/keyring.h"

#define ZAP_DOMAIN_MAIN  "giaoviec"       /* keys of the keyring; User-Id is the signing key's id */
#define ZAP_DOMAIN_ENROL "giaoviec-enrol" /* any key; no User-Id */

/* libzmq 4.3.4 has it, and its installed header hides it: with it a missing handler refuses. */
#define GV_ZMQ_ZAP_ENFORCE_DOMAIN 93

/* What a unit's connection may leave here unread: most of its 32 credits, so that the I/O thread is
 * not told after every few, and no more than the guard lets pass. */
#define ZAP_MESSAGES 24
#define ZAP_RCVBUF   262144 /* the kernel takes twice that */

struct zap;

/* Binds before it returns: call before any socket with a ZAP domain is bound. One a context. */
GV_MUSTCHECK gv_err zap_start(void *zmq, keyring_holder *keys, struct zap **out);
/* After zmq_ctx_shutdown(). NULL is fine. */
void zap_join(struct zap *zap);

/* A ROUTER that speaks CURVE and asks the door; every bound that a public socket needs. io_threads:
 * a bit for each of the context's that may serve it; 0: any. */
GV_MUSTCHECK gv_err zap_router_new(void *zmq, const char *domain, uint64_t io_threads,
                                   const uint8_t curve_sk[32], void **out);

/*
 * On a socket of its own on the loopback, thrown away afterwards: is a client refused that the door
 * does not know (after zap_start()), and any client when nobody answers at the door (before it)?
 * GV_EDENIED: it was let in. GV_EUNAVAILABLE: no answer in time.
 */
GV_MUSTCHECK gv_err zap_selftest(void *zmq, const uint8_t curve_sk[32]);

#endif
