/*
 * targets.c - a unit speaks of what is not its own. Its reports on others' assignments are kept and
 * change nothing; what it asks for is cut to what it may see, whatever it names in its question.
 */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#define KINDS   5 /* of reports */
#define HOLDERS (sizeof holders / sizeof holders[0])

static const char *const holders[] = {"U2", "U3", "H1", "HR", "HQ", "B1", "B2", "KHONG-AI"};
static const char *const directives[] = {"D1", "D2", "D3", "D4"};
#define DIRECTIVES (sizeof directives / sizeof directives[0])

/* ---- reports ---- */

int targets_main(struct world *world)
{
    struct gv_key *key = world_key(world, "units", "U1");
    unsigned tries = 0, violations = 0;
    struct peer peer;

    if (!peer_open(&peer, world, key, GV_ROLE_UNIT, false) || !peer_hello(&peer))
        die("no session", "U1");
    for (size_t h = 0; h < HOLDERS; h++) {
        for (size_t i = 0; i < DIRECTIVES * KINDS * 2; i++) {
            const char *directive = directives[i % DIRECTIVES];
            uint32_t kind = 1 + (uint32_t)(i / DIRECTIVES) % KINDS;
            uint32_t epoch = 1 + (uint32_t)(i / DIRECTIVES / KINDS);
            uint32_t got;
            gv_id id;

            named_id(holders[h], directive, &id);
            got = peer_report(&peer, kind, &id, epoch);
            tries++;
            if (got != GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED) {
                violations++;
                printf("  U1 reports %u on %s of %s, epoch %u: %u\n", (unsigned)kind, directive,
                       holders[h], (unsigned)epoch, (unsigned)got);
            }
        }
    }
    peer_close(&peer);
    gv_key_free(key);
    return row_of("C12 reports on others' assignments are refused", tries, violations,
                  "holder x directive x kind x epoch");
}

/* ---- questions ---- */

static const struct asker {
    const char *folder, *code, *own; /* the unit or body that it may see */
    uint32_t role;
} askers[] = {{"units", "U1", "U1", GV_ROLE_UNIT}, {"units", "U2", "U2", GV_ROLE_UNIT}};

#define PERSONS false
#define ALL     true
static const struct question {
    const char *name;
    bool of_units; /* a unit may ask it */
} questions[] = {
#define QUERY(name, roles, feed, args, what) {name, roles},
#include "store/queries.def"
#undef QUERY
};
#undef ALL
#undef PERSONS

struct scopes {
    struct world *world;
    unsigned tries, violations;
};

/* Is there a word of another unit, or the id of an assignment of theirs, in the row? */
static const char *stranger_in(const char *row, const char *own)
{
    static char found[64];

    for (size_t h = 0; h < HOLDERS; h++) {
        if (strcmp(holders[h], own) == 0)
            continue;
        snprintf(found, sizeof found, "\"%s\"", holders[h]);
        if (strstr(row, found) != NULL)
            return found;
        for (size_t d = 0; d < DIRECTIVES; d++) {
            gv_id id;

            named_id(holders[h], directives[d], &id);
            gv_hex(id.b, sizeof id.b, found);
            if (strstr(row, found) != NULL)
                return found;
        }
    }
    return NULL;
}

static void ask(struct scopes *s, struct peer *peer, const char *own,
                const struct question *question, const char *arg)
{
    Giaoviec__V1__Query query = GIAOVIEC__V1__QUERY__INIT;
    char *args[1] = {text(arg)};
    uint32_t got;

    query.name = text(question->name);
    query.args = args;
    query.n_args = arg[0] != '\0';
    got = peer_ask(peer, GV_KIND_QUERY, &query.base, 8000);
    s->tries++;
    if (got == 0) {
        s->violations++;
        printf("  %s asks %s %s: no answer\n", own, question->name, arg);
    }
    if (got != GV_KIND_QUERY_RESULT)
        return;
    if (!question->of_units) {
        s->violations++;
        printf("  %s asks %s %s and is answered\n", own, question->name, arg);
    }
    for (size_t i = 0; i < ((Giaoviec__V1__QueryResult *)peer->message.body)->n_rows; i++) {
        ProtobufCBinaryData row = ((Giaoviec__V1__QueryResult *)peer->message.body)->rows[i];
        char *copy = strndup((const char *)row.data, row.len);
        const char *stranger = copy != NULL ? stranger_in(copy, own) : "?";

        if (stranger != NULL) {
            s->violations++;
            printf("  %s asks %s %s and is shown %s\n", own, question->name, arg, stranger);
        }
        free(copy);
    }
}

static void ask_all(struct scopes *s, const struct asker *asker)
{
    struct gv_key *key = world_key(s->world, asker->folder, asker->code);
    const char *other = strcmp(asker->own, "U2") == 0 ? "U3" : "U2";
    char unit[64], assignment[64];
    struct peer peer;
    gv_id id;

    if (!peer_open(&peer, s->world, key, asker->role, false))
        die("not admitted", asker->code);
    named_id(other, "D1", &id);
    snprintf(unit, sizeof unit, "unit=%s", other);
    snprintf(assignment, sizeof assignment, "assignment=");
    gv_hex(id.b, sizeof id.b, assignment + strlen(assignment));
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        ask(s, &peer, asker->own, &questions[i], "");
        ask(s, &peer, asker->own, &questions[i], unit);
        ask(s, &peer, asker->own, &questions[i], assignment);
        ask(s, &peer, asker->own, &questions[i], "task=1.1");
    }
    peer.connection = 0;
    peer_close(&peer);
    gv_key_free(key);
}

int scopes_main(struct world *world)
{
    struct scopes s = {.world = world};

    for (size_t i = 0; i < sizeof askers / sizeof askers[0]; i++)
        ask_all(&s, &askers[i]);
    return row_of("C12 a unit is shown nothing of others, nor what persons ask", s.tries,
                  s.violations, "unit x query x argument");
}
