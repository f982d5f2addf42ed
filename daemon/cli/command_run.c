// SPDX-License-Identifier: Apache-2.0

/* The options become a config like any other, so that everything a config can do is tested and
 * explained once. Its nodes name the options that they are made from, and so do the messages. */

#include "cli/commands.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "cli/arguments.h"
#include "cli/run_source.h"
#include "cli/run_table.h"
#include "config/tree.h"
#include "pipeline/graph.h"
#include "source/builtin.h"

struct one_off {
    struct run_source source;
    struct run_table table;
    const char *filter; /* NULL: none */
    uint64_t count;     /* 0: no end */
    struct daemon_options daemon;
};

static void print_usage(FILE *file)
{
    fputs("usage: ringmill run [OPTIONS] (NAME | --object FILE | --map MAP)\n"
          "  NAME                 a built-in source:",
          file);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        fprintf(file, "%s %s (%s)", builtin == builtins ? "" : ",", builtin->name, builtin->doc);
    fputs("\n", file);
    run_source_usage(file);
    fputs(
        "  --filter EXPR        print only matching events, as in: uid == 0 && comm != \"cron\"\n",
        file);
    run_table_usage(file);
    fputs("  --count N            exit after N events\n"
          "  --seconds S          exit after S seconds\n",
          file);
    run_source_settings_usage(file);
}

enum { FILTER = 1, COUNT, SECONDS, HELP = 'h', OWN_OPTIONS = 4, OPTIONS_ROOM = 64 };

static bool is_given(const struct one_off *one_off, int option)
{
    switch (option) {
    case FILTER:
        return one_off->filter;
    case COUNT:
        return one_off->count;
    case SECONDS:
        return one_off->daemon.seconds;
    default:
        return false;
    }
}

/* Takes one option of getopt_long(). False: it is wrong, and the error was logged. */
static bool take(struct one_off *one_off, int option, const char *value)
{
    switch (option) {
    case FILTER:
        return argument_text("--filter", value, &one_off->filter);
    case COUNT:
        return argument_count("--count", value, &one_off->count);
    case SECONDS:
        return argument_count("--seconds", value, &one_off->daemon.seconds);
    case RUN_TABLE_BY:
    case RUN_TABLE_VALUE:
    case RUN_TABLE_WINDOW:
    case RUN_TABLE_INTERVAL:
    case RUN_TABLE_FORMAT:
    case RUN_TABLE_TEMPLATE:
        return run_table_take(&one_off->table, option, value);
    default:
        return run_source_take(&one_off->source, option, value);
    }
}

static enum exit_code parse(int argc, char **argv, struct one_off *one_off)
{
    struct option options[OPTIONS_ROOM] = {
        {"filter", required_argument, NULL, FILTER},
        {"count", required_argument, NULL, COUNT},
        {"seconds", required_argument, NULL, SECONDS},
        {"help", no_argument, NULL, HELP},
    };
    int option, index;

    run_table_options(options + OWN_OPTIONS);
    run_source_options(options, OWN_OPTIONS + RUN_TABLE_OPTIONS, OPTIONS_ROOM);
    while ((option = getopt_long(argc, argv, "h", options, &index)) != -1) {
        if (option == HELP) {
            print_usage(stdout);
            exit(EXIT_CODE_OK);
        }
        if (option == '?')
            return EXIT_CODE_ENVIRONMENT;
        if (!utf8_is_valid(optarg)) {
            log_error("--%s: the value is not valid UTF-8", options[index].name);
            return EXIT_CODE_ENVIRONMENT;
        }
        if (is_given(one_off, option)) {
            log_error("--%s may be given only once", options[index].name);
            return EXIT_CODE_ENVIRONMENT;
        }
        if (!take(one_off, option, optarg))
            return EXIT_CODE_ENVIRONMENT;
    }
    if (argc - optind > 1) {
        log_error("only one source can be given");
        return EXIT_CODE_ENVIRONMENT;
    }
    one_off->source.builtin = argv[optind];
    return run_table_finish(&one_off->table) ? EXIT_CODE_OK : EXIT_CODE_ENVIRONMENT;
}

static void add_handlers(const struct one_off *one_off, struct config_node *handlers)
{
    if (one_off->filter)
        config_add_text(config_add(handlers, CONFIG_MAP, NULL, NULL), "filter", one_off->filter,
                        "--filter");
    if (one_off->count > 0)
        config_add_number(config_add(config_add(handlers, CONFIG_MAP, NULL, "--count"), CONFIG_MAP,
                                     "limit", NULL),
                          "count", one_off->count, NULL);
    run_table_add_handler(&one_off->table, handlers);
    config_add_text(config_add(handlers, CONFIG_MAP, NULL, NULL), "forward", "stdout",
                    one_off->table.format ? "--format" : NULL);
}

/* NULL when out of memory. */
static struct config_tree *make_config(const struct one_off *one_off)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = config_tree_new("command line");
    struct config_node *root, *pipeline;

    if (!tree)
        return NULL;
    root = config_add_root(tree);
    config_add_text(root, "version", "1", NULL);
    run_source_add(&one_off->source, config_add(root, CONFIG_MAP, "sources", NULL));
    run_table_add_sink(&one_off->table, config_add(root, CONFIG_MAP, "sinks", NULL));
    pipeline = config_add(config_add(root, CONFIG_MAP, "pipelines", NULL), CONFIG_MAP, "run", NULL);
    config_add_text(pipeline, "from", one_off->source.name, NULL);
    add_handlers(one_off, config_add(pipeline, CONFIG_LIST, "handlers", NULL));
    return tree->is_incomplete ? NULL : TAKE_PTR(tree);
}

static void explain(struct error *error, void *data)
{
    struct run_try *try = data;

    run_source_explain(error, try);
    run_try_print(try);
}

static enum exit_code run(struct one_off *one_off, struct diag *diag, struct run_try *try)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = make_config(one_off);
    _cleanup_(cleanup_graph_free) struct graph *graph = NULL;

    if (!tree) {
        log_error("out of memory");
        return EXIT_CODE_FAILED;
    }
    if (graph_build(tree, diag, &graph) < 0) {
        run_source_report(diag, try);
        run_try_print(try);
        return EXIT_CODE_CONFIG;
    }
    one_off->daemon.all_shown = true;
    one_off->daemon.explain = explain;
    one_off->daemon.explain_data = try;
    return daemon_run(TAKE_PTR(graph), &one_off->daemon);
}

enum exit_code command_run(int argc, char **argv)
{
    struct one_off one_off = {0};
    struct run_try try;
    struct diag diag;
    enum exit_code code;

    control_options_default(&one_off.daemon.control);
    code = parse(argc, argv, &one_off);
    if (code == EXIT_CODE_OK)
        code = run_source_finish(&one_off.source);
    if (code == EXIT_CODE_ENVIRONMENT)
        code = arguments_point_to_help("ringmill run");
    if (code == EXIT_CODE_OK) {
        diag_init(&diag);
        run_try_init(&try, argc, argv);
        code = run(&one_off, &diag, &try);
        run_try_deinit(&try);
        diag_deinit(&diag);
    }
    run_source_deinit(&one_off.source);
    return code;
}
