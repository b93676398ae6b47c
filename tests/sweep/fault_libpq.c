/* fault_libpq.c - either the socket is shut down under the call, or the call says that it failed.
 */
#include "fault_libpq.h"

#include <libpq-fe.h>
#include <string.h>
#include <sys/socket.h>

static struct {
    bool waits;
    enum fault_kind kind;
    unsigned long nth;
} begin;

void fault_arm_at_begin(enum fault_kind kind, unsigned long nth)
{
    begin.waits = true;
    begin.kind = kind;
    begin.nth = nth;
}

/* True: the call is to fail. */
static bool fails(PGconn *conn)
{
    if (fault_now(FAULT_CUT))
        (void)shutdown(PQsocket(conn), SHUT_RDWR);
    return fault_now(FAULT_CALL);
}

int __real_PQsendQuery(PGconn *conn, const char *sql);
int __real_PQsendQueryParams(PGconn *conn, const char *sql, int n, const Oid *types,
                             const char *const *values, const int *lengths, const int *formats,
                             int format);
int __real_PQsendQueryPrepared(PGconn *conn, const char *name, int n, const char *const *values,
                               const int *lengths, const int *formats, int format);
int __real_PQpipelineSync(PGconn *conn);
int __real_PQenterPipelineMode(PGconn *conn);
int __real_PQexitPipelineMode(PGconn *conn);
int __real_PQflush(PGconn *conn);
int __real_PQconsumeInput(PGconn *conn);
PGresult *__real_PQgetResult(PGconn *conn);
int __wrap_PQsendQuery(PGconn *conn, const char *sql);
int __wrap_PQsendQueryParams(PGconn *conn, const char *sql, int n, const Oid *types,
                             const char *const *values, const int *lengths, const int *formats,
                             int format);
int __wrap_PQsendQueryPrepared(PGconn *conn, const char *name, int n, const char *const *values,
                               const int *lengths, const int *formats, int format);
int __wrap_PQpipelineSync(PGconn *conn);
int __wrap_PQenterPipelineMode(PGconn *conn);
int __wrap_PQexitPipelineMode(PGconn *conn);
int __wrap_PQflush(PGconn *conn);
int __wrap_PQconsumeInput(PGconn *conn);
PGresult *__wrap_PQgetResult(PGconn *conn);

int __wrap_PQsendQuery(PGconn *conn, const char *sql)
{
    return fails(conn) ? 0 : __real_PQsendQuery(conn, sql);
}

int __wrap_PQsendQueryParams(PGconn *conn, const char *sql, int n, const Oid *types,
                             const char *const *values, const int *lengths, const int *formats,
                             int format)
{
    if (begin.waits && strncmp(sql, "BEGIN ISOLATION", 15) == 0) {
        begin.waits = false;
        fault_arm(begin.kind, begin.nth);
    }
    return fails(conn)
               ? 0
               : __real_PQsendQueryParams(conn, sql, n, types, values, lengths, formats, format);
}

int __wrap_PQsendQueryPrepared(PGconn *conn, const char *name, int n, const char *const *values,
                               const int *lengths, const int *formats, int format)
{
    return fails(conn)
               ? 0
               : __real_PQsendQueryPrepared(conn, name, n, values, lengths, formats, format);
}

int __wrap_PQpipelineSync(PGconn *conn)
{
    return fails(conn) ? 0 : __real_PQpipelineSync(conn);
}

int __wrap_PQenterPipelineMode(PGconn *conn)
{
    return fails(conn) ? 0 : __real_PQenterPipelineMode(conn);
}

int __wrap_PQexitPipelineMode(PGconn *conn)
{
    return fails(conn) ? 0 : __real_PQexitPipelineMode(conn);
}

int __wrap_PQflush(PGconn *conn)
{
    return fails(conn) ? -1 : __real_PQflush(conn);
}

int __wrap_PQconsumeInput(PGconn *conn)
{
    return fails(conn) ? 0 : __real_PQconsumeInput(conn);
}

PGresult *__wrap_PQgetResult(PGconn *conn)
{
    return fails(conn) ? NULL : __real_PQgetResult(conn);
}
