/* memory.c - /proc/self/statm, the second number. */
#include "sys/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

gv_err gv_memory_open(struct gv_memory *out)
{
    *out = (struct gv_memory){.statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)};
    return out->statm >= 0 ? GV_OK : GV_EIO;
}

void gv_memory_close(struct gv_memory *memory)
{
    if (memory->statm >= 0)
        close(memory->statm);
    memory->statm = -1;
}

/* Bytes in memory; 0: cannot be told. */
static int64_t resident(const struct gv_memory *memory)
{
    char text[128];
    ssize_t n = pread(memory->statm, text, sizeof text - 1, 0);
    const char *second;

    if (n <= 0)
        return 0;
    text[n] = '\0';
    second = strchr(text, ' ');
    return second != NULL ? strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

bool gv_memory_has_grown(struct gv_memory *memory, int64_t by)
{
    int64_t now = resident(memory);
    bool grown = now > memory->usual + by;

    if (grown || now < memory->usual)
        memory->usual = now;
    return grown;
}
