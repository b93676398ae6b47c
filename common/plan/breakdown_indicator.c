/* breakdown_indicator.c - the indicators of a task: what is measured, and its target. */
#include <string.h>

#include "plan/loader.h"

static const char *const directions[] = {"none", "up", "down", "range"};
static const char *const aggregates[] = {"none", "sum", "last"};

/* -?digits[.digits], at most 12 before and 6 behind the point. */
static bool is_decimal(const char *s)
{
    size_t whole, part;

    s += *s == '-';
    whole = strspn(s, "0123456789");
    s += whole;
    if (whole == 0 || whole > 12 || *s == '\0')
        return whole > 0 && whole <= 12;
    if (*s != '.')
        return false;
    part = strspn(s + 1, "0123456789");
    return part > 0 && part <= 6 && s[1 + part] == '\0';
}

/* Of what is_decimal() lets through: fits. */
static int64_t to_millionths(const char *s)
{
    bool minus = *s == '-';
    int64_t value = 0;
    int behind = -1;

    for (s += minus; *s != '\0'; s++) {
        if (*s == '.') {
            behind = 0;
            continue;
        }
        value = value * 10 + (*s - '0');
        behind += behind >= 0;
    }
    for (behind = behind < 0 ? 0 : behind; behind < 6; behind++)
        value *= 10;
    return minus ? -value : value;
}

static const char *load_target(struct gv_loader *l, yaml_node_t *node)
{
    const char *text = gv_yaml_text(&l->y, node, 200);

    if (text[0] == '\0')
        return "";
    if (!is_decimal(text)) {
        gv_yaml_problem(&l->y, node,
                        "«%s» không phải là số thập phân; hãy viết như 13100 hoặc 92.6 (dấu chấm, "
                        "không có dấu phân cách hàng nghìn)",
                        "\"%s\" is not a decimal; write it like 13100 or 92.6 (a point, no "
                        "thousands marks)",
                        text);
        return "";
    }
    return text;
}

static void check_target(struct gv_loader *l, yaml_node_t *node, const Giaoviec__V1__Indicator *in)
{
    bool range = in->direction == GIAOVIEC__V1__DIRECTION__DIRECTION_RANGE;

    if (in->target[0] != '\0' && in->direction == GIAOVIEC__V1__DIRECTION__DIRECTION_NONE)
        gv_yaml_problem(&l->y, node, "có «target» thì phải có «direction: up, down hoặc range»",
                        "a target needs \"direction: up, down or range\"");
    if (range && (in->target[0] == '\0' || in->target_high[0] == '\0'))
        gv_yaml_problem(&l->y, node, "«direction: range» cần cả «target» và «target_high»",
                        "\"direction: range\" needs both target and target_high");
    if (!range && in->target_high[0] != '\0')
        gv_yaml_problem(&l->y, node, "«target_high» chỉ dùng với «direction: range»",
                        "target_high is for \"direction: range\" only");
    if (range && in->target[0] != '\0' && in->target_high[0] != '\0' &&
        to_millionths(in->target) > to_millionths(in->target_high))
        gv_yaml_problem(&l->y, node, "«target» lớn hơn «target_high»; hãy đổi chỗ",
                        "target is above target_high; change them round");
}

static void load_indicator(struct gv_loader *l, yaml_node_t *node, uint32_t origin,
                           Giaoviec__V1__Indicator *out)
{
    static const struct gv_yaml_key keys[] = {
        {"code", true},       {"name", true},    {"measure", true},      {"aggregate", true},
        {"direction", false}, {"target", false}, {"target_high", false}, {"origin", false},
    };
    yaml_node_t *v[8];

    (void)gv_yaml_map(&l->y, node, keys, 8, v);
    out->code = v[0] != NULL ? (char *)gv_yaml_upper(&l->y, v[0]) : (char *)"";
    out->name = (char *)gv_yaml_text(&l->y, v[1], 300);
    out->measure = (char *)gv_yaml_text(&l->y, v[2], 60);
    if (v[3] != NULL)
        (void)gv_yaml_word(&l->y, v[3], aggregates, 3, &out->aggregation);
    if (v[4] != NULL)
        (void)gv_yaml_word(&l->y, v[4], directions, 4, &out->direction);
    out->target = (char *)load_target(l, v[5]);
    out->target_high = (char *)load_target(l, v[6]);
    out->origin = gv_load_origin(l, v[7], origin);
    check_target(l, node, out);
}

void gv_load_indicators(struct gv_loader *l, yaml_node_t *node, uint32_t origin,
                        Giaoviec__V1__Task *task)
{
    size_t count = gv_yaml_list(&l->y, node, GV_BREAKDOWN_MAX_INDICATORS, false);
    Giaoviec__V1__Indicator **all = gv_yaml_alloc(&l->y, count, sizeof(void *));

    for (size_t i = 0; all != NULL && i < count; i++) {
        yaml_node_t *item = gv_yaml_item(&l->y, node, i);

        all[i] = gv_yaml_alloc(&l->y, 1, sizeof **all);
        if (all[i] == NULL)
            return;
        giaoviec__v1__indicator__init(all[i]);
        load_indicator(l, item, origin, all[i]);
        for (size_t k = 0; k < i; k++) {
            if (all[i]->code[0] != '\0' && strcmp(all[k]->code, all[i]->code) == 0)
                gv_yaml_problem(&l->y, item, "mã chỉ tiêu «%s» dùng hai lần trong nhiệm vụ này",
                                "the indicator code \"%s\" stands twice in this task",
                                all[i]->code);
        }
    }
    task->indicators = all;
    task->n_indicators = all != NULL ? count : 0;
}
