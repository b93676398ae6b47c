/*
 * spool.h - what the agent must not lose, in one SQLite file a process (WAL, synchronous=FULL):
 * both logs of each unit, its cursors, its assignments, the last good document of each source.
 * Writes gather in one transaction until gv_spool_commit(); only what was committed may be sent or
 * called accepted. The first failure sticks: every later call answers GV_EIO, and the process is to
 * end. One owner thread.
 */
#ifndef GV_SPOOL_H
#define GV_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "delivery/cursor.h"

typedef struct gv_spool gv_spool;

/* GV_EIO, GV_ENOSPACE, GV_EVERSION (made by a newer program): why says it. */
GV_MUSTCHECK gv_err gv_spool_open(const char *path, gv_spool **out, struct gv_buf *why);
void gv_spool_close(gv_spool *spool); /* drops what was not committed; NULL is fine */
bool gv_spool_ok(const gv_spool *spool);
/* It failed because its disk is full. */
bool gv_spool_full(const gv_spool *spool);
/* After that: nothing of the transaction that failed is left, and it can be used again. */
GV_MUSTCHECK gv_err gv_spool_recover(gv_spool *spool);
/* Bytes in use, those of the running transaction included. */
GV_MUSTCHECK gv_err gv_spool_size(gv_spool *spool, uint64_t *bytes);
const char *gv_spool_why(const gv_spool *spool); /* "": nothing failed */
bool gv_spool_dirty(const gv_spool *spool);      /* something waits for the commit */
GV_MUSTCHECK gv_err gv_spool_commit(gv_spool *spool);

/* GV_ENOTFOUND. value is appended to. */
GV_MUSTCHECK gv_err gv_spool_meta(gv_spool *spool, const char *key, struct gv_buf *value);
GV_MUSTCHECK gv_err gv_spool_meta_put(gv_spool *spool, const char *key, struct gv_slice value);

/* ---- a unit ---- */

struct gv_spool_unit {
    bool enrolled;
    uint64_t connection; /* of the newest Hello */
    struct gv_cursor orders, reports, receipted;
    bool has_business; /* the last business time it was told */
    int64_t business_us;
    bool stepped;
    uint64_t step;
};
/* GV_ENOTFOUND: never seen. */
GV_MUSTCHECK gv_err gv_spool_unit(gv_spool *spool, const char *unit, struct gv_spool_unit *out);
GV_MUSTCHECK gv_err gv_spool_unit_put(gv_spool *spool, const char *unit,
                                      const struct gv_spool_unit *row);

/* ---- the order log ---- */

/* fault: GV_OK, or why the order does not hold; such ones are kept and never acted on. */
GV_MUSTCHECK gv_err gv_spool_order_put(gv_spool *spool, const char *unit, uint64_t n,
                                       struct gv_slice entry, const gv_hash *h, gv_err fault,
                                       int64_t real_us);
GV_MUSTCHECK gv_err gv_spool_order_hash(gv_spool *spool, const char *unit, uint64_t n,
                                        struct gv_hash_at *out);
GV_MUSTCHECK gv_err gv_spool_order_fault(gv_spool *spool, const char *unit, uint64_t n,
                                         gv_err fault);
/* The first order after *n that does not hold: its number into n, its bytes are appended to entry.
 * GV_ENOTFOUND: there is none. */
GV_MUSTCHECK gv_err gv_spool_order_faulty(gv_spool *spool, const char *unit, uint64_t *n,
                                          struct gv_buf *entry);

/* ---- the report log ---- */

GV_MUSTCHECK gv_err gv_spool_report_put(gv_spool *spool, const char *unit, uint64_t n,
                                        struct gv_slice entry, const gv_hash *h, int64_t real_us);
GV_MUSTCHECK gv_err gv_spool_report_hash(gv_spool *spool, const char *unit, uint64_t n,
                                         struct gv_hash_at *out);
/* Entries first … in order, until fn answers false or max entries. */
typedef bool gv_spool_report_fn(void *ctx, uint64_t n, struct gv_slice entry);
GV_MUSTCHECK gv_err gv_spool_reports(gv_spool *spool, const char *unit, uint64_t first,
                                     uint64_t max, gv_spool_report_fn *fn, void *ctx);
/* Everything up to n is with the deployment. */
GV_MUSTCHECK gv_err gv_spool_receipted(gv_spool *spool, const char *unit, uint64_t n,
                                       int64_t real_us);
/* The deployment lost what came after n: it is to be offered again. */
GV_MUSTCHECK gv_err gv_spool_unreceipted(gv_spool *spool, const char *unit, uint64_t n);
/* The unit is re-admitted: */
struct gv_spool_adoption {
    struct gv_cursor base; /* its report log begins anew after this; */
    uint64_t first;        /* entries first … follow under new numbers, not receipted, … */
    bool (*held)(void *ctx, struct gv_slice entry); /* … but those that are held at base already; */
    void *ctx;
    bool keep_orders; /* its order log stays; or it is empty, and so are its assignments */
};
/* What came before first stays only where base is a cursor of our own log. row (as it is to be)
 * gets the new cursors and is put; *carried: entries that follow base. */
GV_MUSTCHECK gv_err gv_spool_adopt(gv_spool *spool, const char *unit,
                                   const struct gv_spool_adoption *adoption,
                                   struct gv_spool_unit *row, uint64_t *carried);
/* GV_ENOTFOUND: pruned or never made. entry (may be NULL) is appended to. */
GV_MUSTCHECK gv_err gv_spool_disposition(gv_spool *spool, const char *unit, uint64_t n,
                                         uint32_t code, gv_err error, const char *text,
                                         struct gv_buf *entry);
struct gv_spool_disposition {
    uint64_t n;
    uint32_t code;
    gv_err error;
    const char *text; /* valid during the call */
    struct gv_slice entry;
};
/* Those that were not simply applied, newest first. */
typedef void gv_spool_disposition_fn(void *ctx, const struct gv_spool_disposition *disposition);
GV_MUSTCHECK gv_err gv_spool_dispositions(gv_spool *spool, const char *unit, size_t max,
                                          gv_spool_disposition_fn *fn, void *ctx);

struct gv_spool_counts {
    uint64_t order_faults, refused, stale, unsupported;
};
GV_MUSTCHECK gv_err gv_spool_counts(gv_spool *spool, const char *unit, struct gv_spool_counts *out);

/* Deletes at most max entries of each log that were receipted (orders: stored) before before_us;
 * orders that do not hold stay. *deleted: how many. */
GV_MUSTCHECK gv_err gv_spool_prune(gv_spool *spool, int64_t before_us, size_t max, size_t *deleted);

/* ---- assignments ---- */

GV_MUSTCHECK gv_err gv_spool_assignment_put(gv_spool *spool, const char *unit, const gv_id *id,
                                            uint32_t epoch, uint32_t state);
GV_MUSTCHECK gv_err gv_spool_assignment_task(gv_spool *spool, const char *unit, const gv_id *id,
                                             struct gv_slice task);
typedef gv_err gv_spool_assignment_fn(void *ctx, const gv_id *id, uint32_t epoch, uint32_t state,
                                      struct gv_slice task);
GV_MUSTCHECK gv_err gv_spool_assignments(gv_spool *spool, const char *unit,
                                         gv_spool_assignment_fn *fn, void *ctx);
GV_MUSTCHECK gv_err gv_spool_sent_put(gv_spool *spool, const char *unit, const gv_id *id,
                                      const char *name, const gv_id *digest);
/* name NULL: all of the assignment. */
GV_MUSTCHECK gv_err gv_spool_sent_delete(gv_spool *spool, const char *unit, const gv_id *id,
                                         const char *name);
typedef gv_err gv_spool_sent_fn(void *ctx, const gv_id *id, const char *name, const gv_id *digest);
GV_MUSTCHECK gv_err gv_spool_sents(gv_spool *spool, const char *unit, gv_spool_sent_fn *fn,
                                   void *ctx);

/* ---- documents of the sources ---- */

struct gv_spool_document {
    uint32_t format;       /* enum gv_status_format */
    struct gv_slice bytes; /* last good one; valid during the call. len 0: none yet */
    int64_t applied_us;    /* real time */
    const char *fault;     /* why the newest one was refused; NULL: it was not */
    int64_t fault_us;
};
GV_MUSTCHECK gv_err gv_spool_document_put(gv_spool *spool, const char *unit, const char *source,
                                          uint32_t format, struct gv_slice bytes, int64_t real_us);
GV_MUSTCHECK gv_err gv_spool_document_refused(gv_spool *spool, const char *unit, const char *source,
                                              const char *fault, int64_t real_us);
/* The source says again what its last good one says: its fault is over. */
GV_MUSTCHECK gv_err gv_spool_document_again(gv_spool *spool, const char *unit, const char *source);
typedef gv_err gv_spool_document_fn(void *ctx, const char *source,
                                    const struct gv_spool_document *document);
GV_MUSTCHECK gv_err gv_spool_documents(gv_spool *spool, const char *unit, gv_spool_document_fn *fn,
                                       void *ctx);

#endif
