/* source.c - what all sources do with a document, whichever way it came. */
#include "agent/source.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/unit.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "crypto/hash.h"

#define CTX_DOCUMENT  "giaoviec/agent/document"
#define REJECTED_KEPT 20 /* of a source */
#define WHY_MAX       1024

struct sources {
    struct source *list;
    size_t count;
    struct source_files *files;
    struct source_execs *execs;
};

const char *source_name(const struct source *source)
{
    return source->config->is_exec ? source->config->argv[0] : source->config->path;
}

/* ---- taking ---- */

static void log_notes(const struct source *source, const struct gv_work_result *result)
{
    for (size_t i = 0; i < result->note_count; i++) {
        const struct gv_work_note *note = &result->notes[i];
        char task[160], detail[160];
        bool usual = note->why == GV_WORK_ENDED || note->why == GV_WORK_IS_SUBMITTED ||
                     note->why == GV_WORK_RETURNED;

        gv_log(usual ? GV_LOG_DEBUG : GV_LOG_WARN, "document-note",
               "unit=%s source=%s task=%s why=%s detail=%s", source->unit->code.s,
               source->config->name, gv_log_escape(note->task, task, sizeof task),
               gv_work_why_name(note->why), gv_log_escape(note->detail, detail, sizeof detail));
    }
}

static gv_err take(struct source *source, struct gv_slice bytes, const struct gv_status *status)
{
    struct unit *unit = source->unit;
    struct gv_work_result result = {.arena = unit->host->work_arena};
    gv_err err = gv_spool_document_put(unit->host->spool, unit->code.s, source->config->name,
                                       (uint32_t)source->config->format, bytes, gv_clock_real_us());

    unit_touch(unit);
    if (err != GV_OK) {
        host_fail(unit->host, err, "spool");
        return err;
    }
    source->has_as_of = status->has_as_of;
    source->as_of = status->as_of;
    err = unit_document(unit, source->config->name, true, status, &result);
    if (err != GV_OK)
        return err;
    log_info("document-taken", "unit=%s source=%s tasks=%zu reports=%zu notes=%zu", unit->code.s,
             source->config->name, status->task_count, result.entry_count, result.note_count);
    log_notes(source, &result);
    return GV_OK;
}

/* The same again: what was refused in between is over. */
static gv_err take_again(struct source *source)
{
    struct unit *unit = source->unit;
    gv_err err = GV_OK;

    if (source->has_refused) {
        unit_touch(unit);
        err = gv_spool_document_again(unit->host->spool, unit->code.s, source->config->name);
        if (err != GV_OK)
            host_fail(unit->host, err, "spool");
    }
    source->has_refused = false;
    return err;
}

gv_err source_offer(struct source *source, struct gv_slice bytes, struct gv_status_fault *fault)
{
    gv_arena *arena = source->host->work_arena;
    struct gv_status status;
    gv_hash hash;
    gv_err err;

    gv_hash_one(CTX_DOCUMENT, bytes.data, bytes.len, &hash);
    if (source->has_good && gv_hash_eq(&hash, &source->good))
        return take_again(source);
    if (!room_for_documents(source->host))
        return GV_OK; /* it is offered again when there is room */
    gv_arena_reset(arena);
    err = gv_status_parse(source->config->format, (const char *)bytes.data, bytes.len, arena,
                          &status, fault);
    if (err == GV_OK && strcmp(status.unit.s, source->unit->code.s) != 0) {
        *fault = (struct gv_status_fault){.pointer = "/unit"};
        snprintf(
            fault->why, sizeof fault->why,
            gv_tr("là %s, nhưng nguồn này của đơn vị %s", "is %s, but this source is unit %s's"),
            status.unit.s, source->unit->code.s);
        err = GV_EBADMSG;
    }
    if (err == GV_OK)
        err = unit_check_day(source->unit, &status, fault);
    if (err != GV_OK)
        return err;
    err = take(source, bytes, &status);
    if (err == GV_OK) {
        source->good = hash;
        source->has_good = true;
        source->has_refused = false;
    }
    return err;
}

/* ---- refusing ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "SOURCE.TIME" or "SOURCE.TIME.why": another source's name may go on with a point, too. */
static bool is_kept_of(const char *name, const char *prefix)
{
    size_t len = strlen(prefix);
    const char *rest;

    if (strncmp(name, prefix, len) != 0)
        return false;
    rest = name + len + strspn(name + len, "0123456789");
    return *rest == '\0' || strcmp(rest, ".why") == 0;
}

/* The oldest sort first. */
static void forget_old(const char *folder, const char *prefix)
{
    char *names[256];
    size_t count = 0;
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL && count < 256) {
        if (is_kept_of(entry->d_name, prefix)) {
            names[count] = strdup(entry->d_name);
            count += names[count] != NULL;
        }
    }
    qsort(names, count, sizeof names[0], by_name);
    for (size_t i = 0; i < count; i++) {
        if (i + (size_t)2 * REJECTED_KEPT < count) /* a document and its reason each */
            unlinkat(dirfd(dir), names[i], 0);
        free(names[i]);
    }
    closedir(dir);
}

static void keep_aside(const struct source *source, struct gv_slice bytes, const char *why)
{
    char *folder = host_path(source->host, "rejected");
    char prefix[64];
    struct gv_buf path;

    gv_buf_init(&path);
    snprintf(prefix, sizeof prefix, "%s.", source->config->name);
    gv_buf_printf(&path, "%s/%s%016" PRId64, folder != NULL ? folder : "", prefix,
                  gv_clock_real_us());
    if (folder != NULL && gv_buf_ok(&path)) {
        if (gv_file_write((const char *)path.data, bytes.data, bytes.len, 0600) != GV_OK)
            log_warn("not-kept-aside", "file=%s", (const char *)path.data);
        gv_buf_puts(&path, ".why");
        if (gv_buf_ok(&path) &&
            gv_file_write((const char *)path.data, why, strlen(why), 0600) != GV_OK)
            log_warn("not-kept-aside", "file=%s", (const char *)path.data);
        forget_old(folder, prefix);
    }
    gv_buf_fini(&path);
    free(folder);
}

void source_refuse(struct source *source, struct gv_slice bytes, const char *why)
{
    struct unit *unit = source->unit;
    char escaped[WHY_MAX];
    struct gv_slice parts[2] = {bytes, {(const uint8_t *)why, strlen(why)}};
    gv_hash hash;

    gv_hash_of(CTX_DOCUMENT, parts, 2, &hash);
    if (source->has_refused && gv_hash_eq(&hash, &source->refused))
        return; /* said before */
    if (!room_for_documents(source->host))
        return; /* it is looked at again when there is room */
    source->refused = hash;
    source->has_refused = true;
    log_error("document-refused", "unit=%s source=%s why=%s do=\"the last good one stands\"",
              unit->code.s, source->config->name, gv_log_escape(why, escaped, sizeof escaped));
    if (bytes.len > 0)
        keep_aside(source, bytes, why);
    unit_touch(unit);
    if (gv_spool_document_refused(unit->host->spool, unit->code.s, source->config->name, why,
                                  gv_clock_real_us()) != GV_OK)
        host_fail(unit->host, GV_EIO, "spool");
}

/* ---- what stands ---- */

struct standing {
    struct unit *unit;
    gv_arena *arena;
    struct gv_work_document *list;
    size_t count, cap;
};

static const struct source *source_of(const struct unit *unit, const char *name)
{
    const struct source *source = unit->sources;

    while (source != NULL && strcmp(source->config->name, name) != 0)
        source = source->next_of_unit;
    return source;
}

static gv_err add_standing(void *ctx, const char *name, const struct gv_spool_document *document)
{
    struct standing *standing = ctx;
    const struct source *source = source_of(standing->unit, name);
    struct gv_status_fault fault;
    struct gv_status *status;
    gv_err err;

    if (source == NULL || document->bytes.len == 0 || standing->count == standing->cap)
        return GV_OK; /* a source that is no longer there, or has had no good document */
    status = gv_arena_alloc(standing->arena, sizeof *status);
    if (status == NULL)
        return GV_ENOMEM;
    err =
        gv_status_parse((enum gv_status_format)document->format, (const char *)document->bytes.data,
                        document->bytes.len, standing->arena, status, &fault);
    if (err == GV_ENOMEM)
        return err;
    if (err != GV_OK) {
        log_warn("stored-document", "unit=%s source=%s why=%s", standing->unit->code.s, name,
                 fault.why);
        return GV_OK; /* an older program took it */
    }
    standing->list[standing->count++] =
        (struct gv_work_document){source->config->name, true, status};
    return GV_OK;
}

gv_err sources_standing(struct unit *unit, gv_arena *arena, struct gv_work_document **out,
                        size_t *count)
{
    struct standing standing = {.unit = unit, .arena = arena};
    gv_err err;

    for (const struct source *s = unit->sources; s != NULL; s = s->next_of_unit)
        standing.cap++;
    *out = NULL;
    *count = 0;
    if (standing.cap == 0)
        return GV_OK;
    standing.list = gv_arena_alloc(arena, standing.cap * sizeof *standing.list);
    if (standing.list == NULL)
        return GV_ENOMEM;
    err = gv_spool_documents(unit->host->spool, unit->code.s, add_standing, &standing);
    *out = standing.list;
    *count = standing.count;
    return err;
}

/* ---- all sources ---- */

static gv_err open_one(struct sources *sources, struct host *host, size_t i)
{
    struct source *source = &sources->list[i];
    struct source **last;

    source->host = host;
    source->config = &host->config->sources[i];
    source->unit = host->units[source->config->unit];
    for (last = &source->unit->sources; *last != NULL; last = &(*last)->next_of_unit)
        continue;
    *last = source;
    return source->config->is_exec ? source_exec_add(sources->execs, source)
                                   : source_file_add(sources->files, source);
}

gv_err sources_open(struct host *host, struct sources **out, struct gv_buf *why)
{
    struct sources *sources = calloc(1, sizeof *sources);
    gv_err err;

    if (sources == NULL)
        return GV_ENOMEM;
    *out = sources; /* closed by the host, also after a failure */
    sources->list = calloc(host->config->source_count + 1, sizeof *sources->list);
    if (sources->list == NULL)
        return GV_ENOMEM;
    err = source_files_open(host, &sources->files);
    if (err == GV_OK)
        err = source_execs_open(host, &sources->execs);
    for (size_t i = 0; i < host->config->source_count && err == GV_OK; i++) {
        err = open_one(sources, host, i);
        sources->count++;
    }
    if (err != GV_OK)
        gv_buf_printf(why, "%s: %s", gv_tr("nguồn trạng thái", "sources"), gv_err_say(err));
    return err;
}

void sources_close(struct sources *sources)
{
    if (sources == NULL)
        return;
    source_files_close(sources->files);
    source_execs_close(sources->execs);
    free(sources->list);
    free(sources);
}

static void wake(struct source *source)
{
    if (source->config->is_exec)
        source_exec_wake(source);
    else
        source_file_wake(source);
}

void sources_wake(struct unit *unit)
{
    for (struct source *source = unit->sources; source != NULL; source = source->next_of_unit)
        wake(source);
}

void sources_wake_all(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        wake(&sources->list[i]);
}
