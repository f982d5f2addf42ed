// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The command line of a bench: options only. A wrong one ends the program with its usage. */

#include <stdbool.h>
#include <stdint.h>

enum { BENCH_OPTIONS_MAX = 8 };

struct bench_option {
    const char *name;
    const char *value; /* what the usage shows, as in "N"; NULL for a flag */
    /* one of these; it stays as it is if the option is not given */
    bool *flag;
    uint64_t *number; /* from 1 to most */
    const char **text;
    uint64_t most; /* 0: no limit */
};

/* A row without a name ends the list, of at most BENCH_OPTIONS_MAX. */
void bench_options_read(int argc, char **argv, const struct bench_option *options);
