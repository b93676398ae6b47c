/* cluster_files.c - the files of a private PostgreSQL: made aside, renamed into place, configured
 * at each start. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/lang.h"
#include "store/cluster_server.h"

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static gv_err give(const struct gv_server *server, const char *path)
{
    if (server->drop && chown(path, server->uid, server->gid) != 0)
        return gv_server_say(server, GV_EIO, "%s: %s", path, strerror(errno));
    return GV_OK;
}

static gv_err write_file(const struct gv_server *server, const char *dir, const char *name,
                         const struct gv_buf *text)
{
    char path[640];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (!gv_buf_ok(text) || gv_file_write(path, text->data, text->len, 0600) != GV_OK)
        return gv_server_say(server, GV_EIO, "%s: %s", path, strerror(errno));
    return give(server, path);
}

/*
 * Everybody who reaches the socket is let in: the socket stands in a folder of mode 0700, so that
 * is the server user and root alone, who could read the files of the database anyway. No other
 * address is listened on.
 */
static gv_err write_access(const struct gv_server *server, const char *dir)
{
    struct gv_buf text;
    char path[640];
    gv_err err;

    gv_buf_init(&text);
    gv_buf_puts(&text, "local all all trust\n");
    err = write_file(server, dir, "pg_hba.conf", &text);
    gv_buf_fini(&text);
    if (err != GV_OK)
        return err;
    snprintf(path, sizeof path, "%s/postgresql.conf", dir);
    gv_buf_init(&text);
    err = gv_buf_read_file(&text, path, 1u << 20);
    gv_buf_puts(&text, "\ninclude 'giaoviec.conf'\n");
    if (err == GV_OK)
        err = write_file(server, dir, "postgresql.conf", &text);
    gv_buf_fini(&text);
    return err;
}

gv_err gv_server_init(const struct gv_server *server)
{
    char fresh[560];
    char program[560];
    const char *const argv[] = {program,
                                "-D",
                                fresh,
                                "-U",
                                "postgres",
                                "--auth=trust",
                                "--encoding",
                                "UTF8",
                                "--locale=C",
                                "--data-checksums",
                                "--no-instructions",
                                NULL};
    int dir;
    gv_err err;

    snprintf(fresh, sizeof fresh, "%s.new", server->data);
    snprintf(program, sizeof program, "%s/initdb", server->bin);
    nftw(fresh, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* half of one that was interrupted */
    if (mkdir(fresh, 0700) != 0)
        return gv_server_say(server, GV_EIO, "%s: %s", fresh, strerror(errno));
    err = give(server, fresh);
    if (err == GV_OK)
        err = gv_server_run(server, argv);
    if (err == GV_OK)
        err = write_access(server, fresh);
    if (err != GV_OK)
        return err;
    if (rename(fresh, server->data) != 0)
        return gv_server_say(server, GV_EIO, "%s: %s", server->data, strerror(errno));
    dir = open(server->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        fsync(dir);
        close(dir);
    }
    return GV_OK;
}

static gv_err make_socket_dir(const struct gv_server *server)
{
    struct stat st;

    if (mkdir(server->socket_dir, 0700) == 0) {
        gv_err err = give(server, server->socket_dir);

        if (err != GV_OK)
            return err;
    } else if (errno != EEXIST) {
        return gv_server_say(server, GV_EIO, "%s: %s", server->socket_dir, strerror(errno));
    }
    /* In /tmp somebody else could have been first. */
    if (lstat(server->socket_dir, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != server->uid ||
        (st.st_mode & 077) != 0)
        return gv_server_say(server, GV_EDENIED,
                             gv_tr("%s phải là thư mục quyền 0700 của người dùng chạy máy chủ",
                                   "%s must be a folder of mode 0700 of the server's user"),
                             server->socket_dir);
    return GV_OK;
}

/* Nothing here weakens what a commit promises; a receipt means that the disk has it. */
gv_err gv_server_configure(const struct gv_server *server)
{
    struct gv_buf text;
    gv_err err = make_socket_dir(server);

    if (err != GV_OK)
        return err;
    gv_buf_init(&text);
    gv_buf_puts(&text, "# Written at each start. Settings of your own: ALTER SYSTEM.\n"
                       "listen_addresses = ''\n"
                       "port = 5432\n");
    gv_buf_printf(&text, "unix_socket_directories = '\"");
    for (const char *p = server->socket_dir; *p != '\0'; p++)
        gv_buf_printf(&text, "%s%c", *p == '\'' ? "'" : *p == '"' ? "\"" : "", *p);
    gv_buf_puts(&text, "\"'\n"
                       "unix_socket_permissions = 0700\n"
                       "max_connections = 40\n"
                       "shared_buffers = 64MB\n"
                       "fsync = on\n"
                       "full_page_writes = on\n"
                       "synchronous_commit = on\n"
                       "wal_level = replica\n"
                       "min_wal_size = 80MB\n"
                       "max_wal_size = 1GB\n"
                       "checkpoint_timeout = 10min\n"
                       "autovacuum_naptime = 15s\n"
                       "jit = off\n"
                       "timezone = 'UTC'\n"
                       "log_timezone = 'UTC'\n"
                       "lc_messages = 'C'\n"
                       "log_line_prefix = '%m [%p] %q%u@%d %a '\n");
    err = write_file(server, server->data, "giaoviec.conf", &text);
    gv_buf_fini(&text);
    return err;
}
