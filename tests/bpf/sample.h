// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What sample.bpf.c and the tests that run it share. */

enum { SAMPLE_MAX = 64 }; /* bytes that are written; longer samples keep what was there */

struct sample_request {
    unsigned int length;
    unsigned int discard; /* 1: discard it */
    unsigned int lost;    /* out: the reserve failed */
    unsigned int padding;
    unsigned long long flags;
    unsigned char bytes[SAMPLE_MAX];
};
