/*
 * one_row.h - a set-based statement as it is for one row: scalars in the place of arrays, which the
 * planner folds into the search by key. A batch of one report, the usual one of a quiet day, takes
 * two thirds of the time that its arrays would. Pure.
 */
#ifndef GV_ONE_ROW_H
#define GV_ONE_ROW_H

#include "base/buf.h"

/*
 * Appends the text of a statement that asks for it by the line GV_ONE_ROW_MARK to out, with $n::T
 * for each unnest($n::T[]) and 1 for each cardinality($n). What is unnested must stand in a select
 * list: (SELECT unnest($1::int4[]) AS unit_id, …). GV_ENOTFOUND: the statement does not ask.
 * GV_EBUG: it uses an array in another way too. GV_ENOMEM.
 */
#define GV_ONE_ROW_MARK "-- A row alone: scalars.\n"
GV_MUSTCHECK gv_err gv_one_row_sql(const char *text, struct gv_buf *out);

#endif
