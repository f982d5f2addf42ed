// SPDX-License-Identifier: Apache-2.0

/* sum(), mean() and stddev(). Sums are exact and stay so: their portable form is the whole state,
 * 128 bits and all. */

#include "aggregate/value_kind.h"

#include "aggregate/moments.h"
#include "record/derive.h"

static bool sum_open(struct value *value, char *const *words, uint32_t n_words,
                     const struct config_node *node, struct diag *diag)
{
    (void)words, (void)n_words, (void)node, (void)diag;
    value->size = sizeof(struct sum);
    value->result = value->type == VALUE_FLOAT || value->ops == &mean_value ? value_float
                    : value->type == VALUE_SIGNED                           ? derive_signed
                                                                            : derive_count;
    return true;
}

static void sum_floats(const struct value *value, const struct value_input *input)
{
    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];

        if (!value_is_null(value, index))
            float_sum_add(value_state(value, input, i), value->argument->floats[index],
                          value_weight(input, index));
    }
}

static void sum_update(const struct value *value, const struct value_input *input)
{
    if (value->type == VALUE_FLOAT) {
        sum_floats(value, input);
        return;
    }
    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];
        uint64_t bits = value->argument->integers[index];

        if (!value_is_null(value, index))
            sum_add(value_state(value, input, i),
                    value->type == VALUE_SIGNED ? (wide)(int64_t)bits : (wide)bits,
                    value_weight(input, index));
    }
}

static void sum_merge_states(const struct value *value, void *into, const void *from)
{
    const struct float_sum *floats = from;

    if (value->type != VALUE_FLOAT)
        sum_merge(into, from);
    else if (floats->count > 0)
        float_sum_merge(into, from);
}

/* A row has 64 bits for it. */
static void put_wide(const struct value *value, const struct sum *sum, struct value_output *output)
{
    const wide low = value->type == VALUE_SIGNED ? INT64_MIN : 0;
    const wide high = value->type == VALUE_SIGNED ? INT64_MAX : (wide)UINT64_MAX;
    wide total = sum->total < low ? low : sum->total > high ? high : sum->total;

    value_put_integer(output, (uint64_t)total);
    *output->saturated |= sum->saturated || total != sum->total;
}

static void sum_get(const struct value *value, const void *state, struct value_output *output)
{
    if (value->type == VALUE_FLOAT)
        value_put_float(output, float_sum_get(state));
    else
        put_wide(value, state, output);
}

static void mean_get(const struct value *value, const void *state, struct value_output *output)
{
    const struct float_sum *floats = state;
    const struct sum *sum = state;

    if (value->type == VALUE_FLOAT) {
        value_put_float(output, float_sum_get(floats) / (double)floats->count);
        return;
    }
    value_put_float(output, (double)sum->total / (double)sum->count);
    *output->saturated |= sum->saturated;
}

static uint8_t *put_sum(const struct value *value, const void *state, uint8_t *at)
{
    const struct float_sum *floats = state;
    const struct sum *sum = state;

    if (value->type == VALUE_FLOAT) {
        at = portable_put_float(at, floats->total);
        at = portable_put_float(at, floats->rest);
        return portable_put(at, floats->count);
    }
    at = portable_put(at, (uint64_t)sum->total);
    at = portable_put_signed(at, (int64_t)(sum->total >> 64));
    at = portable_put(at, sum->count);
    return portable_put(at, sum->saturated);
}

static void take_sum(const struct value *value, struct portable *from, void *state)
{
    struct float_sum *floats = state;
    struct sum *sum = state;
    uint64_t low;

    if (value->type == VALUE_FLOAT) {
        floats->total = portable_take_float(from);
        floats->rest = portable_take_float(from);
        floats->count = portable_take(from);
        return;
    }
    low = portable_take(from);
    sum->total = (wide)((unsigned __int128)portable_take_signed(from) << 64 | low);
    sum->count = portable_take(from);
    sum->saturated = portable_take(from);
    from->damaged |= sum->saturated > 1;
}

static size_t sum_write(const struct value *value, const void *state,
                        const struct wall_offset *wall, uint8_t *out)
{
    (void)wall;
    return (size_t)(put_sum(value, state, portable_head(out, 'S', VALUE_PORTABLE_VERSION)) - out);
}

static int sum_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'S', VALUE_PORTABLE_VERSION);

    take_sum(value, &from, state);
    return value_portable_end(&from);
}

const struct value_ops sum_value = {
    .name = "sum",
    .form = "sum(x)",
    .numbers = true,
    .metric = METRIC_COUNTER,
    VALUE_FUNCTIONS(sum_open, sum_update, sum_merge_states, sum_get),
    VALUE_PORTABLE('S', value_few_max, sum_write, sum_read),
};

const struct value_ops mean_value = {
    .name = "mean",
    .form = "mean(x)",
    .numbers = true,
    .metric = METRIC_GAUGE,
    VALUE_FUNCTIONS(sum_open, sum_update, sum_merge_states, mean_get),
    VALUE_PORTABLE('S', value_few_max, sum_write, sum_read),
};

/* ---- stddev ---------------------------------------------------------------------------------- */

static bool stddev_open(struct value *value, char *const *words, uint32_t n_words,
                        const struct config_node *node, struct diag *diag)
{
    (void)words, (void)n_words, (void)node, (void)diag;
    value->size = sizeof(struct spread);
    value->result = value_float;
    return true;
}

static void stddev_update(const struct value *value, const struct value_input *input)
{
    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];

        if (!value_is_null(value, index) && value_weight(input, index) > 0)
            spread_add(value_state(value, input, i), value_number(value, index),
                       (double)value_weight(input, index));
    }
}

static void stddev_merge(const struct value *value, void *into, const void *from)
{
    (void)value;
    spread_merge(into, from);
}

static void stddev_get(const struct value *value, const void *state, struct value_output *output)
{
    (void)value;
    value_put_float(output, spread_deviation(state));
}

static size_t stddev_write(const struct value *value, const void *state,
                           const struct wall_offset *wall, uint8_t *out)
{
    const struct spread *spread = state;
    uint8_t *at = portable_head(out, 'V', VALUE_PORTABLE_VERSION);

    (void)value, (void)wall;
    at = portable_put_float(at, spread->weight);
    at = portable_put_float(at, spread->mean);
    return (size_t)(portable_put_float(at, spread->squares) - out);
}

static int stddev_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'V', VALUE_PORTABLE_VERSION);
    struct spread *spread = state;

    (void)value;
    spread->weight = portable_take_float(&from);
    spread->mean = portable_take_float(&from);
    spread->squares = portable_take_float(&from);
    return value_portable_end(&from);
}

const struct value_ops stddev_value = {
    .name = "stddev",
    .form = "stddev(x)",
    .numbers = true,
    .metric = METRIC_GAUGE,
    VALUE_FUNCTIONS(stddev_open, stddev_update, stddev_merge, stddev_get),
    VALUE_PORTABLE('V', value_few_max, stddev_write, stddev_read),
};
