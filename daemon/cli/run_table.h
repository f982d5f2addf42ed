// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The table of `ringmill run`, which counts events instead of printing them: its options, and the
 * handler and the sink made from them. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config/tree.h"

enum { RUN_TABLE_PARTS_MAX = 64, RUN_TABLE_NAME_MAX = 64 };

struct run_table {
    /* texts are the command line's */
    const char *by[RUN_TABLE_PARTS_MAX];
    uint32_t n_by;
    const char *values[RUN_TABLE_PARTS_MAX];
    uint32_t n_values;
    const char *window;   /* NULL: since the start */
    const char *interval; /* NULL: see the manual */
    const char *template; /* NULL: none */
    const char *format;   /* NULL: a table where something is counted, else the sink's own */
};

enum run_table_option {
    RUN_TABLE_BY = 500,
    RUN_TABLE_VALUE,
    RUN_TABLE_WINDOW,
    RUN_TABLE_INTERVAL,
    RUN_TABLE_FORMAT,
    RUN_TABLE_TEMPLATE,
};

struct option;
enum { RUN_TABLE_OPTIONS = 6 };

/* RUN_TABLE_OPTIONS rows for getopt_long(). */
void run_table_options(struct option *options);
/* Prints the lines of usage of these options. */
void run_table_usage(FILE *file);

/* Takes an option that getopt_long() has found. False after a message. */
bool run_table_take(struct run_table *table, int option, const char *value);
/* With all options taken. False after a message. */
bool run_table_finish(struct run_table *table);

/* Adds the handler, if a table was asked for; its nodes name the options that they are made from.
 */
void run_table_add_handler(const struct run_table *table, struct config_node *handlers);

/* Adds the sink `stdout`, in the same way. */
void run_table_add_sink(const struct run_table *table, struct config_node *sinks);
