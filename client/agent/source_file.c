/*
 * source_file.c - documents in files. Folders are watched, not files, so that a file may be
 * replaced by renaming another over it. And every path is looked at again after a while: a link, a
 * mount, a folder above that was renamed or another host may have changed it without an event. A
 * file that does not parse may be half written: it is read again when it has been quiet for a
 * while, and only then refused. One inotify descriptor for all; an event finds its files by folder
 * and name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/source.h"
#include "agent/unit.h"
#include "base/lang.h"
#include "base/log.h"

#define WATCHED                                                                                    \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define AGAIN_MS 5000 /* a folder that is not there yet */

/* What a path led to. */
struct seen {
    int error; /* of stat(); 0: it is there */
    struct stat st;
};

struct source_file {
    struct source *source;
    struct source_files *files;
    int watch; /* of its folder; -1: none */
    char *folder;
    const char *name;      /* in source->config->path */
    int folder_error;      /* why it is not watched, as it was told; 0: nothing to tell */
    struct gv_timer timer; /* quiet time, or the next look at the path */
    struct seen seen;      /* at the last look into the file; zero: there was none yet */
    bool second_look;      /* it did not parse, or may not be complete: the next look decides */
    bool was_there;
};

struct source_files {
    struct host *host;
    int fd;
    struct source_file **list;
    size_t count;
};

/* ---- reading ---- */

static void see(const char *path, struct seen *out)
{
    *out = (struct seen){0};
    if (stat(path, &out->st) != 0)
        out->error = errno;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same(const struct seen *a, const struct seen *b)
{
    return a->error == b->error && a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino &&
           a->st.st_size == b->st.st_size && same_time(&a->st.st_mtim, &b->st.st_mtim) &&
           same_time(&a->st.st_ctim, &b->st.st_ctim);
}

/* GV_ENOTFOUND; GV_EIO and GV_ETOOBIG with why filled. */
static gv_err read_document(const char *path, const struct seen *seen, struct gv_buf *out,
                            struct gv_status_fault *fault)
{
    gv_err err = GV_EIO;

    if (seen->error == ENOENT || seen->error == ENOTDIR)
        return GV_ENOTFOUND;
    if (seen->error == 0 && !S_ISREG(seen->st.st_mode)) {
        snprintf(fault->why, sizeof fault->why, "%s",
                 gv_tr("không phải tệp thường", "not a regular file"));
        return GV_EIO;
    }
    if (seen->error == 0)
        err = gv_buf_read_file(out, path, GV_STATUS_MAX_BYTES);
    if (err == GV_ETOOBIG)
        snprintf(fault->why, sizeof fault->why, gv_tr("lớn hơn %zu byte", "larger than %zu bytes"),
                 GV_STATUS_MAX_BYTES);
    else if (err != GV_OK && err != GV_ENOTFOUND)
        snprintf(fault->why, sizeof fault->why, "%s",
                 gv_tr("không đọc được tệp", "the file cannot be read"));
    return err;
}

/* A CSV file that was cut at a line's end parses; one without a last line end may go on. */
static bool may_go_on(const struct source_file *file, const struct gv_buf *bytes)
{
    return file->source->config->format == GV_STATUS_CSV && bytes->len > 0 &&
           bytes->data[bytes->len - 1] != '\n';
}

static void wait_quiet(struct source_file *file)
{
    struct host *host = file->files->host;

    gv_loop_timer_set(host->loop, &file->timer,
                      gv_loop_now_ms(host->loop) + host->config->quiet_ms);
}

static void look(struct source_file *file)
{
    struct source *source = file->source;
    struct gv_status_fault fault = {0};
    struct gv_buf bytes;
    char why[640];
    gv_err err;

    gv_buf_init(&bytes);
    see(source->config->path, &file->seen); /* first: what changes while it is read is seen later */
    err = read_document(source->config->path, &file->seen, &bytes, &fault);
    if (err ==
        GV_ENOTFOUND) { /* not there yet, or between delete and rename: the last good one stands */
        if (file->was_there)
            log_warn("file-gone", "unit=%s source=%s file=%s", source->unit->code.s,
                     source->config->name, source->config->path);
        file->was_there = file->second_look = false;
        goto out;
    }
    file->was_there = true;
    if (err == GV_OK && (file->second_look || !may_go_on(file, &bytes)))
        err = source_offer(source, (struct gv_slice){bytes.data, bytes.len}, &fault);
    else if (err == GV_OK)
        err = GV_EAGAIN;
    if (err == GV_OK) {
        file->second_look = false;
    } else if (!file->second_look || err == GV_ENOMEM) {
        file->second_look = true;
        wait_quiet(file);
    } else {
        file->second_look = false;
        source_refuse(source, (struct gv_slice){bytes.data, bytes.len},
                      gv_status_fault_format(&fault, source->config->path, why, sizeof why));
    }
out:
    gv_buf_fini(&bytes);
}

/* ---- watching ---- */

/* In order of (folder, name), so that an event finds its files by halving. */
static int compare_place(const struct source_file *file, int watch, const char *name)
{
    if (file->watch != watch)
        return file->watch < watch ? -1 : 1;
    return strcmp(file->name, name);
}

static int by_place(const void *a, const void *b)
{
    const struct source_file *const *left = a, *const *right = b;

    return compare_place(*left, (*right)->watch, (*right)->name);
}

static void sort_places(struct source_files *files)
{
    qsort(files->list, files->count, sizeof(struct source_file *), by_place);
}

/* Nobody needs it any more. */
static void drop_watch(struct source_files *files, int watch)
{
    for (size_t i = 0; i < files->count; i++) {
        if (files->list[i]->watch == watch)
            return;
    }
    inotify_rm_watch(files->fd, watch);
}

/* A folder that is watched already keeps its number; another one is there under the same path, or
 * none: what was watched before is not what the path leads to. */
static void watch_folder(struct source_file *file)
{
    struct source_files *files = file->files;
    int old = file->watch;

    file->watch = inotify_add_watch(files->fd, file->folder, WATCHED);
    if (file->watch >= 0 || errno == ENOENT || errno == ENOTDIR) {
        file->folder_error = 0;
    } else if (file->folder_error != errno) {
        file->folder_error = errno;
        log_error("folder-not-watched", "unit=%s source=%s folder=%s error=%s",
                  file->source->unit->code.s, file->source->config->name, file->folder,
                  strerror(errno));
    }
    if (file->watch == old)
        return;
    sort_places(files);
    if (old >= 0)
        drop_watch(files, old);
}

static void on_timer(void *ctx, int64_t now_ms)
{
    struct source_file *file = ctx;
    const struct host *host = file->files->host;
    struct seen seen;

    watch_folder(file);
    gv_loop_timer_set(host->loop, &file->timer,
                      now_ms + (file->watch >= 0 ? host->config->look_ms : AGAIN_MS));
    see(file->source->config->path, &seen);
    if (file->second_look || !is_same(&seen, &file->seen))
        look(file);
}

/* It was touched: look now where it was closed or renamed, after a quiet time where it is being
 * written. */
static void touched(struct source_file *file, uint32_t mask)
{
    if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) {
        file->second_look = false;
        look(file);
    } else if (file->second_look) {
        wait_quiet(file); /* it is still being written */
    }
}

static void lost_folder(struct source_files *files, int watch)
{
    bool any = false;

    for (size_t i = 0; i < files->count; i++) {
        if (files->list[i]->watch == watch) {
            files->list[i]->watch = -1;
            gv_loop_timer_set(files->host->loop, &files->list[i]->timer,
                              gv_loop_now_ms(files->host->loop) + AGAIN_MS / 5);
            any = true;
        }
    }
    if (!any)
        return;
    sort_places(files);                 /* the next event looks for its files */
    inotify_rm_watch(files->fd, watch); /* where the folder was but moved */
}

static void tell(struct source_files *files, const struct inotify_event *event)
{
    size_t low = 0, high = files->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_place(files->list[middle], event->wd, event->name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < files->count && compare_place(files->list[low], event->wd, event->name) == 0;
         low++)
        touched(files->list[low], event->mask);
}

static void on_inotify(void *ctx, unsigned events)
{
    struct source_files *files = ctx;
    _Alignas(struct inotify_event) char bytes[16384];
    ssize_t len;

    (void)events;
    while ((len = read(files->fd, bytes, sizeof bytes)) > 0) {
        for (char *at = bytes; at < bytes + len;) {
            const struct inotify_event *event = (const struct inotify_event *)at;

            if ((event->mask & IN_Q_OVERFLOW) != 0) {
                for (size_t i = 0; i < files->count; i++)
                    look(files->list[i]);
            } else if ((event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
                lost_folder(files, event->wd);
            } else if (event->len > 0) {
                tell(files, event);
            }
            at += sizeof *event + event->len;
        }
    }
}

gv_err source_files_open(struct host *host, struct source_files **out)
{
    struct source_files *files = calloc(1, sizeof *files);
    gv_err err;

    if (files == NULL)
        return GV_ENOMEM;
    files->host = host;
    *out = files;
    files->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (files->fd < 0)
        return GV_EIO;
    files->list = calloc(host->config->source_count + 1, sizeof(struct source_file *));
    if (files->list == NULL)
        return GV_ENOMEM;
    err = gv_loop_watch(host->loop, files->fd, GV_LOOP_READ, on_inotify, files);
    return err;
}

void source_files_close(struct source_files *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < files->count; i++) {
        gv_loop_timer_remove(files->host->loop, &files->list[i]->timer);
        free(files->list[i]->folder);
        free(files->list[i]);
    }
    if (files->fd >= 0) {
        gv_loop_unwatch(files->host->loop, files->fd);
        close(files->fd);
    }
    free(files->list);
    free(files);
}

gv_err source_file_add(struct source_files *files, struct source *source)
{
    struct source_file *file = calloc(1, sizeof *file);
    const char *path = source->config->path;
    const char *slash = strrchr(path, '/');
    gv_err err;

    if (file == NULL)
        return GV_ENOMEM;
    file->source = source;
    file->files = files;
    file->watch = -1;
    file->folder = slash == NULL   ? strdup(".")
                   : slash == path ? strdup("/")
                                   : strndup(path, (size_t)(slash - path));
    file->name = slash == NULL ? path : slash + 1;
    err = file->folder == NULL ? GV_ENOMEM
                               : gv_loop_timer_add(files->host->loop, &file->timer, on_timer, file);
    if (err != GV_OK) {
        free(file->folder);
        free(file);
        return err;
    }
    source->file = file;
    files->list[files->count++] = file;
    sort_places(files);
    gv_loop_timer_set(files->host->loop, &file->timer, 0); /* what is there already */
    return GV_OK;
}

void source_file_wake(struct source *source)
{
    if (!source->file->second_look)
        look(source->file);
}
