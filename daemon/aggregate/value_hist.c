// SPDX-License-Identifier: Apache-2.0

/* hist(): a histogram with bounds that the config gives; as a metric, with the sum of the values.
 */

#include "aggregate/value_kind.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "aggregate/moments.h"
#include "record/derive.h"

struct hist_bucket {
    double most;
    uint64_t count;
};

static bool set_bounds(struct value *value, char *const *words, uint32_t n_words)
{
    double step[3];

    if (n_words == 0 || (n_words == 1 && strcmp(words[0], "log2") == 0)) {
        for (; value->n_bounds <= 64; value->n_bounds++)
            value->bounds[value->n_bounds] =
                value->n_bounds == 0 ? 0 : ldexp(1, (int)value->n_bounds - 1);
        return true;
    }
    if (strcmp(words[0], "linear") == 0) {
        for (uint32_t i = 0; i < 3; i++)
            if (n_words != 4 || !value_read_number(words[i + 1], &step[i]))
                return false;
        if (step[2] <= 0 || step[1] < step[0] || (step[1] - step[0]) / step[2] >= VALUE_BOUNDS_MAX)
            return false;
        while (value->n_bounds < VALUE_BOUNDS_MAX &&
               step[0] + value->n_bounds * step[2] <= step[1]) {
            value->bounds[value->n_bounds] = step[0] + value->n_bounds * step[2];
            value->n_bounds++;
        }
        return true;
    }
    for (; value->n_bounds < n_words; value->n_bounds++)
        if (!value_read_number(words[value->n_bounds], &value->bounds[value->n_bounds]) ||
            (value->n_bounds > 0 &&
             value->bounds[value->n_bounds] <= value->bounds[value->n_bounds - 1]))
            return false;
    return true;
}

static bool hist_open(struct value *value, char *const *words, uint32_t n_words,
                      const struct config_node *node, struct diag *diag)
{
    if (!set_bounds(value, words, n_words)) {
        diag_add(diag, node,
                 "wrong buckets; write hist(x) for powers of two, hist(x, linear, FIRST, LAST, "
                 "STEP), or up to %d rising bounds as in hist(x, 1, 10, 100)",
                 VALUE_BOUNDS_MAX);
        return false;
    }
    value->size = (value->n_bounds + 1) * (uint32_t)sizeof(uint64_t);
    value_set_member(value, 0, "le", &value_float,
                     VALUE_LIST_HEAD + offsetof(struct hist_bucket, most));
    value_set_member(value, 1, "count", &derive_count,
                     VALUE_LIST_HEAD + offsetof(struct hist_bucket, count));
    value_set_list(value, 2, sizeof(struct hist_bucket), value->n_bounds + 1);
    return true;
}

static uint32_t bucket_of(const struct value *value, double number)
{
    uint32_t low = 0, high = value->n_bounds;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (value->bounds[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void hist_keep_sum(struct value *value)
{
    value->sum_offset = value->size;
    value->size +=
        value->type == VALUE_FLOAT ? sizeof(struct float_sum) : (uint32_t)sizeof(struct sum);
}

double hist_sum(const struct value *value, const void *state)
{
    const void *sum = (const char *)state + value->sum_offset;

    return value->type == VALUE_FLOAT ? float_sum_get(sum)
                                      : (double)((const struct sum *)sum)->total;
}

static void hist_update_sum(const struct value *value, const struct value_input *input)
{
    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];
        void *sum = (char *)value_state(value, input, i) + value->sum_offset;
        uint64_t bits = value->argument->integers[index];

        if (column_is_null(value->argument, index))
            continue;
        if (value->type == VALUE_FLOAT)
            float_sum_add(sum, value->argument->floats[index], value_weight(input, index));
        else
            sum_add(sum, value->type == VALUE_SIGNED ? (wide)(int64_t)bits : (wide)bits,
                    value_weight(input, index));
    }
}

static void hist_update(const struct value *value, const struct value_input *input)
{
    if (value->sum_offset)
        hist_update_sum(value, input);
    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];
        uint64_t *counts = value_state(value, input, i);

        if (!column_is_null(value->argument, index))
            value_count_up(&counts[bucket_of(value, value_number(value, index))],
                           value_weight(input, index));
    }
}

static void hist_merge(const struct value *value, void *into, const void *from)
{
    for (uint32_t i = 0; i <= value->n_bounds; i++)
        value_count_up((uint64_t *)into + i, ((const uint64_t *)from)[i]);
    if (value->sum_offset && value->type == VALUE_FLOAT)
        float_sum_merge((void *)((char *)into + value->sum_offset),
                        (const void *)((const char *)from + value->sum_offset));
    else if (value->sum_offset)
        sum_merge((void *)((char *)into + value->sum_offset),
                  (const void *)((const char *)from + value->sum_offset));
}

/* Buckets that are empty are not shown. */
static void hist_get(const struct value *value, const void *state, struct value_output *output)
{
    const uint64_t *counts = state;
    uint32_t shown = 0;

    for (uint32_t i = 0; i <= value->n_bounds; i++) {
        struct hist_bucket bucket = {i < value->n_bounds ? value->bounds[i] : INFINITY, counts[i]};

        *output->saturated |= counts[i] == UINT64_MAX;
        if (counts[i] > 0)
            memcpy(output->row + VALUE_LIST_HEAD + sizeof(bucket) * shown++, &bucket,
                   sizeof(bucket));
    }
    memcpy(output->row, &shown, sizeof(shown));
}

static size_t hist_max(const struct value *value)
{
    return value_few_max(value) + (value->n_bounds + 2) * (size_t)PORTABLE_NUMBER_MAX;
}

static size_t hist_write(const struct value *value, const void *state,
                         const struct wall_offset *wall, uint8_t *out)
{
    const uint64_t *counts = state;
    uint8_t *at =
        portable_put(portable_head(out, 'H', VALUE_PORTABLE_VERSION), value->n_bounds + 1);

    (void)wall;
    for (uint32_t i = 0; i <= value->n_bounds; i++)
        at = portable_put(at, counts[i]);
    return (size_t)(at - out);
}

static int hist_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'H', VALUE_PORTABLE_VERSION);
    uint64_t *counts = state;

    if (portable_take(&from) != value->n_bounds + 1)
        return -EINVAL;
    for (uint32_t i = 0; i <= value->n_bounds; i++)
        counts[i] = portable_take(&from);
    return value_portable_end(&from);
}

const struct value_ops hist_value = {
    .name = "hist",
    .form = "hist(x), hist(x, linear, 0, 100, 10) or hist(x, 1, 10, 100)",
    .numbers = true,
    .most = VALUE_BOUNDS_MAX,
    .metric = METRIC_HISTOGRAM,
    VALUE_FUNCTIONS(hist_open, hist_update, hist_merge, hist_get),
    VALUE_PORTABLE('H', hist_max, hist_write, hist_read),
};
