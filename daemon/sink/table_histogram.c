// SPDX-License-Identifier: Apache-2.0

#include "sink/table_histogram.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEVELS = 8 };

bool table_histogram_is(const json_t *value)
{
    return json_object_get(json_array_get(value, 0), "le") != NULL;
}

static double bound_of(const json_t *bucket)
{
    const json_t *bound = json_object_get(bucket, "le");

    return json_is_number(bound) ? json_number_value(bound) : INFINITY;
}

/* The bucket with that bound; if the table of bounds was full, the next larger one. */
static uint32_t place_of(const struct table_histogram *histogram, double bound)
{
    uint32_t place = 0;

    while (place + 1 < histogram->n_bounds && histogram->bounds[place] < bound)
        place++;
    return place;
}

void table_histogram_widen(struct table_histogram *histogram, const json_t *value)
{
    const json_t *bucket;
    size_t i;

    json_array_foreach(value, i, bucket)
    {
        double bound = bound_of(bucket);
        uint32_t place = 0;

        while (place < histogram->n_bounds && histogram->bounds[place] < bound)
            place++;
        if (place < histogram->n_bounds && histogram->bounds[place] == bound)
            continue;
        if (histogram->n_bounds == TABLE_HISTOGRAM_BUCKETS_MAX)
            continue;
        memmove(&histogram->bounds[place + 1], &histogram->bounds[place],
                (histogram->n_bounds - place) * sizeof(histogram->bounds[0]));
        histogram->bounds[place] = bound;
        histogram->n_bounds++;
    }
}

static uint32_t width_of(const struct table_histogram *histogram)
{
    return histogram->n_bounds < TABLE_HISTOGRAM_WIDTH_MAX ? histogram->n_bounds
                                                           : TABLE_HISTOGRAM_WIDTH_MAX;
}

void table_histogram_draw(const struct table_histogram *histogram, const json_t *value,
                          struct table_cell *cell)
{
    double counts[TABLE_HISTOGRAM_WIDTH_MAX] = {0}, most = 0;
    const json_t *bucket;
    size_t i;

    table_cell_clear(cell);
    json_array_foreach(value, i, bucket)
    {
        uint32_t at =
            place_of(histogram, bound_of(bucket)) * width_of(histogram) / histogram->n_bounds;

        counts[at] += json_number_value(json_object_get(bucket, "count"));
        most = counts[at] > most ? counts[at] : most;
    }
    for (uint32_t k = 0; k < width_of(histogram); k++) {
        char block[] = "\xe2\x96\x80"; /* U+2580; the levels follow it */

        if (counts[k] > 0)
            block[2] = (char)(block[2] + (int)ceil(counts[k] * LEVELS / most));
        table_cell_add(cell, counts[k] > 0 ? block : " ");
    }
}

void table_histogram_label(const struct table_histogram *histogram, struct table_cell *cell)
{
    char label[64];

    table_cell_clear(cell);
    if (histogram->n_bounds == 0)
        return;
    snprintf(label, sizeof(label), "%.10g..%.10g", histogram->bounds[0],
             histogram->bounds[histogram->n_bounds - 1]);
    table_cell_add(cell, label);
}
