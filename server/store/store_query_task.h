/* store_query_task.h - inside server/store only: what only the bytes of a Task say, as JSON
 * members. */
#ifndef GV_STORE_QUERY_TASK_H
#define GV_STORE_QUERY_TASK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

/* Appends ,"span":{…},"calendar":…,… to an object that is still open. GV_EDB: the bytes are no
 * Task. */
GV_MUSTCHECK gv_err gv_query_put_task(struct gv_buf *out, struct gv_slice task);

#endif
