// SPDX-License-Identifier: Apache-2.0

/* On a terminal the table since the start is printed every second; elsewhere once at the end. */

#include "cli/run_table.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/arguments.h"
#include "sink/stdout_display.h"
#include "sink/table_layout.h"

#define INTERVAL_LIVE  "1s"
#define INTERVAL_NEVER "8760h"
#define TEXT           "text"

enum { ROWS_MAX_PLAIN = 100000 };

void run_table_options(struct option *options)
{
    static const struct option own[RUN_TABLE_OPTIONS] = {
        {"by", required_argument, NULL, RUN_TABLE_BY},
        {"value", required_argument, NULL, RUN_TABLE_VALUE},
        {"window", required_argument, NULL, RUN_TABLE_WINDOW},
        {"interval", required_argument, NULL, RUN_TABLE_INTERVAL},
        {"format", required_argument, NULL, RUN_TABLE_FORMAT},
        {"template", required_argument, NULL, RUN_TABLE_TEMPLATE},
    };

    memcpy(options, own, sizeof(own));
}

void run_table_usage(FILE *file)
{
    fputs(
        "  --by EXPR            print a table with a row for each value of EXPR; may be repeated\n"
        "  --value V            a column of the table, as in 'quantile(duration, 0.99)' or "
        "'n=count()';\n"
        "                       may be repeated; count() by default\n"
        "  --window DURATION    print a table for each window; by default one table since the "
        "start\n"
        "  --interval DURATION  how often to print the table; 1s on a terminal, else once at the "
        "end\n"
        "  --format F           json, json-flat, logfmt, csv, raw; text, with --template; or "
        "table\n"
        "  --template T         the line of an event, as in '{comm} has pid {pid}'\n",
        file);
}

static bool add(const char *option, const char *value, const char **list, uint32_t *n)
{
    if (*n == RUN_TABLE_PARTS_MAX) {
        log_error("%s can be given at most %d times", option, RUN_TABLE_PARTS_MAX);
        return false;
    }
    if (!argument_text(option, value, &list[*n]))
        return false;
    ++*n;
    return true;
}

static bool set(const char *option, const char *value, const char **text)
{
    if (*text) {
        log_error("%s may be given only once", option);
        return false;
    }
    return argument_text(option, value, text);
}

bool run_table_take(struct run_table *table, int option, const char *value)
{
    switch (option) {
    case RUN_TABLE_BY:
        return add("--by", value, table->by, &table->n_by);
    case RUN_TABLE_VALUE:
        return add("--value", value, table->values, &table->n_values);
    case RUN_TABLE_WINDOW:
        return set("--window", value, &table->window);
    case RUN_TABLE_INTERVAL:
        return set("--interval", value, &table->interval);
    case RUN_TABLE_TEMPLATE:
        return set("--template", value, &table->template);
    default:
        return set("--format", value, &table->format);
    }
}

/* ---- names ----------------------------------------------------------------------------------- */

/* The expression after "name=" or "name = "; NULL: there is no name. */
static const char *after_name(const char *text)
{
    size_t length = 0;

    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    if (length == 0 || isdigit((unsigned char)*text))
        return NULL;
    text += length + strspn(text + length, " ");
    if (*text != '=' || text[1] == '=' || text[1] == '~')
        return NULL;
    return text + 1 + strspn(text + 1, " ");
}

static const char *expression_of(const char *text)
{
    const char *expression = after_name(text);

    return expression ? expression : text;
}

/* "quantile_duration_0_99" for "quantile(duration, 0.99)". */
static void name_of(const char *text, char name[RUN_TABLE_NAME_MAX])
{
    const char *end = text + strlen(text);
    size_t used = 0;

    if (after_name(text))
        end = text + strcspn(text, " =");
    for (; text < end && used + 1 < RUN_TABLE_NAME_MAX; text++) {
        if (isalnum((unsigned char)*text) || *text == '_')
            name[used++] = *text;
        else if (used > 0 && name[used - 1] != '_')
            name[used++] = '_';
    }
    while (used > 1 && name[used - 1] == '_')
        used--;
    name[used] = '\0';
}

static bool check_names(const struct run_table *table)
{
    char one[RUN_TABLE_NAME_MAX], other[RUN_TABLE_NAME_MAX];

    for (uint32_t i = 0; i < table->n_values; i++) {
        name_of(table->values[i], one);
        if (!*one) {
            log_error("--value \"%s\": expected a value such as count()", table->values[i]);
            return false;
        }
        for (uint32_t k = 0; k < i; k++) {
            name_of(table->values[k], other);
            if (strcmp(one, other) != 0)
                continue;
            log_error("--value %s: duplicate column name %s; give one of the two another name, as "
                      "in NAME=%s",
                      table->values[i], one, expression_of(table->values[i]));
            return false;
        }
    }
    return true;
}

static bool counts(const struct run_table *table)
{
    return table->n_values > 0;
}

static bool is_table(const struct run_table *table)
{
    return table->format ? strcmp(table->format, "table") == 0 : counts(table);
}

/* A template is of the format text, which needs one. */
static bool check_template(struct run_table *table)
{
    if (table->template && !table->format)
        table->format = TEXT;
    if (table->template && strcmp(table->format, TEXT) != 0) {
        log_error("--template cannot be used with --format %s", table->format);
        return false;
    }
    if (table->format && strcmp(table->format, TEXT) == 0 && !table->template) {
        log_error("--format text requires --template, as in --template '{comm} {pid}'");
        return false;
    }
    return true;
}

bool run_table_finish(struct run_table *table)
{
    if (table->n_by > 0 && table->n_values == 0)
        table->values[table->n_values++] = "count()";
    if (!counts(table) && (table->window || table->interval)) {
        log_error("--%s requires --by or --value", table->window ? "window" : "interval");
        return false;
    }
    if (table->window && table->interval) {
        log_error("--interval cannot be used with --window; the table of each window is printed "
                  "when the window ends");
        return false;
    }
    return check_template(table) && check_names(table);
}

/* ---- config nodes ---------------------------------------------------------------------------- */

static void add_named(struct config_node *parent, const char *text, const char *label)
{
    char name[RUN_TABLE_NAME_MAX];

    name_of(text, name);
    config_add_text(parent, name, expression_of(text), label);
}

static void add_window(const struct run_table *table, bool live, struct config_node *aggregate)
{
    const char *every = table->window     ? table->window
                        : table->interval ? table->interval
                        : live            ? INTERVAL_LIVE
                                          : INTERVAL_NEVER;
    struct config_node *window =
        config_add(aggregate, CONFIG_MAP, "window", table->window ? "--window" : "--interval");

    if (!table->window)
        config_add_text(window, "running", "true", NULL);
    config_add_text(window, "every", every, NULL);
}

static void add_by(const struct run_table *table, struct config_node *aggregate)
{
    struct config_node *by;

    if (table->n_by == 0)
        return;
    by = config_add(aggregate, CONFIG_LIST, "by", "--by");
    for (uint32_t i = 0; i < table->n_by; i++) {
        if (after_name(table->by[i]))
            add_named(config_add(by, CONFIG_MAP, NULL, NULL), table->by[i], NULL);
        else
            config_add_text(by, NULL, table->by[i], NULL);
    }
}

static void add_values(const struct run_table *table, struct config_node *aggregate)
{
    struct config_node *values = config_add(aggregate, CONFIG_MAP, "values", NULL);

    for (uint32_t i = 0; i < table->n_values; i++) {
        _cleanup_(cleanup_free) char *label = NULL;

        if (asprintf(&label, "--value %s", table->values[i]) < 0)
            label = NULL;
        add_named(values, table->values[i], label);
    }
}

/* Rows cannot be sorted by lists and texts. */
static bool can_sort(const char *value)
{
    static const char *const others[] = {"hist", "top", "first", "last"};
    const char *text = expression_of(value);

    text += strspn(text, " ");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strncmp(text, others[i], strlen(others[i])) == 0)
            return false;
    return true;
}

static void add_order(const struct run_table *table, uint32_t limit, struct config_node *aggregate)
{
    char order[RUN_TABLE_NAME_MAX + 1] = "-";

    for (uint32_t i = 0; i < table->n_values; i++) {
        if (!can_sort(table->values[i]))
            continue;
        name_of(table->values[i], order + 1);
        config_add_text(aggregate, "order", order, NULL);
        config_add_number(aggregate, "limit", limit, NULL);
        return;
    }
}

void run_table_add_handler(const struct run_table *table, struct config_node *handlers)
{
    bool live = is_table(table) && stdout_display_is_live();
    struct config_node *aggregate;

    if (!counts(table))
        return;
    aggregate = config_add(config_add(handlers, CONFIG_MAP, NULL, NULL), CONFIG_MAP, "aggregate",
                           "--value");
    add_window(table, live, aggregate);
    add_by(table, aggregate);
    add_values(table, aggregate);
    add_order(table, live ? TABLE_ROWS_MAX : ROWS_MAX_PLAIN, aggregate);
}

void run_table_add_sink(const struct run_table *table, struct config_node *sinks)
{
    struct config_node *sink = config_add(sinks, CONFIG_MAP, "stdout", "--format");

    config_add_text(sink, "type", is_table(table) ? "table" : "stdout", NULL);
    if (table->format && !is_table(table))
        config_add_text(sink, "format", table->format, NULL);
    if (table->template)
        config_add_text(sink, "template", table->template, "--template");
}
