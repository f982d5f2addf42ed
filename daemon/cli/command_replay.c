// SPDX-License-Identifier: Apache-2.0

/* A replay is the daemon with a capture for a source: either with a config made of the options, or
 * with the user's, whose pipelines then get the records that the capture has from the sources they
 * name. A replay has no control socket, since a running daemon uses it. */

#include "cli/commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/arguments.h"
#include "cli/expect.h"
#include "cli/run_source.h"
#include "config/load.h"
#include "pipeline/graph.h"

struct replay {
    const char *capture;
    const char *config; /* NULL: print all records */
    const char *filter; /* NULL: none */
    const char *speed;
    const char *expect; /* NULL: the output is shown */
    uint64_t count;     /* 0: all */
    struct daemon_options daemon;
};

/* What a graph is built of, and must live as long as it. */
struct replay_trees {
    struct config_tree *own; /* made of the options, with the capture's entry in `sources:` */
    struct config_tree *given;
};

static void replay_trees_deinit(struct replay_trees *trees)
{
    config_tree_free(trees->own);
    config_tree_free(trees->given);
}

#define AT(member) offsetof(struct replay, member)

static const struct argument command_options[] = {
    {"config", "FILE", AT(config), argument_text,
     "run these pipelines with the capture's records of their sources;\n"
     "without --config all records are printed as JSON"},
    {"filter", "EXPR", AT(filter), argument_text, "print only events that match this expression"},
    {"speed", "S", AT(speed), argument_text,
     "max (the default), recorded, or a factor such as 0.5 or 10"},
    {"count", "N", AT(count), argument_count, "replay only the first N records"},
    {"expect", "OUT", AT(expect), argument_text, "compare standard output with this file"},
    {0},
};

static const struct positional operands[] = {
    {"CAPTURE", "a file written by a sink of type capture"},
    {0},
};

static const struct command_line command_line = {
    .synopsis = "ringmill replay [--config FILE | --filter EXPR] [--speed S] [--count N] "
                "[--expect OUT] CAPTURE",
    .operands = operands,
    .notes = "exit status: 1 if the capture is damaged, or the output differs from --expect\n",
    .options = command_options,
};

static enum exit_code parse(int argc, char **argv, struct replay *replay)
{
    enum exit_code code = arguments_read(&command_line, argc, argv, replay);

    if (code != EXIT_CODE_OK)
        return code;
    if (argc - optind != 1)
        return arguments_refuse(&command_line, optind == argc ? "no capture given"
                                                              : "only one capture can be given");
    if (replay->config && replay->filter)
        return arguments_refuse(
            &command_line, "--filter cannot be used with --config; write the filter in the config");
    if (replay->filter && !utf8_is_valid(replay->filter))
        return arguments_refuse(&command_line, "--filter: the value is not valid UTF-8");
    replay->capture = argv[optind];
    return EXIT_CODE_OK;
}

/* ---- configs --------------------------------------------------------------------------------- */

/* What is wrong with the capture is said without a label: such a message names the file itself. */
#define CAPTURE_LABEL ""

/* 0 or -errno; -ENOENT after a message. */
static int make_own(const struct replay *replay, struct config_tree **ret)
{
    _cleanup_(cleanup_free) char *path = realpath(replay->capture, NULL);
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = config_tree_new("command line");
    struct config_node *root, *node, *handlers;

    if (!path) {
        log_error("%s: cannot be opened: %s", replay->capture, strerror(errno));
        return -ENOENT;
    }
    if (!tree)
        return -ENOMEM;
    root = config_add_root(tree);
    config_add_text(root, "version", "1", NULL);
    node = config_add(config_add(root, CONFIG_MAP, "sources", NULL), CONFIG_MAP, "capture",
                      CAPTURE_LABEL);
    config_add_text(node, "capture", path, NULL);
    config_add_text(node, "speed", replay->speed, "--speed");
    if (replay->count > 0)
        config_add_number(node, "count", replay->count, "--count");
    node = config_add(config_add(root, CONFIG_MAP, "sinks", NULL), CONFIG_MAP, "stdout", NULL);
    config_add_text(node, "type", "stdout", NULL);
    node = config_add(config_add(root, CONFIG_MAP, "pipelines", NULL), CONFIG_MAP, "replay", NULL);
    config_add_text(node, "from", "capture", NULL);
    handlers = config_add(node, CONFIG_LIST, "handlers", NULL);
    if (replay->filter)
        config_add_text(config_add(handlers, CONFIG_MAP, NULL, NULL), "filter", replay->filter,
                        "--filter");
    config_add_text(config_add(handlers, CONFIG_MAP, NULL, NULL), "forward", "stdout", NULL);
    if (tree->is_incomplete)
        return -ENOMEM;
    *ret = TAKE_PTR(tree);
    return 0;
}

static int build(const struct replay *replay, struct diag *diag, struct replay_trees *trees,
                 struct graph **ret)
{
    const struct config_node *entry;
    int result = make_own(replay, &trees->own);

    if (result < 0 || !replay->config)
        return result < 0 ? result : graph_build(trees->own, diag, ret);
    result = config_load_file(replay->config, diag, &trees->given);
    if (result < 0)
        return result;
    entry = config_map_get(config_map_get(trees->own->root, "sources"), "capture");
    return graph_build_replay(trees->given, entry, diag, ret);
}

/* Errors of the capture are not mistakes in a config. Their label sorts first. */
static enum exit_code judge(const struct diag *diag)
{
    return diag->kept > 0 && strcmp(diag->messages[0].file, CAPTURE_LABEL) == 0 ? EXIT_CODE_FAILED
                                                                                : EXIT_CODE_CONFIG;
}

/* ---- running --------------------------------------------------------------------------------- */

static bool has_stdout(const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        if (graph->sinks[i]->ops->ends_daemon)
            return true;
    return false;
}

static enum exit_code run_expecting(const struct replay *replay, struct graph **graph)
{
    struct expect expect;
    struct error error;
    enum exit_code code;

    if (!has_stdout(*graph)) {
        log_error("--expect: no sink of type stdout in %s, so there is no output to compare",
                  replay->config);
        return EXIT_CODE_ENVIRONMENT;
    }
    if (expect_start(&expect, replay->expect, &error) < 0) {
        log_error("--expect: %s", error_join(&error));
        return EXIT_CODE_ENVIRONMENT;
    }
    code = daemon_run(TAKE_PTR(*graph), &replay->daemon);
    if (expect_finish(&expect, &error) == 0)
        return code;
    log_error("%s", error_join(&error));
    return code == EXIT_CODE_OK ? EXIT_CODE_FAILED : code;
}

static enum exit_code run(const struct replay *replay, struct diag *diag)
{
    _cleanup_(replay_trees_deinit) struct replay_trees trees = {0};
    _cleanup_(cleanup_graph_free) struct graph *graph = NULL;
    int result = build(replay, diag, &trees, &graph);

    if (result == -ENOENT && diag_count(diag) == 0) /* no such capture, which has been reported */
        return EXIT_CODE_ENVIRONMENT;
    if (result < 0 || diag_count(diag) > 0) {
        if (replay->config && trees.own && judge(diag) == EXIT_CODE_CONFIG)
            diag_print(diag, stderr);
        else
            run_source_report(diag, NULL);
        if (diag_count(diag) == 0)
            log_error("out of memory");
        return judge(diag);
    }
    return replay->expect ? run_expecting(replay, &graph)
                          : daemon_run(TAKE_PTR(graph), &replay->daemon);
}

enum exit_code command_replay(int argc, char **argv)
{
    struct replay replay = {.speed = "max"};
    struct diag diag;
    enum exit_code code;

    control_options_default(&replay.daemon.control);
    code = parse(argc, argv, &replay);
    if (code != EXIT_CODE_OK)
        return code;
    diag_init(&diag);
    code = run(&replay, &diag);
    diag_deinit(&diag);
    return code;
}
