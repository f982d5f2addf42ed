// SPDX-License-Identifier: Apache-2.0

/* ringmilld: the daemon. Reads its config, and reports all mistakes in it at once, or runs it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/passed_fds.h"
#include "base/process.h"
#include "base/signals.h"
#include "cli/arguments.h"
#include "config/load.h"
#include "config/tree.h"
#include "control/clocks.h"
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

static bool read_log_level(const char *option, const char *text, void *ret)
{
    int level = log_level_find(text);

    if (level < 0)
        log_error("%s %s: expected error, warning, info or debug", option, text);
    else
        *(int *)ret = level;
    return level >= 0;
}

static bool print_version(const char *option, const char *text, void *ret)
{
    (void)option;
    (void)text;
    (void)ret;
    puts("ringmilld " RINGMILL_VERSION);
    exit(EXIT_CODE_OK);
}

#define AT(member) offsetof(struct arguments, member)

static const struct argument command_options[] = {
    {"config", "FILE", AT(config), argument_text,
     "the config to run; " DEFAULT_CONFIG " by default"},
    {"check", NULL, AT(check), argument_flag,
     "only check the config; exit status: 0 valid, 3 invalid"},
    {"explain", NULL, AT(explain), argument_flag,
     "print sources, fields, pipelines and sinks of the config, and do not run it"},
    {"seconds", "N", AT(daemon.seconds), argument_count, "exit after N seconds"},
    {"log-level", "L", AT(log_level), read_log_level,
     "the lowest level of log lines to write: error, warning, info or debug"},
    {"version", NULL, 0, print_version, "print the version and exit"},
    {0},
};

static const struct command_line command_line = {
    .synopsis = "ringmilld [--config FILE] [--check] [--explain] [--seconds N] [--log-level L]",
    .options = command_options,
};

static void print_messages(const struct diag *diag)
{
    char *text = diag_text(diag);

    if (text)
        log_print(text);
    free(text);
}

static enum exit_code run(const struct arguments *arguments, struct diag *diag)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;
    _cleanup_(cleanup_graph_free) struct graph *graph = NULL;
    struct daemon_options options = arguments->daemon;
    int result;

    if (!arguments->check && !arguments->explain)
        log_start();
    result = config_load_file(arguments->config, diag, &tree);
    if (result >= 0) {
        control_options_bind(tree->root, diag, &options.control);
        result = graph_build(tree, diag, &graph);
    }
    if (diag_count(diag) > 0 || result < 0) {
        print_messages(diag);
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

    int result;

    process_setup();
    result = signals_remember();
    passed_fds_init();
    log_open("ringmilld", LOG_LEVEL_INFO);
    if (result < 0)
        log_warning("signals cannot be caught: %s", strerror(-result));
    if (!clocks_setup())
        return EXIT_CODE_ENVIRONMENT;
    code = arguments_read_all(&command_line, argc, argv, &arguments);
    if (code != EXIT_CODE_OK)
        return (int)code;
    diag_init(&diag);
    code = run(&arguments, &diag);
    log_end();
    diag_deinit(&diag);
    return (int)code;
}
