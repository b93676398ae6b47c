/* cmd_completion.c - the noun "completion": what is made of the command table for other programs.
 */
#include <string.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/out.h"

static int print(void (*put)(struct gv_buf *))
{
    struct gv_buf out;
    int status;

    gv_buf_init(&out);
    put(&out);
    status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}

static int run_bash(const struct cli *cli)
{
    (void)cli;
    return print(help_put_bash);
}

static int run_man(const struct cli *cli)
{
    (void)cli;
    return print(help_put_man);
}

static void put_all_examples(struct gv_buf *out)
{
    help_put_examples(out, true);
}

static int run_examples(const struct cli *cli)
{
    (void)cli;
    return print(put_all_examples);
}

const struct command commands_completion[] = {
    {"completion", "bash", NULL, NULL, 0, 0, 0, NULL, run_bash, "in tệp bổ sung lệnh cho bash",
     "print the completion for bash", "completion bash"},
    {"completion", "man", NULL, NULL, 0, 0, COMMAND_HIDDEN, NULL, run_man,
     "in trang hướng dẫn giaoviec(1)", "print the manual page giaoviec(1)", "completion man"},
    {"completion", "examples", NULL, NULL, 0, 0, COMMAND_HIDDEN, NULL, run_examples,
     "in mọi ví dụ, mỗi dòng một ví dụ", "print all examples, one a line", "completion examples"},
    {0},
};
