/* plant.c - which bug is awake. */
#include "base/plant.h"

#ifdef GV_PLANT

#include <stdlib.h>
#include <string.h>

enum gv_plant gv_plant;

__attribute__((constructor)) static void choose(void)
{
    static const char *const names[] = {
#define PLANT(name, owner, promise, what) [GV_PLANT_##name] = #name,
#include "base/plant.def"
#undef PLANT
    };
    const char *wanted = getenv("GIAOVIEC_PLANT");

    for (int i = 1; wanted != NULL && i < GV_PLANT_END; i++) {
        if (strcmp(names[i], wanted) == 0)
            gv_plant = (enum gv_plant)i;
    }
    if (wanted != NULL && *wanted != '\0' && gv_plant == GV_PLANT_NONE)
        abort(); /* a name that is none would pass as a bug that nobody finds */
}

#endif
