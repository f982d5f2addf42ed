// SPDX-License-Identifier: Apache-2.0

/* ringmill: the command line tool. One row for each command. */

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/process.h"
#include "cli/merge.h"
#include "cli/observe.h"
#include "cli/release.h"
#include "cli/reload.h"
#include "cli/replay.h"
#include "cli/run.h"
#include "cli/schema.h"
#include "cli/status.h"

struct command {
    const char *name;
    enum exit_code (*run)(int argc, char **argv); /* argv begins with "ringmill NAME" */
    const char *doc;
};

static const struct command commands[] = {
    {"run", run_command, "show the events of one source"},
    {"observe", observe_command, "a live ring, without disturbing it"},
    {"reload", reload_command, "has the running daemon read its config anew"},
    {"replay", replay_command, "the records of a capture once more"},
    {"merge", merge_command, "rows of many machines to rows of all"},
    {"schema", schema_command, "the types of an object, a file or a ring"},
    {"release", release_command, "end what outlives the daemon"},
    {"status", status_command, "how the running daemon is"},
    {0},
};

static void print_usage(FILE *file)
{
    fputs("usage: ringmill COMMAND [...]\n", file);
    for (const struct command *command = commands; command->name; command++)
        fprintf(file, "  %-8s %s; see ringmill %s --help\n", command->name, command->doc,
                command->name);
}

/* getopt_long() begins its messages with the first argument. */
static enum exit_code run(const struct command *command, int argc, char **argv)
{
    char name[32];

    snprintf(name, sizeof(name), "ringmill %s", command->name);
    argv[0] = name;
    return command->run(argc, argv);
}

int main(int argc, char **argv)
{
    process_setup();
    log_open("ringmill", LOG_LEVEL_INFO);
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_CODE_ENVIRONMENT;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0) {
        if (argv[1][2] == 'h')
            print_usage(stdout);
        else
            puts("ringmill " RINGMILL_VERSION);
        return EXIT_CODE_OK;
    }
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, argv[1]) == 0)
            return (int)run(command, argc - 1, argv + 1);
    log_error("there is no command \"%s\"", argv[1]);
    print_usage(stderr);
    return EXIT_CODE_ENVIRONMENT;
}
