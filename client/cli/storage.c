/* storage.c - the database's disk, as the coordinator that answers sees it. */
#include "cli/storage.h"

#include "base/lang.h"
#include "cli/clock.h"

#define MIB 1048576

static unsigned long long mib(uint64_t bytes)
{
    return (unsigned long long)(bytes / MIB);
}

void storage_warn(const struct rpc_storage *s, struct gv_buf *out)
{
    if (!s->is_short)
        return;
    gv_buf_printf(out,
                  gv_tr("! Ổ đĩa cơ sở dữ liệu ở %s chỉ còn %llu MiB (mức tối thiểu %llu MiB): tạm "
                        "không nhận việc mới, báo cáo chờ ở đơn vị\n",
                        "! The database's disk at %s has %llu MiB left (mark: %llu MiB): no new "
                        "work is taken, reports wait at their units\n"),
                  s->coordinator, mib(s->free_bytes), mib(s->mark_bytes));
}

static void put_storage(const struct cli *cli, const struct rpc_page *page, struct gv_buf *out)
{
    const struct rpc_storage *s = &page->storage;

    if (cli->json) {
        gv_buf_printf(out,
                      "{\"coordinator\":\"%s\",\"watched\":%s,\"short\":%s,\"free_bytes\":%llu,"
                      "\"total_bytes\":%llu,\"mark_bytes\":%llu,\"ballast_bytes\":%llu}\n",
                      s->coordinator, s->watched ? "true" : "false", s->is_short ? "true" : "false",
                      (unsigned long long)s->free_bytes, (unsigned long long)s->total_bytes,
                      (unsigned long long)s->mark_bytes, (unsigned long long)s->ballast_bytes);
        return;
    }
    if (!s->watched) {
        gv_buf_printf(out,
                      gv_tr("%s: không theo dõi được ổ đĩa cơ sở dữ liệu (mục database_folder)\n",
                            "%s: the database's disk is not watched (setting database_folder)\n"),
                      s->coordinator);
    } else {
        gv_buf_printf(
            out,
            gv_tr("%s: ổ đĩa cơ sở dữ liệu còn %llu trong %llu MiB; mức tối thiểu %llu MiB; "
                  "tệp giữ chỗ %llu MiB\n",
                  "%s: the database's disk has %llu of %llu MiB left; mark: %llu MiB; "
                  "ballast: %llu MiB\n"),
            s->coordinator, mib(s->free_bytes), mib(s->total_bytes), mib(s->mark_bytes),
            mib(s->ballast_bytes));
    }
    storage_warn(s, out);
}

int cmd_storage_show(const struct cli *cli)
{
    return clock_show(cli, put_storage);
}
