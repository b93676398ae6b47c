/* fault.c - the counters, and the C library's allocator behind the linker's --wrap. */
#include "fault.h"

#include <stddef.h>
#include <string.h>

const char *const fault_names[FAULT_KIND_COUNT] = {"allocation", "sqlite-allocation", "short-write",
                                                   "torn-write", "connection-cut",    "call-fails"};

static _Thread_local struct {
    bool armed, aside;
    enum fault_kind kind;
    unsigned long nth;
    unsigned long counts[FAULT_KIND_COUNT];
} state;

void fault_arm(enum fault_kind kind, unsigned long nth)
{
    memset(&state, 0, sizeof state);
    state.armed = true;
    state.kind = kind;
    state.nth = nth;
}

void fault_disarm(void)
{
    state.armed = false;
}

void fault_aside(bool aside)
{
    state.aside = aside;
}

bool fault_now(enum fault_kind kind)
{
    if (!state.armed || state.aside)
        return false;
    return ++state.counts[kind] == state.nth && state.kind == kind;
}

unsigned long fault_count(enum fault_kind kind)
{
    return state.counts[kind];
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t max);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t max);

void *__wrap_malloc(size_t size)
{
    return fault_now(FAULT_ALLOCATION) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fault_now(FAULT_ALLOCATION) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fault_now(FAULT_ALLOCATION) ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *s)
{
    return fault_now(FAULT_ALLOCATION) ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t max)
{
    return fault_now(FAULT_ALLOCATION) ? NULL : __real_strndup(s, max);
}
