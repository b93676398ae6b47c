/* command_rotate.c - "giaoviec-agent rotate-key": a unit of the running agent gets new keys. */
#include <getopt.h>
#include <stdio.h>

#include "agent/agent.h"
#include "agent/command_part.h"
#include "base/lang.h"

static void print_rotation(const json_t *reply)
{
    printf(gv_tr("%s: đã tạo khóa mới %s; có hiệu lực khi máy chủ đã nhận "
                 "(xem: giaoviec-agent status)\n",
                 "%s: made the new key %s; in force once the coordinator has it "
                 "(see giaoviec-agent status)\n"),
           command_text(reply, "unit"), command_text(reply, "next_key_id"));
}

int command_rotate_key(int argc, char **argv)
{
    enum { OPT_CONFIG = 256, OPT_UNIT, OPT_JSON };
    static const struct option options[] = {{"config", required_argument, NULL, OPT_CONFIG},
                                            {"unit", required_argument, NULL, OPT_UNIT},
                                            {"json", no_argument, NULL, OPT_JSON},
                                            {0}};
    struct config *config = NULL;
    const char *path = NULL, *unit = NULL;
    bool as_json = false;
    json_t *request;
    int option, status;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == OPT_CONFIG)
            path = optarg;
        else if (option == OPT_UNIT)
            unit = optarg;
        else if (option == OPT_JSON)
            as_json = true;
        else
            return command_bad_option(argv, option);
    }
    status = command_config(path, &config);
    if (config == NULL)
        return status;
    if (unit == NULL && config->unit_count == 1)
        unit = config->units[0].code.s;
    if (unit == NULL) {
        config_free(config);
        return command_unit_missing("rotate-key");
    }
    request = json_pack("{s:s,s:s}", "do", "rotate-key", "unit", unit);
    status = command_show(config->data, request, as_json, print_rotation, NULL);
    config_free(config);
    return status;
}
