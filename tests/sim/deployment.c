/* deployment.c - keys, keyset and tasks: the same for every seed, made once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "trust/act.h"
#include "wire/pb_arena.h"
#include "world.h"

struct deployment deployment;

static void must(gv_err err)
{
    if (err != GV_OK) {
        fprintf(stderr, "sim: %s\n", gv_err_name(err));
        abort();
    }
}

static struct gv_key *key_of(const char *name)
{
    struct gv_key *key = NULL;
    gv_code code;

    must(gv_code_from_str(name, &code));
    must(gv_key_new(&code, &key));
    return key;
}

static void make_keys(void)
{
    char name[16];

    deployment.root = key_of("root");
    deployment.admin = key_of("admin");
    for (uint32_t i = 0; i < SERVERS_MAX; i++) {
        snprintf(name, sizeof name, "c%u", (unsigned)i + 1);
        deployment.server[i] = key_of(name);
    }
    for (uint32_t i = 0; i < UNITS_MAX; i++) {
        snprintf(name, sizeof name, "U%u", (unsigned)i + 1);
        deployment.unit[i] = key_of(name);
    }
}

static void make_keyset(void)
{
    Giaoviec__V1__Keyset set = GIAOVIEC__V1__KEYSET__INIT;
    Giaoviec__V1__CoordinatorInfo info[SERVERS_MAX], *infos[SERVERS_MAX];
    Giaoviec__V1__PersonInfo person = GIAOVIEC__V1__PERSON_INFO__INIT, *persons[1] = {&person};
    uint32_t role = GIAOVIEC__V1__ROLE__ROLE_ADMIN;
    char endpoint[SERVERS_MAX][32];
    gv_id id;

    for (uint32_t i = 0; i < SERVERS_MAX; i++) {
        giaoviec__v1__coordinator_info__init(&info[i]);
        snprintf(endpoint[i], sizeof endpoint[i], "tcp://127.0.0.1:%u", 7001 + (unsigned)i);
        info[i].code = deployment.server[i]->code.s;
        info[i].endpoint = info[i].enrol_endpoint = endpoint[i];
        info[i].curve_key = gv_pb_bytes(deployment.server[i]->curve_pk, 32);
        info[i].sign_key = gv_pb_bytes(deployment.server[i]->sign_pk, 32);
        infos[i] = &info[i];
    }
    person.code = deployment.admin->code.s;
    person.name = deployment.admin->code.s;
    person.roles = &role;
    person.n_roles = 1;
    person.sign_key = gv_pb_bytes(deployment.admin->sign_pk, 32);
    person.curve_key = gv_pb_bytes(deployment.admin->curve_pk, 32);
    gv_deployment_id(deployment.root->sign_pk, false, &id);
    set.deployment = gv_pb_bytes(id.b, sizeof id.b);
    set.version = 1;
    set.created_us = INT64_C(1706000000000000);
    set.coordinators = infos;
    set.n_coordinators = SERVERS_MAX;
    set.persons = persons;
    set.n_persons = 1;
    set.root_key = gv_pb_bytes(deployment.root->sign_pk, 32);
    gv_buf_init(&deployment.keyset);
    must(gv_keyset_seal(&set, deployment.root, &deployment.keyset));
    must(gv_keyset_open((struct gv_slice){deployment.keyset.data, deployment.keyset.len}, NULL,
                        &deployment.opened));
}

static void make_tasks(void)
{
    static char notation[] = "3467-CV/TU", words[] = "báo cáo", code[] = "SL";
    char number[16];

    memset(&deployment.breakdown, 0xbd, sizeof deployment.breakdown);
    for (uint32_t i = 0; i < DIRECTIVES_MAX; i++)
        memset(&deployment.directives[i], 0xd0 + (int)i, sizeof(gv_id));
    for (uint32_t i = 0; i < TASKS_MAX; i++) {
        Giaoviec__V1__Task task = GIAOVIEC__V1__TASK__INIT;
        Giaoviec__V1__Indicator indicator = GIAOVIEC__V1__INDICATOR__INIT, *all = &indicator;

        deployment.tasks[i].directive = deployment.directives[i % DIRECTIVES_MAX];
        snprintf(number, sizeof number, "%u.%u", i % 3 + 1, i + 1);
        task.directive = gv_pb_bytes(&deployment.tasks[i].directive, sizeof(gv_id));
        task.version = 1;
        task.notation = notation;
        task.number = number;
        task.item = i % 3 + 1;
        task.words = words;
        indicator.code = code;
        task.indicators = &all;
        task.n_indicators = 1;
        gv_buf_init(&deployment.tasks[i].bytes);
        must(gv_pb_pack(&task.base, &deployment.tasks[i].bytes));
        gv_blob_digest(
            (struct gv_slice){deployment.tasks[i].bytes.data, deployment.tasks[i].bytes.len},
            &deployment.tasks[i].digest);
    }
}

void deployment_make(void)
{
    must(gv_crypto_init());
    make_keys();
    make_keyset();
    make_tasks();
}

void deployment_free(void)
{
    gv_key_free(deployment.root);
    gv_key_free(deployment.admin);
    for (uint32_t i = 0; i < SERVERS_MAX; i++)
        gv_key_free(deployment.server[i]);
    for (uint32_t i = 0; i < UNITS_MAX; i++)
        gv_key_free(deployment.unit[i]);
    for (uint32_t i = 0; i < TASKS_MAX; i++)
        gv_buf_fini(&deployment.tasks[i].bytes);
    gv_keyset_free(deployment.opened);
    gv_buf_fini(&deployment.keyset);
}
