/* host.c - start, the end of a turn, and the keyset that all units share. */
#include "agent/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "agent/enrol.h"
#include "agent/manual.h"
#include "agent/rotation.h"
#include "agent/source.h"
#include "agent/unit.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/lang.h"
#include "base/log.h"

#define MESSAGE_ARENA_CAP ((size_t)16 << 20)
#define WORK_ARENA_CAP    ((size_t)192 << 20)
#define KEYSET_MAX_BYTES  ((size_t)1 << 20)
#define PRUNE_EVERY_MS    60000
#define PRUNE_SLICE       256
#define TURN_ROUNDS_MAX   64
#define META_ROOT         "root_hash"

char *host_path(const struct host *host, const char *name)
{
    struct gv_buf path;

    gv_buf_init(&path);
    gv_buf_printf(&path, "%s/%s", host->config->data, name);
    if (!gv_buf_ok(&path)) {
        gv_buf_fini(&path);
        return NULL;
    }
    return (char *)path.data; /* the caller's */
}

void host_fail(struct host *host, gv_err err, const char *what)
{
    char text[600];

    if (host->failed != GV_OK)
        return;
    host->failed = gv_spool_full(host->spool) ? GV_ENOSPACE : err;
    if (!gv_spool_ok(host->spool))
        what = gv_spool_why(host->spool);
    if (host->failed == GV_ENOSPACE)
        log_warn("spool-not-written", "what=%s", gv_log_escape(what, text, sizeof text));
    else
        log_error("fatal", "error=%s what=%s", gv_err_name(err),
                  gv_log_escape(what, text, sizeof text));
    gv_loop_stop(host->loop);
}

struct unit *host_unit(const struct host *host, const char *code)
{
    for (size_t i = 0; i < host->unit_count; i++) {
        if (strcmp(host->units[i]->code.s, code) == 0)
            return host->units[i];
    }
    return NULL;
}

/* ---- the end of a turn ---- */

static struct unit *take_pending(struct host *host)
{
    struct unit *list = host->pending;

    host->pending = NULL;
    return list;
}

static void put_rows(struct host *host)
{
    for (struct unit *unit = host->pending; unit != NULL; unit = unit->next_pending) {
        if (!unit->row_dirty)
            continue;
        if (gv_spool_unit_put(host->spool, unit->code.s, &unit->row) != GV_OK)
            return; /* sticks: told by the commit */
        unit->row_dirty = false;
    }
}

#ifdef GV_FAILPOINTS
/* Units whose reports, or whose orders, wait for the commit. */
static size_t at_stake(const struct host *host, bool orders)
{
    size_t n = 0;

    for (const struct unit *unit = host->pending; unit != NULL; unit = unit->next_pending)
        n += orders ? unit->stored_waits : unit->appended_waits;
    return n;
}
#endif
#define SPOOL_FAILPOINT(name, host)                                                                \
    GV_FAILPOINT_WITH(name, at_stake(host, false), 0, at_stake(host, true))

void host_turn_end(struct host *host)
{
    for (int round = 0; round < TURN_ROUNDS_MAX && host->failed == GV_OK; round++) {
        struct unit *unit, *next;

        put_rows(host);
        if ((gv_spool_dirty(host->spool) && SPOOL_FAILPOINT(spool_committing, host)) ||
            gv_spool_commit(host->spool) != GV_OK ||
            (host->pending != NULL && SPOOL_FAILPOINT(spool_committed, host))) {
            host_fail(host, GV_EIO, "spool");
            return;
        }
        manual_committed(host->manual);
        if (host->pending == NULL)
            return;
        for (unit = take_pending(host); unit != NULL; unit = next) {
            next = unit->next_pending;
            unit->next_pending = NULL;
            unit->is_pending = false;
            if (unit->row_dirty) /* the end of another's turn changed it: first the commit */
                unit_touch(unit);
            else
                unit_turn_end(unit);
        }
    }
}

/* ---- the keyset ---- */

static gv_err keep_keyset(struct host *host, const struct gv_keyset *keyset)
{
    char *path = host_path(host, "keyset");
    gv_hash root;
    gv_err err;

    if (path == NULL)
        return GV_ENOMEM;
    gv_root_hash(keyset->set->root_key.data, &root);
    err = gv_spool_meta_put(host->spool, META_ROOT, (struct gv_slice){root.b, sizeof root.b});
    if (err == GV_OK)
        err = gv_file_write(path, keyset->bytes.data, keyset->bytes.len, 0600);
    if (err == GV_OK && GV_FAILPOINT(keyset_kept))
        err = GV_EIO;
    free(path);
    return err;
}

gv_err host_take_keyset(struct host *host, struct gv_slice bytes, const gv_hash *root_hash)
{
    struct gv_keyset *keyset = NULL, *old = host->keyset;
    gv_hash root;
    gv_err err;

    if (old != NULL) {
        gv_root_hash(old->set->root_key.data, &root);
        if (root_hash != NULL && !gv_hash_eq(root_hash, &root))
            return GV_ERECIPIENT;
        root_hash = &root;
    }
    err = gv_keyset_open(bytes, root_hash, &keyset);
    if (err != GV_OK)
        return err;
    if (old != NULL)
        err = gv_keyset_follows(old, keyset);
    if (err == GV_EEXISTS)
        err = GV_EVERSION;
    if (err == GV_OK && keyset->set->n_coordinators == 0)
        err = GV_EBADMSG;
    if (err == GV_OK) {
        err = keep_keyset(host, keyset);
        if (err != GV_OK)
            host_fail(host, err, "keyset");
    }
    if (err != GV_OK) {
        gv_keyset_free(keyset);
        return err;
    }
    host->keyset = keyset;
    log_info("keyset-taken", "version=%llu coordinators=%zu", (unsigned long long)keyset->version,
             keyset->set->n_coordinators);
    for (size_t i = 0; i < host->unit_count; i++)
        unit_keyset_changed(host->units[i]);
    gv_keyset_free(old);
    return GV_OK;
}

/* The file must chain to the root that the spool remembers: whoever can write the file alone cannot
 * put in another. */
static gv_err load_keyset(struct host *host, struct gv_buf *why)
{
    char *path = host_path(host, "keyset");
    struct gv_buf file, root;
    gv_hash root_hash;
    gv_err err;

    gv_buf_init(&file);
    gv_buf_init(&root);
    err = path == NULL ? GV_ENOMEM : gv_buf_read_file(&file, path, KEYSET_MAX_BYTES);
    if (err == GV_ENOTFOUND) {
        err = GV_OK; /* before the first enrolment */
        goto out;
    }
    if (err == GV_OK)
        err = gv_spool_meta(host->spool, META_ROOT, &root);
    if (err ==
        GV_ENOTFOUND) { /* we ended between the file and the commit: enrolment brings it again */
        err = GV_OK;
        goto out;
    }
    if (err == GV_OK)
        err = gv_hash_from((struct gv_slice){root.data, root.len}, &root_hash);
    if (err == GV_OK)
        err = gv_keyset_open((struct gv_slice){file.data, file.len}, &root_hash, &host->keyset);
    if (err == GV_OK && host->keyset->set->n_coordinators == 0)
        err = GV_EBADMSG;
    if (err != GV_OK)
        gv_buf_printf(why, "%s: %s", path != NULL ? path : "keyset", gv_err_say(err));
out:
    gv_buf_fini(&file);
    gv_buf_fini(&root);
    free(path);
    return err;
}

/* ---- start ---- */

/* Its name must survive the loss of power like what is put into it. */
static gv_err make_durable_folder(const char *path, struct gv_buf *why)
{
    gv_err err = GV_EIO;

    if (mkdir(path, 0700) == 0)
        err = gv_file_sync_folder(path);
    else if (errno == EEXIST)
        return GV_OK;
    if (err != GV_OK)
        gv_buf_printf(why, "%s: %s", path, err == GV_EIO ? strerror(errno) : gv_err_say(err));
    return err;
}

static gv_err make_folder(const struct host *host, const char *name, struct gv_buf *why)
{
    char *path = host_path(host, name);
    gv_err err;

    if (path == NULL)
        return GV_ENOMEM;
    err = make_durable_folder(path, why);
    free(path);
    return err;
}

static gv_err lock(struct host *host, struct gv_buf *why)
{
    char *path = host_path(host, "lock");
    gv_err err;

    if (path == NULL)
        return GV_ENOMEM;
    host->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (host->lock_fd >= 0 && flock(host->lock_fd, LOCK_EX | LOCK_NB) == 0) {
        err = GV_OK;
    } else if (host->lock_fd < 0 || errno != EWOULDBLOCK) {
        gv_buf_printf(why, "%s: %s", path, strerror(errno));
        err = GV_EIO;
    } else {
        gv_buf_printf(why, "%s: %s", host->config->data,
                      gv_tr("một giaoviec-agent khác đang dùng thư mục này",
                            "another giaoviec-agent uses this folder"));
        err = GV_EAGAIN;
    }
    free(path);
    return err;
}

/* A socket with its monitor counts as three, and has some descriptors. */
static void raise_limits(struct host *host)
{
    struct rlimit limit;
    int sockets = 64 + 4 * (int)host->config->unit_count;
    int most = zmq_ctx_get(host->zmq, ZMQ_SOCKET_LIMIT);

    zmq_ctx_set(host->zmq, ZMQ_MAX_SOCKETS, sockets < most ? sockets : most);
    zmq_ctx_set(host->zmq, ZMQ_BLOCKY, 0);
    if (host->config->unit_count >= 500)
        zmq_ctx_set(host->zmq, ZMQ_IO_THREADS, 2);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur < 64 + 12 * (rlim_t)host->config->unit_count)
        log_warn("few-descriptors", "limit=%llu units=%zu", (unsigned long long)limit.rlim_cur,
                 host->config->unit_count);
}

static void on_prune(void *ctx, int64_t now_ms)
{
    struct host *host = ctx;
    size_t deleted = 0;

    if (host->room.is_full) {
        gv_loop_timer_set(host->loop, &host->prune_timer, now_ms + PRUNE_EVERY_MS);
        return;
    }
    rotations_due(host);
    for (size_t i = 0; i < host->unit_count; i++)
        unit_look_at_day(host->units[i]);
    if (gv_spool_prune(host->spool, gv_clock_real_us() - host->config->keep_us, PRUNE_SLICE,
                       &deleted) != GV_OK) {
        host_fail(host, GV_EIO, "spool");
        return;
    }
    gv_loop_timer_set(host->loop, &host->prune_timer,
                      now_ms + (deleted >= PRUNE_SLICE ? 1000 : PRUNE_EVERY_MS));
}

static gv_err open_parts(struct host *host, struct gv_buf *why)
{
    char *path = host_path(host, "spool.db");
    gv_err err = path == NULL ? GV_ENOMEM : gv_spool_open(path, &host->spool, why);

    free(path);
    if (err == GV_OK)
        err = gv_loop_new(&host->loop);
    if (err != GV_OK)
        return err;
    host->zmq = zmq_ctx_new();
    host->message_arena = gv_arena_new(MESSAGE_ARENA_CAP);
    host->work_arena = gv_arena_new(WORK_ARENA_CAP);
    if (host->zmq == NULL || host->message_arena == NULL || host->work_arena == NULL)
        return GV_ENOMEM;
    raise_limits(host);
    err = gv_loop_timer_add(host->loop, &host->prune_timer, on_prune, host);
    if (err == GV_OK)
        err = room_begin(host);
    return err == GV_OK ? flood_begin(host) : err;
}

static gv_err make_units(struct host *host, struct gv_buf *why)
{
    host->units = calloc(host->config->unit_count, sizeof(struct unit *));
    if (host->units == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < host->config->unit_count; i++) {
        gv_err err = unit_new(host, &host->config->units[i], &host->units[i], why);

        if (err != GV_OK)
            return err;
        host->unit_count++;
    }
    return GV_OK;
}

/* All that is made of what the spool and the folder hold. */
static gv_err make_parts(struct host *host, struct gv_buf *why)
{
    gv_err err = load_keyset(host, why);

    if (err == GV_OK)
        err = make_units(host, why);
    if (err == GV_OK)
        err = sources_open(host, &host->sources, why);
    if (err == GV_OK)
        err = manual_open(host, &host->manual, why);
    return err;
}

static void drop_parts(struct host *host)
{
    manual_close(host->manual);
    host->manual = NULL;
    sources_close(host->sources);
    host->sources = NULL;
    for (size_t i = 0; i < host->unit_count; i++)
        unit_free(host->units[i]);
    free(host->units);
    host->units = NULL;
    host->unit_count = 0;
    host->pending = NULL;
    gv_keyset_free(host->keyset);
    host->keyset = NULL;
}

gv_err host_restore(struct host *host, struct gv_buf *why)
{
    gv_err err;

    drop_parts(host);
    host->failed = GV_OK;
    err = gv_spool_recover(host->spool);
    if (err == GV_OK) {
        room_full(host);
        err = make_parts(host, why);
    }
    return err;
}

gv_err host_init(struct host *host, const struct config *config, struct gv_buf *why)
{
    gv_err err;

    *host = (struct host){.config = config, .lock_fd = -1};
    err = make_durable_folder(config->data, why);
    if (err == GV_OK)
        err = make_folder(host, "keys", why);
    if (err == GV_OK)
        err = make_folder(host, "rejected", why);
    if (err == GV_OK)
        err = lock(host, why);
    if (err == GV_OK)
        err = open_parts(host, why);
    if (err == GV_OK)
        err = make_parts(host, why);
    if (err == GV_OK)
        gv_loop_timer_set(host->loop, &host->prune_timer, gv_clock_mono_ms() + PRUNE_EVERY_MS);
    return err;
}

gv_err host_begin(struct host *host, struct gv_buf *why)
{
    for (size_t i = 0; i < host->unit_count; i++) {
        struct unit *unit = host->units[i];
        bool enrolled = unit->row.enrolled && unit->key != NULL && host->keyset != NULL;
        gv_err err = enrolled ? unit_start(unit) : enrolment_begin(unit);

        if (unit->row_dirty)
            unit_touch(unit);
        if (err == GV_EUSAGE)
            gv_buf_printf(why, "[unit %s]: %s", unit->code.s,
                          gv_tr("chưa ghi danh: cần token=TỆP do quản trị viên cấp",
                                "not enrolled: token=FILE from an administrator is needed"));
        if (err != GV_OK)
            return err;
    }
    return GV_OK;
}

void host_fini(struct host *host)
{
    drop_parts(host);
    flood_end(host);
    room_end(host);
    gv_loop_free(host->loop);
    if (host->zmq != NULL)
        zmq_ctx_term(host->zmq);
    gv_spool_close(host->spool);
    gv_arena_free(host->message_arena);
    gv_arena_free(host->work_arena);
    if (host->lock_fd >= 0)
        close(host->lock_fd);
}
