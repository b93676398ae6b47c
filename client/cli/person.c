/* person.c - persons and coordinators as words of a command line. */
#include "cli/person.h"

#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/lang.h"

struct role {
    const char *name;
    uint32_t role;
};

static const struct role roles[] = {
    {"office", GIAOVIEC__V1__ROLE__ROLE_OFFICE},   {"admin", GIAOVIEC__V1__ROLE__ROLE_ADMIN},
    {"member", GIAOVIEC__V1__ROLE__ROLE_MEMBER},   {"viewer", GIAOVIEC__V1__ROLE__ROLE_VIEWER},
    {"auditor", GIAOVIEC__V1__ROLE__ROLE_AUDITOR},
};

#define ROLE_COUNT (sizeof roles / sizeof roles[0])

const char *role_name(uint32_t role)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (roles[i].role == role)
            return roles[i].name;
    }
    return "?";
}

uint32_t role_of(const char *name, size_t len)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (strlen(roles[i].name) == len && memcmp(roles[i].name, name, len) == 0)
            return roles[i].role;
    }
    return 0;
}

static char *cut(gv_arena *arena, const char *s, size_t len)
{
    char *out = gv_arena_alloc(arena, len + 1);

    if (out != NULL) {
        memcpy(out, s, len);
        out[len] = '\0';
    }
    return out;
}

/* CODE= in front; *rest behind it. */
static gv_err take_code(const char *s, gv_arena *arena, char **code, const char **rest,
                        const char **why)
{
    size_t len = strcspn(s, "=");
    gv_code checked;

    *why = gv_tr("cần MÃ=…", "CODE=… is wanted");
    if (s[len] != '=')
        return GV_EBADMSG;
    *code = cut(arena, s, len);
    if (*code == NULL)
        return GV_ENOMEM;
    *why = gv_tr("mã chỉ gồm chữ cái không dấu, chữ số, «.», «_», «-», tối đa 32 ký tự",
                 "a code is plain letters, digits, \".\", \"_\", \"-\", at most 32 of them");
    *rest = s + len + 1;
    return gv_code_from_str(*code, &checked);
}

#define ROLES_MAX 8

static gv_err take_roles(const char *s, size_t len, gv_arena *arena, Giaoviec__V1__PersonInfo *out,
                         const char **why)
{
    out->roles = gv_arena_alloc(arena, ROLES_MAX * sizeof *out->roles);
    if (out->roles == NULL)
        return GV_ENOMEM;
    *why = gv_tr(
        "vai trò phải là office, admin, member, viewer hoặc auditor (nhiều vai trò: nối bằng «+»)",
        "a role is office, admin, member, viewer or auditor (several: joined by \"+\")");
    for (size_t at = 0; at <= len;) {
        size_t one = 0;
        uint32_t role;

        while (at + one < len && s[at + one] != '+')
            one++;
        role = role_of(s + at, one);
        if (role == 0 || out->n_roles == ROLES_MAX)
            return GV_EBADMSG;
        out->roles[out->n_roles++] = role;
        at += one + 1;
    }
    return GV_OK;
}

static gv_err add_name(gv_arena *arena, char ***list, size_t *count, const char *s, size_t len)
{
    char **more = gv_arena_alloc(arena, (*count + 1) * sizeof *more);
    char *name = cut(arena, s, len);
    gv_code checked;

    if (more == NULL || name == NULL)
        return GV_ENOMEM;
    if (gv_code_from_str(name, &checked) != GV_OK)
        return GV_EBADMSG;
    if (*count > 0)
        memcpy(more, *list, *count * sizeof *more);
    more[(*count)++] = name;
    *list = more;
    return GV_OK;
}

/* bodies=A,B,fields=X,Y: a name without "=" belongs to the list before it. */
static gv_err take_lists(const char *s, gv_arena *arena, Giaoviec__V1__PersonInfo *out,
                         const char **why)
{
    char ***list = NULL;
    size_t *count = NULL;

    *why = gv_tr("cần bodies=MÃ,… hoặc fields=LĨNH-VỰC,…",
                 "bodies=CODE,… or fields=FIELD,… is wanted");
    while (*s != '\0') {
        size_t len = strcspn(s, ",:");
        gv_err err;

        if (len > 7 && memcmp(s, "bodies=", 7) == 0) {
            list = &out->bodies;
            count = &out->n_bodies;
            s += 7;
            len -= 7;
        } else if (len > 7 && memcmp(s, "fields=", 7) == 0) {
            list = &out->fields;
            count = &out->n_fields;
            s += 7;
            len -= 7;
        }
        if (list == NULL)
            return GV_EBADMSG;
        err = add_name(arena, list, count, s, len);
        if (err != GV_OK)
            return err;
        s += len + (s[len] != '\0');
    }
    return GV_OK;
}

gv_err person_parse(const char *s, gv_arena *arena, Giaoviec__V1__PersonInfo **out,
                    const char **why)
{
    Giaoviec__V1__PersonInfo *person = gv_arena_alloc(arena, sizeof *person);
    const char *rest;
    size_t len;
    gv_err err;

    if (person == NULL)
        return GV_ENOMEM;
    giaoviec__v1__person_info__init(person);
    err = take_code(s, arena, &person->code, &rest, why);
    if (err != GV_OK)
        return err;
    len = strcspn(rest, ":");
    err = take_roles(rest, len, arena, person, why);
    if (err != GV_OK)
        return err;
    *why = gv_tr("thiếu họ tên: MÃ=VAI-TRÒ:HỌ TÊN", "the name is missing: CODE=ROLE:NAME");
    if (rest[len] != ':')
        return GV_EBADMSG;
    rest += len + 1;
    len = strcspn(rest, ":");
    if (len == 0)
        return GV_EBADMSG;
    person->name = cut(arena, rest, len);
    if (person->name == NULL)
        return GV_ENOMEM;
    err = rest[len] == ':' ? take_lists(rest + len + 1, arena, person, why) : GV_OK;
    if (err == GV_OK)
        *out = person;
    return err;
}

static bool is_endpoint(const char *s)
{
    const char *port = strrchr(s, ':');
    size_t digits = port != NULL ? strlen(port + 1) : 0;

    return strncmp(s, "tcp://", 6) == 0 && port != NULL && port > s + 6 && digits > 0 &&
           digits <= 5 && strspn(port + 1, "0123456789") == digits && atoi(port + 1) > 0 &&
           atoi(port + 1) <= 65535 && strlen(s) < 128;
}

gv_err coordinator_parse(const char *s, gv_arena *arena, Giaoviec__V1__CoordinatorInfo **out,
                         const char **why)
{
    Giaoviec__V1__CoordinatorInfo *info = gv_arena_alloc(arena, sizeof *info);
    const char *rest;
    size_t len;
    gv_err err;

    if (info == NULL)
        return GV_ENOMEM;
    giaoviec__v1__coordinator_info__init(info);
    err = take_code(s, arena, &info->code, &rest, why);
    if (err != GV_OK)
        return err;
    *why = gv_tr("cần MÃ=tcp://MÁY:CỔNG,tcp://MÁY:CỔNG (cổng giao việc, cổng ghi danh)",
                 "CODE=tcp://HOST:PORT,tcp://HOST:PORT is wanted (work, enrolment)");
    len = strcspn(rest, ",");
    if (rest[len] != ',')
        return GV_EBADMSG;
    info->endpoint = cut(arena, rest, len);
    info->enrol_endpoint = cut(arena, rest + len + 1, strlen(rest + len + 1));
    if (info->endpoint == NULL || info->enrol_endpoint == NULL)
        return GV_ENOMEM;
    if (!is_endpoint(info->endpoint) || !is_endpoint(info->enrol_endpoint) ||
        strcmp(info->endpoint, info->enrol_endpoint) == 0)
        return GV_EBADMSG;
    *out = info;
    return GV_OK;
}
