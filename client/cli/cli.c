/* cli.c - one command line: parse, help or run. */
#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/out.h"
#include "cli/parse.h"

#define ARENA_CAP ((size_t)1 << 31)

static volatile sig_atomic_t interrupted;

bool cli_interrupted(void)
{
    return interrupted != 0;
}

static void on_signal(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* The first signal asks for an end, and wakes whoever waits; a second one ends the program as
 * usual. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static int print_help(const struct parsed *parsed)
{
    struct gv_buf out;
    int status;

    gv_buf_init(&out);
    if (parsed->examples)
        help_put_examples(&out, false);
    else if (parsed->version)
        gv_buf_puts(&out, "giaoviec " GV_VERSION "\n");
    else if (parsed->cli.command != NULL)
        help_put_command(&out, parsed->cli.command);
    else if (parsed->noun != NULL)
        help_put_noun(&out, parsed->noun);
    else
        help_put_program(&out);
    status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}

int gv_cli_run(int argc, char **argv)
{
    gv_arena *arena = gv_arena_new(ARENA_CAP);
    struct parsed parsed;
    int status;

    if (arena == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    status = parse_line(argc, argv, arena, &parsed);
    if (status == 0 && (parsed.help || parsed.version || parsed.examples)) {
        status = print_help(&parsed);
    } else if (status == 0) {
        catch_signals();
        status = parsed.cli.command->run(&parsed.cli);
        if (interrupted != 0)
            status = gv_err_exit(GV_EINTERRUPTED);
    }
    gv_arena_free(arena);
    return status;
}
