/* help_files.c - the completion for bash and the manual page. */
#include <string.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/help.h"

/* ---- bash -------------------------------------------------------------------------------------
 */

static void put_nouns(struct gv_buf *out)
{
    const struct command *row;

    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (command_begins_noun(i))
            gv_buf_printf(out, " %s", row->noun);
    }
}

static void put_verbs_of(struct gv_buf *out, const char *noun)
{
    const struct command *row;

    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (command_shown(row) && strcmp(row->noun, noun) == 0 && row->verb[0] != '\0')
            gv_buf_printf(out, " %s", row->verb);
    }
}

static void put_options_of(struct gv_buf *out, const struct command *command)
{
    for (const struct option_row *row = command->options; row != NULL && row->name != NULL; row++)
        gv_buf_printf(out, " --%s", row->name);
    for (const struct option_row *row = option_globals; row->name != NULL; row++) {
        if (option_global_shown(row, command->flags))
            gv_buf_printf(out, " --%s", row->name);
    }
}

static void put_choices(struct gv_buf *out, const struct option_row *row)
{
    gv_buf_puts(out, "mapfile -t COMPREPLY < <(compgen -W '");
    for (const char *at = row->choices; *at != '\0'; at++)
        gv_buf_putc(out, *at == '|' ? ' ' : *at);
    gv_buf_puts(out, "' -- \"$word\"); return ;;\n");
}

/* Choices depend on the command: 'unit list --state'. */
static void put_choice_cases(struct gv_buf *out)
{
    const struct command *row;

    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        for (const struct option_row *at = row->options; at != NULL && at->name != NULL; at++) {
            if (!command_shown(row) || at->type != OPTION_CHOICE)
                continue;
            gv_buf_printf(out, "    '%s %s --%s') ", row->noun, row->verb, at->name);
            put_choices(out, at);
        }
    }
}

/* "    --out) …", once for each name over the whole table. */
static void put_value_case(struct gv_buf *out, const struct option_row *row)
{
    if (row->type == OPTION_FLAG)
        return;
    gv_buf_printf(out, "    --%s) ", row->name);
    if (row->type == OPTION_CHOICE) {
        put_choices(out, row);
        return;
    }
    if (row->type == OPTION_FOLDER)
        gv_buf_puts(out, "mapfile -t COMPREPLY < <(compgen -d -- \"$word\")");
    else if (row->type == OPTION_FILE)
        gv_buf_puts(out, "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")");
    else if (strcmp(row->name, "as") == 0)
        gv_buf_puts(out, "mapfile -t COMPREPLY < <(compgen -W \"$(_giaoviec_keys)\" -- \"$word\")");
    else
        gv_buf_puts(out, "COMPREPLY=()");
    gv_buf_puts(out, "; return ;;\n");
}

static bool name_seen_before(const struct option_row *option, size_t command_index)
{
    const struct command *row;

    for (const struct option_row *at = option_globals; at->name != NULL; at++) {
        if (strcmp(at->name, option->name) == 0)
            return true;
    }
    for (size_t i = 0; i <= command_index && (row = command_at(i)) != NULL; i++) {
        for (const struct option_row *at = row->options; at != NULL && at->name != NULL; at++) {
            if (at == option)
                return false;
            if (strcmp(at->name, option->name) == 0)
                return true;
        }
    }
    return false;
}

static void put_value_cases(struct gv_buf *out)
{
    const struct command *row;

    for (const struct option_row *at = option_globals; at->name != NULL; at++)
        put_value_case(out, at);
    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        for (const struct option_row *at = row->options; at != NULL && at->name != NULL; at++) {
            if (command_shown(row) && !name_seen_before(at, i))
                put_value_case(out, at);
        }
    }
}

/* Names of the options that take a value, for finding noun and verb behind them. */
static void put_takes_value(struct gv_buf *out)
{
    const struct command *row;
    const char *bar = "";

    for (const struct option_row *at = option_globals; at->name != NULL; at++) {
        if (at->type != OPTION_FLAG) {
            gv_buf_printf(out, "%s--%s", bar, at->name);
            bar = "|";
        }
    }
    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        for (const struct option_row *at = row->options; at != NULL && at->name != NULL; at++) {
            if (at->type != OPTION_FLAG && command_shown(row) && !name_seen_before(at, i))
                gv_buf_printf(out, "|--%s", at->name);
        }
    }
}

static void put_option_cases(struct gv_buf *out)
{
    const struct command *row;

    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (!command_shown(row))
            continue;
        gv_buf_printf(out, "    '%s %s') words='", row->noun, row->verb);
        put_options_of(out, row);
        gv_buf_puts(out, "' ;;\n");
    }
}

/* Of each noun: its verbs, or none where the noun is a command by itself. */
static void put_noun_cases(struct gv_buf *out)
{
    const struct command *row;

    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (!command_begins_noun(i))
            continue;
        if (row->verb[0] == '\0') {
            gv_buf_printf(out, "    %s) verb='' ;;\n", row->noun);
            continue;
        }
        gv_buf_printf(out, "    %s) [ -n \"$verb\" ] || words='", row->noun);
        put_verbs_of(out, row->noun);
        gv_buf_puts(out, " --help' ;;\n");
    }
}

/* Noun and verb are the first words that are neither options nor their values. */
static const char bash_head[] =
    "# bash completion for giaoviec; printed by \"giaoviec completion bash\"\n"
    "_giaoviec_keys() {\n"
    "    local file\n"
    "    for file in \"${GIAOVIEC_HOME:-.}\"/keys/*.key; do\n"
    "        [ -e \"$file\" ] || continue\n"
    "        file=${file##*/}\n"
    "        printf '%s\\n' \"${file%.key}\"\n"
    "    done\n"
    "}\n\n"
    "_giaoviec() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before='' noun='' verb='' words='' i\n"
    "    [ \"$COMP_CWORD\" -gt 0 ] && before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        ";

static const char bash_words[] =
    ") ((i++)) ;;\n"
    "        -*) ;;\n"
    "        *)\n"
    "            if [ -z \"$noun\" ]; then noun=${COMP_WORDS[i]}\n"
    "            elif [ -z \"$verb\" ]; then verb=${COMP_WORDS[i]}; fi\n"
    "            ;;\n"
    "        esac\n"
    "    done\n"
    "    case \"$noun $verb $before\" in\n";

static const char bash_tail[] =
    "    esac\n"
    "    case $word in\n"
    "    -*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
    "    *) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
    "    esac\n"
    "}\n"
    "complete -o filenames -F _giaoviec giaoviec\n";

void help_put_bash(struct gv_buf *out)
{
    static const char offer[] =
        "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
        "        return\n    fi\n";

    gv_buf_puts(out, bash_head);
    put_takes_value(out);
    gv_buf_puts(out, bash_words);
    put_choice_cases(out);
    gv_buf_puts(out, "    esac\n    case $before in\n");
    put_value_cases(out);
    gv_buf_puts(out, "    esac\n    if [ -z \"$noun\" ]; then\n        words='");
    put_nouns(out);
    gv_buf_puts(out, " --help --version'\n");
    gv_buf_puts(out, offer);
    gv_buf_puts(out, "    case $noun in\n");
    put_noun_cases(out);
    gv_buf_puts(out, "    esac\n    if [ -n \"$words\" ]; then\n");
    gv_buf_puts(out, offer);
    gv_buf_puts(out, "    case \"$noun $verb\" in\n");
    put_option_cases(out);
    gv_buf_puts(out, bash_tail);
}

/* ---- manual page ------------------------------------------------------------------------------
 */

/* Text for troff: backslashes, hyphens that are typed, a dot or quote at the beginning of a line.
 */
static void put_roff(struct gv_buf *out, const char *s)
{
    if (*s == '.' || *s == '\'')
        gv_buf_puts(out, "\\&");
    for (; *s != '\0'; s++) {
        if (*s == '\\')
            gv_buf_puts(out, "\\e");
        else if (*s == '-')
            gv_buf_puts(out, "\\-");
        else
            gv_buf_putc(out, *s);
    }
}

static void put_roff_option(struct gv_buf *out, const struct option_row *row, unsigned flags)
{
    struct gv_buf text;

    gv_buf_init(&text);
    help_put_option_text(&text, row, flags);
    if (!gv_buf_ok(&text)) {
        out->failed = true;
        gv_buf_fini(&text);
        return;
    }
    gv_buf_puts(out, ".TP\n.B \\-\\-");
    put_roff(out, row->name);
    if (row->type != OPTION_FLAG) {
        gv_buf_puts(out, " \\fI");
        put_roff(out, gv_tr(row->value_vi, row->value_en));
        gv_buf_puts(out, row->many ? "\\fR …" : "\\fR");
    }
    gv_buf_putc(out, '\n');
    put_roff(out, (const char *)text.data);
    gv_buf_putc(out, '\n');
    gv_buf_fini(&text);
}

static void put_roff_command(struct gv_buf *out, const struct command *command)
{
    const char *operands = gv_tr(command->operands_vi, command->operands_en);
    const char *examples = command->examples;

    gv_buf_puts(out, ".SS giaoviec ");
    put_roff(out, command->noun);
    if (command->verb[0] != '\0') {
        gv_buf_putc(out, ' ');
        put_roff(out, command->verb);
    }
    if (operands != NULL) {
        gv_buf_puts(out, " \\fI");
        put_roff(out, operands);
        gv_buf_puts(out, "\\fR");
    }
    gv_buf_putc(out, '\n');
    put_roff(out, gv_tr(command->vi, command->en));
    gv_buf_putc(out, '\n');
    for (const struct option_row *row = command->options; row != NULL && row->name != NULL; row++)
        put_roff_option(out, row, command->flags);
    for (const struct option_row *row = option_globals; row->name != NULL; row++) {
        if (option_needed(row, command->flags))
            put_roff_option(out, row, command->flags);
    }
    gv_buf_printf(out, ".PP\n%s\n.nf\n.RS\n", gv_tr("Ví dụ:", "Example:"));
    while (*examples != '\0') {
        char line[512];
        size_t len = strcspn(examples, "\n");

        if (len >= sizeof line)
            len = sizeof line - 1;
        memcpy(line, examples, len);
        line[len] = '\0';
        gv_buf_puts(out, "giaoviec ");
        put_roff(out, line);
        gv_buf_putc(out, '\n');
        examples += strcspn(examples, "\n");
        examples += *examples == '\n';
    }
    gv_buf_puts(out, ".RE\n.fi\n");
}

static void put_roff_roles(struct gv_buf *out)
{
    gv_buf_puts(
        out,
        gv_tr(".SH VAI TRÒ\n"
              ".TP\n.B admin\nmọi thay đổi, trừ việc làm thay cho tập thể; công bố danh bạ khóa\n"
              ".TP\n.B office\nxử lý việc bị trả lại và kết quả đã trình: assignment uphold, "
              "reissue, approve, redo\n"
              ".TP\n.B member\nlàm thay cho các tập thể được ghi cho người đó: assignment accept, "
              "return, report, submit, attest\n"
              ".TP\n.B viewer, auditor\nchỉ xem\n"
              ".PP\nNgười có nhiều vai trò được làm những gì từng vai trò cho phép. admin, office, "
              "viewer, auditor xem được tất cả; người chỉ có vai trò member xem được phần của các "
              "tập thể (bodies) và trong các lĩnh vực (fields) được ghi cho người đó; không ghi gì "
              "thì không xem được việc nào.\n",
              ".SH ROLES\n"
              ".TP\n.B admin\nevery change, but no act for a body; publishes keysets\n"
              ".TP\n.B office\nwhat was returned or submitted: assignment uphold, reissue, "
              "approve, redo\n"
              ".TP\n.B member\nacts for the bodies named with the person: assignment accept, "
              "return, report, submit, attest\n"
              ".TP\n.B viewer, auditor\nread\n"
              ".PP\nWho has several roles may do what each of them allows. admin, office, viewer "
              "and auditor see everything; who is a member alone sees what is of the bodies and in "
              "the "
              "fields named with the person, and without either no work at all.\n"));
}

static void put_roff_files(struct gv_buf *out)
{
    gv_buf_puts(
        out,
        gv_tr(".SH TỆP\n"
              ".TP\n.I HOME/keyset\ndanh bạ khóa mới nhất, do khóa gốc ký và do quản trị viên "
              "có tên trong bản đang có hiệu lực công bố, kể cả người bị bản mới đưa ra khỏi danh "
              "bạ; hoặc chép vào HOME của máy chủ, khi khởi động máy chủ sẽ nhận\n"
              ".TP\n.I HOME/keys/MÃ.key\nkhóa bí mật của một người, quyền 0600\n"
              ".TP\n.I HOME/keys/MÃ.next\nkhóa kế tiếp của một người; sau keyset publish, lệnh kế "
              "tiếp của người đó đổi nó thành MÃ.key; sau đó chạy giaoviec keyset fetch\n"
              ".TP\n.I HOME/root.key\nkhóa gốc; hệ thống thật giữ nó ở nơi không nối mạng\n"
              ".TP\n.I /usr/share/giaoviec/examples\ncác tệp mà ví dụ ở trên ghi là "
              "deploy/examples\n"
              ".SH MÔI TRƯỜNG\n"
              ".B GIAOVIEC_HOME\nthay cho \\-\\-home;\n.B GIAOVIEC_AS\nthay cho \\-\\-as;\n"
              ".B GIAOVIEC_LANG\nthay cho \\-\\-lang;\n"
              ".B GIAOVIEC_DATA\nthư mục có phrases.vi.txt và "
              "recount.sql kèm theo chương trình.\n"
              ".SH MÃ KẾT THÚC\n0 xong; 64 sai cách dùng; 65 dữ liệu sai; 69 không kết nối được; "
              "70 lỗi của chương trình; 74 lỗi đọc ghi; 75 thử lại sau; 77 không được phép; "
              "130 bị ngắt hoặc trả lời không. Nếu một số mục trong danh sách bị từ chối: mã của "
              "mục bị từ chối đầu tiên, các mục khác vẫn được thực hiện; lệnh của ủy viên dừng ở "
              "mục đó.\n"
              ".SH XEM THÊM\n.BR giaoviec\\-breakdown (5),\n.BR giaoviec\\-status (5),\n"
              ".BR giaoviecd (8),\n.BR giaoviec\\-agent (8)\n",
              ".SH FILES\n"
              ".TP\n.I HOME/keyset\nthe newest keyset, signed by the root key; an administrator of "
              "the one in force publishes it, also one whom it takes out; or it is copied to the "
              "HOME of a coordinator, which takes it up at its start\n"
              ".TP\n.I HOME/keys/CODE.key\na person's secret key, mode 0600\n"
              ".TP\n.I HOME/keys/CODE.next\na person's next key; after keyset publish it takes "
              "CODE.key's place at the person's next command; then run giaoviec keyset fetch\n"
              ".TP\n.I HOME/root.key\nthe root key; a real deployment keeps it offline\n"
              ".TP\n.I /usr/share/giaoviec/examples\nthe files that the examples above name "
              "deploy/examples\n"
              ".SH ENVIRONMENT\n"
              ".B GIAOVIEC_HOME\ninstead of \\-\\-home;\n.B GIAOVIEC_AS\ninstead of \\-\\-as;\n"
              ".B GIAOVIEC_LANG\ninstead of \\-\\-lang;\n"
              ".B GIAOVIEC_DATA\nthe folder of the shipped phrases.vi.txt and recount.sql.\n"
              ".SH EXIT STATUS\n0 done; 64 usage; 65 bad data; 69 unavailable; 70 internal error; "
              "74 input or output; 75 try again; 77 not permitted; "
              "130 interrupted or answered no. Where some of a list are refused: that of the "
              "first, the others are done; a member's command stops at it.\n"
              ".SH SEE ALSO\n.BR giaoviec\\-breakdown (5),\n.BR giaoviec\\-status (5),\n"
              ".BR giaoviecd (8),\n.BR giaoviec\\-agent (8)\n"));
}

void help_put_man(struct gv_buf *out)
{
    const struct command *row;

    gv_buf_puts(out, "'\\\" -*- coding: utf-8 -*-\n"
                     ".TH GIAOVIEC 1 \"\" \"giaoviec " GV_VERSION "\" giaoviec\n");
    gv_buf_puts(out,
                gv_tr(".SH TÊN\ngiaoviec \\- giao việc, theo dõi và tổng hợp văn bản chỉ đạo\n"
                      ".SH CÁCH DÙNG\n.B giaoviec\n.I DANH-TỪ ĐỘNG-TỪ\n[\\fITÙY CHỌN\\fR] …\n"
                      ".SH MÔ TẢ\nDành cho quản trị viên, cán bộ văn phòng, ủy viên và kiểm tra "
                      "viên. Mọi thay đổi là một văn bản do người làm ký.\n"
                      ".SH TÙY CHỌN CHUNG\n",
                      ".SH NAME\ngiaoviec \\- assign, follow and sum up the work of a directive\n"
                      ".SH SYNOPSIS\n.B giaoviec\n.I NOUN VERB\n[\\fIOPTIONS\\fR] …\n"
                      ".SH DESCRIPTION\nFor administrators, office staff, committee members and "
                      "auditors. Every change is a document signed by who makes it.\n"
                      ".SH GLOBAL OPTIONS\n"));
    for (const struct option_row *option = option_globals; option->name != NULL; option++) {
        if (option->vi != NULL)
            put_roff_option(out, option, 0);
    }
    gv_buf_puts(out, gv_tr(".SH LỆNH\n", ".SH COMMANDS\n"));
    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (command_shown(row))
            put_roff_command(out, row);
    }
    put_roff_roles(out);
    put_roff_files(out);
}
