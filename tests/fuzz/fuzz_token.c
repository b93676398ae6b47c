/* links: gv_trust gv_wire gv_crypto gv_base */
/* fuzz_token.c - any text as a token; any bytes as an enrolment statement and as the answer to one.
 */
#include <assert.h>

#include "../fixture/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture f;

static void parse(const char *s, size_t len)
{
    struct gv_token token, again;
    struct gv_buf out;

    if (gv_token_parse(s, len, &token) != GV_OK)
        return;
    gv_buf_init(&out);
    assert(gv_token_format(&token, &out) == GV_OK);
    assert(gv_token_parse((char *)out.data, out.len, &again) == GV_OK);
    assert(memcmp(&token, &again, sizeof token) == 0);
    gv_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gv_slice bytes = {data, size};
    struct gv_enrol_statement statement;
    struct gv_enrol_answer answer;
    struct gv_token token;
    gv_arena *arena;

    if (f.keyset == NULL)
        fixture_init(&f);
    parse((const char *)data, size);
    arena = gv_arena_new(16 * size + 4096);
    if (arena == NULL)
        return 0;
    if (gv_enrol_open(bytes, &f.deployment, arena, &statement) == GV_OK)
        assert(statement.unit.s[0] != '\0' && !gv_id_is_zero(&statement.key_id));
    gv_arena_reset(arena);
    fixture_token(&f, &token);
    if (gv_enrol_answer(bytes, &token, arena, &answer) == GV_OK) {
        assert((answer.keyset == NULL) == (answer.error != GV_OK));
        gv_keyset_free(answer.keyset);
    }
    gv_arena_free(arena);
    return 0;
}
