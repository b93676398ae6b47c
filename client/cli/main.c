/* main.c - giaoviec, the command of administrators, office staff, committee members and auditors.
 */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return gv_cli_run(argc, argv);
}
