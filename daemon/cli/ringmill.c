// SPDX-License-Identifier: Apache-2.0

/* ringmill: the command line tool. One row for each command. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/process.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "control/clocks.h"

struct command {
    const char *name;
    enum exit_code (*run)(int argc, char **argv); /* argv begins with "ringmill NAME" */
    const char *doc;
};

static const struct command commands[] = {
    {"run", command_run, "show the events of one source"},
    {"observe", command_observe, "watch a ring without disturbing its consumer"},
    {"reload", command_reload, "reload the config of the running daemon"},
    {"replay", command_replay, "replay the records of a capture"},
    {"merge", command_merge, "merge rows of many machines"},
    {"schema", command_schema, "show the types of an object, a file or a ring"},
    {"release", command_release, "release programs and rings that outlive the daemon"},
    {"status", command_status, "show the state of the running daemon"},
    {0},
};

static void print_usage(FILE *file)
{
    fputs("usage: ringmill COMMAND [...]\n", file);
    for (const struct command *command = commands; command->name; command++)
        fprintf(file, "  %-8s %s\n", command->name, command->doc);
    fputs("see: ringmill COMMAND --help\n", file);
}

/* getopt_long() begins its messages with the first argument. */
static enum exit_code run(const struct command *command, int argc, char **argv)
{
    char name[32];

    snprintf(name, sizeof(name), "ringmill %s", command->name);
    argv[0] = name;
    return command->run(argc, argv);
}

static const struct command *find_command(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    log_error("unknown command \"%s\"", name);
    arguments_point_to_help("ringmill");
    return NULL;
}

/* `ringmill help COMMAND` is `ringmill COMMAND --help`. */
static enum exit_code help(const char *name)
{
    char option[] = "--help", *arguments[] = {NULL, option, NULL};
    const struct command *command;

    if (!name) {
        print_usage(stdout);
        return EXIT_CODE_OK;
    }
    command = find_command(name);
    return command ? run(command, 2, arguments) : EXIT_CODE_ENVIRONMENT;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int main(int argc, char **argv)
{
    const struct command *command;

    process_setup();
    log_open("ringmill", LOG_LEVEL_INFO);
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_CODE_ENVIRONMENT;
    }
    if (is_help(argv[1]))
        return (int)help(argv[2]);
    if (strcmp(argv[1], "--version") == 0) {
        puts("ringmill " RINGMILL_VERSION);
        return EXIT_CODE_OK;
    }
    if (!clocks_setup())
        return EXIT_CODE_ENVIRONMENT;
    command = find_command(argv[1]);
    return command ? (int)run(command, argc - 1, argv + 1) : EXIT_CODE_ENVIRONMENT;
}
