// SPDX-License-Identifier: Apache-2.0

/* top(): see aggregate/top.h. */

#include "aggregate/value_kind.h"

#include <string.h>

#include "record/derive.h"

/* An element of the list; a number takes the first 8 bytes of the value. */
struct ranked {
    char value[TOP_TEXT_MAX + 2];
    uint64_t count;
    uint64_t error;
};

static void set_ranked(struct value *value)
{
    struct field like = value->of;

    if (like.kind == FIELD_CHARS)
        like.size = TOP_TEXT_MAX;
    else if (like.kind == FIELD_BYTES && like.size > TOP_TEXT_MAX)
        like.size = TOP_TEXT_MAX;
    else if (like.kind == FIELD_FLOAT)
        like.size = sizeof(double);
    like.column = 0;
    value_set_member(value, 0, "value", &like, VALUE_LIST_HEAD + offsetof(struct ranked, value));
    value_set_member(value, 1, "count", &derive_count,
                     VALUE_LIST_HEAD + offsetof(struct ranked, count));
    value_set_member(value, 2, "error", &derive_count,
                     VALUE_LIST_HEAD + offsetof(struct ranked, error));
    value_set_list(value, 3, sizeof(struct ranked), value->shown);
}

static bool top_open(struct value *value, char *const *words, uint32_t n_words,
                     const struct config_node *node, struct diag *diag)
{
    double shown, entries;

    if (!value_read_number(words[0], &shown) || shown < 1 || shown > VALUE_TOP_MAX) {
        diag_add(diag, node, "top() can show 1 to %d values, as in top(x, 10)", VALUE_TOP_MAX);
        return false;
    }
    entries = 10 * shown;
    if (n_words > 1 &&
        (!value_read_number(words[1], &entries) || entries < shown || entries > TOP_ENTRIES_MAX)) {
        diag_add(diag, node, "top() must count at least the values it shows, and at most %d",
                 TOP_ENTRIES_MAX);
        return false;
    }
    value->shown = (uint32_t)shown;
    value->top = top_shape((uint32_t)entries, value->type == VALUE_TEXT);
    value->size = (uint32_t)top_size(&value->top);
    set_ranked(value);
    return true;
}

static void top_update(const struct value *value, const struct value_input *input)
{
    static const struct text none = {0};

    for (uint32_t i = 0; i < input->batch->selected; i++) {
        uint32_t index = input->batch->selection[i];

        if (column_is_null(value->argument, index))
            continue;
        if (value->type == VALUE_TEXT)
            top_add(&value->top, value_state(value, input, i), value_hash(value, index), 0,
                    value->argument->texts[index], value_weight(input, index));
        else
            top_add(&value->top, value_state(value, input, i), value_hash(value, index),
                    value->argument->integers[index], none, value_weight(input, index));
    }
}

static void top_merge_states(const struct value *value, void *into, const void *from)
{
    top_merge(&value->top, into, from);
}

static void top_get_value(const struct value *value, const void *state, struct value_output *output)
{
    struct top_item items[VALUE_TOP_MAX];
    uint32_t count = top_get(&value->top, state, items, value->shown);

    for (uint32_t i = 0; i < count; i++) {
        struct ranked ranked = {.count = items[i].count, .error = items[i].error};

        *output->saturated |= ranked.count == UINT64_MAX;
        if (value->type == VALUE_TEXT)
            memcpy(ranked.value, items[i].text.bytes, items[i].text.length);
        else
            memcpy(ranked.value, &items[i].number, sizeof(items[i].number));
        memcpy(output->row + VALUE_LIST_HEAD + sizeof(ranked) * i, &ranked, sizeof(ranked));
    }
    memcpy(output->row, &count, sizeof(count));
}

static size_t top_max(const struct value *value)
{
    return top_portable_max(&value->top);
}

static size_t top_write_value(const struct value *value, const void *state,
                              const struct wall_offset *wall, uint8_t *out)
{
    (void)wall;
    return top_write(&value->top, state, out);
}

static int top_read_value(const struct value *value, const uint8_t *bytes, size_t length,
                          void *state)
{
    return top_read(&value->top, bytes, length, state);
}

const struct value_ops top_value = {
    .name = "top",
    .form = "top(x, 10)",
    .numbers = true,
    .texts = true,
    .least = 1,
    .most = 2,
    .has_no_metric = true,
    VALUE_FUNCTIONS(top_open, top_update, top_merge_states, top_get_value),
    VALUE_PORTABLE('T', top_max, top_write_value, top_read_value),
};
