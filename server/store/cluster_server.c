/* cluster_server.c - finds, makes, starts and recognises the processes of a private PostgreSQL. */
#include "store/cluster_server.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/lang.h"

#define OLDEST_MAJOR   15
#define SERVER_USER    "postgres"
#define SOCKET_NAME    "/.s.PGSQL.5432"
#define SUN_PATH_BYTES 107
#define LOCK_WAIT_MS   60000
#define ORPHAN_WAIT_MS 30000

gv_err gv_server_say(const struct gv_server *server, gv_err err, const char *fmt, ...)
{
    va_list ap;

    if (server->why == NULL || server->why_size == 0)
        return err;
    va_start(ap, fmt);
    vsnprintf(server->why, server->why_size, fmt, ap);
    va_end(ap);
    return err;
}

void gv_server_pause(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&t, NULL);
}

/* ---- where, and as whom -----------------------------------------------------------------------
 */

static gv_err find_user(struct gv_server *server)
{
    struct passwd *pw;

    server->uid = geteuid();
    server->gid = getegid();
    if (server->uid != 0)
        return GV_OK;
    pw = getpwnam(SERVER_USER);
    if (pw == NULL)
        return gv_server_say(server, GV_ENOTFOUND,
                             gv_tr("PostgreSQL không chạy bằng quyền root, và chưa có người dùng "
                                   "%s: hãy cài postgresql, hoặc chạy bằng người dùng khác",
                                   "PostgreSQL does not run as root, and there is no user %s: "
                                   "install postgresql, or start as another user"),
                             SERVER_USER);
    server->drop = true;
    server->uid = pw->pw_uid;
    server->gid = pw->pw_gid;
    server->group_count = sizeof server->groups / sizeof server->groups[0];
    if (getgrouplist(pw->pw_name, pw->pw_gid, server->groups, &server->group_count) < 0)
        server->group_count = sizeof server->groups / sizeof server->groups[0];
    snprintf(server->user, sizeof server->user, "%s", pw->pw_name);
    return GV_OK;
}

static uint64_t fnv(const char *s)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (; *s != '\0'; s++)
        h = (h ^ (uint8_t)*s) * UINT64_C(1099511628211);
    return h;
}

/* Beside the data; where that name is too long for a socket, in /tmp under a name made of it. */
static void name_socket_dir(struct gv_server *server)
{
    int n = snprintf(server->socket_dir, sizeof server->socket_dir, "%s/postgresql.run",
                     server->parent);

    if (n < 0 || (size_t)n + sizeof SOCKET_NAME > SUN_PATH_BYTES)
        snprintf(server->socket_dir, sizeof server->socket_dir, "/tmp/giaoviec-%016llx",
                 (unsigned long long)fnv(server->parent));
}

gv_err gv_server_locate(struct gv_server *server, const char *data_dir, bool create)
{
    char real[PATH_MAX];

    /* 0711: the server user passes through to its own folder and sees nothing else. */
    if (create && mkdir(data_dir, 0711) != 0 && errno != EEXIST)
        return gv_server_say(server, GV_EIO, "%s: %s", data_dir, strerror(errno));
    if (realpath(data_dir, real) == NULL)
        return gv_server_say(server, GV_ENOTFOUND, "%s: %s", data_dir, strerror(errno));
    if (strlen(real) > sizeof server->parent - 32)
        return gv_server_say(server, GV_ETOOBIG,
                             gv_tr("%s: tên quá dài", "%s: the name is too long"), real);
    memcpy(server->parent, real, strlen(real) + 1);
    snprintf(server->data, sizeof server->data, "%.480s/postgresql", server->parent);
    snprintf(server->log, sizeof server->log, "%.480s/postgresql.log", server->parent);
    name_socket_dir(server);
    return find_user(server);
}

gv_err gv_server_lock(const struct gv_server *server, int *fd)
{
    char path[560];
    int lock;

    snprintf(path, sizeof path, "%s.lock", server->data);
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0)
        return gv_server_say(server, GV_EIO, "%s: %s", path, strerror(errno));
    for (int waited = 0; flock(lock, LOCK_EX | LOCK_NB) != 0; waited += 50) {
        if (waited >= LOCK_WAIT_MS) {
            close(lock);
            return gv_server_say(server, GV_ECONFLICT,
                                 gv_tr("%s: một chương trình khác đang khởi động hoặc dừng nó",
                                       "%s: another program starts or stops it"),
                                 path);
        }
        gv_server_pause(50);
    }
    *fd = lock;
    return GV_OK;
}

bool gv_server_has_data(const struct gv_server *server)
{
    char path[560];

    snprintf(path, sizeof path, "%s/PG_VERSION", server->data);
    return access(path, F_OK) == 0;
}

static int data_major(const struct gv_server *server)
{
    char path[560];
    struct gv_buf text;
    int major = 0;

    snprintf(path, sizeof path, "%s/PG_VERSION", server->data);
    gv_buf_init(&text);
    if (gv_buf_read_file(&text, path, 64) == GV_OK && text.data != NULL)
        major = atoi((const char *)text.data);
    gv_buf_fini(&text);
    return major;
}

/* ".../postgresql/15/bin/postgres", ".../pgsql-16/bin/postgres" */
static int path_major(const char *path)
{
    int major = 0;

    for (const char *p = path; *p != '\0'; p++) {
        if (isdigit((unsigned char)*p) && (p == path || !isdigit((unsigned char)p[-1])))
            major = atoi(p);
    }
    return major;
}

gv_err gv_server_programs(struct gv_server *server)
{
    glob_t found = {0};
    int wanted = gv_server_has_data(server) ? data_major(server) : 0;
    int best = 0;

    glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found);
    glob("/usr/pgsql-*/bin/postgres", GLOB_APPEND, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        int major = path_major(found.gl_pathv[i]);

        if (major < OLDEST_MAJOR || major <= best || (wanted != 0 && major != wanted))
            continue;
        best = major;
        snprintf(server->bin, sizeof server->bin, "%.*s",
                 (int)(strlen(found.gl_pathv[i]) - strlen("/postgres")), found.gl_pathv[i]);
    }
    globfree(&found);
    if (best != 0)
        return GV_OK;
    if (wanted != 0)
        return gv_server_say(server, GV_EUNSUPPORTED,
                             gv_tr("%s do PostgreSQL %d tạo: hãy cài phiên bản đó",
                                   "%s was made by PostgreSQL %d: install that version"),
                             server->data, wanted);
    return gv_server_say(
        server, GV_ENOTFOUND,
        gv_tr("không có PostgreSQL %d hoặc mới hơn trong /usr/lib/postgresql: hãy cài postgresql",
              "no PostgreSQL %d or newer in /usr/lib/postgresql: install postgresql"),
        OLDEST_MAJOR);
}

/* ---- processes --------------------------------------------------------------------------------
 */

/* In a child: nothing of ours goes along, neither signals, files nor rights. Only async-signal-safe
 * calls. */
static void become(const struct gv_server *server, int log)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;
    int null = open("/dev/null", O_RDONLY);

    for (int s = 1; s < NSIG; s++)
        sigaction(s, &plain, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    close_range(3, ~0U, 0);
    if (server->drop && (setgroups((size_t)server->group_count, server->groups) != 0 ||
                         setresgid(server->gid, server->gid, server->gid) != 0 ||
                         setresuid(server->uid, server->uid, server->uid) != 0))
        _exit(126);
    umask(077);
}

static int open_log(const struct gv_server *server)
{
    return open(server->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static const char *const clean_environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", NULL};

gv_err gv_server_run(const struct gv_server *server, const char *const argv[])
{
    int log = open_log(server);
    int status = 0;
    pid_t pid;

    if (log < 0)
        return gv_server_say(server, GV_EIO, "%s: %s", server->log, strerror(errno));
    pid = fork();
    if (pid == 0) {
        become(server, log);
        if (chdir("/") == 0)
            execve(argv[0], (char *const *)argv, (char *const *)clean_environment);
        _exit(127);
    }
    close(log);
    if (pid < 0)
        return gv_server_say(server, GV_EIO, "fork: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return GV_OK;
    return gv_server_say(server, GV_EIO, gv_tr("%s không chạy được: xem %s", "%s failed: see %s"),
                         argv[0], server->log);
}

/* Exit status 0: reached; 1 + n: the folder that ends at byte n of the path stops the user. */
static void try_path(const struct gv_server *server)
{
    char path[512];
    int level = 0;

    if (server->drop && (setgroups((size_t)server->group_count, server->groups) != 0 ||
                         setresgid(server->gid, server->gid, server->gid) != 0 ||
                         setresuid(server->uid, server->uid, server->uid) != 0))
        _exit(255);
    for (size_t i = 1; i <= strlen(server->parent); i++) {
        if (server->parent[i] != '/' && server->parent[i] != '\0')
            continue;
        memcpy(path, server->parent, i);
        path[i] = '\0';
        level++;
        if (access(path, X_OK) != 0)
            _exit(level < 250 ? level : 250);
    }
    _exit(0);
}

gv_err gv_server_reach(const struct gv_server *server)
{
    char path[512];
    int status = 0;
    int level = 0;
    size_t end = 0;
    pid_t pid = fork();

    if (pid == 0)
        try_path(server);
    if (pid < 0)
        return gv_server_say(server, GV_EIO, "fork: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return GV_OK;
    snprintf(path, sizeof path, "%s", server->parent);
    while (WIFEXITED(status) && level < WEXITSTATUS(status) && path[end] != '\0') {
        end++;
        if (server->parent[end] == '/' || server->parent[end] == '\0')
            level++;
    }
    path[end] = '\0';
    return gv_server_say(
        server, GV_EDENIED,
        gv_tr("người dùng %s không đi qua được %s: chọn thư mục dữ liệu ở nơi khác "
              "(/var/lib/giaoviec), hoặc chmod o+x %s",
              "user %s cannot pass through %s: choose a data folder elsewhere "
              "(/var/lib/giaoviec), or chmod o+x %s"),
        server->user[0] != '\0' ? server->user : gv_tr("của tiến trình này", "of this process"),
        path, path);
}

static bool alive(pid_t pid)
{
    char path[64];
    char state = 'Z';
    FILE *stat;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    stat = fopen(path, "re");
    if (stat == NULL)
        return false;
    if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    fclose(stat);
    return state != 'Z' && state != 'X';
}

static bool works_in(pid_t pid, const char *folder)
{
    char path[64];
    char cwd[PATH_MAX];
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%ld/cwd", (long)pid);
    n = readlink(path, cwd, sizeof cwd - 1);
    if (n < 0)
        return false;
    cwd[n] = '\0';
    return strcmp(cwd, folder) == 0;
}

static pid_t written_pid(const struct gv_server *server)
{
    char path[560];
    struct gv_buf text;
    long pid = 0;

    snprintf(path, sizeof path, "%s/postmaster.pid", server->data);
    gv_buf_init(&text);
    if (gv_buf_read_file(&text, path, 4096) == GV_OK && text.data != NULL)
        pid = strtol((const char *)text.data, NULL, 10);
    gv_buf_fini(&text);
    return pid > 1 ? (pid_t)pid : 0;
}

pid_t gv_server_pid(const struct gv_server *server)
{
    pid_t pid = written_pid(server);

    /* The number may be somebody else's by now: a postmaster works in its data folder. */
    return pid != 0 && alive(pid) && works_in(pid, server->data) ? pid : 0;
}

/* Is any process left in the data folder? Children outlive a killed postmaster for a moment. */
static bool inhabited(const struct gv_server *server)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    bool found = false;

    while (proc != NULL && !found && (entry = readdir(proc)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);

        found = pid > 1 && works_in((pid_t)pid, server->data) && alive((pid_t)pid);
    }
    if (proc != NULL)
        closedir(proc);
    return found;
}

/* As PostgreSQL asks it: a zombie exists too, until its parent has looked. */
static bool exists(pid_t pid)
{
    return kill(pid, 0) == 0 || errno == EPERM;
}

/*
 * A dead postmaster's lock files, in the data and beside the socket, are PostgreSQL's own affair,
 * except where the number still belongs to somebody, a zombie or an innocent process: then it would
 * refuse to start. Nobody lives in the data, and the socket's folder is its alone, so they may go.
 */
static gv_err clear_stale_locks(const struct gv_server *server)
{
    char path[600];
    pid_t pid;

    for (int waited = 0; inhabited(server); waited += 50) {
        if (waited >= ORPHAN_WAIT_MS)
            return gv_server_say(server, GV_ECONFLICT,
                                 gv_tr("tiến trình của một PostgreSQL đã chết vẫn chạy trong %s",
                                       "processes of a PostgreSQL that died still run in %s"),
                                 server->data);
        gv_server_pause(50);
    }
    snprintf(path, sizeof path, "%s" SOCKET_NAME ".lock", server->socket_dir);
    unlink(path);
    pid = written_pid(server);
    snprintf(path, sizeof path, "%s/postmaster.pid", server->data);
    if (pid != 0 && exists(pid))
        unlink(path);
    return GV_OK;
}

gv_err gv_server_spawn(const struct gv_server *server)
{
    char program[560];
    const char *const argv[] = {program, "-D", server->data, NULL};
    int log;
    int status = 0;
    pid_t pid;
    gv_err err = clear_stale_locks(server);

    if (err != GV_OK)
        return err;
    snprintf(program, sizeof program, "%s/postgres", server->bin);
    log = open_log(server);
    if (log < 0)
        return gv_server_say(server, GV_EIO, "%s: %s", server->log, strerror(errno));
    pid = fork();
    if (pid == 0) {
        /* A session of its own, and no child of ours: it outlives us, and is nobody's zombie. */
        pid = fork();
        if (pid != 0)
            _exit(pid < 0);
        setsid();
        become(server, log);
        if (chdir(server->data) == 0)
            execve(argv[0], (char *const *)argv, (char *const *)clean_environment);
        _exit(127);
    }
    close(log);
    if (pid < 0)
        return gv_server_say(server, GV_EIO, "fork: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? GV_OK
               : gv_server_say(server, GV_EIO, "fork failed");
}

void gv_server_log_tail(const struct gv_server *server, char *out, size_t size)
{
    FILE *log = fopen(server->log, "re");
    char *line;
    bool begins_inside;
    size_t n;

    out[0] = '\0';
    if (log == NULL)
        return;
    if (fseek(log, -(long)(size - 1), SEEK_END) != 0)
        rewind(log);
    n = fread(out, 1, size - 1, log);
    fclose(log);
    begins_inside = n == size - 1;
    while (n > 0 && out[n - 1] == '\n')
        n--;
    out[n] = '\0';
    line = begins_inside ? strchr(out, '\n') : NULL;
    if (line != NULL)
        memmove(out, line + 1, strlen(line));
}
