// SPDX-License-Identifier: Apache-2.0

/* min() and max(): the lowest and the highest value; of no values, null. */

#include "aggregate/value_kind.h"

struct extreme {
    uint64_t seen;
    union {
        uint64_t bits;
        double number;
    };
};

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

static void take_extreme(const struct value *value, struct extreme *own,
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
        struct extreme other = {!value_is_null(value, index), {value->argument->integers[index]}};

        take_extreme(value, value_state(value, input, i), &other);
    }
}

static void extreme_merge(const struct value *value, void *into, const void *from)
{
    take_extreme(value, into, from);
}

static void extreme_get(const struct value *value, const void *state, struct value_output *output)
{
    const struct extreme *extreme = state;

    (void)value;
    value_put_integer(output, extreme->bits); /* of a float: the same bits */
    column_set_null(output->column, output->index, !extreme->seen);
}

static size_t extreme_write(const struct value *value, const void *state,
                            const struct wall_offset *wall, uint8_t *out)
{
    const struct extreme *extreme = state;
    uint8_t *at = portable_head(out, 'X', VALUE_PORTABLE_VERSION);

    at = portable_put(at, extreme->seen);
    return (size_t)(portable_put(at, value_wall_bits(value, wall, extreme->bits)) - out);
}

static int extreme_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'X', VALUE_PORTABLE_VERSION);
    struct extreme *extreme = state;

    (void)value;
    extreme->seen = portable_take(&from);
    extreme->bits = portable_take(&from);
    from.damaged |= extreme->seen > 1;
    return value_portable_end(&from);
}

const struct value_ops min_value = {
    .name = "min",
    .form = "min(x)",
    .numbers = true,
    .is_one_value = true,
    .metric = METRIC_GAUGE,
    VALUE_FUNCTIONS(extreme_open, extreme_update, extreme_merge, extreme_get),
    VALUE_PORTABLE('X', value_few_max, extreme_write, extreme_read),
};

const struct value_ops max_value = {
    .name = "max",
    .form = "max(x)",
    .numbers = true,
    .is_one_value = true,
    .metric = METRIC_GAUGE,
    VALUE_FUNCTIONS(extreme_open, extreme_update, extreme_merge, extreme_get),
    VALUE_PORTABLE('X', value_few_max, extreme_write, extreme_read),
};
