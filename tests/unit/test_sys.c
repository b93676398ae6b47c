/* links: gv_sys gv_base */
/* test_sys.c - loop, queue, threads, other programs, readiness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "sys/loop.h"
#include "sys/memory.h"
#include "sys/notify.h"
#include "sys/process.h"
#include "sys/thread.h"
#include "sys/work_queue.h"

/* ---- loop ----------------------------------------------------------------------------------- */

struct ring {
    gv_loop *loop;
    struct gv_timer timer[200];
    int fired[200];
    int count;
    int64_t last_ms;
};

struct ring_timer {
    struct ring *ring;
    int i;
};

static void on_ring(void *ctx, int64_t now_ms)
{
    struct ring_timer *timer = ctx;

    (void)now_ms;
    timer->ring->fired[timer->ring->count++] = timer->i;
}

static void test_timers_fire_in_the_order_of_their_deadlines(void **state)
{
    static struct ring ring;
    static struct ring_timer each[200];
    int64_t now;

    (void)state;
    memset(&ring, 0, sizeof ring);
    assert_int_equal(gv_loop_new(&ring.loop), GV_OK);
    now = gv_loop_now_ms(ring.loop) - 1000; /* all are due */
    for (int i = 0; i < 200; i++) {
        each[i] = (struct ring_timer){&ring, i};
        assert_int_equal(gv_loop_timer_add(ring.loop, &ring.timer[i], on_ring, &each[i]), GV_OK);
        gv_loop_timer_set(ring.loop, &ring.timer[i], now + (i * 37) % 200);
    }
    for (int i = 0; i < 200; i += 3) /* moved, as often to the front as to the back */
        gv_loop_timer_set(ring.loop, &ring.timer[i], now + (i * 91) % 200);
    for (int i = 0; i < 200; i += 10)
        gv_loop_timer_set(ring.loop, &ring.timer[i], GV_NEVER_MS);
    assert_int_equal(gv_loop_turn(ring.loop, 0), GV_OK);
    assert_int_equal(ring.count, 180);
    for (int i = 1; i < ring.count; i++) {
        int a = ring.fired[i - 1], b = ring.fired[i];
        int due_a = a % 3 ? a * 37 % 200 : a * 91 % 200,
            due_b = b % 3 ? b * 37 % 200 : b * 91 % 200;

        assert_true(due_a <= due_b);
        assert_true(a % 10 != 0 && b % 10 != 0);
    }
    for (int i = 0; i < 200; i++)
        gv_loop_timer_remove(ring.loop, &ring.timer[i]);
    gv_loop_free(ring.loop);
}

struct clockwork {
    gv_loop *loop;
    struct gv_timer timer;
    int ticks;
    bool again_now;
};

static void on_clockwork(void *ctx, int64_t now_ms)
{
    struct clockwork *clockwork = ctx;

    clockwork->ticks++;
    gv_loop_timer_set(clockwork->loop, &clockwork->timer,
                      clockwork->again_now ? now_ms : now_ms + 20);
    if (clockwork->ticks == 3)
        gv_loop_stop(clockwork->loop);
}

static void test_a_timer_that_sets_itself_starves_nobody(void **state)
{
    struct clockwork clockwork = {.again_now = true};

    (void)state;
    assert_int_equal(gv_loop_new(&clockwork.loop), GV_OK);
    assert_int_equal(gv_loop_timer_add(clockwork.loop, &clockwork.timer, on_clockwork, &clockwork),
                     GV_OK);
    gv_loop_timer_set(clockwork.loop, &clockwork.timer, 0);
    assert_int_equal(gv_loop_turn(clockwork.loop, 0), GV_OK);
    assert_int_equal(clockwork.ticks, 1);
    gv_loop_free(clockwork.loop);
}

static void test_the_loop_waits_for_its_deadlines(void **state)
{
    struct clockwork clockwork = {0};
    int64_t begin = gv_clock_mono_ms();

    (void)state;
    assert_int_equal(gv_loop_new(&clockwork.loop), GV_OK);
    assert_int_equal(gv_loop_timer_add(clockwork.loop, &clockwork.timer, on_clockwork, &clockwork),
                     GV_OK);
    gv_loop_timer_set(clockwork.loop, &clockwork.timer, gv_loop_now_ms(clockwork.loop) + 20);
    assert_int_equal(gv_loop_run(clockwork.loop), GV_OK);
    assert_int_equal(clockwork.ticks, 3);
    assert_true(gv_clock_mono_ms() - begin >= 58);
    gv_loop_free(clockwork.loop);
}

static void on_nothing(void *ctx, unsigned events)
{
    (void)ctx;
    (void)events;
}

static void test_a_turn_waits_for_a_deadline_and_no_timer_fires_before_it(void **state)
{
    struct clockwork clockwork = {0};
    int fds[2];

    (void)state;
    assert_int_equal(gv_loop_new(&clockwork.loop), GV_OK);
    assert_int_equal(gv_loop_timer_add(clockwork.loop, &clockwork.timer, on_clockwork, &clockwork),
                     GV_OK);
    gv_loop_timer_set(clockwork.loop, &clockwork.timer, gv_clock_mono_ms() + 30);
    assert_int_equal(gv_loop_turn(clockwork.loop, -1), GV_OK);
    assert_int_equal(clockwork.ticks, 1);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(gv_loop_watch(clockwork.loop, fds[0], GV_LOOP_READ, on_nothing, NULL), GV_OK);
    gv_loop_timer_set(clockwork.loop, &clockwork.timer, gv_clock_mono_ms() + 60000);
    assert_int_equal(gv_loop_turn(clockwork.loop, -1), GV_OK);
    assert_int_equal(clockwork.ticks, 1);
    gv_loop_free(clockwork.loop);
    close(fds[0]);
    close(fds[1]);
}

struct pair {
    gv_loop *loop;
    int a[2], b[2];
    int seen;
};

/* Whichever comes first removes both and frees what the other would use. */
static void on_pair(void *ctx, unsigned events)
{
    struct pair *pair = ctx;

    assert_true(events & GV_LOOP_READ);
    pair->seen++;
    gv_loop_unwatch(pair->loop, pair->a[0]);
    gv_loop_unwatch(pair->loop, pair->b[0]);
}

static void test_a_watch_removed_in_its_turn_is_not_called(void **state)
{
    struct pair pair = {.seen = 0};

    (void)state;
    assert_int_equal(gv_loop_new(&pair.loop), GV_OK);
    assert_int_equal(pipe(pair.a), 0);
    assert_int_equal(pipe(pair.b), 0);
    assert_int_equal(write(pair.a[1], "x", 1), 1);
    assert_int_equal(write(pair.b[1], "x", 1), 1);
    assert_int_equal(gv_loop_watch(pair.loop, pair.a[0], GV_LOOP_READ, on_pair, &pair), GV_OK);
    assert_int_equal(gv_loop_watch(pair.loop, pair.b[0], GV_LOOP_READ, on_pair, &pair), GV_OK);
    assert_int_equal(gv_loop_turn(pair.loop, 1000), GV_OK);
    assert_int_equal(pair.seen, 1);
    assert_int_equal(gv_loop_turn(pair.loop, 0), GV_OK);
    assert_int_equal(pair.seen, 1);
    assert_int_equal(gv_loop_watch(pair.loop, pair.a[0], GV_LOOP_READ, on_pair, &pair), GV_OK);
    assert_int_equal(gv_loop_watch(pair.loop, pair.a[0], 0, on_pair, &pair), GV_OK); /* changed */
    assert_int_equal(gv_loop_turn(pair.loop, 0), GV_OK);
    assert_int_equal(pair.seen, 1);
    gv_loop_free(pair.loop);
    for (int i = 0; i < 2; i++) {
        close(pair.a[i]);
        close(pair.b[i]);
    }
}

static void on_signal(void *ctx, int signo)
{
    *(int *)ctx = signo;
}

static void test_signals_come_through_the_loop(void **state)
{
    gv_loop *loop = NULL;
    int signo = 0;

    (void)state;
    assert_int_equal(gv_loop_new(&loop), GV_OK);
    assert_int_equal(gv_loop_signals(loop, on_signal, &signo), GV_OK);
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(gv_loop_turn(loop, 1000), GV_OK);
    assert_int_equal(signo, SIGHUP);
    gv_loop_free(loop);
}

/* ---- queue and threads ---------------------------------------------------------------------- */

static bool readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    return poll(&ready, 1, 0) == 1;
}

static void test_a_queue_is_bounded_and_readable_while_it_holds_something(void **state)
{
    int items[4];
    gv_queue *queue = NULL;
    void *out[4];

    (void)state;
    assert_int_equal(gv_queue_new(3, &queue), GV_OK);
    assert_false(readable(gv_queue_fd(queue)));
    for (int round = 0; round < 3; round++) { /* around the ring */
        for (int i = 0; i < 3; i++)
            assert_true(gv_queue_push(queue, &items[i]));
        assert_false(gv_queue_push(queue, &items[3]));
        assert_int_equal(gv_queue_len(queue), 3);
        assert_ptr_equal(gv_queue_pop(queue), &items[0]);
        assert_true(readable(gv_queue_fd(queue)));
        assert_true(gv_queue_push(queue, &items[3]));
        assert_int_equal(gv_queue_pop_many(queue, out, 4), 3);
        assert_ptr_equal(out[0], &items[1]);
        assert_ptr_equal(out[2], &items[3]);
        assert_false(readable(gv_queue_fd(queue)));
        assert_null(gv_queue_pop(queue));
    }
    gv_queue_free(queue);
}

static void test_many_are_pushed_in_order_as_far_as_there_is_room(void **state)
{
    int items[5];
    void *in[5], *out[4];
    gv_queue *queue = NULL;
    uint64_t raised;

    (void)state;
    for (int i = 0; i < 5; i++)
        in[i] = &items[i];
    assert_int_equal(gv_queue_new(4, &queue), GV_OK);
    assert_int_equal(gv_queue_push_many(queue, in, 0), 0);
    assert_false(readable(gv_queue_fd(queue)));
    assert_int_equal(gv_queue_push_many(queue, in, 3), 3);
    assert_int_equal(read(gv_queue_fd(queue), &raised, sizeof raised), sizeof raised);
    assert_int_equal(raised, 1); /* once for all of them */
    assert_int_equal(gv_queue_push_many(queue, in + 3, 2), 1);
    assert_int_equal(gv_queue_pop_many(queue, out, 4), 4);
    assert_memory_equal(out, in, sizeof out);
    gv_queue_close(queue);
    assert_int_equal(gv_queue_push_many(queue, in, 5), 0);
    gv_queue_free(queue);
}

static void test_a_taker_waits_no_longer_than_it_says(void **state)
{
    gv_queue *queue = NULL;
    int64_t begin = gv_clock_mono_ms();

    (void)state;
    assert_int_equal(gv_queue_new(1, &queue), GV_OK);
    assert_null(gv_queue_take(queue, 30));
    assert_true(gv_clock_mono_ms() - begin >= 29);
    gv_queue_free(queue);
}

static void test_a_taker_is_woken_by_another_descriptor_too(void **state)
{
    gv_queue *queue = NULL;
    int items[2], other[2];

    (void)state;
    assert_int_equal(gv_queue_new(2, &queue), GV_OK);
    assert_int_equal(pipe(other), 0);
    assert_true(gv_queue_push(queue, &items[0]));
    assert_ptr_equal(gv_queue_take_or(queue, other[0], -1), &items[0]);
    assert_int_equal(write(other[1], "", 1), 1);
    assert_null(gv_queue_take_or(queue, other[0], -1)); /* for ever, did it not wake */
    assert_true(gv_queue_push(queue, &items[1]));
    assert_ptr_equal(gv_queue_take_or(queue, other[0], -1), &items[1]);
    assert_null(gv_queue_take_or(queue, -1, 1));
    gv_queue_close(queue);
    assert_null(gv_queue_take_or(queue, -1, -1));
    close(other[0]);
    close(other[1]);
    gv_queue_free(queue);
}

static void test_a_closed_queue_is_emptied_and_then_ends(void **state)
{
    gv_queue *queue = NULL;
    int item;

    (void)state;
    assert_int_equal(gv_queue_new(2, &queue), GV_OK);
    assert_true(gv_queue_push(queue, &item));
    gv_queue_close(queue);
    assert_true(gv_queue_closed(queue));
    assert_false(gv_queue_push(queue, &item));
    assert_ptr_equal(gv_queue_take(queue, -1), &item);
    assert_null(gv_queue_take(queue, -1));
    assert_true(readable(gv_queue_fd(queue)));
    gv_queue_free(queue);
}

enum { PRODUCERS = 4, EACH = 5000 };

struct works {
    gv_queue *queue;
    char items[PRODUCERS][EACH];
    int next; /* producer */
    pthread_mutex_t lock;
    size_t taken[2];
};

static void produce(void *ctx)
{
    struct works *works = ctx;
    int me;

    pthread_mutex_lock(&works->lock);
    me = works->next++;
    pthread_mutex_unlock(&works->lock);
    for (int i = 0; i < EACH;) {
        char *first = &works->items[me][i];
        void *items[] = {first, first + 1};
        size_t taken = gv_queue_push_many(works->queue, items, i % 3 > 0 && i + 1 < EACH ? 2 : 1);

        if (taken == 0)
            usleep(50);
        i += (int)taken;
    }
}

static void consume(void *ctx)
{
    struct works *works = ctx;
    char *last[PRODUCERS] = {NULL};
    char *item;

    while ((item = gv_queue_take(works->queue, -1)) != NULL) {
        size_t of = (size_t)(item - &works->items[0][0]) / EACH;

        if (last[of] != NULL && item <= last[of])
            abort(); /* a producer's order is kept */
        last[of] = item;
        *item = 1;
    }
}

static void test_nothing_is_lost_between_threads(void **state)
{
    static struct works works;
    gv_thread *threads[PRODUCERS + 2];

    (void)state;
    pthread_mutex_init(&works.lock, NULL);
    assert_int_equal(gv_queue_new(64, &works.queue), GV_OK);
    for (int i = 0; i < PRODUCERS + 2; i++)
        assert_int_equal(
            gv_thread_start("worker", i < PRODUCERS ? produce : consume, &works, &threads[i]),
            GV_OK);
    for (int i = 0; i < PRODUCERS; i++)
        gv_thread_join(threads[i]);
    gv_queue_close(works.queue);
    gv_thread_join(threads[PRODUCERS]);
    gv_thread_join(threads[PRODUCERS + 1]);
    assert_null(memchr(works.items, 0, sizeof works.items));
    gv_queue_free(works.queue);
}

static void look_at_signals(void *ctx)
{
    sigset_t set;

    pthread_sigmask(SIG_BLOCK, NULL, &set);
    *(bool *)ctx = sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGUSR1) == 1;
}

static void test_a_thread_takes_no_signals_and_its_starter_keeps_its_own(void **state)
{
    gv_thread *thread = NULL;
    sigset_t set;
    bool blocked = false;

    (void)state;
    assert_int_equal(
        gv_thread_start("a-very-long-name-of-a-thread", look_at_signals, &blocked, &thread), GV_OK);
    gv_thread_join(thread);
    assert_true(blocked);
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    assert_int_equal(sigismember(&set, SIGUSR1), 0);
}

/* ---- other programs ------------------------------------------------------------------------- */

static gv_err run(const char *const *argv, size_t max, int64_t timeout_ms, struct gv_buf *out,
                  struct gv_process_result *result)
{
    struct gv_process_spec spec = {
        .argv = argv, .max_output_bytes = max, .timeout_ms = timeout_ms, .quiet = true};

    return gv_process_run(&spec, out, result);
}

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_output_and_status_come_back(void **state)
{
    struct gv_process_result result;
    struct gv_buf out;

    (void)state;
    gv_buf_init(&out);
    assert_int_equal(run(ARGV("sh", "-c", "printf '%s' \"$1\"; exit 7", "sh", "a b;$(id)"), 100,
                         5000, &out, &result),
                     GV_OK);
    assert_int_equal(result.exit_status, 7);
    assert_int_equal(result.signo, 0);
    assert_string_equal(out.data, "a b;$(id)"); /* no shell of ours looked at it */
    gv_buf_reset(&out);
    assert_int_equal(run(ARGV("sh", "-c", "kill -TERM $$"), 100, 5000, &out, &result), GV_OK);
    assert_int_equal(result.exit_status, -1);
    assert_int_equal(result.signo, SIGTERM);
    gv_buf_fini(&out);
}

static void test_what_cannot_run_is_an_error_not_a_status(void **state)
{
    struct gv_process_result result;
    struct gv_buf out;

    (void)state;
    gv_buf_init(&out);
    assert_int_equal(run(ARGV("/no/such/program"), 100, 0, &out, &result), GV_ENOTFOUND);
    assert_int_equal(run(ARGV("/etc/passwd"), 100, 0, &out, &result), GV_EDENIED);
    gv_buf_fini(&out);
}

/* Dead, though whoever adopted it may not have looked yet. */
static void assert_gone(pid_t pid)
{
    for (int i = 0; i < 100 && kill(pid, 0) == 0; i++) {
        char path[64], stat[256] = "";
        FILE *file;

        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        file = fopen(path, "r");
        if (file != NULL) {
            char *line = fgets(stat, sizeof stat, file);

            fclose(file);
            if (line == NULL)
                return;
        }
        if (file == NULL || strstr(stat, ") Z ") != NULL)
            return;
        usleep(10000);
        assert_true(i < 99);
    }
}

static void test_a_time_limit_kills_the_whole_group(void **state)
{
    struct gv_process_result result;
    struct gv_buf out;
    int64_t begin = gv_clock_mono_ms();
    pid_t grandchild;

    (void)state;
    gv_buf_init(&out);
    assert_int_equal(run(ARGV("sh", "-c", "sleep 30 & echo $!; wait"), 100, 300, &out, &result),
                     GV_OK);
    assert_true(result.timed_out);
    assert_int_equal(result.signo, SIGKILL);
    assert_true(gv_clock_mono_ms() - begin < 5000);
    grandchild = (pid_t)atoi((char *)out.data);
    assert_true(grandchild > 1);
    assert_gone(grandchild);
    gv_buf_fini(&out);
}

static void test_a_background_child_keeps_nobody_waiting_and_ends_with_its_parent(void **state)
{
    struct gv_process_result result;
    struct gv_buf out;
    int64_t begin = gv_clock_mono_ms();

    (void)state;
    gv_buf_init(&out);
    assert_int_equal(run(ARGV("sh", "-c", "sleep 30 & echo $!"), 100, 20000, &out, &result), GV_OK);
    assert_int_equal(result.exit_status, 0);
    assert_true(gv_clock_mono_ms() - begin < 5000);
    assert_true(atoi((char *)out.data) > 1);
    assert_gone((pid_t)atoi((char *)out.data));
    gv_buf_fini(&out);
}

static void test_too_much_output_is_cut_and_killed(void **state)
{
    struct gv_process_result result;
    struct gv_buf out;

    (void)state;
    gv_buf_init(&out);
    assert_int_equal(run(ARGV("yes"), 1000, 10000, &out, &result), GV_OK);
    assert_true(result.overflowed);
    assert_false(result.timed_out);
    assert_int_equal(out.len, 1000);
    gv_buf_reset(&out);
    assert_int_equal(run(ARGV("head", "-c", "100000", "/dev/zero"), 100000, 10000, &out, &result),
                     GV_OK);
    assert_false(result.overflowed);
    assert_int_equal(out.len, 100000);
    gv_buf_fini(&out);
}

static void test_a_program_gets_folder_environment_and_no_descriptors_of_ours(void **state)
{
    struct gv_process_result result;
    struct gv_process_spec spec = {
        .argv = ARGV("sh", "-c", "pwd; echo $GREETING; ls /proc/self/fd | wc -l; cat"),
        .env = ARGV("GREETING=xin chào", "PATH=/usr/bin:/bin"),
        .folder = "/",
        .max_output_bytes = 1000,
        .timeout_ms = 5000,
        .dies_with_us = true};
    struct gv_buf out;
    int leak = dup(STDERR_FILENO); /* not close-on-exec */

    (void)state;
    gv_buf_init(&out);
    assert_int_equal(gv_process_run(&spec, &out, &result), GV_OK);
    assert_int_equal(result.exit_status, 0);
    assert_string_equal(out.data, "/\nxin chào\n4\n"); /* 0, 1, 2 and the folder that ls reads */
    gv_buf_fini(&out);
    close(leak);
}

static void test_a_running_program_is_polled_and_killed_with_its_owner(void **state)
{
    struct gv_process_spec spec = {.argv = ARGV("sleep", "30"), .max_output_bytes = 10};
    struct gv_process_result result;
    gv_process *process = NULL;
    pid_t pid;

    (void)state;
    assert_int_equal(gv_process_start(&spec, &process), GV_OK);
    pid = gv_process_pid(process);
    assert_int_equal(getpgid(pid), pid);
    assert_false(readable(gv_process_fd(process)));
    assert_int_equal(gv_process_poll(process, gv_clock_mono_ms(), &result), GV_EAGAIN);
    gv_process_free(process);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

/* ---- readiness ------------------------------------------------------------------------------ */

static void test_readiness_is_one_datagram(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[64], text[64] = "";
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t len;

    (void)state;
    snprintf(path, sizeof path, "/tmp/gv-notify-%d", (int)getpid());
    memcpy(address.sun_path, path, strlen(path));
    unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    unsetenv("NOTIFY_SOCKET");
    gv_notify("READY=1"); /* nobody listens: nothing happens */
    assert_false(readable(fd));
    setenv("NOTIFY_SOCKET", path, 1);
    gv_notify("READY=1\nSTATUS=ok");
    len = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    assert_int_equal(len, 17);
    assert_string_equal(text, "READY=1\nSTATUS=ok");
    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(gv_notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(gv_notify_watchdog_ms(), 0);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    close(fd);
    unlink(path);
}

static void test_a_process_that_has_grown_is_told_so_once(void **state)
{
    enum { BYTES = 32 << 20 };
    struct gv_memory memory;
    char *block;

    (void)state;
    assert_int_equal(gv_memory_open(&memory), GV_OK);
    assert_true(gv_memory_has_grown(&memory, 0)); /* since nothing at all */
    assert_false(gv_memory_has_grown(&memory, BYTES / 2));
    block = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(block, MAP_FAILED);
    assert_false(gv_memory_has_grown(&memory, BYTES / 2)); /* not touched: not taken */
    memset(block, 1, BYTES);
    assert_true(gv_memory_has_grown(&memory, BYTES / 2));
    assert_false(gv_memory_has_grown(&memory, BYTES / 2));
    munmap(block, BYTES);
    assert_false(gv_memory_has_grown(&memory, BYTES / 2)); /* less: that is usual now */
    block = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(block, MAP_FAILED);
    memset(block, 1, BYTES);
    assert_true(gv_memory_has_grown(&memory, BYTES / 2));
    munmap(block, BYTES);
    gv_memory_close(&memory);
    gv_memory_close(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timers_fire_in_the_order_of_their_deadlines),
        cmocka_unit_test(test_a_timer_that_sets_itself_starves_nobody),
        cmocka_unit_test(test_the_loop_waits_for_its_deadlines),
        cmocka_unit_test(test_a_turn_waits_for_a_deadline_and_no_timer_fires_before_it),
        cmocka_unit_test(test_a_watch_removed_in_its_turn_is_not_called),
        cmocka_unit_test(test_signals_come_through_the_loop),
        cmocka_unit_test(test_a_queue_is_bounded_and_readable_while_it_holds_something),
        cmocka_unit_test(test_many_are_pushed_in_order_as_far_as_there_is_room),
        cmocka_unit_test(test_a_taker_waits_no_longer_than_it_says),
        cmocka_unit_test(test_a_taker_is_woken_by_another_descriptor_too),
        cmocka_unit_test(test_a_closed_queue_is_emptied_and_then_ends),
        cmocka_unit_test(test_nothing_is_lost_between_threads),
        cmocka_unit_test(test_a_thread_takes_no_signals_and_its_starter_keeps_its_own),
        cmocka_unit_test(test_output_and_status_come_back),
        cmocka_unit_test(test_what_cannot_run_is_an_error_not_a_status),
        cmocka_unit_test(test_a_time_limit_kills_the_whole_group),
        cmocka_unit_test(test_a_background_child_keeps_nobody_waiting_and_ends_with_its_parent),
        cmocka_unit_test(test_too_much_output_is_cut_and_killed),
        cmocka_unit_test(test_a_program_gets_folder_environment_and_no_descriptors_of_ours),
        cmocka_unit_test(test_a_running_program_is_polled_and_killed_with_its_owner),
        cmocka_unit_test(test_readiness_is_one_datagram),
        cmocka_unit_test(test_a_process_that_has_grown_is_told_so_once),
    };

    return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
