// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a handler exposes of the records themselves, as metrics with names and labels of the
 * config's. (What it shows of itself are its rows, see record/row.h.) */

#include <stdbool.h>
#include <stdint.h>

struct config_node;

enum metric_kind {
    METRIC_COUNTER, /* only grows while the daemon runs */
    METRIC_GAUGE,
    METRIC_SUMMARY, /* a gauge that is a quantile, which a label says */
    METRIC_HISTOGRAM,
};

/* A family; immutable while its handler is open. */
struct metric {
    const char *name; /* with its unit, without _total */
    const char *unit; /* the name's end, as "seconds"; "" where there is none */
    const char *help; /* one sentence without its full stop */
    enum metric_kind kind;
    const double *bounds; /* a histogram's: each bucket's highest value, but for the last one */
    uint32_t n_bounds;
    const struct config_node *node; /* where the config asks for it */
};

struct metric_sample {
    const char *labels; /* escaped, as in `comm="cron",uid="0"`; "" */
    bool whole;         /* it is an integer */
    uint64_t integer;
    double number;          /* else this; a histogram's sum, NaN where it has none */
    const uint64_t *counts; /* a histogram's n_bounds + 1, each for itself */
};

/* Takes one sample, which lasts as long as the call; data is the asker's. */
typedef void (*metric_emit)(void *data, const struct metric_sample *sample);
