// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The command line that is to be typed next: the one that was given, with the options that the
 * messages about it advise to give. */

#include <stdbool.h>
#include <stddef.h>

enum { RUN_TRY_OPTIONS_MAX = 32 };

struct run_try {
    int argc;
    char **argv;
    struct {
        char *name;   /* without its dashes */
        char *value;  /* both owned */
        bool is_drop; /* a given option that is left out */
    } options[RUN_TRY_OPTIONS_MAX];
    size_t n_options;
    bool is_incomplete; /* a message does not say what to type */
};

/* argv[0] is the name of the command; it must outlive the struct. */
void run_try_init(struct run_try *try, int argc, char **argv);
/* Frees the options. */
void run_try_deinit(struct run_try *try);

/* Takes the options out of advice such as "; say --ring 'a=struct b' --ring c"; NULL, advice
 * without options, or with a placeholder in capitals: there will be no line. about: the option that
 * the message is about, as in "--ring c", whose value an option of the same name replaces. */
void run_try_add(struct run_try *try, const char *about, const char *advice);

/* Prints the line, if every message says what to type. */
void run_try_print(const struct run_try *try);
