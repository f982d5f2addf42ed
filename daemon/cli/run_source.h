// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The source of `ringmill run`: its options, and the config entry made from them. */

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/run_try.h"
#include "config/diag.h"
#include "config/tree.h"
#include "control/daemon.h"

enum { RUN_SOURCE_GIVEN_MAX = 256, RUN_SOURCE_NAME_MAX = 65, RUN_SOURCE_FIRST = 1000 };

struct run_source_option;

struct run_source {
    const char *builtin; /* the argument without an option; NULL: none */
    char name[RUN_SOURCE_NAME_MAX];
    struct {
        const struct run_source_option *option;
        char *program; /* that it is for; owned; NULL: for all */
        char *value;   /* owned */
    } given[RUN_SOURCE_GIVEN_MAX];
    size_t n_given;
};

/* Frees the values; source may be zeroed. */
void run_source_deinit(struct run_source *source);

/* Adds rows for getopt_long() to options, after the n that are there; their val is
 * RUN_SOURCE_FIRST and more. options has room for `room` of them and ends with a row of zeroes. */
void run_source_options(struct option *options, size_t n, size_t room);
/* Prints the lines of usage of these options. */
void run_source_usage(FILE *file);
/* Prints what --set can set, for each built-in source. */
void run_source_settings_usage(FILE *file);

/* Takes an option that getopt_long() has found. False after a message. */
bool run_source_take(struct run_source *source, int val, const char *value);
/* With all options taken: there must be one source. Sets the name. EXIT_CODE_OK, or another one
 * after a message. */
enum exit_code run_source_finish(struct run_source *source);

/* Adds the entry of `sources:`; each of its nodes names the option that it is made from. */
void run_source_add(const struct run_source *source, struct config_node *sources);

/* Logs the messages about a config that was made of options: each names its option, and keys that
 * a hint tells to set become options, which are added to try, unless
 * that is NULL. */
void run_source_report(const struct diag *diag, struct run_try *try);
/* The same for an error at the start. */
void run_source_explain(struct error *error, struct run_try *try);
