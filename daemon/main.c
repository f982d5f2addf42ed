// SPDX-License-Identifier: Apache-2.0

/* ringmilld: the daemon. Reads its config, says all that is wrong with it at once, or runs it. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/passed_fds.h"
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
    int log_level; /* -1: as the config says */
    struct daemon_options daemon;
};

static void print_usage(FILE *file)
{
    fputs("usage: ringmilld [--config FILE] [--check] [--explain] [--seconds N] [--log-level L]\n"
          "  --config FILE   the pipelines to run; " DEFAULT_CONFIG " by default\n"
          "  --check         only check the config: exit 0 when it is right, 3 when not\n"
          "  --explain       print what the config means, and do not run it\n"
          "  --seconds N     end after N seconds\n"
          "  --log-level L   the least important lines to write: error, warning, info or debug\n"
          "  --version, --help\n",
          file);
}

/* EXIT_CODE_OK: go on. */
static enum exit_code parse(int argc, char **argv, struct arguments *arguments)
{
    enum { CONFIG = 1, CHECK, EXPLAIN, SECONDS, LOG_LEVEL, VERSION, HELP };
    static const struct option options[] = {
        {"config", required_argument, NULL, CONFIG},
        {"check", no_argument, NULL, CHECK},
        {"explain", no_argument, NULL, EXPLAIN},
        {"seconds", required_argument, NULL, SECONDS},
        {"log-level", required_argument, NULL, LOG_LEVEL},
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
        case LOG_LEVEL:
            arguments->log_level = log_level_find(optarg);
            if (arguments->log_level >= 0)
                break;
            log_error("--log-level %s: allowed are error, warning, info, debug", optarg);
            return EXIT_CODE_ENVIRONMENT;
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
    struct daemon_options options = arguments->daemon;
    int result = config_load_file(arguments->config, diag, &tree);

    if (result >= 0) {
        control_options_bind(tree->root, diag, &options.control);
        result = graph_build(tree, diag, &graph);
    }
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
    log_set_level(arguments->log_level >= 0 ? (enum log_level)arguments->log_level
                                            : options.control.log_level);
    options.config = arguments->config;
    return daemon_run(TAKE_PTR(graph), &options);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.config = DEFAULT_CONFIG, .log_level = -1};
    struct diag diag;
    enum exit_code code;

    process_setup();
    passed_fds_init();
    log_open("ringmilld", LOG_LEVEL_INFO);
    code = parse(argc, argv, &arguments);
    if (code != EXIT_CODE_OK)
        return (int)code;
    diag_init(&diag);
    code = run(&arguments, &diag);
    diag_deinit(&diag);
    return (int)code;
}
