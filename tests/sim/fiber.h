/* fiber.h - coroutines for what the production code runs as threads. */
#ifndef SIM_FIBER_H
#define SIM_FIBER_H

#include "sim.h"

struct fiber;

/* Runs fn(arg) as part of the process, from now on. */
struct fiber *fiber_start(struct process *process, void (*fn)(void *), void *arg);
struct process *fiber_process(const struct fiber *fiber);
bool fiber_done(const struct fiber *fiber);
struct fiber *fiber_self(void); /* NULL: not in a fiber */
/* Waits until fiber_wake() or for ms (-1: for ever). In a process that is down: returns at once. */
void fiber_wait(int64_t ms);
void fiber_wake(struct fiber *fiber);
/* The event's: goes on where it waits, unless the stamp is an old one. */
void fiber_go_on(struct fiber *fiber, uint64_t stamp);
/* Until it is done: its process is down, so that nothing it does is seen by anybody. */
void fiber_finish(struct fiber *fiber);
void fibers_forget(void); /* after a seed: all are done */

#endif
