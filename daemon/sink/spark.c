// SPDX-License-Identifier: Apache-2.0

#include "sink/spark.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEVELS = 8 };

bool spark_is(const json_t *value)
{
    return json_object_get(json_array_get(value, 0), "le") != NULL;
}

static double bound_of(const json_t *bucket)
{
    const json_t *bound = json_object_get(bucket, "le");

    return json_is_number(bound) ? json_number_value(bound) : INFINITY;
}

/* The bucket with that bound; if the table of bounds was full, the next larger one. */
static uint32_t place_of(const struct spark *spark, double bound)
{
    uint32_t place = 0;

    while (place + 1 < spark->n_bounds && spark->bounds[place] < bound)
        place++;
    return place;
}

void spark_widen(struct spark *spark, const json_t *value)
{
    const json_t *bucket;
    size_t i;

    json_array_foreach(value, i, bucket)
    {
        double bound = bound_of(bucket);
        uint32_t place = 0;

        while (place < spark->n_bounds && spark->bounds[place] < bound)
            place++;
        if (place < spark->n_bounds && spark->bounds[place] == bound)
            continue;
        if (spark->n_bounds == SPARK_BUCKETS_MAX)
            continue;
        memmove(&spark->bounds[place + 1], &spark->bounds[place],
                (spark->n_bounds - place) * sizeof(spark->bounds[0]));
        spark->bounds[place] = bound;
        spark->n_bounds++;
    }
}

static uint32_t width_of(const struct spark *spark)
{
    return spark->n_bounds < SPARK_WIDTH_MAX ? spark->n_bounds : SPARK_WIDTH_MAX;
}

void spark_draw(const struct spark *spark, const json_t *value, struct cell *cell)
{
    double counts[SPARK_WIDTH_MAX] = {0}, most = 0;
    const json_t *bucket;
    size_t i;

    cell_clear(cell);
    json_array_foreach(value, i, bucket)
    {
        uint32_t at = place_of(spark, bound_of(bucket)) * width_of(spark) / spark->n_bounds;

        counts[at] += json_number_value(json_object_get(bucket, "count"));
        most = counts[at] > most ? counts[at] : most;
    }
    for (uint32_t k = 0; k < width_of(spark); k++) {
        char block[] = "\xe2\x96\x80"; /* U+2580; the levels follow it */

        if (counts[k] > 0)
            block[2] = (char)(block[2] + (int)ceil(counts[k] * LEVELS / most));
        cell_add(cell, counts[k] > 0 ? block : " ");
    }
}

void spark_label(const struct spark *spark, struct cell *cell)
{
    char label[64];

    cell_clear(cell);
    if (spark->n_bounds == 0)
        return;
    snprintf(label, sizeof(label), "%.10g..%.10g", spark->bounds[0],
             spark->bounds[spark->n_bounds - 1]);
    cell_add(cell, label);
}
