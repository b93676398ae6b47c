/*
 * act.h - acts of persons: signed documents, the act table, and the proof by which an order shows
 * the act that it comes from. Any thread.
 */
#ifndef GV_ACT_H
#define GV_ACT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/key.h"
#include "giaoviec/v1/act.pb-c.h"
#include "giaoviec/v1/entry.pb-c.h"
#include "giaoviec/v1/task.pb-c.h"
#include "trust/keyset.h"

enum gv_act_kind {
    GV_SIGNED_NONE = 0,
#define SIGNED_ACT(name, number, signers, count, with, lifecycle, when, body)                      \
    GV_SIGNED_##name = (number),
#include "trust/acts.def"
#undef SIGNED_ACT
    GV_SIGNED_END
};

/* Bytes of a task: an order that carries it fits a frame, with its act, item and proof. */
#define GV_TASK_MAX_BYTES ((size_t)192 * 1024)

enum gv_act_with { GV_WITH_PLAIN, GV_WITH_LIST, GV_WITH_BLOB };
enum gv_act_when { GV_WHEN_WAITS, GV_WHEN_URGENT }; /* while the disk is short */

struct gv_act_row {
    const char *name;      /* "ISSUE" */
    uint32_t signers;      /* role bits: each signer needs one of them */
    uint32_t signer_count; /* different persons */
    enum gv_act_with with;
    uint32_t lifecycle; /* enum gv_act of domain/lifecycle.h for each item; 0: none */
    enum gv_act_when when;
    const ProtobufCMessageDescriptor *body;
};
const struct gv_act_row *gv_act_row(uint32_t kind); /* NULL: none */

/*
 * Signs: appends the envelope bytes. An empty act_id becomes a random one and an empty actor the
 * first signer; act itself is not changed. GV_EUSAGE: not what gv_act_open() would take (kind,
 * deployment, times, body, list, number of signers).
 */
GV_MUSTCHECK gv_err gv_act_seal(Giaoviec__V1__Act *act, const struct gv_key *const *keys,
                                size_t key_count, struct gv_buf *out);

/* A list attachment: item bytes in order -> ItemList bytes and the root. */
GV_MUSTCHECK gv_err gv_items_pack(const Giaoviec__V1__Item *const *items, size_t count,
                                  struct gv_buf *out, gv_hash *root);

struct gv_signed_act {
    struct gv_slice bytes;  /* envelope, borrowed */
    Giaoviec__V1__Act *act; /* in the arena */
    const struct gv_act_row *row;
    gv_id act_id;
    ProtobufCMessage *body;                     /* of row->body */
    const Giaoviec__V1__PersonInfo *signers[4]; /* persons of the keyset, all different */
    size_t signer_count;
};
/*
 * Opens and checks all that does not need the database: every signature is of a person of the
 * keyset, enough of them with a role of the row, the actor is the first signer, deployment, body.
 * GV_EBADMSG, GV_ESIGNATURE, GV_EDENIED, GV_ERECIPIENT, GV_EUNSUPPORTED. past: as evidence, a
 * signer may have left since in good standing. Whether it has expired is for the database's clock.
 */
GV_MUSTCHECK gv_err gv_act_open(struct gv_slice bytes, const struct gv_keyset *keyset, bool past,
                                gv_arena *arena, struct gv_signed_act *out);
#define GV_ITEMS_MAX 65536
/* A clock does not go back: a slip of the hand must not end a deployment. */
#define GV_CLOCK_STEP_MAX_DAYS 366
/* The list under the act: GV_ESIGNATURE where digest or root differ, GV_EBADMSG where an item is
 * not well-formed: sizes of ids, unit codes, epochs, from_unit and from_epoch for TRANSFER and
 * REISSUE and nowhere else, role for ISSUE and nowhere else, task_digest (may be empty where no
 * task changes hands), no assignment twice. Everything lives in the arena. */
GV_MUSTCHECK gv_err gv_act_items(const struct gv_signed_act *act, struct gv_slice attachment,
                                 gv_arena *arena, Giaoviec__V1__Item ***items,
                                 struct gv_slice **item_bytes, size_t *count);
void gv_blob_digest(struct gv_slice bytes, gv_hash *out);

/*
 * What a unit checks of an order before it believes it: the act is signed (persons, roles), is of a
 * kind that gives such an order, the item is a leaf of its list, the item names this unit (unit, or
 * from_unit for ORDER_END), assignment, epoch, and for ORDER_ASSIGN the digest of the task.
 * GV_EBADMSG, GV_ESIGNATURE, GV_EDENIED, GV_ERECIPIENT.
 */
GV_MUSTCHECK gv_err gv_order_check(const Giaoviec__V1__OrderEntry *order,
                                   const struct gv_keyset *keyset, const gv_code *unit,
                                   gv_arena *arena, Giaoviec__V1__Task **task);
/*
 * Order kind that an act gives to the holder before and after; 0: none. The holder before is
 * from_unit, and where the item has no from_unit (REVOKE), unit. The holder after is unit.
 */
uint32_t gv_order_kind(uint32_t act_kind, bool to_holder_after);

#endif
