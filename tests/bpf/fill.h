// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What fill.bpf.c and the programs that run it share. */

enum fill_kind {
    FILL_16,
    FILL_120,
    FILL_128,
    FILL_512,
    FILL_1024,
    FILL_2048,
    FILL_MIX_SMALL, /* 56, 120, 248 or 504 bytes, drawn per record */
    FILL_MIX_LARGE, /* 248, 760, 1272 or 2040 */
};

struct fill_request {
    unsigned long long seed; /* not 0; moves on with each draw */
    unsigned int kind;
    unsigned int count;         /* records to try; at most 1 << 23 */
    unsigned int until_full;    /* 1: stop at the first that is lost */
    unsigned int stamp;         /* 1: write the time */
    unsigned int discard_every; /* number % this == 0 is discarded; 0: none */
    unsigned int padding;
    unsigned long long flags; /* of submit and discard */
};

struct fill_result {
    unsigned long long written; /* and the next record's number */
    unsigned long long lost;
};

struct fill_record {
    unsigned long long number;
    unsigned long long time; /* bpf_ktime_get_ns(), if asked for */
};
