/*
 * plant.h - bugs planted on purpose (plant.def), to see whether the tests find them. Builds without
 * GV_PLANT have none of it: GV_PLANTED() is the constant false there.
 */
#ifndef GV_PLANT_H
#define GV_PLANT_H

#include <stdbool.h>

#ifdef GV_PLANT

enum gv_plant {
    GV_PLANT_NONE,
#define PLANT(name, owner, promise, what) GV_PLANT_##name,
#include "base/plant.def"
#undef PLANT
    GV_PLANT_END
};

extern enum gv_plant gv_plant; /* from GIAOVIEC_PLANT, before main() */
#define GV_PLANTED(name) (gv_plant == GV_PLANT_##name)

#else

#define GV_PLANTED(name) false

#endif

#endif
