/*
 * fiber.c - stacks that are used again. A fiber begins by ucontext and is switched by _setjmp and
 * _longjmp, which ask the kernel nothing; under AddressSanitizer, whose longjmp knows one stack, by
 * ucontext alone.
 */
#undef _FORTIFY_SOURCE /* its longjmp goes up one stack, never to another */
#include "fiber.h"

#include <assert.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SIM_ASAN 1
#endif

#ifdef SIM_ASAN
#include <sanitizer/common_interface_defs.h>
#define SWITCH_BEGIN(save, bottom, size) __sanitizer_start_switch_fiber(save, bottom, size)
#define SWITCH_END(save, bottom, size)   __sanitizer_finish_switch_fiber(save, bottom, size)
#else
#define SWITCH_BEGIN(save, bottom, size) ((void)0)
#define SWITCH_END(save, bottom, size)   ((void)0)
#endif

struct place {
    ucontext_t context;
#ifndef SIM_ASAN
    jmp_buf jump;
    bool left; /* once: jump says where */
#endif
};

static void go(struct place *from, struct place *to)
{
#ifdef SIM_ASAN
    swapcontext(&from->context, &to->context);
#else
    from->left = true;
    if (_setjmp(from->jump) != 0)
        return;
    if (to->left)
        _longjmp(to->jump, 1);
    setcontext(&to->context);
    abort();
#endif
}

#define STACK_BYTES ((size_t)2 << 20)
#define FIBERS_MAX  256
#define TURNS_MAX   100000 /* of a fiber that is to finish */

struct fiber {
    struct place place;
    void *stack;
    struct process *process;
    void (*fn)(void *);
    void *arg;
    uint64_t stamp; /* of the one event that may wake it */
    bool done, used;
    void *fake; /* ASan's */
};

static struct fiber fibers[FIBERS_MAX];
static struct fiber *self;
static struct place outside;
#ifdef SIM_ASAN
static void *outside_fake;
static const void *outside_bottom;
static size_t outside_size;
#endif

static void begin(void)
{
    SWITCH_END(NULL, &outside_bottom, &outside_size);
    self->fn(self->arg);
    self->done = true;
    SWITCH_BEGIN(NULL, outside_bottom, outside_size);
    go(&self->place, &outside);
    abort();
}

static struct fiber *unused(void)
{
    for (size_t i = 0; i < FIBERS_MAX; i++) {
        if (!fibers[i].used || fibers[i].done)
            return &fibers[i];
    }
    abort();
}

struct fiber *fiber_start(struct process *process, void (*fn)(void *), void *arg)
{
    struct fiber *fiber = unused();

    if (fiber->stack == NULL) {
        fiber->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        assert(fiber->stack != MAP_FAILED);
    }
    fiber->process = process;
    fiber->fn = fn;
    fiber->arg = arg;
    fiber->done = false;
    fiber->used = true;
    fiber->fake = NULL;
    fiber->place = (struct place){0};
    getcontext(&fiber->place.context);
    fiber->place.context.uc_stack.ss_sp = fiber->stack;
    fiber->place.context.uc_stack.ss_size = STACK_BYTES;
    fiber->place.context.uc_link = NULL;
    makecontext(&fiber->place.context, begin, 0);
    at(sim.now_ms, EV_FIBER, fiber, ++fiber->stamp);
    return fiber;
}

struct process *fiber_process(const struct fiber *fiber)
{
    return fiber->process;
}

bool fiber_done(const struct fiber *fiber)
{
    return fiber->done;
}

struct fiber *fiber_self(void)
{
    return self;
}

static void enter(struct fiber *fiber)
{
    struct process *before = sim.current;

    assert(self == NULL);
    self = fiber;
    sim.current = fiber->process;
    fiber->stamp++;
    SWITCH_BEGIN(&outside_fake, fiber->stack, STACK_BYTES);
    go(&outside, &fiber->place);
    SWITCH_END(outside_fake, NULL, NULL);
    self = NULL;
    sim.current = before;
}

void fiber_wait(int64_t ms)
{
    struct fiber *fiber = self;

    assert(fiber != NULL);
    if (ms >= 0 || !fiber->process->up)
        at(sim.now_ms + (fiber->process->up ? ms : 0), EV_FIBER, fiber, fiber->stamp);
    SWITCH_BEGIN(&fiber->fake, outside_bottom, outside_size);
    go(&fiber->place, &outside);
    SWITCH_END(fiber->fake, NULL, NULL);
}

void fiber_wake(struct fiber *fiber)
{
    at(sim.now_ms + below(2), EV_FIBER, fiber, fiber->stamp);
}

void fiber_go_on(struct fiber *fiber, uint64_t stamp)
{
    if (!fiber->done && fiber->stamp == stamp)
        enter(fiber);
}

void fiber_finish(struct fiber *fiber)
{
    for (int i = 0; !fiber->done; i++) {
        assert(i < TURNS_MAX);
        enter(fiber);
    }
}

void fibers_forget(void)
{
    for (size_t i = 0; i < FIBERS_MAX; i++)
        assert(!fibers[i].used || fibers[i].done);
}
