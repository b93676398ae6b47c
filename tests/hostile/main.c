/* main.c - hostile PART HOME …: one part against a coordinator that runs. */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

int row_of(const char *promise, unsigned tries, unsigned violations, const char *more)
{
    printf("ROW\t%s\t%u\t%u\t%s\n", promise, tries, violations, more);
    fflush(stdout);
    return violations == 0 ? 0 : 1;
}

static int run(struct world *world, int argc, char **argv)
{
    const char *part = argv[1];

    if (strcmp(part, "prepare") == 0)
        return prepare_main(world);
    if (strcmp(part, "matrix-refused") == 0)
        return matrix_main(world, false);
    if (strcmp(part, "matrix-allowed") == 0)
        return matrix_main(world, true);
    if (strcmp(part, "acts-refused") == 0)
        return acts_main(world, false);
    if (strcmp(part, "acts-allowed") == 0)
        return acts_main(world, true);
    if (strcmp(part, "join") == 0 && argc > 4)
        return join_main(world, argv[3], argv[4]);
    if (strcmp(part, "revoke") == 0)
        return revoke_main(world);
    if (strcmp(part, "renew") == 0)
        return renew_main(world);
    if (strcmp(part, "rotate") == 0 && argc > 3)
        return rotate_main(world, argv[3]);
    if (strcmp(part, "targets") == 0)
        return targets_main(world);
    if (strcmp(part, "scopes") == 0)
        return scopes_main(world);
    if (strcmp(part, "replay") == 0 && argc > 3)
        return replay_main(world, argv[3]);
    if (strcmp(part, "second") == 0 && argc > 5)
        return second_main(world, argv[3], argv[4], argv[5]);
    if (strcmp(part, "order") == 0 && argc > 3)
        return order_main(world, argv[3]);
    if (strcmp(part, "coordinator") == 0 && argc > 6)
        return coordinator_main(world, argv[3], argv[4], atoi(argv[5]), argv[6]);
    if (strcmp(part, "honest") == 0 && argc > 3)
        return honest_main(world, argv[3]);
    if (strcmp(part, "flood") == 0 && argc > 4)
        return flood_main(world, argv[3], atoi(argv[4]));
    die("no such part", part);
}

int main(int argc, char **argv)
{
    struct world world;
    int status;

    if (argc < 3)
        die("usage", "hostile PART HOME ...");
    setvbuf(stdout, NULL, _IOLBF, 0);
    world_open(&world, argv[2]);
    status = run(&world, argc, argv);
    world_close(&world);
    return status;
}
