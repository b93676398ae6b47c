/* links: gv_sim */
/*
 * fuzz_sim.c - the bytes choose what goes wrong between two agents and two coordinators, and when:
 * the production code of both sides in one process, over the simulator's network, spool and
 * database. Where the bytes end, the faults do, and everything has to converge. sim --bytes FILE -v
 * tells what happened.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;

    if (!made) {
        signal(SIGTERM, SIG_IGN); /* coordinator_fail() sends it: a promise of its own */
        deployment_make();
        atexit(deployment_free);
    }
    made = true;
    if (size == 0)
        return 0;
    if (!sim_run_bytes(data, size, false)) {
        fprintf(stderr, "promise broken: %s\n", sim.why);
        abort();
    }
    return 0;
}
