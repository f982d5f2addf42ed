// SPDX-License-Identifier: Apache-2.0

/* count() and rate(): the number of records, or of those where the argument is not null. */

#include "aggregate/value_kind.h"

#include "record/derive.h"

static bool count_open(struct value *value, char *const *words, uint32_t n_words,
                       const struct config_node *node, struct diag *diag)
{
    (void)words, (void)n_words, (void)node, (void)diag;
    value->size = sizeof(uint64_t);
    value->result = value->ops == &rate_value ? value_float : derive_count;
    return true;
}

/* Without an argument and weights there is nothing to look at. */
static void count_records(const struct value *value, const struct value_input *input)
{
    const uint32_t n = input->batch->selected;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t *count = value_state(value, input, i);

        *count += *count != UINT64_MAX;
    }
}

static void count_update(const struct value *value, const struct value_input *input)
{
    if (!value->expr && !input->weights) {
        count_records(value, input);
        return;
    }
    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];
        uint64_t *count = value_state(value, input, i);

        if (!value_is_null(value, index) &&
            __builtin_add_overflow(*count, value_weight(input, index), count))
            *count = UINT64_MAX;
    }
}

static void count_merge(const struct value *value, void *into, const void *from)
{
    uint64_t *count = into;

    (void)value;
    if (__builtin_add_overflow(*count, *(const uint64_t *)from, count))
        *count = UINT64_MAX;
}

static void count_get(const struct value *value, const void *state, struct value_output *output)
{
    (void)value;
    value_put_integer(output, *(const uint64_t *)state);
    *output->saturated |= *(const uint64_t *)state == UINT64_MAX;
}

static void rate_get(const struct value *value, const void *state, struct value_output *output)
{
    (void)value;
    value_put_float(output, (double)*(const uint64_t *)state / output->seconds);
}

static size_t count_write(const struct value *value, const void *state,
                          const struct wall_offset *wall, uint8_t *out)
{
    (void)value, (void)wall;
    return (size_t)(portable_put(portable_head(out, 'C', VALUE_PORTABLE_VERSION),
                                 *(const uint64_t *)state) -
                    out);
}

static int count_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'C', VALUE_PORTABLE_VERSION);

    (void)value;
    *(uint64_t *)state = portable_take(&from);
    return value_portable_end(&from);
}

const struct value_ops count_value = {
    .name = "count",
    .form = "count() or count(x)",
    .texts = true,
    .numbers = true,
    .optional = true,
    .unitless = true,
    .metric = METRIC_COUNTER,
    VALUE_FUNCTIONS(count_open, count_update, count_merge, count_get),
    VALUE_PORTABLE('C', value_few_max, count_write, count_read),
};

const struct value_ops rate_value = {
    .name = "rate",
    .form = "rate() or rate(x)",
    .texts = true,
    .numbers = true,
    .optional = true,
    .unitless = true,
    .metric = METRIC_GAUGE,
    VALUE_FUNCTIONS(count_open, count_update, count_merge, rate_get),
    VALUE_PORTABLE('C', value_few_max, count_write, count_read),
};
