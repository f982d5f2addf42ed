// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Draws the histograms of one column of a table, each as a row of block characters. All use the
 * same buckets, so that rows can be compared. */

#include <jansson.h>
#include <stdbool.h>

#include "sink/cell.h"

enum {
    SPARK_BUCKETS_MAX =
        192, /* buckets of all rows together; values above the last bound count in it */
    SPARK_WIDTH_MAX = 48, /* columns; more buckets share them */
};

struct spark {
    double bounds[SPARK_BUCKETS_MAX]; /* ascending: each bucket's `le`; infinite for the last */
    uint32_t n_bounds;
};

/* Whether value is a list of buckets as hist() makes it. */
bool spark_is(const json_t *value);
/* Extends the axis by the buckets of another row. */
void spark_widen(struct spark *spark, const json_t *value);
void spark_draw(const struct spark *spark, const json_t *value, struct cell *cell);
/* The range of the axis, as in "1..4096". */
void spark_label(const struct spark *spark, struct cell *cell);
