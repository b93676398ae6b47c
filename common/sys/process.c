/*
 * process.c - other programs. Between fork() and exec() only async-signal-safe calls: other threads
 * may hold any lock. A pipe that closes on exec tells whether exec worked.
 */
#include "sys/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define POLL_AGAIN_MS 50 /* where the kernel has no pidfd */

struct gv_process {
    pid_t pid; /* 0: reaped */
    int epoll;
    int out;   /* its stdout; -1: closed or not captured */
    int pidfd; /* -1: none */
    struct gv_buf output;
    size_t max_output_bytes;
    int64_t deadline_ms;
    int64_t polled_ms;
    bool timed_out, overflowed;
};

/* ---- the child ------------------------------------------------------------------------------ */

static _Noreturn void child_fail(int told)
{
    int error = errno;
    ssize_t n = write(told, &error, sizeof error);

    (void)n;
    _exit(127);
}

static void child_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int signo = 1; signo < NSIG; signo++)
        (void)sigaction(signo, &plain, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_files(const struct gv_process_spec *spec, int out, int told)
{
    int null = open("/dev/null", O_RDWR);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0)
        child_fail(told);
    if (dup2(spec->max_output_bytes > 0 ? out : STDERR_FILENO, STDOUT_FILENO) < 0)
        child_fail(told);
    if (spec->quiet && dup2(null, STDERR_FILENO) < 0)
        child_fail(told);
    if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) != 0)
        fcntl(null, F_SETFD, FD_CLOEXEC); /* an older kernel: ours are close-on-exec anyway */
}

static _Noreturn void child(const struct gv_process_spec *spec, pid_t parent, int out, int told)
{
    setpgid(0, 0);
    child_signals();
    if (spec->dies_with_us) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(127); /* it went before we asked */
    }
    child_files(spec, out, told);
    if (spec->folder != NULL && chdir(spec->folder) != 0)
        child_fail(told);
    if (spec->env != NULL)
        execvpe(spec->argv[0], (char *const *)(uintptr_t)spec->argv,
                (char *const *)(uintptr_t)spec->env);
    else
        execvp(spec->argv[0], (char *const *)(uintptr_t)spec->argv);
    child_fail(told);
}

/* ---- starting ------------------------------------------------------------------------------- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static gv_err of_errno(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return GV_ENOTFOUND;
    case EACCES:
    case EPERM:
    case ENOEXEC:
        return GV_EDENIED;
    case ENOMEM:
    case EAGAIN:
        return GV_ENOMEM;
    default:
        return GV_EIO;
    }
}

/* Did exec work? The pipe says nothing then, and closes. */
static gv_err wait_for_exec(int told)
{
    int error;
    ssize_t n;

    do {
        n = read(told, &error, sizeof error);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof error ? of_errno(error) : GV_OK;
}

static gv_err fork_exec(const struct gv_process_spec *spec, int out, pid_t *pid)
{
    pid_t parent = getpid();
    sigset_t all, before;
    int told[2];
    gv_err err;

    if (pipe2(told, O_CLOEXEC) != 0)
        return GV_EIO;
    sigfillset(&all); /* no handler of ours may run in the child */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    *pid = fork();
    if (*pid == 0)
        child(spec, parent, out, told[1]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(told[1]);
    if (*pid < 0) {
        err = of_errno(errno);
    } else {
        setpgid(*pid, *pid); /* whoever is first */
        err = wait_for_exec(told[0]);
        if (err != GV_OK)
            waitpid(*pid, NULL, 0);
    }
    close(told[0]);
    return err;
}

static gv_err watch(gv_process *process, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(process->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? GV_OK : GV_EIO;
}

static gv_err watch_both(gv_process *process)
{
    gv_err err = GV_OK;

    process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0u);
    if (process->pidfd >= 0)
        err = watch(process, process->pidfd);
    if (err == GV_OK && process->out >= 0)
        err = watch(process, process->out);
    return err;
}

gv_err gv_process_start(const struct gv_process_spec *spec, gv_process **out)
{
    gv_process *process = calloc(1, sizeof *process);
    int pipe_fds[2] = {-1, -1};
    gv_err err = GV_EIO;

    assert(spec->argv != NULL && spec->argv[0] != NULL);
    if (process == NULL)
        return GV_ENOMEM;
    gv_buf_init(&process->output);
    process->out = process->pidfd = -1;
    process->max_output_bytes = spec->max_output_bytes;
    process->deadline_ms = spec->timeout_ms > 0 ? gv_clock_mono_ms() + spec->timeout_ms : INT64_MAX;
    process->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (process->epoll < 0 || (spec->max_output_bytes > 0 && pipe2(pipe_fds, O_CLOEXEC) != 0))
        goto out;
    process->out = pipe_fds[0];
    if (process->out >= 0)
        (void)fcntl(process->out, F_SETFL, O_NONBLOCK);
    err = fork_exec(spec, pipe_fds[1], &process->pid);
    if (err != GV_OK) {
        process->pid = 0;
        goto out;
    }
    err = watch_both(process);
    if (err != GV_OK)
        goto out;
    *out = process;
    process = NULL;
out:
    close_fd(&pipe_fds[1]);
    gv_process_free(process);
    return err;
}

/* ---- running -------------------------------------------------------------------------------- */

pid_t gv_process_pid(const gv_process *process)
{
    return process->pid;
}

int gv_process_fd(const gv_process *process)
{
    return process->epoll;
}

int64_t gv_process_deadline_ms(const gv_process *process)
{
    int64_t again = process->polled_ms + POLL_AGAIN_MS;

    if (process->pidfd >= 0 || again > process->deadline_ms)
        return process->deadline_ms;
    return again;
}

const struct gv_buf *gv_process_output(const gv_process *process)
{
    return &process->output;
}

void gv_process_signal(gv_process *process, int signo)
{
    if (process->pid > 0)
        (void)kill(-process->pid, signo);
}

/* Takes what is there. Once past the bound the group is killed. */
static gv_err take_output(gv_process *process)
{
    while (process->out >= 0) {
        uint8_t chunk[16384];
        ssize_t n = read(process->out, chunk, sizeof chunk);
        size_t room = process->max_output_bytes - process->output.len;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return GV_OK;
        if (n <= 0) {
            close_fd(&process->out);
            return GV_OK;
        }
        if ((size_t)n > room) {
            process->overflowed = true;
            gv_process_signal(process, SIGKILL);
            n = (ssize_t)room;
        }
        gv_buf_append(&process->output, chunk, (size_t)n);
        if (process->overflowed)
            close_fd(&process->out);
    }
    return gv_buf_ok(&process->output) ? GV_OK : GV_ENOMEM;
}

/* Reaps without waiting. False: it still runs. The group is killed while the number is still its
 * own. */
static bool reap(gv_process *process, int *status)
{
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == 0)
        return false;
    (void)kill(-process->pid, SIGKILL);
    while (waitpid(process->pid, status, 0) < 0 && errno == EINTR)
        ;
    process->pid = 0;
    return true;
}

gv_err gv_process_poll(gv_process *process, int64_t now_ms, struct gv_process_result *result)
{
    int status = 0;
    gv_err err = take_output(process);

    process->polled_ms = now_ms;
    if (err != GV_OK)
        return err;
    assert(process->pid > 0);
    if (!process->timed_out && now_ms >= process->deadline_ms) {
        process->timed_out = true;
        process->deadline_ms = INT64_MAX;
        gv_process_signal(process, SIGKILL);
    }
    if (!reap(process, &status))
        return GV_EAGAIN;
    err = take_output(process); /* what it wrote last; never waits for a grandchild's copy */
    close_fd(&process->out);
    close_fd(&process->pidfd);
    *result = (struct gv_process_result){
        .exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
        .signo = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .timed_out = process->timed_out,
        .overflowed = process->overflowed,
    };
    return err;
}

void gv_process_free(gv_process *process)
{
    if (process == NULL)
        return;
    if (process->pid > 0) {
        gv_process_signal(process, SIGKILL);
        while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close_fd(&process->out);
    close_fd(&process->pidfd);
    close_fd(&process->epoll);
    gv_buf_fini(&process->output);
    free(process);
}

static int wait_ms(const gv_process *process)
{
    int64_t deadline_ms = gv_process_deadline_ms(process), wait;

    if (deadline_ms == INT64_MAX)
        return -1;
    wait = deadline_ms - gv_clock_mono_ms();
    return wait < 0 ? 0 : wait > 3600000 ? 3600000 : (int)wait;
}

gv_err gv_process_run(const struct gv_process_spec *spec, struct gv_buf *output,
                      struct gv_process_result *result)
{
    gv_process *process = NULL;
    gv_err err = gv_process_start(spec, &process);

    if (err != GV_OK)
        return err;
    while ((err = gv_process_poll(process, gv_clock_mono_ms(), result)) == GV_EAGAIN) {
        struct pollfd ready = {.fd = gv_process_fd(process), .events = POLLIN};

        (void)poll(&ready, 1, wait_ms(process));
    }
    if (err == GV_OK && output != NULL) {
        gv_buf_append(output, process->output.data, process->output.len);
        if (!gv_buf_ok(output))
            err = GV_ENOMEM;
    }
    gv_process_free(process);
    return err;
}
