/* spool_work.c - a unit's assignments, what was reported of them, and its sources' documents. */
#include "agent/spool_part.h"

gv_err gv_spool_assignment_put(gv_spool *spool, const char *unit, const gv_id *id, uint32_t epoch,
                               uint32_t state)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_ASSIGNMENT_PUT);

    spool_text(statement, 1, unit);
    spool_blob(statement, 2, id->b, sizeof id->b);
    spool_number(statement, 3, epoch);
    spool_number(statement, 4, state);
    return spool_run(spool, statement);
}

gv_err gv_spool_assignment_task(gv_spool *spool, const char *unit, const gv_id *id,
                                struct gv_slice task)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_ASSIGNMENT_TASK);

    spool_text(statement, 1, unit);
    spool_blob(statement, 2, id->b, sizeof id->b);
    spool_blob(statement, 3, task.data, task.len);
    return spool_run(spool, statement);
}

static gv_err column_id(gv_spool *spool, sqlite3_stmt *statement, int at, gv_id *out)
{
    if (gv_id_from(spool_column(statement, at), out) != GV_OK)
        return spool_fail(spool, "an id of another size");
    return GV_OK;
}

gv_err gv_spool_assignments(gv_spool *spool, const char *unit, gv_spool_assignment_fn *fn,
                            void *ctx)
{
    sqlite3_stmt *statement = spool_read(spool, SPOOL_ASSIGNMENTS);
    gv_id id;
    gv_err err;

    spool_text(statement, 1, unit);
    while ((err = spool_next(spool, statement)) == GV_OK) {
        err = column_id(spool, statement, 0, &id);
        if (err == GV_OK)
            err = fn(ctx, &id, (uint32_t)sqlite3_column_int64(statement, 1),
                     (uint32_t)sqlite3_column_int64(statement, 2), spool_column(statement, 3));
        if (err != GV_OK)
            return spool_done(statement, err);
    }
    return spool_done(statement, err == GV_ENOTFOUND ? GV_OK : err);
}

gv_err gv_spool_sent_put(gv_spool *spool, const char *unit, const gv_id *id, const char *name,
                         const gv_id *digest)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_SENT_PUT);

    spool_text(statement, 1, unit);
    spool_blob(statement, 2, id->b, sizeof id->b);
    spool_text(statement, 3, name);
    spool_blob(statement, 4, digest->b, sizeof digest->b);
    return spool_run(spool, statement);
}

gv_err gv_spool_sent_delete(gv_spool *spool, const char *unit, const gv_id *id, const char *name)
{
    sqlite3_stmt *statement =
        spool_write(spool, name != NULL ? SPOOL_SENT_DELETE : SPOOL_SENT_DELETE_ALL);

    spool_text(statement, 1, unit);
    spool_blob(statement, 2, id->b, sizeof id->b);
    if (name != NULL)
        spool_text(statement, 3, name);
    return spool_run(spool, statement);
}

gv_err gv_spool_sents(gv_spool *spool, const char *unit, gv_spool_sent_fn *fn, void *ctx)
{
    sqlite3_stmt *statement = spool_read(spool, SPOOL_SENTS);
    gv_id id, digest;
    gv_err err;

    spool_text(statement, 1, unit);
    while ((err = spool_next(spool, statement)) == GV_OK) {
        err = column_id(spool, statement, 0, &id);
        if (err == GV_OK)
            err = column_id(spool, statement, 2, &digest);
        if (err == GV_OK)
            err = fn(ctx, &id, (const char *)sqlite3_column_text(statement, 1), &digest);
        if (err != GV_OK)
            return spool_done(statement, err);
    }
    return spool_done(statement, err == GV_ENOTFOUND ? GV_OK : err);
}

gv_err gv_spool_document_put(gv_spool *spool, const char *unit, const char *source, uint32_t format,
                             struct gv_slice bytes, int64_t real_us)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_DOCUMENT_PUT);

    spool_text(statement, 1, unit);
    spool_text(statement, 2, source);
    spool_number(statement, 3, format);
    spool_blob(statement, 4, bytes.data, bytes.len);
    spool_number(statement, 5, (uint64_t)real_us);
    return spool_run(spool, statement);
}

gv_err gv_spool_document_refused(gv_spool *spool, const char *unit, const char *source,
                                 const char *fault, int64_t real_us)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_DOCUMENT_REFUSED);

    spool_text(statement, 1, unit);
    spool_text(statement, 2, source);
    spool_text(statement, 3, fault);
    spool_number(statement, 4, (uint64_t)real_us);
    return spool_run(spool, statement);
}

gv_err gv_spool_document_again(gv_spool *spool, const char *unit, const char *source)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_DOCUMENT_AGAIN);

    spool_text(statement, 1, unit);
    spool_text(statement, 2, source);
    return spool_run(spool, statement);
}

gv_err gv_spool_documents(gv_spool *spool, const char *unit, gv_spool_document_fn *fn, void *ctx)
{
    sqlite3_stmt *statement = spool_read(spool, SPOOL_DOCUMENTS);
    gv_err err;

    spool_text(statement, 1, unit);
    while ((err = spool_next(spool, statement)) == GV_OK) {
        struct gv_spool_document document = {
            .format = (uint32_t)sqlite3_column_int(statement, 1),
            .bytes = spool_column(statement, 2),
            .applied_us = sqlite3_column_int64(statement, 3),
            .fault = (const char *)sqlite3_column_text(statement, 4),
            .fault_us = sqlite3_column_int64(statement, 5),
        };

        err = fn(ctx, (const char *)sqlite3_column_text(statement, 0), &document);
        if (err != GV_OK)
            return spool_done(statement, err);
    }
    return spool_done(statement, err == GV_ENOTFOUND ? GV_OK : err);
}
