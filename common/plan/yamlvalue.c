/* yamlvalue.c - the scalars of a YAML file: text, days, numbers, words of a table. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "plan/yamldoc.h"

static bool is_control(uint32_t cp)
{
    return (cp < ' ' && cp != '\n' && cp != '\t' && cp != '\r') || (cp >= 0x7f && cp <= 0x9f);
}

static bool holds_control(const char *s, size_t len)
{
    size_t at = 0;

    while (at < len) {
        uint32_t cp = 0;
        size_t size = gv_utf8_next(s + at, len - at, &cp);

        if (size == 0 || is_control(cp))
            return true;
        at += size;
    }
    return false;
}

/* White space at both ends away, inside to one blank; in place. */
static void fold_white(char *s)
{
    char *to = s;
    bool blank = false;

    for (const char *from = s; *from != '\0'; from++) {
        if (*from == ' ' || *from == '\n' || *from == '\t' || *from == '\r') {
            blank = to != s;
            continue;
        }
        if (blank)
            *to++ = ' ';
        blank = false;
        *to++ = *from;
    }
    *to = '\0';
}

static const char *keep_nfc(struct gv_yaml *y, const char *s, size_t len)
{
    struct gv_buf nfc;
    char *kept = NULL;

    gv_buf_init(&nfc);
    if (gv_text_nfc(s, len, &nfc) == GV_OK && gv_buf_ok(&nfc))
        kept = gv_arena_copy(y->arena, nfc.len > 0 ? (char *)nfc.data : "", nfc.len + 1);
    gv_buf_fini(&nfc);
    if (kept == NULL) {
        y->no_memory = true;
        return "";
    }
    fold_white(kept);
    return kept;
}

const char *gv_yaml_text(struct gv_yaml *y, yaml_node_t *node, size_t max_bytes)
{
    const char *s, *kept;
    size_t len;

    if (node == NULL)
        return "";
    if (node->type != YAML_SCALAR_NODE) {
        gv_yaml_problem(y, node, "phải là một giá trị, không phải danh sách hay nhóm khóa",
                        "must be one value, not a list or keys");
        return "";
    }
    s = (const char *)node->data.scalar.value;
    len = node->data.scalar.length;
    if (!gv_text_valid(s, len, NULL) || holds_control(s, len)) {
        gv_yaml_problem(y, node, "có ký tự điều khiển; hãy bỏ đi",
                        "holds a control character; remove it");
        return "";
    }
    kept = keep_nfc(y, s, len);
    if (kept[0] == '\0' && !y->no_memory)
        gv_yaml_problem(y, node, "giá trị trống; hãy điền vào, hoặc bỏ khóa này",
                        "an empty value; fill it in or leave the key out");
    if (strlen(kept) > max_bytes) {
        gv_yaml_problem(y, node, "dài quá %zu byte; hãy viết gọn lại",
                        "longer than %zu bytes; shorten it", max_bytes);
        return "";
    }
    return kept;
}

bool gv_yaml_day(struct gv_yaml *y, yaml_node_t *node, int32_t *out)
{
    const char *text = gv_yaml_text(y, node, 64);

    if (text[0] == '\0')
        return false;
    if (gv_day_parse(text, out) != GV_OK) {
        gv_yaml_problem(y, node, "«%s» không phải là một ngày; hãy viết như 2024-01-31",
                        "\"%s\" is not a date; write it like 2024-01-31", text);
        return false;
    }
    return true;
}

bool gv_yaml_number(struct gv_yaml *y, yaml_node_t *node, uint32_t min, uint32_t max, uint32_t *out)
{
    const char *text = gv_yaml_text(y, node, 64);
    uint64_t value = 0;
    size_t i = 0;

    if (text[0] == '\0')
        return false;
    for (; text[i] >= '0' && text[i] <= '9' && i < 10; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    if (text[i] != '\0' || value < min || value > max) {
        gv_yaml_problem(y, node, "«%s» không phải là số nguyên từ %u đến %u",
                        "\"%s\" is not a whole number from %u to %u", text, (unsigned)min,
                        (unsigned)max);
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

bool gv_yaml_bool(struct gv_yaml *y, yaml_node_t *node, bool *out)
{
    static const char *const names[] = {"false", "true"};
    uint32_t index;

    if (!gv_yaml_word(y, node, names, 2, &index))
        return false;
    *out = index == 1;
    return true;
}

bool gv_yaml_word(struct gv_yaml *y, yaml_node_t *node, const char *const *names, size_t count,
                  uint32_t *out)
{
    const char *text = gv_yaml_text(y, node, 200);
    struct gv_buf allowed;

    if (text[0] == '\0')
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (uint32_t)i;
            return true;
        }
    }
    gv_buf_init(&allowed);
    for (size_t i = 0; i < count; i++)
        gv_buf_printf(&allowed, "%s%s", i > 0 ? ", " : "", names[i]);
    gv_yaml_problem(y, node, "không dùng được «%s»; hãy chọn: %s",
                    "\"%s\" is not allowed; choose: %s", text,
                    gv_buf_ok(&allowed) ? (char *)allowed.data : "");
    gv_buf_fini(&allowed);
    return false;
}

const char *gv_yaml_upper(struct gv_yaml *y, yaml_node_t *node)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    const char *text = gv_yaml_text(y, node, 200);

    if (text[0] == '\0')
        return "";
    if (text[0] < 'A' || text[0] > 'Z' || strlen(text) > 32 ||
        text[strspn(text, allowed)] != '\0') {
        gv_yaml_problem(y, node,
                        "«%s» phải là chữ in hoa không dấu A–Z, số, dấu nối; tối đa 32 ký tự",
                        "\"%s\" must be A-Z, digits and hyphens, at most 32", text);
        return "";
    }
    return text;
}
