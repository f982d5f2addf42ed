// SPDX-License-Identifier: Apache-2.0

/* A one-off is a config like any other, only written by us: so everything that a config can do is
 * tested and explained once. The user never sees that text; messages about it are turned into
 * messages about the command line. */

#include "cli/run.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/quoted.h"
#include "config/load.h"
#include "config/refusal.h"
#include "pipeline/graph.h"
#include "source/builtin.h"

struct one_off {
    const char *name;
    const char *filter; /* NULL: none */
    uint64_t count;     /* 0: no end */
    struct daemon_options daemon;
};

static void print_usage(FILE *file)
{
    fputs("usage: ringmill run [--filter EXPR] [--count N] [--seconds S] NAME\n"
          "  NAME            a built-in source:",
          file);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        fprintf(file, "%s %s (%s)", builtin == builtins ? "" : ",", builtin->name, builtin->doc);
    fputs(
        "\n"
        "  --filter EXPR   only events for which this holds, as in: uid == 0 && comm != \"cron\"\n"
        "  --count N       end after N events\n"
        "  --seconds S     end after S seconds\n",
        file);
}

static enum exit_code parse(int argc, char **argv, struct one_off *one_off)
{
    enum { FILTER = 1, COUNT, SECONDS, HELP };
    static const struct option options[] = {
        {"filter", required_argument, NULL, FILTER},
        {"count", required_argument, NULL, COUNT},
        {"seconds", required_argument, NULL, SECONDS},
        {"help", no_argument, NULL, HELP},
        {0},
    };
    bool good = true;

    while (good) {
        switch (getopt_long(argc, argv, "", options, NULL)) {
        case -1:
            if (argc - optind == 1) {
                one_off->name = argv[optind];
                return EXIT_CODE_OK;
            }
            log_error(optind == argc ? "which source?" : "one source at a time");
            good = false;
            break;
        case FILTER:
            one_off->filter = optarg;
            break;
        case COUNT:
            if (!argument_count("--count", optarg, &one_off->count))
                return EXIT_CODE_ENVIRONMENT;
            break;
        case SECONDS:
            if (!argument_count("--seconds", optarg, &one_off->daemon.seconds))
                return EXIT_CODE_ENVIRONMENT;
            break;
        case HELP:
            print_usage(stdout);
            exit(EXIT_CODE_OK);
        default:
            good = false;
        }
    }
    print_usage(stderr);
    return EXIT_CODE_ENVIRONMENT;
}

static enum exit_code check_name(const char *name)
{
    struct refusal refusal;

    if (builtin_find(name))
        return EXIT_CODE_OK;
    refusal_init(&refusal, name);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        refusal_offer(&refusal, builtin->name);
    log_error("unknown built-in source \"%s\"; %s", name, refusal_text(&refusal));
    return EXIT_CODE_CONFIG;
}

static void write_config(const struct one_off *one_off, FILE *file)
{
    fputs("version: 1\nsources: {", file);
    quoted_put(one_off->name, file);
    fputs(": {builtin: ", file);
    quoted_put(one_off->name, file);
    fputs("}}\nsinks: {stdout: {type: stdout}}\npipelines: {run: {from: ", file);
    quoted_put(one_off->name, file);
    fputs(", handlers: [", file);
    if (one_off->filter) {
        fputs("{filter: ", file);
        quoted_put(one_off->filter, file);
        fputs("}, ", file);
    }
    if (one_off->count > 0)
        fprintf(file, "{limit: {count: %" PRIu64 "}}, ", one_off->count);
    fputs("{forward: stdout}]}}\n", file);
}

/* The name is known to be good by now, so what is wrong is the filter:
 * "pipelines.run.handlers[0].filter: what" becomes "--filter: what". */
static void print_messages(const struct diag *diag)
{
    static const char place[] = "pipelines.run.handlers[0].filter: ";

    for (size_t i = 0; i < diag->kept; i++) {
        const struct diag_message *message = &diag->messages[i];
        bool inside = strncmp(message->text, place, strlen(place)) == 0;

        log_error("--filter: %s", message->text + (inside ? strlen(place) : 0));
        if (message->excerpt)
            fputs(message->excerpt, stderr);
    }
}

static enum exit_code run(const struct one_off *one_off, struct diag *diag)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;
    _cleanup_(cleanup_graph_free) struct graph *graph = NULL;
    _cleanup_(cleanup_free) char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    int result;

    if (!file) {
        log_error("out of memory");
        return EXIT_CODE_FAILED;
    }
    write_config(one_off, file);
    fclose(file);
    result = config_load_text("command line", text, length, diag, &tree);
    if (result >= 0)
        result = graph_build(tree, diag, &graph);
    if (result < 0) {
        print_messages(diag);
        return EXIT_CODE_CONFIG;
    }
    return daemon_run(graph, &one_off->daemon);
}

enum exit_code run_command(int argc, char **argv)
{
    struct one_off one_off = {0};
    struct diag diag;
    enum exit_code code;

    control_options_default(&one_off.daemon.control);
    code = parse(argc, argv, &one_off);
    if (code != EXIT_CODE_OK || (code = check_name(one_off.name)) != EXIT_CODE_OK)
        return code;
    diag_init(&diag);
    code = run(&one_off, &diag);
    diag_deinit(&diag);
    return code;
}
