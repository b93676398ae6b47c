/*
 * notice.h - what the threads tell delivery (deliver.h): made and queued by notice.c, taken and
 * freed by deliver.c.
 */
#ifndef GV_NOTICE_H
#define GV_NOTICE_H

#include "coordinator/job.h"
#include "store/store.h"

enum notice_kind { N_HELLO, N_ACKED, N_HEAD, N_GONE, N_ROUTE_GONE, N_DOUBT, N_HEARTBEAT, N_WAKE };

struct notice {
    enum notice_kind kind;
    int32_t unit_id;
    gv_code code;
    gv_id key_id;
    struct route route;
    uint64_t connection;
    uint64_t n, head;
    uint64_t keyset_version;
    uint64_t losses; /* when the Hello's transaction began */
    uint32_t silence_ms;
    struct gv_heartbeat beat;
};

#endif
