/* service.c - giaoviecd at work: opens what it needs in order, starts the threads, ends them in
 * order. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "coordinator/acts.h"
#include "coordinator/coordinator.h"
#include "coordinator/deliver.h"
#include "coordinator/duties.h"
#include "coordinator/enrol.h"
#include "coordinator/front.h"
#include "coordinator/giaoviecd.h"
#include "coordinator/keys.h"
#include "coordinator/reads.h"
#include "coordinator/reports.h"
#include "coordinator/verify.h"
#include "coordinator/zap.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "store/cluster.h"
#include "sys/loop.h"
#include "sys/notify.h"
#include "sys/thread.h"

#define KEYSET_MAX      ((size_t)1 << 20)
#define OUT_QUEUE       65536
#define DELIVER_QUEUE   262144
#define ACTS_QUEUE      256
#define READS_QUEUE     1024
#define STOP_WATCHDOG_S 80 /* the private cluster alone may take 60 */
#define REFUSALS_BURST  20 /* of one sender that are written down, then one a second */
#define HELLOS_PER_S    2  /* of one unit */
#define HELLOS_BURST    40
#define DEMO_FIRST_HOUR 8 /* a demonstration's day is announced at 08:00 +07:00 */

struct service {
    struct coordinator c;
    const struct coordinator_section *settings;
    struct gv_keyset *keyset; /* of the file */
    const Giaoviec__V1__CoordinatorInfo *info;
    struct gv_key *key;
    struct gv_cluster cluster;
    char why[1024]; /* of the first failure: what to do */
    struct zap *zap;
    struct front front;
    struct enrol enrol;
    struct verifier verifiers[VERIFIERS_MAX];
    gv_thread *verify_threads[VERIFIERS_MAX];
    struct report_lane report_lanes[REPORT_LANES_MAX];
    gv_thread *report_threads[REPORT_LANES_MAX];
    gv_thread *front_thread, *enrol_thread, *acts_thread, *reads_thread, *deliver_thread,
        *duties_thread, *guard_thread, *space_thread;
};

/* ---- what is on disk ---- */

static gv_err load_home(struct service *s)
{
    struct gv_buf path, bytes;
    gv_err err;

    gv_buf_init(&path);
    gv_buf_init(&bytes);
    gv_buf_printf(&path, "%s/keyset", s->settings->home);
    err = gv_buf_read_file(&bytes, (char *)path.data, KEYSET_MAX);
    if (err == GV_OK)
        err = gv_keyset_open((struct gv_slice){bytes.data, bytes.len}, NULL, &s->keyset);
    if (err == GV_OK) {
        gv_buf_reset(&path);
        gv_buf_printf(&path, "%s/keys/%s.key", s->settings->home, s->settings->as);
        err = gv_key_load((char *)path.data, &s->key);
    }
    if (err != GV_OK)
        snprintf(s->why, sizeof s->why, "%s", (char *)path.data);
    gv_buf_fini(&path);
    gv_buf_fini(&bytes);
    return err;
}

static gv_err find_self(struct service *s)
{
    s->info = gv_keyset_coordinator(s->keyset, s->settings->as);
    if (s->info == NULL) {
        snprintf(
            s->why, sizeof s->why, "%s: %s", s->settings->as,
            gv_tr("không có máy chủ này trong danh bạ khóa", "not a coordinator of the keyset"));
        return GV_ENOTFOUND;
    }
    if (memcmp(s->info->sign_key.data, s->key->sign_pk, 32) != 0 ||
        memcmp(s->info->curve_key.data, s->key->curve_pk, 32) != 0) {
        snprintf(s->why, sizeof s->why, "%s: %s", s->settings->as,
                 gv_tr("tệp khóa không phải khóa trong danh bạ khóa",
                       "the key file is not the keyset's key"));
        return GV_EDENIED;
    }
    s->c.key = s->key;
    s->c.self = s->key->code;
    s->c.deployment = s->keyset->deployment;
    s->c.demonstration = s->keyset->demonstration;
    gv_root_hash(s->keyset->set->root_key.data, &s->c.root_hash);
    return GV_OK;
}

/* ---- the database ---- */

static gv_err open_database(struct service *s)
{
    gv_err err;

    if (s->settings->database != NULL) {
        s->c.config.conninfo = s->settings->database;
        return GV_OK;
    }
    if (s->settings->data == NULL) {
        snprintf(s->why, sizeof s->why, "--data | --database");
        return GV_EUSAGE;
    }
    err = gv_cluster_start(s->settings->data, &s->cluster, s->why, sizeof s->why);
    if (err == GV_OK)
        err = gv_store_migrate(s->cluster.owner, NULL, s->why, sizeof s->why);
    s->c.config.conninfo = s->cluster.coordinator;
    return err;
}

/* A private cluster's volumes are known; of another, what the settings name. */
static gv_err watch_space(struct service *s)
{
    const struct coordinator_section *set = s->settings;
    char log[sizeof s->cluster.dir + 16], ballast[4096];
    struct space_options options = {
        .folders = {set->database_folder, NULL},
        .mark = {(uint64_t)set->low_space << 20, (uint32_t)set->low_space_percent}};

    if (set->database == NULL) {
        snprintf(log, sizeof log, "%s/pg_wal", s->cluster.dir);
        snprintf(ballast, sizeof ballast, "%s/" BALLAST_NAME, set->data);
        options.folders[0] = s->cluster.dir;
        options.folders[1] = log;
        options.ballast = ballast;
        options.ballast_bytes = (uint64_t)set->ballast << 20;
    }
    return space_new(&options, &s->c.space);
}

static gv_err initialise(struct service *s, gv_store *store)
{
    struct gv_deployment d = {.id = s->keyset->deployment,
                              .demonstration = s->keyset->demonstration,
                              .stepped = s->keyset->demonstration,
                              .business_us = gv_clock_real_us(),
                              .keyset_version = s->keyset->version,
                              .keyset = s->keyset->bytes};
    int32_t day;

    d.root_key = (struct gv_slice){s->keyset->set->root_key.data, s->keyset->set->root_key.len};
    if (s->settings->clock_start != NULL) {
        gv_err err = gv_day_parse(s->settings->clock_start, &day);

        if (err != GV_OK || !d.stepped) {
            snprintf(s->why, sizeof s->why, "--clock-start %s", s->settings->clock_start);
            return err != GV_OK ? err : GV_EUSAGE;
        }
        d.business_us = gv_day_begin_us(day) + DEMO_FIRST_HOUR * 3600 * GV_US_PER_S;
    }
    log_info("deployment-initialised", "version=%llu%s", (unsigned long long)s->keyset->version,
             d.demonstration ? " demonstration" : "");
    return gv_store_deployment_init(store, &d);
}

/* The newer of the two keysets is in the database afterwards. */
static gv_err agree(struct service *s, gv_store *store, gv_arena *arena)
{
    struct gv_deployment d;
    gv_err err = gv_store_deployment(store, arena, &d);

    if (err == GV_ENOTFOUND) {
        err = initialise(s, store);
        return err == GV_OK ? agree(s, store, arena) : err;
    }
    if (err != GV_OK)
        return err;
    if (!gv_id_eq(&d.id, &s->c.deployment)) {
        snprintf(s->why, sizeof s->why, "%s",
                 gv_tr("cơ sở dữ liệu này thuộc một hệ thống khác",
                       "this database belongs to another deployment"));
        return GV_ERECIPIENT;
    }
    coordinator_clock_set(&s->c, d.business_us, d.step, d.stepped);
    if (s->keyset->version > d.keyset_version) {
        err = gv_store_begin(store);
        if (err == GV_OK)
            err = gv_store_keyset_put(store, s->keyset->version, s->keyset->bytes);
        if (err == GV_OK)
            err = gv_store_commit(store);
    }
    return err;
}

static gv_err prepare_database(struct service *s)
{
    struct gv_store_options options = {.conninfo = s->c.config.conninfo,
                                       .application = "giaoviecd start"};
    gv_arena *arena = gv_arena_new((size_t)16 << 20);
    gv_store *store = NULL;
    gv_err err = arena != NULL ? gv_store_open(&options, &store, s->why, sizeof s->why) : GV_ENOMEM;

    if (err == GV_OK)
        err = agree(s, store, arena);
    if (err == GV_OK)
        err = gv_store_sessions_clear(store, s->c.self.s);
    if (err == GV_OK)
        err = keys_refresh(&s->c, store);
    if (err != GV_OK && s->why[0] == '\0' && store != NULL)
        snprintf(s->why, sizeof s->why, "%s", gv_store_error(store));
    gv_store_close(store);
    gv_arena_free(arena);
    return err;
}

/* ---- sockets ---- */

/*
 * Connections that enrol are short and leave holes, and anybody may make them: they have an I/O
 * thread, and with it a heap, of their own.
 */
static gv_err bind_router(struct service *s, const char *domain, enum guard_door door,
                          const char *endpoint, void **out)
{
    const uint64_t first = 1;
    gv_err err = zap_router_new(s->c.zmq, domain, door == GUARD_ENROL ? first : ~first,
                                s->key->curve_sk, out);

    if (err != GV_OK)
        return err;
    err = guard_watch(s->c.guard, door, *out);
    if (err == GV_OK && zmq_bind(*out, endpoint) != 0) {
        snprintf(s->why, sizeof s->why, "%s: %s", endpoint, zmq_strerror(zmq_errno()));
        err = GV_EUNAVAILABLE;
    }
    if (err != GV_OK) {
        zmq_close(*out);
        *out = NULL;
    }
    return err;
}

static gv_err selftest(struct service *s, const char *what)
{
    gv_err err = zap_selftest(s->c.zmq, s->key->curve_sk);

    if (err != GV_OK)
        snprintf(s->why, sizeof s->why, "%s: %s",
                 gv_tr("tự kiểm tra cửa vào không đạt", "the self-test of the door failed"), what);
    return err;
}

static gv_err open_sockets(struct service *s)
{
    const char *bind = s->settings->bind != NULL ? s->settings->bind : s->info->endpoint;
    const char *enrol =
        s->settings->bind_enrol != NULL ? s->settings->bind_enrol : s->info->enrol_endpoint;
    gv_err err;

    s->c.zmq = zmq_ctx_new();
    if (s->c.zmq == NULL)
        return GV_ENOMEM;
    zmq_ctx_set(s->c.zmq, ZMQ_IO_THREADS, (int)s->settings->io_threads + 1);
    zmq_ctx_set(s->c.zmq, ZMQ_BLOCKY, 0);
    err = selftest(s, "no handler");
    if (err == GV_OK)
        err = zap_start(s->c.zmq, s->c.keys, &s->zap);
    if (err == GV_OK)
        err = selftest(s, "unknown key");
    if (err == GV_OK)
        err = guard_new(s->c.zmq, &s->c.guard);
    if (err == GV_OK)
        err = bind_router(s, ZAP_DOMAIN_MAIN, GUARD_MAIN, bind, &s->front.socket);
    if (err == GV_OK)
        err = bind_router(s, ZAP_DOMAIN_ENROL, GUARD_ENROL, enrol, &s->enrol.socket);
    return err;
}

/* ---- threads ---- */

static gv_err make_queues(struct service *s)
{
    struct coordinator *c = &s->c;
    size_t size = (size_t)s->settings->queue;
    gv_err err = GV_OK;

    for (int i = 0; err == GV_OK && i < c->config.report_lanes; i++)
        err = gv_queue_new(size, &c->reports[i]);
    for (int i = 0; err == GV_OK && i < c->config.verifiers; i++)
        err = gv_queue_new(size, &c->verify[i]);
    if (err == GV_OK)
        err = gv_queue_new(ACTS_QUEUE, &c->acts);
    if (err == GV_OK)
        err = gv_queue_new(READS_QUEUE, &c->reads);
    if (err == GV_OK)
        err = gv_queue_new(DELIVER_QUEUE, &c->deliver);
    if (err == GV_OK)
        err = gv_queue_new(OUT_QUEUE, &c->out);
    return err;
}

static gv_err start_threads(struct service *s)
{
    struct coordinator *c = &s->c;
    gv_err err = gv_thread_start("space", space_run, c, &s->space_thread);

    if (err == GV_OK)
        err = gv_thread_start("duties", duties_run, c, &s->duties_thread);

    if (err == GV_OK)
        err = gv_thread_start("deliver", deliver_run, c, &s->deliver_thread);
    for (int i = 0; err == GV_OK && i < c->config.report_lanes; i++) {
        s->report_lanes[i] = (struct report_lane){c, c->reports[i], i};
        err = gv_thread_start("reports", reports_run, &s->report_lanes[i], &s->report_threads[i]);
    }
    if (err == GV_OK)
        err = gv_thread_start("acts", acts_run, c, &s->acts_thread);
    if (err == GV_OK)
        err = gv_thread_start("reads", reads_run, c, &s->reads_thread);
    for (int i = 0; err == GV_OK && i < c->config.verifiers; i++) {
        s->verifiers[i] = (struct verifier){c, c->verify[i]};
        err = gv_thread_start("verify", verify_run, &s->verifiers[i], &s->verify_threads[i]);
    }
    if (err == GV_OK)
        err = gv_thread_start("guard", guard_run, c, &s->guard_thread);
    if (err == GV_OK) {
        s->front.c = c;
        err = gv_thread_start("front", front_run, &s->front, &s->front_thread);
    }
    if (err == GV_OK) {
        s->enrol.c = c;
        err = gv_thread_start("enrol", enrol_run, &s->enrol, &s->enrol_thread);
    }
    return err;
}

static void close_and_join(gv_queue *queue, gv_thread **thread)
{
    if (queue != NULL)
        gv_queue_close(queue);
    gv_thread_join(*thread);
    *thread = NULL;
}

/* From the outside in: nothing new, then what is on its way, then the last words. */
static void stop_threads(struct service *s)
{
    struct coordinator *c = &s->c;

    atomic_store(&c->stopping, true);
    gv_thread_join(s->enrol_thread);
    for (int i = 0; i < c->config.verifiers; i++)
        close_and_join(c->verify[i], &s->verify_threads[i]);
    for (int i = 0; i < c->config.report_lanes; i++)
        close_and_join(c->reports[i], &s->report_threads[i]);
    close_and_join(c->acts, &s->acts_thread);
    close_and_join(c->reads, &s->reads_thread);
    close_and_join(c->deliver, &s->deliver_thread);
    gv_thread_join(s->duties_thread);
    close_and_join(c->out, &s->front_thread);
    gv_thread_join(s->guard_thread);
    gv_thread_join(s->space_thread);
}

static void free_jobs(gv_queue *queue)
{
    struct job *job;

    while (queue != NULL && (job = gv_queue_pop(queue)) != NULL)
        job_free(job);
    if (queue != NULL)
        gv_queue_free(queue);
}

static void free_queues(struct coordinator *c)
{
    void *item;

    for (int i = 0; i < VERIFIERS_MAX; i++)
        free_jobs(c->verify[i]);
    for (int i = 0; i < REPORT_LANES_MAX; i++)
        free_jobs(c->reports[i]);
    free_jobs(c->acts);
    free_jobs(c->reads);
    while (c->deliver != NULL && (item = gv_queue_pop(c->deliver)) != NULL)
        free(item);
    while (c->out != NULL && (item = gv_queue_pop(c->out)) != NULL)
        out_free(item);
    gv_queue_free(c->deliver);
    gv_queue_free(c->out);
}

static void fini(struct service *s)
{
    if (s->front_thread == NULL && s->front.socket != NULL && s->front.c == NULL)
        zmq_close(s->front.socket);
    if (s->enrol_thread == NULL && s->enrol.socket != NULL && s->enrol.c == NULL)
        zmq_close(s->enrol.socket);
    guard_free(s->c.guard);
    if (s->c.zmq != NULL) {
        zmq_ctx_shutdown(s->c.zmq);
        zap_join(s->zap);
        zmq_ctx_term(s->c.zmq);
    }
    free_queues(&s->c);
    keyring_holder_free(s->c.keys);
    presence_free(s->c.presence);
    limits_free(s->c.limits);
    space_free(s->c.space);
    gv_key_free(s->key);
    gv_keyset_free(s->keyset);
    pthread_mutex_destroy(&s->c.clock_lock);
    pthread_mutex_destroy(&s->c.share_lock);
    pthread_mutex_destroy(&s->c.keys_lock);
    if (s->cluster.started &&
        gv_cluster_stop(s->settings->data, true, s->why, sizeof s->why) != GV_OK)
        log_info("database-stays", "data=%s", s->settings->data);
}

static void on_signal(void *loop, int signo)
{
    if (signo != SIGHUP)
        gv_loop_stop(loop);
}

static void on_watchdog(void *ctx, int64_t now_ms)
{
    struct gv_timer *timer = ((void **)ctx)[1];

    gv_notify("WATCHDOG=1");
    gv_loop_timer_set(((void **)ctx)[0], timer, now_ms + gv_notify_watchdog_ms());
}

static gv_err wait_for_end(const struct service *s)
{
    gv_loop *loop = NULL;
    struct gv_timer timer;
    void *ctx[2];
    gv_err err = gv_loop_new(&loop);

    ctx[0] = loop;
    ctx[1] = &timer;
    if (err == GV_OK)
        err = gv_loop_signals(loop, on_signal, loop);
    if (err == GV_OK && gv_notify_watchdog_ms() > 0) {
        err = gv_loop_timer_add(loop, &timer, on_watchdog, ctx);
        if (err == GV_OK)
            gv_loop_timer_set(loop, &timer, 0);
    }
    if (err == GV_OK) {
        printf("giaoviecd: ready as=%s endpoint=%s enrol=%s\n", s->c.self.s, s->info->endpoint,
               s->info->enrol_endpoint);
        fflush(stdout);
        gv_notify("READY=1");
        err = gv_loop_run(loop);
    }
    gv_notify("STOPPING=1");
    gv_loop_free(loop);
    return err;
}

/* If something hangs while we end, we end all the same: what was receipted is in the database. */
static void arm_watchdog(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    alarm(STOP_WATCHDOG_S);
}

static void take_settings(struct service *s, const struct coordinator_section *settings)
{
    s->settings = settings;
    s->c.config.verifiers = (int)settings->verifiers;
    s->c.config.report_lanes = (int)settings->report_lanes;
    s->c.config.batch_jobs = (int)settings->batch_jobs;
    s->c.config.backlog_bytes = (size_t)settings->backlog << 20;
    s->c.config.pace = (struct gv_pace){(uint32_t)settings->heartbeat, (uint32_t)settings->silence};
    s->c.config.heartbeat_rate = (int)settings->heartbeat_rate;
    s->c.config.redeliver_ms = (int)settings->redeliver;
    s->c.config.reconnect_rate = (int)settings->reconnect_rate;
    s->c.config.reconnect_min_ms = (int)settings->reconnect_min;
    s->c.config.enrol_rate = (int)settings->enrol_rate;
    s->c.config.blobs =
        (struct gv_blob_bounds){.person_bytes = (uint64_t)settings->unused_attachments << 20,
                                .all_bytes = (uint64_t)settings->unused_attachments_all << 20,
                                .keep_ms = settings->unused_attachments_keep};
    s->c.config.limits[LIMIT_ACTS] =
        (struct limit_rate){(uint32_t)settings->acts_rate, (uint32_t)settings->acts_burst};
    s->c.config.limits[LIMIT_QUERIES] =
        (struct limit_rate){(uint32_t)settings->queries_rate, (uint32_t)settings->queries_burst};
    s->c.config.limits[LIMIT_REFUSALS] = (struct limit_rate){1, REFUSALS_BURST};
    s->c.config.limits[LIMIT_HELLOS] = (struct limit_rate){HELLOS_PER_S, HELLOS_BURST};
    s->c.config.key_grace_ms = settings->key_grace;
}

/* A connection takes one; at the limit libzmq's listener spins. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            log_warn("descriptors", "limit stays");
    }
}

int service_run(const struct coordinator_section *settings)
{
    static struct service s;
    enum gv_log_level level;
    gv_err err;

    if (gv_log_level_of(settings->log, &level) != GV_OK)
        return giaoviecd_error(GV_EUSAGE, "--log", GV_LOG_LEVELS);
    gv_signals_block();
    gv_log_init("giaoviecd", level);
    take_settings(&s, settings);
    raise_descriptors();
    err = pthread_mutex_init(&s.c.clock_lock, NULL) == 0 &&
                  pthread_mutex_init(&s.c.share_lock, NULL) == 0 &&
                  pthread_mutex_init(&s.c.keys_lock, NULL) == 0
              ? gv_crypto_init()
              : GV_ENOMEM;
    if (err == GV_OK) {
        uint8_t secret[16];

        gv_random(secret, sizeof secret);
        jobs_secret(secret);
        err = load_home(&s);
    }
    if (err == GV_OK)
        err = find_self(&s);
    if (err == GV_OK)
        err = keyring_holder_new(&s.c.keys);
    if (err == GV_OK)
        err = presence_new(&s.c.presence);
    if (err == GV_OK)
        err = limits_new(s.c.config.limits, &s.c.limits);
    if (err == GV_OK)
        err = open_database(&s);
    if (err == GV_OK)
        err = prepare_database(&s);
    if (err == GV_OK)
        err = watch_space(&s);
    if (err == GV_OK)
        err = make_queues(&s);
    if (err == GV_OK)
        err = open_sockets(&s);
    if (err == GV_OK)
        err = start_threads(&s);
    if (err == GV_OK)
        err = wait_for_end(&s);
    else
        giaoviecd_error(err, s.why[0] != '\0' ? s.why : NULL, NULL);
    if (err == GV_OK && atomic_load(&s.c.failed))
        err = GV_EUNAVAILABLE;
    arm_watchdog();
    stop_threads(&s);
    fini(&s);
    if (err == GV_OK)
        log_info("stopped", "as=%s", settings->as);
    return err == GV_OK ? 0 : gv_err_exit(err);
}
