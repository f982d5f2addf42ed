// SPDX-License-Identifier: Apache-2.0

/* first() and last(): one value of the argument, in the order in which records come. */

#include "aggregate/value_kind.h"

#include <errno.h>
#include <string.h>

/* Of a number only up to the bits. */
struct chosen_value {
    uint32_t seen;
    uint32_t length;
    union {
        uint64_t bits;
        char bytes[VALUE_TEXT_MAX + 4];
    };
};

static bool chosen_open(struct value *value, char *const *words, uint32_t n_words,
                        const struct config_node *node, struct diag *diag)
{
    (void)words, (void)n_words, (void)node, (void)diag;
    value->size = value->type == VALUE_TEXT
                      ? sizeof(struct chosen_value)
                      : offsetof(struct chosen_value, bits) + sizeof(uint64_t);
    value->result = value->of;
    return true;
}

static void choose(const struct value *value, struct chosen_value *chosen, uint32_t index)
{
    chosen->seen = 1;
    if (value->type != VALUE_TEXT) {
        chosen->bits = value->argument->integers[index];
        return;
    }
    chosen->length = value->argument->texts[index].length;
    if (chosen->length > VALUE_TEXT_MAX)
        chosen->length = VALUE_TEXT_MAX;
    memcpy(chosen->bytes, value->argument->texts[index].bytes, chosen->length);
}

static void chosen_update(const struct value *value, const struct value_input *input)
{
    bool first = value->ops == &first_value;

    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];
        struct chosen_value *chosen = value_state(value, input, i);

        if (!value_is_null(value, index) && !(first && chosen->seen))
            choose(value, chosen, index);
    }
}

/* Groups that fall together have no order among them: the one that is there stays. */
static void chosen_merge(const struct value *value, void *into, const void *from)
{
    const struct chosen_value *chosen = from;

    if (chosen->seen && !((const struct chosen_value *)into)->seen)
        memcpy(into, from, value->size);
}

static void chosen_get(const struct value *value, const void *state, struct value_output *output)
{
    const struct chosen_value *chosen = state;

    if (value->type == VALUE_TEXT)
        output->column->texts[output->index] = (struct text){chosen->bytes, chosen->length};
    else
        output->column->integers[output->index] = chosen->bits;
    column_set_null(output->column, output->index, !chosen->seen);
}

static size_t chosen_max(const struct value *value)
{
    return value_few_max(value) + VALUE_TEXT_MAX;
}

static size_t chosen_write(const struct value *value, const void *state,
                           const struct wall_offset *wall, uint8_t *out)
{
    const struct chosen_value *chosen = state;
    uint8_t *at = portable_head(out, 'K', VALUE_PORTABLE_VERSION);

    at = portable_put(at, chosen->seen);
    if (value->type != VALUE_TEXT)
        return (size_t)(portable_put(at, value_wall_bits(value, wall, chosen->bits)) - out);
    at = portable_put(at, chosen->length);
    memcpy(at, chosen->bytes, chosen->length);
    return (size_t)(at - out) + chosen->length;
}

static int chosen_read(const struct value *value, const uint8_t *bytes, size_t length, void *state)
{
    struct portable from = portable_open(bytes, length, 'K', VALUE_PORTABLE_VERSION);
    struct chosen_value *chosen = state;
    uint64_t seen = portable_take(&from), number = portable_take(&from);
    const uint8_t *text;

    chosen->seen = (uint32_t)(seen > 0);
    if (value->type != VALUE_TEXT) {
        chosen->bits = number;
        return value_portable_end(&from);
    }
    if (number > VALUE_TEXT_MAX ||
        (value->of.kind == FIELD_BYTES && seen > 0 && number != value->of.size))
        return -EINVAL;
    text = portable_take_bytes(&from, number);
    if (!text)
        return -EINVAL;
    chosen->length = (uint32_t)number;
    memcpy(chosen->bytes, text, number);
    return value_portable_end(&from);
}

const struct value_ops first_value = {
    .name = "first",
    .form = "first(x)",
    .numbers = true,
    .texts = true,
    .is_one_value = true,
    .metric = METRIC_GAUGE,
    VALUE_FUNCTIONS(chosen_open, chosen_update, chosen_merge, chosen_get),
    VALUE_PORTABLE('K', chosen_max, chosen_write, chosen_read),
};

const struct value_ops last_value = {
    .name = "last",
    .form = "last(x)",
    .numbers = true,
    .texts = true,
    .is_one_value = true,
    .metric = METRIC_GAUGE,
    VALUE_FUNCTIONS(chosen_open, chosen_update, chosen_merge, chosen_get),
    VALUE_PORTABLE('K', chosen_max, chosen_write, chosen_read),
};
