// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The source of `ringmill run`: its options, the config entry made from them, and the translation
 * of messages about that entry into messages about the options. */

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "control/daemon.h"

enum { RUN_SOURCE_GIVEN_MAX = 256, RUN_SOURCE_NAME_MAX = 65, RUN_SOURCE_FIRST = 1000 };

struct run_source_option;

struct run_source {
    const char *builtin; /* the argument without an option; NULL: none */
    char name[RUN_SOURCE_NAME_MAX];
    struct {
        const struct run_source_option *option;
        char *value; /* owned */
    } given[RUN_SOURCE_GIVEN_MAX];
    size_t n_given;
};

void run_source_deinit(struct run_source *source);

/* Adds rows for getopt_long() to options, behind the n that are there; their val is
 * RUN_SOURCE_FIRST and more. options has room for `room` of them and ends with a row of zeroes. */
void run_source_options(struct option *options, size_t n, size_t room);
/* Lines of usage. */
void run_source_usage(FILE *file);

/* Takes an option that getopt_long() has found. False after a message. */
bool run_source_take(struct run_source *source, int val, const char *value);
/* With all options taken: there must be one source. Sets the name. EXIT_CODE_OK, or another one
 * after a message. */
enum exit_code run_source_finish(struct run_source *source);

/* Writes the entry of `sources:`, on one line. */
void run_source_write(const struct run_source *source, FILE *file);
/* A YAML scalar in double quotes. */
void run_source_put_quoted(FILE *file, const char *text);

/* If text is "sources.NAME...: what", writes the option that it is about into label and returns
 * where "what" begins; else NULL. */
const char *run_source_label(const struct run_source *source, const char *text, char *label,
                             size_t size);
