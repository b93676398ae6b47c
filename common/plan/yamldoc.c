/*
 * yamldoc.c - libyaml's document API keeps places, but resolves aliases silently and sets no
 * bounds: so the events are looked through first, and the document is loaded only when they are
 * plain.
 */
#include "plan/yamldoc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/text.h"
#include "letter/tokens.h"

static struct gv_mark mark_of(const yaml_mark_t *mark)
{
    return (struct gv_mark){(uint32_t)mark->line + 1, (uint32_t)mark->column + 1};
}

struct gv_mark gv_yaml_mark(const yaml_node_t *node)
{
    return node != NULL ? mark_of(&node->start_mark) : (struct gv_mark){0, 0};
}

void gv_yaml_problem(struct gv_yaml *y, const yaml_node_t *node, const char *vi, const char *en,
                     ...)
{
    char text[800];
    va_list args;

    va_start(args, en);
    if (vsnprintf(text, sizeof text, gv_tr(vi, en), args) < 0)
        text[0] = '\0';
    va_end(args);
    gv_problem_add(y->problems, y->path, gv_yaml_mark(node), "%s", "%s", text);
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static void syntax_problem(struct gv_yaml *y, const yaml_parser_t *parser, struct gv_slice bytes)
{
    const char *what = parser->problem != NULL ? parser->problem : "?";
    struct gv_mark at = mark_of(&parser->problem_mark);

    if (parser->error == YAML_READER_ERROR) {
        const char *text = (const char *)bytes.data;
        struct gv_place place =
            gv_place_of(text, bytes.len, gv_place_start(text, bytes.len), parser->problem_offset);

        at = (struct gv_mark){place.line, place.column};
    }
    gv_problem_add(
        y->problems, y->path, at,
        "không đúng cú pháp YAML (%s); hãy xem thụt dòng, dấu hai chấm và dấu nháy ở đây",
        "not YAML (%s); look at indentation, colons and quotes here", what);
}

struct scan {
    size_t depth;
    size_t nodes;
    size_t documents;
};

static bool event_is_named(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor != NULL;
    default:
        return event->type == YAML_ALIAS_EVENT;
    }
}

static bool event_is_tagged(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.tag != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.tag != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.tag != NULL;
    default:
        return false;
    }
}

static void count_event(struct scan *scan, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        scan->documents++;
        break;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        scan->depth++;
        scan->nodes++;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        scan->depth--;
        break;
    case YAML_SCALAR_EVENT:
        scan->nodes++;
        break;
    default:
        break;
    }
}

/* false: the event is not allowed; the problem is said. */
static bool check_event(struct gv_yaml *y, struct scan *scan, const yaml_event_t *event)
{
    struct gv_mark at = mark_of(&event->start_mark);
    size_t count = y->problems->count + y->problems->dropped;

    count_event(scan, event);
    if (event_is_named(event))
        gv_problem_add(y->problems, y->path, at,
                       "không dùng tham chiếu (& hoặc *); hãy viết đầy đủ giá trị, hoặc dùng nhóm",
                       "anchors and aliases (& and *) are not used; write the value out, or use a "
                       "group");
    else if (event_is_tagged(event))
        gv_problem_add(y->problems, y->path, at, "không dùng thẻ kiểu (!…); hãy bỏ thẻ",
                       "tags (!…) are not used; leave the tag out");
    else if (scan->documents > 1)
        gv_problem_add(y->problems, y->path, at, "tệp chỉ chứa một tài liệu; hãy bỏ phần sau ---",
                       "a file holds one document; leave out what follows ---");
    else if (scan->depth > GV_YAML_MAX_DEPTH)
        gv_problem_add(y->problems, y->path, at, "lồng quá %d tầng; hãy bớt tầng",
                       "nested deeper than %d; make it flatter", GV_YAML_MAX_DEPTH);
    else if (scan->nodes > GV_YAML_MAX_NODES)
        gv_problem_add(y->problems, y->path, at, "quá %d giá trị trong một tệp; hãy chia tệp",
                       "more than %d values in a file; split it", GV_YAML_MAX_NODES);
    else if (event->type == YAML_SCALAR_EVENT && event->data.scalar.length > GV_YAML_MAX_SCALAR)
        gv_problem_add(y->problems, y->path, at, "một giá trị dài quá %d byte; hãy viết gọn lại",
                       "a value longer than %d bytes; shorten it", GV_YAML_MAX_SCALAR);
    return y->problems->count + y->problems->dropped == count;
}

static gv_err scan_events(struct gv_yaml *y, struct gv_slice bytes)
{
    struct scan scan = {0, 0, 0};
    yaml_parser_t parser;
    gv_err err = GV_OK;
    bool done = false;

    if (yaml_parser_initialize(&parser) == 0)
        return GV_ENOMEM;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, bytes.data, bytes.len);
    while (err == GV_OK && !done) {
        yaml_event_t event;

        if (yaml_parser_parse(&parser, &event) == 0) {
            err = parser.error == YAML_MEMORY_ERROR ? GV_ENOMEM : GV_EBADMSG;
            if (err == GV_EBADMSG)
                syntax_problem(y, &parser, bytes);
            break;
        }
        if (!check_event(y, &scan, &event))
            err = GV_EBADMSG;
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return err;
}

static gv_err load_document(struct gv_yaml *y, struct gv_slice bytes)
{
    yaml_parser_t parser;
    gv_err err = GV_OK;

    if (yaml_parser_initialize(&parser) == 0)
        return GV_ENOMEM;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, bytes.data, bytes.len);
    if (yaml_parser_load(&parser, &y->document) == 0) {
        err = parser.error == YAML_MEMORY_ERROR ? GV_ENOMEM : GV_EBADMSG;
        if (err == GV_EBADMSG)
            syntax_problem(y, &parser, bytes);
    }
    yaml_parser_delete(&parser);
    if (err == GV_OK && gv_yaml_root(y) == NULL) {
        gv_yaml_problem(y, NULL, "tệp không có nội dung", "the file is empty");
        yaml_document_delete(&y->document);
        err = GV_EBADMSG;
    }
    return err;
}

gv_err gv_yaml_open(struct gv_yaml *y, const char *path, struct gv_slice bytes, gv_arena *arena,
                    struct gv_problems *problems)
{
    const char *text = bytes.len > 0 ? (const char *)bytes.data : "";
    struct gv_place start = gv_place_start(text, bytes.len);
    size_t bad_at;
    gv_err err;

    memset(y, 0, sizeof *y);
    y->path = path;
    y->arena = arena;
    y->problems = problems;
    if (!gv_text_valid(text, bytes.len, &bad_at)) {
        struct gv_place bad = gv_place_of(text, bytes.len, start, bad_at);

        gv_problem_add(problems, path, (struct gv_mark){bad.line, bad.column},
                       "byte không phải UTF-8, hoặc NUL; hãy chuyển tệp sang UTF-8",
                       "a byte that is not UTF-8, or NUL; convert the file to UTF-8");
        return GV_EBADMSG;
    }
    bytes = (struct gv_slice){(const uint8_t *)text + start.offset, bytes.len - start.offset};
    err = scan_events(y, bytes);
    return err == GV_OK ? load_document(y, bytes) : err;
}

void gv_yaml_close(struct gv_yaml *y)
{
    yaml_document_delete(&y->document);
}

/* ---- nodes ------------------------------------------------------------------------------------
 */

yaml_node_t *gv_yaml_root(struct gv_yaml *y)
{
    return yaml_document_get_root_node(&y->document);
}

bool gv_yaml_is_map(const yaml_node_t *node)
{
    return node->type == YAML_MAPPING_NODE;
}

bool gv_yaml_is_list(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE;
}

bool gv_yaml_pair(struct gv_yaml *y, yaml_node_t *map, size_t i, yaml_node_t **key,
                  yaml_node_t **value)
{
    yaml_node_pair_t *pair = map->data.mapping.pairs.start + i;

    if (pair >= map->data.mapping.pairs.top)
        return false;
    *key = yaml_document_get_node(&y->document, pair->key);
    *value = yaml_document_get_node(&y->document, pair->value);
    return true;
}

/* "a, b, c" into text. */
static const char *key_list(const struct gv_yaml_key *keys, size_t count, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        int n = snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", keys[i].name);

        if (n < 0 || (size_t)n >= size - used)
            break;
        used += (size_t)n;
    }
    return text;
}

static bool take_pair(struct gv_yaml *y, yaml_node_t *key, yaml_node_t *value,
                      const struct gv_yaml_key *keys, size_t count, yaml_node_t **values)
{
    char allowed[400];
    const char *name;

    if (key->type != YAML_SCALAR_NODE) {
        gv_yaml_problem(y, key, "tên khóa phải là một từ", "a key must be a word");
        return false;
    }
    name = (const char *)key->data.scalar.value;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, keys[i].name) != 0 || strlen(name) != key->data.scalar.length)
            continue;
        if (values[i] != NULL) {
            gv_yaml_problem(y, key, "khóa «%s» viết hai lần; hãy giữ một",
                            "the key \"%s\" stands twice; keep one", name);
            return false;
        }
        values[i] = value;
        return true;
    }
    gv_yaml_problem(y, key, "không có khóa «%.100s»; các khóa được dùng: %s",
                    "no such key: \"%.100s\"; allowed: %s", name,
                    key_list(keys, count, allowed, sizeof allowed));
    return false;
}

bool gv_yaml_map(struct gv_yaml *y, yaml_node_t *node, const struct gv_yaml_key *keys, size_t count,
                 yaml_node_t **values)
{
    yaml_node_t *key, *value;
    char allowed[400];
    bool good = true;

    memset(values, 0, count * sizeof(void *));
    if (!gv_yaml_is_map(node)) {
        gv_yaml_problem(y, node, "phải là các dòng «khóa: giá trị», với các khóa: %s",
                        "must be lines of \"key: value\" with the keys: %s",
                        key_list(keys, count, allowed, sizeof allowed));
        return false;
    }
    for (size_t i = 0; gv_yaml_pair(y, node, i, &key, &value); i++)
        good = take_pair(y, key, value, keys, count, values) && good;
    for (size_t i = 0; i < count; i++) {
        if (keys[i].required && values[i] == NULL) {
            gv_yaml_problem(y, node, "thiếu khóa «%s»; hãy thêm vào",
                            "the key \"%s\" is missing; add it", keys[i].name);
            good = false;
        }
    }
    return good;
}

size_t gv_yaml_list(struct gv_yaml *y, yaml_node_t *node, size_t max, bool one)
{
    size_t count;

    if (one && node->type == YAML_SCALAR_NODE)
        return 1;
    if (!gv_yaml_is_list(node)) {
        gv_yaml_problem(y, node, "phải là một danh sách, mỗi dòng một dấu «-», hoặc [a, b]",
                        "must be a list: a \"-\" on each line, or [a, b]");
        return 0;
    }
    count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (count == 0)
        gv_yaml_problem(y, node, "danh sách trống; hãy bỏ khóa này hoặc thêm giá trị",
                        "an empty list; leave the key out or add a value");
    if (count > max) {
        gv_yaml_problem(y, node, "quá %zu giá trị trong danh sách; hãy bớt",
                        "more than %zu values in the list; remove some", max);
        return 0;
    }
    return count;
}

yaml_node_t *gv_yaml_item(struct gv_yaml *y, yaml_node_t *list, size_t i)
{
    if (list->type == YAML_SCALAR_NODE)
        return list;
    return yaml_document_get_node(&y->document, list->data.sequence.items.start[i]);
}

void *gv_yaml_alloc(struct gv_yaml *y, size_t count, size_t size)
{
    void *piece = gv_arena_zalloc(y->arena, count * size + 1);

    if (piece == NULL)
        y->no_memory = true;
    return piece;
}
