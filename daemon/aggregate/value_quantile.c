// SPDX-License-Identifier: Apache-2.0

/* quantile(): see aggregate/quantile.h.
 * The place in memory depends on the value, so an update first computes where it will write and
 * fetches that ahead, then goes over the selection once more and writes. */

#include "aggregate/value_kind.h"

static bool quantile_open(struct value *value, char *const *words, uint32_t n_words,
                          const struct config_node *node, struct diag *diag)
{
    double error = 0.01, bins = 1024;

    if (!value_read_number(words[0], &value->fraction) || value->fraction < 0 ||
        value->fraction > 1) {
        diag_add(diag, node, "the quantile must be from 0 to 1, as in quantile(x, 0.99)");
        return false;
    }
    if (n_words > 1 && (!value_read_number(words[1], &error) || error < 0.0001 || error > 0.25)) {
        diag_add(diag, node, "the relative error of quantile() must be from 0.0001 to 0.25");
        return false;
    }
    if (n_words > 2 && (!value_read_number(words[2], &bins) || bins < QUANTILE_BINS_MIN ||
                        bins > QUANTILE_BINS_MAX || ((int)bins & ((int)bins - 1)))) {
        diag_add(diag, node, "the bins of quantile() must be a power of two from %d to %d",
                 QUANTILE_BINS_MIN, QUANTILE_BINS_MAX);
        return false;
    }
    value->quantile = quantile_shape(error, (uint32_t)bins, value->type != VALUE_UNSIGNED);
    value->size = (uint32_t)quantile_size(&value->quantile);
    value->result = value_float;
    return true;
}

static void quantile_update(const struct value *value, const struct value_input *input)
{
    const struct batch *batch = input->batch;
    const struct quantile_shape *shape = &value->quantile;
    int32_t bins[BATCH_MAX];

    for (uint32_t i = 0; i < batch->selected; i++) {
        double number = value_number(value, batch->selection[i]);

        bins[i] = quantile_bin(shape, number);
        quantile_prefetch(shape, value_state(value, input, i), number, bins[i]);
    }
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t index = batch->selection[i];

        if (!column_is_null(value->argument, index))
            quantile_add(shape, value_state(value, input, i), value_number(value, index), bins[i],
                         value_weight(input, index));
    }
}

static void quantile_merge_states(const struct value *value, void *into, const void *from)
{
    quantile_merge(&value->quantile, into, from);
}

static void quantile_get_value(const struct value *value, const void *state,
                               struct value_output *output)
{
    double number = 0;
    bool known = quantile_get(&value->quantile, state, value->fraction, &number);

    output->column->floats[output->index] = number;
    column_set_null(output->column, output->index, !known);
    *output->saturated |= quantile_saturated(&value->quantile, state);
}

/* Two quantiles of the same argument with equal shapes read one sketch. */
static bool quantile_is_same(const struct value *value, const struct value *other)
{
    return value->quantile.error == other->quantile.error &&
           value->quantile.bins == other->quantile.bins;
}

static size_t quantile_max(const struct value *value)
{
    return quantile_portable_max(&value->quantile);
}

static size_t quantile_write_value(const struct value *value, const void *state,
                                   const struct wall_offset *wall, uint8_t *out)
{
    (void)wall;
    return quantile_write(&value->quantile, state, out);
}

static int quantile_read_value(const struct value *value, const uint8_t *bytes, size_t length,
                               void *state)
{
    return quantile_read(&value->quantile, bytes, length, state);
}

const struct value_ops quantile_value = {
    .name = "quantile",
    .form = "quantile(x, 0.99)",
    .numbers = true,
    .least = 1,
    .most = 3,
    .metric = METRIC_SUMMARY,
    .is_same_state = quantile_is_same,
    VALUE_FUNCTIONS(quantile_open, quantile_update, quantile_merge_states, quantile_get_value),
    VALUE_PORTABLE('Q', quantile_max, quantile_write_value, quantile_read_value),
};
