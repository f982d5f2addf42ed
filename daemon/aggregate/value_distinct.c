// SPDX-License-Identifier: Apache-2.0

/* distinct(): see aggregate/distinct.h.
 * The place in memory depends on the value, so an update first computes where it will write and
 * fetches that ahead, then goes over the selection once more and writes. */

#include "aggregate/value_kind.h"

#include "aggregate/distinct.h"
#include "record/derive.h"

static bool distinct_open(struct value *value, char *const *words, uint32_t n_words,
                          const struct config_node *node, struct diag *diag)
{
    double error = 0.02;

    if (n_words > 0 && (!value_read_number(words[0], &error) ||
                        error < distinct_error(DISTINCT_BITS_MAX) || error > 0.25)) {
        diag_add(diag, node, "the standard error of distinct() must be from 0.0041 to 0.25");
        return false;
    }
    value->bits = distinct_bits(error);
    value->size = UINT32_C(1) << value->bits;
    value->result = derive_count;
    return true;
}

static void distinct_update(const struct value *value, const struct value_input *input)
{
    const struct batch *batch = input->batch;
    uint64_t hashes[BATCH_MAX];

    for (uint32_t i = 0; i < batch->selected; i++) {
        if (column_is_null(value->argument, batch->selection[i]))
            continue;
        hashes[i] = value_hash(value, batch->selection[i]);
        __builtin_prefetch(distinct_register(value_state(value, input, i), value->bits, hashes[i]),
                           1);
    }
    for (uint32_t i = 0; i < batch->selected; i++)
        if (!column_is_null(value->argument, batch->selection[i]))
            distinct_add(value_state(value, input, i), value->bits, hashes[i]);
}

static void distinct_merge_states(const struct value *value, void *into, const void *from)
{
    distinct_merge(into, from, value->bits);
}

static void distinct_get_value(const struct value *value, const void *state,
                               struct value_output *output)
{
    output->column->integers[output->index] = (uint64_t)(distinct_get(state, value->bits) + 0.5);
    column_set_null(output->column, output->index, false);
}

static size_t distinct_max(const struct value *value)
{
    return distinct_portable_max(value->bits);
}

static size_t distinct_write_value(const struct value *value, const void *state,
                                   const struct wall_offset *wall, uint8_t *out)
{
    (void)wall;
    return distinct_write(state, value->bits, out);
}

static int distinct_read_value(const struct value *value, const uint8_t *bytes, size_t length,
                               void *state)
{
    return distinct_read(value->bits, bytes, length, state);
}

const struct value_ops distinct_value = {
    .name = "distinct",
    .form = "distinct(x)",
    .numbers = true,
    .texts = true,
    .most = 1,
    .unitless = true,
    .metric = METRIC_GAUGE,
    VALUE_FUNCTIONS(distinct_open, distinct_update, distinct_merge_states, distinct_get_value),
    VALUE_PORTABLE('D', distinct_max, distinct_write_value, distinct_read_value),
};
