/*
 * message.h - the message table, and the one way to write and to open a message. A message is one
 * frame: Envelope{ payload = Payload{ header, body }, signatures }. Any thread.
 */
#ifndef GV_MESSAGE_H
#define GV_MESSAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/key.h"
#include "wire/envelope.h"

/* Roles as bits: 1 << Role of trust.proto. */
enum {
    GV_ROLE_NOBODY = 1 << 0, /* not authenticated: the enrolment endpoint */
    GV_ROLE_UNIT = 1 << 1,
    GV_ROLE_OFFICE = 1 << 2,
    GV_ROLE_ADMIN = 1 << 3,
    GV_ROLE_MEMBER = 1 << 4,
    GV_ROLE_VIEWER = 1 << 5,
    GV_ROLE_AUDITOR = 1 << 6,
    GV_ROLE_COORDINATOR = 1 << 7,
    GV_ROLE_PERSON =
        GV_ROLE_OFFICE | GV_ROLE_ADMIN | GV_ROLE_MEMBER | GV_ROLE_VIEWER | GV_ROLE_AUDITOR,
};

enum {
    GV_MSG_SIGNED = 1 << 0,
    GV_MSG_SESSION = 1 << 1,
    GV_MSG_REPORTS = 1 << 2,
    GV_MSG_ACTS = 1 << 3,
    GV_MSG_READS = 1 << 4,
    GV_MSG_ENROL = 1 << 5,
    GV_MSG_ROOM = 1 << 6,
};

/* GV_KIND_HELLO = 1, … */
enum gv_kind {
    GV_KIND_NONE = 0,
#define MSG(name, number, senders, max_bytes, flags, body) GV_KIND_##name = (number),
#include "wire/messages.def"
#undef MSG
    GV_KIND_END
};

struct gv_kind_row {
    const char *name; /* "HELLO" */
    uint32_t senders; /* role bits */
    size_t max_bytes; /* of the frame */
    uint32_t flags;
    const ProtobufCMessageDescriptor *body;
};

#define GV_FRAME_MAX_BYTES 262144 /* no row allows more */
/* libzmq measures what CURVE made of the frame, which is 33 bytes longer; a peer that sends more is
 * disconnected. */
#define GV_ZMQ_MAXMSGSIZE (GV_FRAME_MAX_BYTES + 33)

/* NULL: no such kind. */
const struct gv_kind_row *gv_kind_row(uint32_t kind);

/* What goes into a header. deployment, sender, kind are required; the rest may be zero. */
struct gv_head {
    gv_id deployment;
    gv_code sender;
    gv_code recipient; /* "" : the deployment */
    uint32_t kind;
    uint64_t connection;
    uint64_t sequence;
    gv_id message_id;  /* seal: zero: a random one is made and written back */
    gv_id in_reply_to; /* zero: none */
    int64_t time_us;
};

/* Appends the frame to out. key NULL: unsigned (refused with GV_EBUG where the row says SIGNED).
 * GV_ETOOBIG: past the row's max_bytes. */
GV_MUSTCHECK gv_err gv_message_seal(struct gv_head *head, const ProtobufCMessage *body,
                                    const struct gv_key *key, struct gv_buf *out);

struct gv_message {
    struct gv_slice frame; /* borrowed */
    struct gv_envelope envelope;
    struct gv_head head;
    const struct gv_kind_row *row;
    bool is_signed;         /* and the signature holds */
    ProtobufCMessage *body; /* in the arena; of the row's descriptor */
};

/* Who sends, as the transport authenticated it. */
struct gv_sender {
    gv_code code;
    uint32_t roles; /* bits */
    gv_id key_id;   /* gv_key_id() of what follows */
    uint8_t sign_pk[32];
};

/* Who signs with this key: sets it and its id. */
void gv_sender_key(struct gv_sender *sender, const uint8_t sign_pk[32]);

/*
 * Opens a frame from a peer, in this order: envelope; signature by sender's key (when there is
 * one); payload and header; deployment; sender's code; recipient (self or ""); the row: role, size,
 * signature; body. Everything lives in the arena or borrows from the frame.
 * GV_EBADMSG, GV_ETOOBIG, GV_ESIGNATURE, GV_EDENIED (role, or sender is not who the key is),
 * GV_ERECIPIENT (deployment or recipient), GV_EUNSUPPORTED (no row). out->head is valid (for an
 * answer) where out->head.kind != 0, also on failure.
 */
GV_MUSTCHECK gv_err gv_message_open(struct gv_slice frame, const struct gv_sender *sender,
                                    const gv_id *deployment, const gv_code *self, gv_arena *arena,
                                    struct gv_message *out);

#endif
