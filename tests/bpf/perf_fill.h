// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What perf_fill.bpf.c and the programs that run it share. */

enum perf_fill_kind { PERF_FILL_64, PERF_FILL_128, PERF_FILL_512, PERF_FILL_MIX };

enum { PERF_FILL_ARRAYS = 2 };

struct perf_fill_request {
    unsigned long long seed; /* not 0; moves on with each draw */
    unsigned int kind;
    unsigned int count; /* records to try */
    unsigned int array; /* which of the perf event arrays */
    unsigned int padding;
};

struct perf_fill_result {
    unsigned long long written; /* and the next record's number */
    unsigned long long refused;
};
