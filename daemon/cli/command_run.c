// SPDX-License-Identifier: Apache-2.0

/* A one-off is a config like any other, only written by us: so everything that a config can do is
 * tested and explained once. The user never sees that text; messages about it are turned into
 * messages about the command line. */

#include "cli/command_run.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "cli/run_source.h"
#include "cli/run_table.h"
#include "config/load.h"
#include "pipeline/graph.h"
#include "source/builtin.h"

enum { LABEL_MAX = 256 };

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
}

enum { FILTER = 1, COUNT, SECONDS, HELP = 'h', OWN_OPTIONS = 4, OPTIONS_ROOM = 64 };

/* Takes one option of getopt_long(). False: it is wrong, and the error was logged. */
static bool take(struct one_off *one_off, int option, const char *value)
{
    switch (option) {
    case FILTER:
        one_off->filter = value;
        return true;
    case COUNT:
        return argument_count("--count", value, &one_off->count);
    case SECONDS:
        return argument_count("--seconds", value, &one_off->daemon.seconds);
    case RUN_TABLE_BY:
    case RUN_TABLE_VALUE:
    case RUN_TABLE_WINDOW:
    case RUN_TABLE_INTERVAL:
    case RUN_TABLE_FORMAT:
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
    int option;

    run_table_options(options + OWN_OPTIONS);
    run_source_options(options, OWN_OPTIONS + RUN_TABLE_OPTIONS, OPTIONS_ROOM);
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == HELP) {
            print_usage(stdout);
            exit(EXIT_CODE_OK);
        }
        if (option == '?' || !take(one_off, option, optarg))
            return EXIT_CODE_ENVIRONMENT;
    }
    if (argc - optind > 1) {
        log_error("only one source can be given");
        return EXIT_CODE_ENVIRONMENT;
    }
    one_off->source.builtin = argv[optind];
    return run_table_finish(&one_off->table) ? EXIT_CODE_OK : EXIT_CODE_ENVIRONMENT;
}

static void write_config(const struct one_off *one_off, FILE *file)
{
    fputs("version: 1\nsources: {", file);
    run_source_write(&one_off->source, file);
    fputs("}\nsinks: {stdout: {", file);
    run_table_write_sink(&one_off->table, file);
    fputs("}}\npipelines: {run: {from: ", file);
    run_source_put_quoted(file, one_off->source.name);
    fputs(", handlers: [", file);
    if (one_off->filter) {
        fputs("{filter: ", file);
        run_source_put_quoted(file, one_off->filter);
        fputs("}, ", file);
    }
    if (one_off->count > 0)
        fprintf(file, "{limit: {count: %" PRIu64 "}}, ", one_off->count);
    run_table_write_handler(&one_off->table, file);
    fputs("{forward: stdout}]}}\n", file);
}

/* What the config's message says; on the command line it is an option. */
#define TYPE_ADVICE "; set type: "

/* "pipelines.run.handlers[0].filter: what" becomes "--filter: what", and so on. */
static void print_messages(const struct one_off *one_off, const struct diag *diag)
{
    static const char filter[] = "pipelines.run.handlers[0].filter: ";

    for (size_t i = 0; i < diag->kept; i++) {
        const struct diag_message *message = &diag->messages[i];
        char label[LABEL_MAX] = "--filter";
        const char *what = run_source_label(&one_off->source, message->text, label, sizeof(label));
        const char *example, *type;

        if (!what)
            what = run_table_label(&one_off->table, message->text, label, sizeof(label));
        if (!what)
            what = message->text +
                   (strncmp(message->text, filter, strlen(filter)) == 0 ? strlen(filter) : 0);
        example = strstr(what, "; as in attach: "); /* how a config would say it */
        type = strstr(what, TYPE_ADVICE);
        if (type)
            log_error("%s: %.*s; say --type %s", label, (int)(type - what), what,
                      type + strlen(TYPE_ADVICE));
        else
            log_error("%s: %.*s", label, example ? (int)(example - what) : (int)strlen(what), what);
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
        print_messages(one_off, diag);
        return EXIT_CODE_CONFIG;
    }
    return daemon_run(TAKE_PTR(graph), &one_off->daemon);
}

enum exit_code run_command(int argc, char **argv)
{
    struct one_off one_off = {0};
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
        code = run(&one_off, &diag);
        diag_deinit(&diag);
    }
    run_source_deinit(&one_off.source);
    return code;
}
