/* cmd_keyset_read.c - keyset show: who may act. */
#include <string.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/home.h"
#include "cli/out.h"
#include "cli/person.h"
#include "cli/table.h"
#include "crypto/hash.h"

static void key_text(const ProtobufCBinaryData *sign_key, char out[33])
{
    gv_id id;

    gv_key_id(sign_key->data, &id);
    gv_hex(id.b, sizeof id.b, out);
}

static void put_list(struct gv_buf *out, char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gv_buf_printf(out, "%s%s", i > 0 ? " " : "", names[i]);
}

static void put_roles(struct gv_buf *out, const Giaoviec__V1__PersonInfo *person)
{
    for (size_t i = 0; i < person->n_roles; i++)
        gv_buf_printf(out, "%s%s", i > 0 ? "+" : "", role_name(person->roles[i]));
}

static void add_person(struct table *table, const Giaoviec__V1__PersonInfo *person)
{
    char id[33];
    struct gv_buf text;

    key_text(&person->sign_key, id);
    gv_buf_init(&text);
    table_cell(table, person->code);
    put_roles(&text, person);
    table_cell(table, (char *)text.data);
    table_cell(table, person->name);
    gv_buf_reset(&text);
    put_list(&text, person->bodies, person->n_bodies);
    if (person->n_bodies > 0 && person->n_fields > 0)
        gv_buf_puts(&text, "; ");
    put_list(&text, person->fields, person->n_fields);
    table_cell(table, (char *)text.data);
    table_cell(table, id);
    gv_buf_fini(&text);
}

static void put_former(const Giaoviec__V1__Keyset *set, struct gv_buf *out)
{
    struct table former;

    table_init(&former);
    table_column(&former, gv_tr("Khóa cũ của", "Former keys of"), TABLE_LEFT, 0);
    table_column(&former, gv_tr("Họ tên", "Name"), TABLE_LEFT, 40);
    table_column(&former, gv_tr("Mã khóa", "Key id"), TABLE_LEFT, 0);
    for (size_t i = 0; i < set->n_former; i++) {
        char id[33];

        key_text(&set->former[i]->sign_key, id);
        table_cell(&former, set->former[i]->code);
        table_cell(&former, set->former[i]->name);
        table_cell(&former, id);
    }
    gv_buf_putc(out, '\n');
    table_put(&former, out);
    table_fini(&former);
}

static void put_tables(const Giaoviec__V1__Keyset *set, struct gv_buf *out)
{
    struct table servers, persons;

    table_init(&servers);
    table_column(&servers, gv_tr("Máy chủ", "Server"), TABLE_LEFT, 0);
    table_column(&servers, gv_tr("Cổng giao việc", "Work endpoint"), TABLE_LEFT, 0);
    table_column(&servers, gv_tr("Cổng ghi danh", "Enrolment endpoint"), TABLE_LEFT, 0);
    table_column(&servers, gv_tr("Mã khóa", "Key id"), TABLE_LEFT, 0);
    for (size_t i = 0; i < set->n_coordinators; i++) {
        char id[33];

        key_text(&set->coordinators[i]->sign_key, id);
        table_cell(&servers, set->coordinators[i]->code);
        table_cell(&servers, set->coordinators[i]->endpoint);
        table_cell(&servers, set->coordinators[i]->enrol_endpoint);
        table_cell(&servers, id);
    }
    table_put(&servers, out);
    table_fini(&servers);
    gv_buf_putc(out, '\n');
    table_init(&persons);
    table_column(&persons, gv_tr("Người", "Person"), TABLE_LEFT, 0);
    table_column(&persons, gv_tr("Vai trò", "Roles"), TABLE_LEFT, 0);
    table_column(&persons, gv_tr("Họ tên", "Name"), TABLE_LEFT, 40);
    table_column(&persons, gv_tr("Tập thể, lĩnh vực", "Bodies, fields"), TABLE_LEFT, 40);
    table_column(&persons, gv_tr("Mã khóa", "Key id"), TABLE_LEFT, 0);
    for (size_t i = 0; i < set->n_persons; i++)
        add_person(&persons, set->persons[i]);
    table_put(&persons, out);
    table_fini(&persons);
    if (set->n_former > 0)
        put_former(set, out);
}

static void put_json_list(struct gv_buf *out, const char *key, char **names, size_t count)
{
    gv_buf_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < count; i++) {
        gv_buf_puts(out, i > 0 ? "," : "");
        gv_buf_json_str(out, names[i], strlen(names[i]));
    }
    gv_buf_putc(out, ']');
}

static void put_json(const Giaoviec__V1__Keyset *set, struct gv_buf *out)
{
    char hex[65];

    gv_buf_printf(out, "{\"version\":%llu,\"demonstration\":%s,\"coordinators\":[",
                  (unsigned long long)set->version, set->demonstration ? "true" : "false");
    for (size_t i = 0; i < set->n_coordinators; i++) {
        const Giaoviec__V1__CoordinatorInfo *info = set->coordinators[i];

        key_text(&info->sign_key, hex);
        gv_buf_printf(out, "%s{\"code\":\"%s\",\"endpoint\":", i > 0 ? "," : "", info->code);
        gv_buf_json_str(out, info->endpoint, strlen(info->endpoint));
        gv_buf_puts(out, ",\"enrol_endpoint\":");
        gv_buf_json_str(out, info->enrol_endpoint, strlen(info->enrol_endpoint));
        gv_buf_printf(out, ",\"key_id\":\"%s\"}", hex);
    }
    gv_buf_puts(out, "],\"persons\":[");
    for (size_t i = 0; i < set->n_persons; i++) {
        const Giaoviec__V1__PersonInfo *person = set->persons[i];

        key_text(&person->sign_key, hex);
        gv_buf_printf(out, "%s{\"code\":\"%s\",\"roles\":\"", i > 0 ? "," : "", person->code);
        put_roles(out, person);
        gv_buf_puts(out, "\",\"name\":");
        gv_buf_json_str(out, person->name, strlen(person->name));
        put_json_list(out, "bodies", person->bodies, person->n_bodies);
        put_json_list(out, "fields", person->fields, person->n_fields);
        gv_buf_printf(out, ",\"key_id\":\"%s\"}", hex);
    }
    gv_buf_puts(out, "],\"former\":[");
    for (size_t i = 0; i < set->n_former; i++) {
        key_text(&set->former[i]->sign_key, hex);
        gv_buf_printf(out, "%s{\"code\":\"%s\",\"name\":", i > 0 ? "," : "", set->former[i]->code);
        gv_buf_json_str(out, set->former[i]->name, strlen(set->former[i]->name));
        gv_buf_printf(out, ",\"key_id\":\"%s\"}", hex);
    }
    gv_buf_puts(out, "],\"revoked\":[");
    for (size_t i = 0; i < set->n_revoked; i++) {
        if (set->revoked[i].len > 32)
            continue;
        gv_hex(set->revoked[i].data, set->revoked[i].len, hex);
        gv_buf_printf(out, "%s\"%s\"", i > 0 ? "," : "", hex);
    }
    gv_buf_puts(out, "]}\n");
}

static int run_show(const struct cli *cli)
{
    struct home home;
    struct gv_buf out;
    int status = home_open(cli, HOME_ALONE, &home);

    if (status != 0)
        return status;
    gv_buf_init(&out);
    if (cli->json) {
        put_json(home.keyset->set, &out);
    } else {
        gv_buf_printf(&out,
                      gv_tr("danh bạ khóa phiên bản %llu; %zu khóa đã thu hồi\n\n",
                            "keyset version %llu; %zu keys revoked\n\n"),
                      (unsigned long long)home.keyset->version, home.keyset->set->n_revoked);
        put_tables(home.keyset->set, &out);
    }
    status = out_write(&out);
    gv_buf_fini(&out);
    home_close(&home);
    return status;
}

const struct command commands_keyset_read[] = {
    {"keyset", "show", NULL, NULL, 0, 0, COMMAND_HOME, NULL, run_show,
     "xem danh bạ khóa: máy chủ, người, vai trò", "show the keyset: servers, persons, roles",
     "keyset show"},
    {0},
};
