/*
 * plant_sql.h - bugs planted in statements (plant_sql.def). Builds without GV_PLANT have none of
 * it.
 */
#ifndef GV_PLANT_SQL_H
#define GV_PLANT_SQL_H

#ifdef GV_PLANT

/* The statement's text, or with the bug that is awake: valid until this thread's next call. */
const char *gv_planted_sql(const char *name, const char *text);
#define GV_PLANTED_SQL(name, text) gv_planted_sql(name, text)

#else

#define GV_PLANTED_SQL(name, text) (text)

#endif

#endif
