// SPDX-License-Identifier: Apache-2.0

/* Each update is one loop over the selection: what kind of value it is was decided before it. Null
 * is no value: it is not counted, and the minimum of nothing is null. */

#include "aggregate/value_plain.h"

#include <math.h>
#include <string.h>

#include "aggregate/moments.h"
#include "aggregate/value_state.h"

static const struct field u64_field = {.kind = FIELD_UINT, .size = 8, .type_name = "__u64"};
static const struct field s64_field = {
    .kind = FIELD_INT, .is_signed = true, .size = 8, .type_name = "__s64"};
static const struct field float_field = {.kind = FIELD_FLOAT, .size = 8, .type_name = "double"};

static void *state_of(const struct value *value, const struct value_input *input, uint32_t i)
{
    return input->states[i] + value->offset;
}

static bool is_null(const struct value *value, uint32_t index)
{
    return value->expr && column_is_null(value->argument, index);
}

static void put_float(struct value_output *output, double value)
{
    output->column->floats[output->index] = value;
    column_set_null(output->column, output->index, !isfinite(value));
}

static void put_integer(struct value_output *output, uint64_t value)
{
    output->column->integers[output->index] = value;
    column_set_null(output->column, output->index, false);
}

/* ---- count, rate ----------------------------------------------------------------------------- */

static bool count_open(struct value *value, char *const *words, uint32_t n_words,
                       const struct config_node *node, struct diag *diag)
{
    (void)words, (void)n_words, (void)node, (void)diag;
    value->size = sizeof(uint64_t);
    value->result = value->ops == &rate_value ? float_field : u64_field;
    return true;
}

/* Without an argument and weights there is nothing to look at. */
static void count_records(const struct value *value, const struct value_input *input)
{
    const uint32_t n = input->batch->selected;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t *count = state_of(value, input, i);

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
        uint64_t *count = state_of(value, input, i);

        if (!is_null(value, index) &&
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
    put_integer(output, *(const uint64_t *)state);
    *output->saturated |= *(const uint64_t *)state == UINT64_MAX;
}

static void rate_get(const struct value *value, const void *state, struct value_output *output)
{
    (void)value;
    put_float(output, (double)*(const uint64_t *)state / output->seconds);
}

const struct value_ops count_value = {
    .name = "count",
    .form = "count() or count(x)",
    .texts = true,
    .numbers = true,
    .optional = true,
    .open = count_open,
    .update = count_update,
    .merge = count_merge,
    .get = count_get,
};

const struct value_ops rate_value = {
    .name = "rate",
    .form = "rate() or rate(x)",
    .texts = true,
    .numbers = true,
    .optional = true,
    .open = count_open,
    .update = count_update,
    .merge = count_merge,
    .get = rate_get,
};

/* ---- sum, mean ------------------------------------------------------------------------------- */

static bool sum_open(struct value *value, char *const *words, uint32_t n_words,
                     const struct config_node *node, struct diag *diag)
{
    (void)words, (void)n_words, (void)node, (void)diag;
    value->size = sizeof(struct sum);
    value->result = value->type == VALUE_FLOAT || value->ops == &mean_value ? float_field
                    : value->type == VALUE_SIGNED                           ? s64_field
                                                                            : u64_field;
    return true;
}

static void sum_floats(const struct value *value, const struct value_input *input)
{
    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];

        if (!is_null(value, index))
            float_sum_add(state_of(value, input, i), value->argument->floats[index],
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

        if (!is_null(value, index))
            sum_add(state_of(value, input, i),
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

    put_integer(output, (uint64_t)total);
    *output->saturated |= sum->saturated || total != sum->total;
}

static void sum_get(const struct value *value, const void *state, struct value_output *output)
{
    if (value->type == VALUE_FLOAT)
        put_float(output, float_sum_get(state));
    else
        put_wide(value, state, output);
}

static void mean_get(const struct value *value, const void *state, struct value_output *output)
{
    const struct float_sum *floats = state;
    const struct sum *sum = state;

    if (value->type == VALUE_FLOAT) {
        put_float(output, float_sum_get(floats) / (double)floats->count);
        return;
    }
    put_float(output, (double)sum->total / (double)sum->count);
    *output->saturated |= sum->saturated;
}

const struct value_ops sum_value = {
    .name = "sum",
    .form = "sum(x)",
    .numbers = true,
    .open = sum_open,
    .update = sum_update,
    .merge = sum_merge_states,
    .get = sum_get,
};

const struct value_ops mean_value = {
    .name = "mean",
    .form = "mean(x)",
    .numbers = true,
    .open = sum_open,
    .update = sum_update,
    .merge = sum_merge_states,
    .get = mean_get,
};

/* ---- stddev ---------------------------------------------------------------------------------- */

static bool stddev_open(struct value *value, char *const *words, uint32_t n_words,
                        const struct config_node *node, struct diag *diag)
{
    (void)words, (void)n_words, (void)node, (void)diag;
    value->size = sizeof(struct spread);
    value->result = float_field;
    return true;
}

static void stddev_update(const struct value *value, const struct value_input *input)
{
    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];

        if (!is_null(value, index) && value_weight(input, index) > 0)
            spread_add(state_of(value, input, i), value_number(value, index),
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
    put_float(output, spread_deviation(state));
}

const struct value_ops stddev_value = {
    .name = "stddev",
    .form = "stddev(x)",
    .numbers = true,
    .open = stddev_open,
    .update = stddev_update,
    .merge = stddev_merge,
    .get = stddev_get,
};

/* ---- min, max -------------------------------------------------------------------------------- */

static bool extreme_open(struct value *value, char *const *words, uint32_t n_words,
                         const struct config_node *node, struct diag *diag)
{
    (void)words, (void)n_words, (void)node, (void)diag;
    value->size = sizeof(struct extreme);
    value->result = value->of;
    return true;
}

static bool is_less(enum value_type type, const struct extreme *one, const struct extreme *other)
{
    if (type == VALUE_FLOAT)
        return one->number < other->number;
    return type == VALUE_SIGNED ? (int64_t)one->bits < (int64_t)other->bits
                                : one->bits < other->bits;
}

static void keep_extreme(const struct value *value, struct extreme *own,
                         const struct extreme *other)
{
    bool better = value->ops == &min_value ? is_less(value->type, other, own)
                                           : is_less(value->type, own, other);

    if (other->seen && (!own->seen || better))
        *own = *other;
}

static void extreme_update(const struct value *value, const struct value_input *input)
{
    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];
        struct extreme other = {!is_null(value, index), {value->argument->integers[index]}};

        keep_extreme(value, state_of(value, input, i), &other);
    }
}

static void extreme_merge(const struct value *value, void *into, const void *from)
{
    keep_extreme(value, into, from);
}

static void extreme_get(const struct value *value, const void *state, struct value_output *output)
{
    const struct extreme *extreme = state;

    (void)value;
    put_integer(output, extreme->bits); /* of a float: the same bits */
    column_set_null(output->column, output->index, !extreme->seen);
}

const struct value_ops min_value = {
    .name = "min",
    .form = "min(x)",
    .numbers = true,
    .open = extreme_open,
    .update = extreme_update,
    .merge = extreme_merge,
    .get = extreme_get,
};

const struct value_ops max_value = {
    .name = "max",
    .form = "max(x)",
    .numbers = true,
    .open = extreme_open,
    .update = extreme_update,
    .merge = extreme_merge,
    .get = extreme_get,
};

/* ---- first, last ----------------------------------------------------------------------------- */

static bool kept_open(struct value *value, char *const *words, uint32_t n_words,
                      const struct config_node *node, struct diag *diag)
{
    (void)words, (void)n_words, (void)node, (void)diag;
    value->size = value->type == VALUE_TEXT ? sizeof(struct kept_value)
                                            : offsetof(struct kept_value, bits) + sizeof(uint64_t);
    value->result = value->of;
    return true;
}

static void keep(const struct value *value, struct kept_value *kept, uint32_t index)
{
    kept->seen = 1;
    if (value->type != VALUE_TEXT) {
        kept->bits = value->argument->integers[index];
        return;
    }
    kept->length = value->argument->texts[index].length;
    if (kept->length > VALUE_TEXT_MAX)
        kept->length = VALUE_TEXT_MAX;
    memcpy(kept->bytes, value->argument->texts[index].bytes, kept->length);
}

static void kept_update(const struct value *value, const struct value_input *input)
{
    bool first = value->ops == &first_value;

    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];
        struct kept_value *kept = state_of(value, input, i);

        if (!is_null(value, index) && !(first && kept->seen))
            keep(value, kept, index);
    }
}

/* Groups that fall together have no order among them: the one that is there stays. */
static void kept_merge(const struct value *value, void *into, const void *from)
{
    const struct kept_value *kept = from;

    if (kept->seen && !((const struct kept_value *)into)->seen)
        memcpy(into, from, value->size);
}

static void kept_get(const struct value *value, const void *state, struct value_output *output)
{
    const struct kept_value *kept = state;

    if (value->type == VALUE_TEXT)
        output->column->texts[output->index] = (struct text){kept->bytes, kept->length};
    else
        output->column->integers[output->index] = kept->bits;
    column_set_null(output->column, output->index, !kept->seen);
}

const struct value_ops first_value = {
    .name = "first",
    .form = "first(x)",
    .numbers = true,
    .texts = true,
    .open = kept_open,
    .update = kept_update,
    .merge = kept_merge,
    .get = kept_get,
};

const struct value_ops last_value = {
    .name = "last",
    .form = "last(x)",
    .numbers = true,
    .texts = true,
    .open = kept_open,
    .update = kept_update,
    .merge = kept_merge,
    .get = kept_get,
};
