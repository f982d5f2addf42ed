// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a bench has measured, as a table for people or as one JSON object. */

#include <stdbool.h>
#include <stddef.h>

enum { REPORT_ROWS_MAX = 64, REPORT_PEERS_MAX = 6, REPORT_NAME_MAX = 48 };

struct report_peer {
    const char *name; /* a literal */
    double times;     /* how many times better than this peer; above 1 is better */
};

struct report_row {
    char name[REPORT_NAME_MAX];
    const char *unit; /* a literal */
    double value;
    double spread; /* half the distance between the quartiles, in units of value */
    size_t n_peers;
    struct report_peer peers[REPORT_PEERS_MAX];
};

struct report {
    const char *bench; /* a literal */
    size_t n_rows;
    struct report_row rows[REPORT_ROWS_MAX];
};

/* A zeroed row with this name, to be filled in. Exits when there are too many. */
struct report_row *report_add(struct report *report, const char *unit, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_peer(struct report_row *row, const char *name, double times);

/* On stdout. */
void report_print(const struct report *report, bool json);

/* Sorts values in place; n >= 1. */
double report_median(double *values, size_t n);
double report_spread(const double *sorted, size_t n);
