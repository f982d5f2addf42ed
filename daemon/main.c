// SPDX-License-Identifier: Apache-2.0

/* ringmilld: the daemon. Reads its config, says all that is wrong with it at once, or runs it. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/process.h"
#include "cli/arguments.h"
#include "config/load.h"
#include "config/tree.h"
#include "control/daemon.h"
#include "pipeline/explain.h"
#include "pipeline/graph.h"

#define DEFAULT_CONFIG "/etc/ringmill/ringmill.yaml"

struct arguments {
    const char *config;
    bool check;
    bool explain;
    struct daemon_options daemon;
};

static void print_usage(FILE *file)
{
    fputs("usage: ringmilld [--config FILE] [--check] [--explain] [--seconds N]\n"
          "  --config FILE   the pipelines to run; " DEFAULT_CONFIG " by default\n"
          "  --check         only check the config: exit 0 when it is right, 3 when not\n"
          "  --explain       print what the config means, and do not run it\n"
          "  --seconds N     end after N seconds\n"
          "  --version, --help\n",
          file);
}

/* EXIT_CODE_OK: go on. */
static enum exit_code parse(int argc, char **argv, struct arguments *arguments)
{
    enum { CONFIG = 1, CHECK, EXPLAIN, SECONDS, VERSION, HELP };
    static const struct option options[] = {
        {"config", required_argument, NULL, CONFIG},
        {"check", no_argument, NULL, CHECK},
        {"explain", no_argument, NULL, EXPLAIN},
        {"seconds", required_argument, NULL, SECONDS},
        {"version", no_argument, NULL, VERSION},
        {"help", no_argument, NULL, HELP},
        {0},
    };

    for (;;) {
        switch (getopt_long(argc, argv, "", options, NULL)) {
        case -1:
            if (optind == argc)
                return EXIT_CODE_OK;
            log_error("unexpected argument \"%s\"", argv[optind]);
            print_usage(stderr);
            return EXIT_CODE_ENVIRONMENT;
        case CONFIG:
            arguments->config = optarg;
            break;
        case CHECK:
            arguments->check = true;
            break;
        case EXPLAIN:
            arguments->explain = true;
            break;
        case SECONDS:
            if (!argument_count("--seconds", optarg, &arguments->daemon.seconds))
                return EXIT_CODE_ENVIRONMENT;
            break;
        case VERSION:
            puts("ringmilld " RINGMILL_VERSION);
            exit(EXIT_CODE_OK);
        case HELP:
            print_usage(stdout);
            exit(EXIT_CODE_OK);
        default:
            print_usage(stderr);
            return EXIT_CODE_ENVIRONMENT;
        }
    }
}

static enum exit_code run(const struct arguments *arguments, struct diag *diag)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;
    _cleanup_(cleanup_graph_free) struct graph *graph = NULL;
    int result = config_load_file(arguments->config, diag, &tree);

    if (result >= 0)
        result = graph_build(tree, diag, &graph);
    if (diag_count(diag) > 0 || result < 0) {
        diag_print(diag, stderr);
        return EXIT_CODE_CONFIG;
    }
    if (arguments->explain)
        explain_graph(graph, stdout);
    if (fflush(stdout) != 0) {
        log_error("cannot write to standard output: %s", strerror(errno));
        return EXIT_CODE_FAILED;
    }
    if (arguments->check || arguments->explain)
        return EXIT_CODE_OK;
    return daemon_run(graph, &arguments->daemon);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.config = DEFAULT_CONFIG};
    struct diag diag;
    enum exit_code code;

    process_setup();
    log_open("ringmilld", LOG_LEVEL_INFO);
    code = parse(argc, argv, &arguments);
    if (code != EXIT_CODE_OK)
        return (int)code;
    diag_init(&diag);
    code = run(&arguments, &diag);
    diag_deinit(&diag);
    return (int)code;
}
