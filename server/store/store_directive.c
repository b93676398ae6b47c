/* store_directive.c - an approved breakdown: the directive, its tasks, their indicators and
 * clauses. */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "store/advisory.h"
#include "store/db.h"
#include "store/store.h"

static void json_member(struct gv_buf *out, const char *name, const char *value)
{
    gv_buf_printf(out, "%c\"%s\":", out->len == 0 ? '{' : ',', name);
    gv_buf_json_str(out, value, strlen(value));
}

static void json_list(struct gv_buf *out, const char *name, char *const *values, size_t count)
{
    gv_buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            gv_buf_putc(out, ',');
        gv_buf_json_str(out, values[i], strlen(values[i]));
    }
    gv_buf_putc(out, ']');
}

static void json_meta(struct gv_buf *out, const Giaoviec__V1__LetterMeta *meta)
{
    json_member(out, "notation", meta->notation);
    json_member(out, "notation_raw", meta->notation_raw);
    json_member(out, "abstract", meta->abstract);
    json_member(out, "issuer", meta->issuer);
    json_member(out, "signer", meta->signer);
    json_member(out, "signer_title", meta->signer_title);
    json_member(out, "authority", meta->authority);
    json_member(out, "term", meta->term);
    if (meta->date_known)
        gv_buf_printf(out, ",\"date_day\":%d", meta->date_day);
    json_list(out, "addressees", meta->addressees, meta->n_addressees);
    json_list(out, "recipients", meta->recipients, meta->n_recipients);
    gv_buf_putc(out, '}');
}

static gv_err put_directive(gv_store *store, const Giaoviec__V1__Breakdown *breakdown,
                            const gv_id *id, const gv_hash *digest, const gv_id *act_id,
                            int64_t business_us)
{
    struct gv_args args;
    struct gv_buf meta;
    gv_err err;

    gv_buf_init(&meta);
    json_meta(&meta, breakdown->meta);
    if (!gv_buf_ok(&meta)) {
        err = gv_db_nomem(store, "no memory for a directive");
        goto out;
    }
    gv_args_init(&args, store, "directive_put");
    gv_put_id(&args, id);
    gv_put_int(&args, breakdown->version);
    gv_put_text(&args, breakdown->meta->notation);
    gv_put_text(&args, breakdown->meta->abstract);
    gv_put_bytes(&args,
                 (struct gv_slice){breakdown->letter_digest.data, breakdown->letter_digest.len});
    gv_put_hash(&args, digest);
    gv_put_text(&args, (const char *)meta.data);
    gv_put_id(&args, act_id);
    gv_put_int(&args, business_us);
    err = gv_db_exec(&args, NULL);
out:
    gv_buf_fini(&meta);
    return err;
}

static void put_joined(struct gv_args *args, char *const *values, size_t count, struct gv_buf *buf)
{
    gv_buf_reset(buf);
    gv_buf_puts(buf, "");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            gv_buf_putc(buf, '\x1f');
        gv_buf_puts(buf, values[i]);
    }
    gv_put_text(args, gv_buf_ok(buf) ? (const char *)buf->data : NULL);
}

/* The search key: number, words, gloss and field, folded. */
static void put_fold(struct gv_args *args, const Giaoviec__V1__Task *task, struct gv_buf *plain,
                     struct gv_buf *fold)
{
    gv_buf_reset(plain);
    gv_buf_reset(fold);
    gv_buf_printf(plain, "%s %s %s %s", task->number, task->words, task->gloss, task->field);
    if (!gv_buf_ok(plain) || gv_text_fold((const char *)plain->data, plain->len, fold) != GV_OK ||
        !gv_buf_ok(fold))
        gv_put_null(args); /* the column refuses it: data that is no text */
    else
        gv_put_text(args, (const char *)fold->data);
}

static gv_err put_tasks(gv_store *store, const gv_id *directive, const struct gv_task_in *tasks,
                        size_t count)
{
    struct gv_args args;
    struct gv_buf plain;
    struct gv_buf fold;

    gv_buf_init(&plain);
    gv_buf_init(&fold);
    gv_args_init(&args, store, "task_put");
    gv_put_id(&args, directive);
    for (size_t i = 0; i < count; i++) {
        const Giaoviec__V1__Task *task = tasks[i].task;

        gv_args_row(&args);
        gv_put_int(&args, (int64_t)i);
        gv_put_text(&args, task->number);
        gv_put_int(&args, task->item);
        gv_put_text(&args, task->words);
        gv_put_text(&args, task->gloss);
        put_fold(&args, task, &plain, &fold);
        put_joined(&args, task->kinds, task->n_kinds, &plain);
        gv_put_text(&args, task->field);
        gv_put_text(&args, task->supervisor);
        if (task->due != NULL)
            gv_put_int(&args, task->due->due_us);
        else
            gv_put_null(&args);
        if (task->calendar != NULL)
            gv_put_int(&args, task->calendar->cadence);
        else
            gv_put_null(&args);
        gv_put_hash(&args, &tasks[i].digest);
        gv_put_bytes(&args, tasks[i].bytes);
    }
    gv_buf_fini(&plain);
    gv_buf_fini(&fold);
    return gv_db_exec(&args, NULL);
}

static gv_err put_indicators(gv_store *store, const gv_id *directive,
                             const struct gv_task_in *tasks, size_t count)
{
    struct gv_args args;

    gv_args_init(&args, store, "indicator_new");
    gv_put_id(&args, directive);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < tasks[i].task->n_indicators; j++) {
            const Giaoviec__V1__Indicator *indicator = tasks[i].task->indicators[j];

            gv_args_row(&args);
            gv_put_int(&args, (int64_t)i);
            gv_put_int(&args, (int64_t)j);
            gv_put_text(&args, indicator->code);
            gv_put_text(&args, indicator->name);
            gv_put_text(&args, indicator->measure);
            gv_put_int(&args, indicator->direction);
            gv_put_text(&args, indicator->target);
            gv_put_text(&args, indicator->target_high);
            gv_put_int(&args, indicator->aggregation);
        }
    }
    return gv_db_exec(&args, NULL);
}

static gv_err put_clauses(gv_store *store, const gv_id *directive, const struct gv_task_in *tasks,
                          size_t count)
{
    struct gv_args args;

    gv_args_init(&args, store, "clause_new");
    gv_put_id(&args, directive);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < tasks[i].task->n_attestations; j++) {
            const Giaoviec__V1__Attestation *clause = tasks[i].task->attestations[j];

            gv_args_row(&args);
            gv_put_int(&args, (int64_t)i);
            gv_put_int(&args, (int64_t)j);
            gv_put_text(&args, clause->clause);
            gv_put_int(&args, clause->from_day);
            gv_put_int(&args, clause->to_day);
            gv_put_int(&args, clause->due_day);
        }
    }
    return gv_db_exec(&args, NULL);
}

/* A directive that is not there yet has no row to lock. */
static gv_err make_way(gv_store *store, const gv_id *id, uint32_t version)
{
    struct gv_args args;
    struct gv_directive have;
    gv_err err;

    gv_args_init(&args, store, "advisory_lock");
    gv_put_int(&args, GV_ADVISORY_APPROVE);
    err = gv_db_exec(&args, NULL);
    if (err == GV_OK)
        err = gv_store_directive(store, id, &have);
    if (err == GV_ENOTFOUND)
        return GV_OK;
    if (err != GV_OK)
        return err;
    if (have.version == version)
        return gv_db_refuse(store, GV_EEXISTS, "this version is approved already");
    if (have.version > version)
        return gv_db_refuse(store, GV_EVERSION, "a newer version is approved already");
    if (have.issued)
        return gv_db_refuse(store, GV_ESTATE, "assignments were issued from the version before");
    gv_args_init(&args, store, "tasks_drop");
    gv_put_id(&args, id);
    return gv_db_exec(&args, NULL);
}

gv_err gv_store_directive_put(gv_store *store, const Giaoviec__V1__Breakdown *breakdown,
                              const gv_hash *breakdown_digest, const struct gv_task_in *tasks,
                              size_t count, const gv_id *act_id, int64_t business_us)
{
    struct gv_slice bytes = {breakdown->directive.data, breakdown->directive.len};
    gv_id id;
    bool mine;
    gv_err err;

    if (gv_id_from(bytes, &id) != GV_OK || breakdown->meta == NULL)
        return gv_db_refuse(store, GV_EBADMSG, "a breakdown without directive or letter");
    err = gv_db_enter(store, &mine);
    if (err == GV_OK)
        err = make_way(store, &id, breakdown->version);
    if (err == GV_OK)
        err = put_directive(store, breakdown, &id, breakdown_digest, act_id, business_us);
    if (err == GV_OK)
        err = put_tasks(store, &id, tasks, count);
    if (err == GV_OK)
        err = put_indicators(store, &id, tasks, count);
    if (err == GV_OK)
        err = put_clauses(store, &id, tasks, count);
    return gv_db_leave(store, mine, err);
}

gv_err gv_store_directive(gv_store *store, const gv_id *id, struct gv_directive *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    /* First the lock, then the look: what another issue stored meanwhile is seen. */
    gv_args_init(&args, store, "directive_lock");
    gv_put_id(&args, id);
    err = gv_db_exec(&args, NULL);
    if (err != GV_OK)
        return err;
    gv_args_init(&args, store, "directive");
    gv_put_id(&args, id);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) == 0)
        err = gv_db_refuse(store, GV_ENOTFOUND, "no such directive");
    if (err == GV_OK) {
        memset(out, 0, sizeof *out);
        out->id = *id;
        out->version = (uint32_t)gv_get_int(result, 0, 0);
        gv_get_hash(result, 0, 1, &out->breakdown_digest);
        gv_get_id(result, 0, 2, &out->act_id);
        out->issued = gv_get_bool(result, 0, 3);
    }
    PQclear(result);
    return err;
}
