// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Draws the histograms of one column of a table, each as a row of block characters. All use the
 * same buckets, so that rows can be compared. */

#include <jansson.h>
#include <stdbool.h>

#include "sink/table_cell.h"

enum {
    TABLE_HISTOGRAM_BUCKETS_MAX = 192, /* of all rows together; what is above the last bound counts
                                          in it */
    TABLE_HISTOGRAM_WIDTH_MAX = 48,    /* columns; more buckets share them */
};

struct table_histogram {
    /* ascending: each bucket's `le`; infinite for the last */
    double bounds[TABLE_HISTOGRAM_BUCKETS_MAX];
    uint32_t n_bounds;
};

/* Whether value is a list of buckets as hist() makes it. */
bool table_histogram_is(const json_t *value);
/* Extends the axis by the buckets of another row. */
void table_histogram_widen(struct table_histogram *histogram, const json_t *value);
/* Replaces the text of the cell by a drawing of the value. */
void table_histogram_draw(const struct table_histogram *histogram, const json_t *value,
                          struct table_cell *cell);
/* Replaces the text of the cell by the range of the axis, as in "1..4096". */
void table_histogram_label(const struct table_histogram *histogram, struct table_cell *cell);
