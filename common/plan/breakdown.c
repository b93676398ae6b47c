/* breakdown.c - the whole file: heading, letter, groups, tasks; then the message and its bytes. */
#include "plan/breakdown.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "plan/loader.h"
#include "trust/act.h"

#define FORMAT "giaoviec-breakdown/1"

/* ---- the letter -------------------------------------------------------------------------------
 */

static const struct gv_part *first_part(const struct gv_loader *l, enum gv_part_kind kind)
{
    for (size_t i = 0; i < l->letter.part_count; i++) {
        if (l->letter.parts[i].kind == kind)
            return &l->letter.parts[i];
    }
    return NULL;
}

static char *part_text(const struct gv_loader *l, enum gv_part_kind kind)
{
    const struct gv_part *part = first_part(l, kind);

    return part != NULL ? (char *)part->text : (char *)"";
}

static char **part_list(struct gv_loader *l, enum gv_part_kind kind, size_t *count)
{
    char **all = gv_yaml_alloc(&l->y, l->letter.part_count, sizeof *all);

    *count = 0;
    for (size_t i = 0; all != NULL && i < l->letter.part_count; i++) {
        if (l->letter.parts[i].kind == kind)
            all[(*count)++] = (char *)l->letter.parts[i].text;
    }
    return all;
}

static char *number_as_scanned(struct gv_loader *l)
{
    const struct gv_part *part = first_part(l, GV_PART_NUMBER);
    struct gv_buf nfc;
    char *kept = NULL;

    if (part == NULL)
        return (char *)"";
    gv_buf_init(&nfc);
    if (gv_text_nfc((const char *)l->in->letter.data + part->span.at.offset,
                    part->span.end - part->span.at.offset, &nfc) == GV_OK &&
        gv_buf_ok(&nfc) && nfc.len > 0)
        kept = gv_arena_strdup(l->y.arena, (char *)nfc.data);
    gv_buf_fini(&nfc);
    if (kept == NULL)
        l->y.no_memory = true;
    return kept != NULL ? kept : (char *)"";
}

static void load_letter_keys(struct gv_loader *l, yaml_node_t *node, Giaoviec__V1__LetterMeta *meta)
{
    static const struct gv_yaml_key keys[] = {
        {"notation", true}, {"issuer", true}, {"date", false}, {"term", false}};
    const char *read = part_text(l, GV_PART_NUMBER);
    yaml_node_t *v[4];

    (void)gv_yaml_map(&l->y, node, keys, 4, v);
    meta->notation = (char *)gv_yaml_text(&l->y, v[0], 100);
    meta->issuer = (char *)gv_yaml_text(&l->y, v[1], 300);
    meta->date_known = v[2] != NULL && gv_yaml_day(&l->y, v[2], &meta->date_day);
    meta->term = (char *)gv_yaml_text(&l->y, v[3], 100);
    l->letter_day_known = meta->date_known;
    l->letter_day = meta->date_day;
    if (meta->notation[0] != '\0' && read[0] != '\0' && strcmp(meta->notation, read) != 0)
        gv_yaml_problem(&l->y, v[0],
                        "công văn %s có số «%s»; hãy sửa số ở đây, hoặc đưa đúng công văn",
                        "the letter %s has the number \"%s\"; correct it here, or give the right "
                        "letter",
                        l->in->letter_path, read);
    if (gv_yaml_is_map(node) && v[2] == NULL && v[3] == NULL)
        gv_yaml_problem(&l->y, node, "cần «date» (ngày công văn) hoặc «term» (nhiệm kỳ)",
                        "\"date\" (of the letter) or \"term\" (of the committee) is needed");
}

static Giaoviec__V1__LetterMeta *load_meta(struct gv_loader *l, yaml_node_t *node)
{
    Giaoviec__V1__LetterMeta *meta = gv_yaml_alloc(&l->y, 1, sizeof *meta);

    if (meta == NULL)
        return NULL;
    giaoviec__v1__letter_meta__init(meta);
    load_letter_keys(l, node, meta);
    meta->notation_raw = number_as_scanned(l);
    meta->abstract = part_text(l, GV_PART_ABSTRACT);
    meta->authority = part_text(l, GV_PART_AUTHORITY);
    meta->signer_title = part_text(l, GV_PART_TITLE);
    meta->signer = part_text(l, GV_PART_SIGNER);
    meta->addressees = part_list(l, GV_PART_ADDRESSEE, &meta->n_addressees);
    meta->recipients = part_list(l, GV_PART_RECIPIENT, &meta->n_recipients);
    return meta;
}

void gv_directive_id(const char *issuer, const char *date_or_term, const char *notation, gv_id *out)
{
    const struct gv_slice parts[] = {
        {(const uint8_t *)issuer, strlen(issuer)},
        {(const uint8_t *)date_or_term, strlen(date_or_term)},
        {(const uint8_t *)notation, strlen(notation)},
    };
    gv_hash hash;

    gv_hash_of(GV_CTX_DIRECTIVE, parts, 3, &hash);
    memcpy(out->b, hash.b, sizeof out->b);
}

static void name_directive(struct gv_loader *l, const Giaoviec__V1__LetterMeta *meta)
{
    char date[11] = "";

    if (meta->date_known)
        gv_day_format(meta->date_day, date);
    gv_directive_id(meta->issuer, meta->date_known ? date : meta->term, meta->notation,
                    &l->out.directive);
    l->out.notation = meta->notation;
}

static gv_err read_letter(struct gv_loader *l)
{
    const char *text = l->in->letter.len > 0 ? (const char *)l->in->letter.data : "";
    struct gv_place bad = {0, 1, 1};
    gv_err err = gv_letter_read(text, l->in->letter.len, NULL, 0, l->y.arena, &l->letter, &bad);

    if (err == GV_EBADMSG)
        gv_problem_add(l->y.problems, l->in->letter_path, (struct gv_mark){bad.line, bad.column},
                       "byte không phải UTF-8, hoặc NUL; hãy chuyển tệp sang UTF-8",
                       "a byte that is not UTF-8, or NUL; convert the file to UTF-8");
    if (err == GV_ETOOBIG) {
        gv_problem_add(l->y.problems, l->in->letter_path, (struct gv_mark){0, 0},
                       "công văn lớn quá %zu byte", "the letter is larger than %zu bytes",
                       GV_LETTER_MAX_BYTES);
        err = GV_EBADMSG;
    }
    return err;
}

/* ---- tasks ------------------------------------------------------------------------------------
 */

static void load_tasks(struct gv_loader *l, yaml_node_t *node)
{
    size_t count = gv_yaml_list(&l->y, node, GV_BREAKDOWN_MAX_TASKS, false);

    l->tasks = gv_yaml_alloc(&l->y, count, sizeof *l->tasks);
    for (size_t i = 0; l->tasks != NULL && i < count && !l->y.no_memory; i++) {
        yaml_node_t *item = gv_yaml_item(&l->y, node, i);
        struct gv_breakdown_task *task = &l->tasks[l->task_count];

        gv_load_task(l, item, task);
        if (task->task == NULL)
            return;
        for (size_t k = 0; k < l->task_count; k++) {
            if (task->task->number[0] != '\0' &&
                strcmp(l->tasks[k].task->number, task->task->number) == 0)
                gv_yaml_problem(&l->y, item, "số «%s» đã dùng ở dòng %u; hãy đổi số",
                                "the number \"%s\" stands at line %u already; change it",
                                task->task->number, (unsigned)l->tasks[k].at.line);
        }
        l->task_count++;
    }
}

/* ---- the message ------------------------------------------------------------------------------
 */

static struct gv_slice pack(struct gv_loader *l, const ProtobufCMessage *message)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *data = gv_yaml_alloc(&l->y, 1, len);

    if (data == NULL)
        return (struct gv_slice){NULL, 0};
    return (struct gv_slice){data, protobuf_c_message_pack(message, data)};
}

static ProtobufCBinaryData keep(struct gv_loader *l, const void *data, size_t len)
{
    uint8_t *kept = gv_yaml_alloc(&l->y, 1, len);

    if (kept == NULL)
        return (ProtobufCBinaryData){0, NULL};
    if (len > 0)
        memcpy(kept, data, len);
    return (ProtobufCBinaryData){len, kept};
}

static void pack_tasks(struct gv_loader *l, Giaoviec__V1__Breakdown *message)
{
    message->tasks = gv_yaml_alloc(&l->y, l->task_count, sizeof *message->tasks);
    for (size_t i = 0; message->tasks != NULL && i < l->task_count; i++) {
        struct gv_breakdown_task *task = &l->tasks[i];

        task->task->directive = keep(l, l->out.directive.b, sizeof l->out.directive.b);
        task->task->version = l->version;
        task->task->notation = (char *)l->out.notation;
        task->bytes = pack(l, &task->task->base);
        if (task->bytes.len > GV_TASK_MAX_BYTES)
            gv_problem_add(l->y.problems, l->in->path, task->at,
                           "nhiệm vụ %s lớn quá %zu byte; hãy rút gọn tên người nhận và lời văn",
                           "task %s is larger than %zu bytes; shorten the names and the words",
                           task->task->number, GV_TASK_MAX_BYTES);
        gv_blob_digest(task->bytes, &task->digest);
        message->tasks[i] =
            (ProtobufCBinaryData){task->bytes.len, (uint8_t *)(uintptr_t)task->bytes.data};
    }
    message->n_tasks = message->tasks != NULL ? l->task_count : 0;
}

static void pack_groups(struct gv_loader *l, Giaoviec__V1__Breakdown *message)
{
    message->groups = gv_yaml_alloc(&l->y, l->group_count, sizeof(void *));
    for (size_t i = 0; message->groups != NULL && i < l->group_count; i++) {
        Giaoviec__V1__Group *group = gv_yaml_alloc(&l->y, 1, sizeof *group);

        if (group == NULL)
            return;
        giaoviec__v1__group__init(group);
        group->name = (char *)l->groups[i].name;
        group->members = gv_load_strings(l, &l->groups[i].members);
        group->n_members = group->members != NULL ? l->groups[i].members.count : 0;
        message->groups[message->n_groups++] = group;
    }
}

static void make_message(struct gv_loader *l, Giaoviec__V1__LetterMeta *meta)
{
    Giaoviec__V1__Breakdown *message = gv_yaml_alloc(&l->y, 1, sizeof *message);
    gv_hash letter;

    if (message == NULL)
        return;
    giaoviec__v1__breakdown__init(message);
    name_directive(l, meta);
    gv_blob_digest(l->in->letter, &letter);
    message->directive = keep(l, l->out.directive.b, sizeof l->out.directive.b);
    message->version = l->version;
    message->letter_digest = keep(l, letter.b, sizeof letter.b);
    message->letter = keep(l, l->in->letter.data, l->in->letter.len);
    message->meta = meta;
    message->author = (char *)l->author;
    pack_tasks(l, message);
    pack_groups(l, message);
    if (l->y.no_memory)
        return;
    l->out.message = message;
    l->out.bytes = pack(l, &message->base);
    gv_blob_digest(l->out.bytes, &l->out.digest);
}

static Giaoviec__V1__LetterMeta *load_file(struct gv_loader *l)
{
    static const struct gv_yaml_key keys[] = {
        {"format", true}, {"version", true},    {"author", true},  {"written", true},
        {"letter", true}, {"provenance", true}, {"groups", false}, {"tasks", true},
    };
    static const char *const formats[] = {FORMAT};
    Giaoviec__V1__LetterMeta *meta = NULL;
    yaml_node_t *root = gv_yaml_root(&l->y), *v[8];
    uint32_t format;

    (void)gv_yaml_map(&l->y, root, keys, 8, v);
    if (v[0] != NULL && !gv_yaml_word(&l->y, v[0], formats, 1, &format))
        return NULL; /* all else would be guesses */
    if (v[1] != NULL)
        (void)gv_yaml_number(&l->y, v[1], 1, 1000000, &l->version);
    l->author = gv_yaml_text(&l->y, v[2], 300);
    if (v[3] != NULL)
        (void)gv_yaml_day(&l->y, v[3], &l->written_day);
    if (v[4] != NULL)
        meta = load_meta(l, v[4]);
    if (v[5] != NULL)
        gv_load_provenance(l, v[5], l->defaults);
    if (v[6] != NULL)
        gv_load_groups(l, v[6]);
    if (v[7] != NULL)
        load_tasks(l, v[7]);
    return meta;
}

gv_err gv_breakdown_load(const struct gv_breakdown_in *in, gv_arena *arena,
                         struct gv_breakdown *out, struct gv_problems *problems)
{
    struct gv_loader l = {.in = in, .author = ""};
    size_t before = problems->count + problems->dropped;
    Giaoviec__V1__LetterMeta *meta;
    gv_err err;

    if (in->yaml.len > GV_BREAKDOWN_MAX_BYTES) {
        gv_problem_add(problems, in->path, (struct gv_mark){0, 0}, "tệp lớn quá %zu byte",
                       "the file is larger than %zu bytes", GV_BREAKDOWN_MAX_BYTES);
        return GV_EBADMSG;
    }
    err = gv_yaml_open(&l.y, in->path, in->yaml, arena, problems);
    if (err != GV_OK)
        return err;
    err = read_letter(&l);
    if (err != GV_OK)
        goto out;
    meta = load_file(&l);
    if (problems->count + problems->dropped == before && !l.y.no_memory)
        make_message(&l, meta);
    if (l.y.no_memory)
        err = GV_ENOMEM;
    else if (problems->count + problems->dropped > before)
        err = GV_EBADMSG;
    if (err != GV_OK)
        goto out;
    l.out.path = in->path;
    l.out.tasks = l.tasks;
    l.out.task_count = l.task_count;
    l.out.groups = l.groups;
    l.out.group_count = l.group_count;
    *out = l.out;
out:
    gv_yaml_close(&l.y);
    return err;
}

const struct gv_breakdown_task *gv_breakdown_task(const struct gv_breakdown *breakdown,
                                                  const char *number)
{
    for (size_t i = 0; i < breakdown->task_count; i++) {
        if (strcmp(breakdown->tasks[i].task->number, number) == 0)
            return &breakdown->tasks[i];
    }
    return NULL;
}
