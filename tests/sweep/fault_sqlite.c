/*
 * fault_sqlite.c - SQLite's allocator, and a VFS over the system's whose writes can be short. A
 * short write is one that put half of its bytes into the file; strace cannot make one.
 */
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"

/* ---- memory ---- */

static sqlite3_mem_methods memory;

static void *memory_alloc(int size)
{
    return fault_now(FAULT_SQLITE) ? NULL : memory.xMalloc(size);
}

static void *memory_realloc(void *old, int size)
{
    return fault_now(FAULT_SQLITE) ? NULL : memory.xRealloc(old, size);
}

/* ---- files ---- */

struct file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static sqlite3_vfs *below;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct file *)file)->real;
}

static int file_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}
static int file_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), data, len, at);
}
static int file_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    bool is_short = fault_now(FAULT_SHORT), is_torn = fault_now(FAULT_TORN);

    if (!is_short && !is_torn)
        return real_of(file)->pMethods->xWrite(real_of(file), data, len, at);
    (void)real_of(file)->pMethods->xWrite(real_of(file), data, len / 2, at);
    if (is_torn)
        kill(getpid(), SIGKILL);
    return SQLITE_FULL;
}
static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}
static int file_sync(sqlite3_file *file, int flags)
{
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}
static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
static int file_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}
static int file_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
static int file_check_reserved(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}
static int file_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}
static int file_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}
static int file_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}
static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}
static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}
static void file_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}
static int file_shm_unmap(sqlite3_file *file, int delete)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* without memory-mapped reads */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *out, int flags,
                     int *out_flags)
{
    struct file *file = (struct file *)out;
    int rc;

    (void)vfs;
    file->real = (sqlite3_file *)(file + 1);
    file->base.pMethods = NULL;
    rc = below->xOpen(below, name, file->real, flags, out_flags);
    if (file->real->pMethods != NULL)
        file->base.pMethods = &methods;
    return rc;
}

void fault_sqlite_begin(void)
{
    static sqlite3_vfs shim;
    sqlite3_mem_methods counted;

    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory);
    counted = memory;
    counted.xMalloc = memory_alloc;
    counted.xRealloc = memory_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &counted);
    below = sqlite3_vfs_find(NULL);
    shim = *below;
    shim.zName = "sweep";
    shim.szOsFile = (int)sizeof(struct file) + below->szOsFile;
    shim.xOpen = shim_open;
    if (sqlite3_vfs_register(&shim, 1) != SQLITE_OK)
        abort();
}
