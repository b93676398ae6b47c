/* read.c - ask, show, say that it is a demonstration. */
#include "cli/read.h"

#include <assert.h>
#include <string.h>

#include "base/lang.h"
#include "base/text.h"
#include "cli/out.h"
#include "cli/viet.h"
#include "cli/words.h"

int read_open(const struct cli *cli, struct read *read)
{
    memset(read, 0, sizeof *read);
    read->cli = cli;
    gv_buf_init(&read->out);
    return rpc_open(cli, &read->rpc);
}

void read_close(struct read *read)
{
    rpc_close(read->rpc);
    gv_buf_fini(&read->out);
    memset(read, 0, sizeof *read);
}

void read_arg(struct read *read, const char *key, const char *value)
{
    size_t key_len = strlen(key), len;
    char *arg;

    if (value == NULL)
        return;
    assert(read->arg_count < READ_ARGS_MAX);
    len = strlen(value);
    arg = gv_arena_alloc(read->cli->arena, key_len + len + 2);
    if (arg == NULL) {
        read->out.failed = true;
        return;
    }
    memcpy(arg, key, key_len);
    arg[key_len] = '=';
    memcpy(arg + key_len + 1, value, len + 1);
    read->args[read->arg_count++] = arg;
}

void read_option(struct read *read, const char *key)
{
    read_arg(read, key, cli_text(read->cli, key));
}

void read_name_option(struct read *read, const char *key)
{
    const char *text = cli_text(read->cli, key);
    char *name = text != NULL ? gv_arena_strdup(read->cli->arena, text) : NULL;

    for (char *at = name; at != NULL && *at != '\0'; at++)
        *at = *at == '-' ? '_' : *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    read_arg(read, key, name);
}

static const struct noun {
    const char *name; /* of the option, its query and the query's argument */
    const char *vi, *en;
} nouns[] = {
    {"directive", "xem các văn bản: giaoviec directive list",
     "see the directives: giaoviec directive list"},
    {"unit", "xem các đơn vị: giaoviec unit list", "see the units: giaoviec unit list"},
    {"task", "xem các nhiệm vụ: giaoviec task list", "see the tasks: giaoviec task list"},
};

#define NOUNS (sizeof nouns / sizeof nouns[0])

int read_unknown(const char *noun, const char *what)
{
    size_t i = 0;

    while (strcmp(nouns[i].name, noun) != 0) {
        i++;
        assert(i < NOUNS);
    }
    return out_error(GV_ENOTFOUND, what, gv_tr(nouns[i].vi, nouns[i].en));
}

static gv_err look(void *arg, const struct rpc_row *row)
{
    (void)arg;
    (void)row;
    return GV_OK;
}

static int find(gv_rpc *rpc, const char *noun, const char *what)
{
    struct read read = {.cli = rpc_cli(rpc)};
    struct rpc_query ask = {.name = noun, .args = read.args};
    gv_err err;

    read_arg(&read, noun, what);
    ask.arg_count = read.arg_count;
    err = read.out.failed ? GV_ENOMEM : rpc_query(rpc, &ask, look, NULL, &read.page);
    if (err != GV_OK)
        return rpc_error(rpc, err, what);
    return read.page.rows > 0 ? 0 : read_unknown(noun, what);
}

int read_named(gv_rpc *rpc)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < NOUNS; i++) {
        const char *what = cli_text(rpc_cli(rpc), nouns[i].name);

        if (what != NULL)
            status = find(rpc, nouns[i].name, what);
    }
    return status;
}

struct sink {
    struct read *read;
    rpc_row_fn *each;
    void *arg;
};

static gv_err take(void *arg, const struct rpc_row *row)
{
    struct sink *sink = arg;

    if (!sink->read->cli->json)
        return sink->each(sink->arg, row);
    gv_buf_append(&sink->read->out, row->text, row->len);
    gv_buf_putc(&sink->read->out, '\n');
    return GV_OK;
}

int read_rows(struct read *read, const char *query, rpc_row_fn *each, void *arg)
{
    struct sink sink = {read, each, arg};
    struct rpc_query ask = {.name = query, .args = read->args, .arg_count = read->arg_count};
    gv_err err =
        gv_buf_ok(&read->out) ? rpc_query(read->rpc, &ask, take, &sink, &read->page) : GV_ENOMEM;

    return err == GV_OK ? 0 : rpc_error(read->rpc, err, query);
}

int read_end(struct read *read)
{
    if (read->page.demonstration && read->cli->json)
        out_note("%s", words_demonstration());
    else if (read->page.demonstration)
        gv_buf_printf(&read->out, "\n(%s)\n", words_demonstration());
    return out_write(&read->out);
}

static void list_option(struct read *read, const char *key)
{
    if (*key == '=')
        read_name_option(read, key + 1);
    else if (*key == '?')
        read_arg(read, key + 1, cli_flag(read->cli, key + 1) ? "1" : NULL);
    else
        read_option(read, key);
}

int read_list(const struct cli *cli, const struct read_list *list)
{
    struct table table;
    struct read read;
    int status = read_open(cli, &read);

    if (status != 0)
        return status;
    table_init(&table);
    for (size_t i = 0; i < list->column_count; i++)
        table_column(&table, gv_tr(list->columns[i].vi, list->columns[i].en),
                     list->columns[i].align, list->columns[i].max_width);
    for (size_t i = 0; i < READ_ARGS_MAX && list->options[i] != NULL; i++)
        list_option(&read, list->options[i]);
    status = read_named(read.rpc);
    if (status == 0)
        status = read_rows(&read, list->query, list->add, &table);
    if (status == 0 && !cli->json) {
        table_put(&table, &read.out);
        if (list->counts)
            gv_buf_printf(&read.out, "%s: %zu\n", gv_tr("Tổng số", "Total"), read.page.rows);
    }
    if (status == 0)
        status = read_end(&read);
    table_fini(&table);
    read_close(&read);
    return status;
}

void read_day_cell(struct table *table, const json_t *row, const char *key)
{
    struct gv_buf text;

    gv_buf_init(&text);
    viet_day_short(&text, row_text(row, key));
    table_cell(table, (const char *)text.data);
    gv_buf_fini(&text);
}

void read_line(struct gv_buf *out, const char *label, const char *value)
{
    if (value != NULL && value[0] != '\0')
        gv_buf_printf(out, "%s: %s\n", label, value);
}
