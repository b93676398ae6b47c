/* space.c - statvfs(), and a file that is allocated and never written. */
#include "sys/space.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static gv_err meaning_of(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return GV_ENOSPACE;
    case ENOENT:
    case ENOTDIR:
        return GV_ENOTFOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return GV_EDENIED;
    default:
        return GV_EIO;
    }
}

gv_err gv_space_measure(const char *path, struct gv_space *out)
{
    struct statvfs st;

    if (statvfs(path, &st) != 0)
        return meaning_of(errno);
    out->free_bytes = (uint64_t)st.f_bavail * st.f_frsize;
    out->total_bytes = (uint64_t)st.f_blocks * st.f_frsize;
    return GV_OK;
}

uint64_t gv_space_floor(const struct gv_space *space, const struct gv_space_mark *mark)
{
    uint64_t share = space->total_bytes / 100 * mark->percent;

    return share > mark->bytes ? share : mark->bytes;
}

uint64_t gv_space_enough(const struct gv_space *space, const struct gv_space_mark *mark)
{
    uint64_t floor = gv_space_floor(space, mark);

    return floor + floor / 8;
}

bool gv_space_is_short(bool was_short, const struct gv_space *space,
                       const struct gv_space_mark *mark)
{
    return space->free_bytes <
           (was_short ? gv_space_enough(space, mark) : gv_space_floor(space, mark));
}

gv_err gv_ballast_make(const char *path, uint64_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int failed;

    if (fd < 0)
        return meaning_of(errno);
    failed = posix_fallocate(fd, 0, (off_t)size);
    if (failed == 0 && ftruncate(fd, (off_t)size) != 0) /* it was larger before */
        failed = errno;
    close(fd);
    if (failed == 0)
        return GV_OK;
    unlink(path);
    return meaning_of(failed);
}

gv_err gv_ballast_drop(const char *path, uint64_t *freed)
{
    *freed = gv_ballast_size(path);
    if (unlink(path) == 0 || errno == ENOENT)
        return GV_OK;
    *freed = 0;
    return meaning_of(errno);
}

uint64_t gv_ballast_size(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}
