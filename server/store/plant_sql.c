/* plant_sql.c - exchanges words of a statement for those of the bug that is awake. */
#include "store/plant_sql.h"

#ifdef GV_PLANT

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/plant.h"

static const struct row {
    enum gv_plant plant;
    const char *statement, *words, *instead;
} rows[] = {
#define PLANT_SQL(name, statement, words, instead) {GV_PLANT_##name, statement, words, instead},
#include "store/plant_sql.def"
#undef PLANT_SQL
};

const char *gv_planted_sql(const char *name, const char *text)
{
    static _Thread_local char planted[2][16384];
    int to = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        const char *at;

        if (row->plant != gv_plant || strcmp(row->statement, name) != 0)
            continue;
        at = strstr(text, row->words);
        if (at == NULL) { /* a bug that is not there would pass as one that is found */
            fprintf(stderr, "plant: %s has no such words: %s\n", name, row->words);
            abort();
        }
        snprintf(planted[to], sizeof planted[to], "%.*s%s%s", (int)(at - text), text, row->instead,
                 at + strlen(row->words));
        text = planted[to];
        to = !to;
    }
    return text;
}

#endif
