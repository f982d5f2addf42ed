// SPDX-License-Identifier: Apache-2.0

/* A sketch's own place in memory depends on the value, so each update first computes where it
 * will write and fetches that ahead, and then goes over the selection once more and writes. */

#include "aggregate/value_sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/distinct.h"
#include "aggregate/moments.h"

static const struct field u64_field = {.kind = FIELD_UINT, .size = 8, .type_name = "__u64"};
static const struct field float_field = {.kind = FIELD_FLOAT, .size = 8, .type_name = "double"};

enum { LIST_HEAD = 8 }; /* the number of elements, before them */

static void *state_of(const struct value *value, const struct value_input *input, uint32_t i)
{
    return input->states[i] + value->offset;
}

static void count_up(uint64_t *count, uint64_t more)
{
    if (__builtin_add_overflow(*count, more, count))
        *count = UINT64_MAX;
}

static bool read_number(const char *word, double *ret)
{
    char *end;

    *ret = strtod(word, &end);
    return *word && *end == '\0' && isfinite(*ret);
}

/* A member of a list's elements, at that offset from an element's beginning. */
static void set_member(struct value *value, uint32_t index, const char *name,
                       const struct field *like, uint32_t offset)
{
    value->members[index + 1] = *like;
    value->members[index + 1].name = name;
    value->members[index + 1].offset = offset;
}

/* The result is a list of structs of the members that were set; offsets are moved to the row's
 * place by whoever lays it out. */
static void set_list(struct value *value, uint32_t n_members, uint32_t stride, uint32_t count)
{
    value->row_bytes = LIST_HEAD + stride * count;
    value->members[0] = (struct field){.name = "",
                                       .kind = FIELD_STRUCT,
                                       .offset = LIST_HEAD,
                                       .size = stride,
                                       .n_members = n_members,
                                       .members = &value->members[1],
                                       .type_name = "struct"};
    value->result = (struct field){.kind = FIELD_ARRAY,
                                   .offset = LIST_HEAD,
                                   .size = stride * count,
                                   .n_members = 1,
                                   .members = &value->members[0],
                                   .count = count,
                                   .stride = stride,
                                   .counted = true,
                                   .type_name = "struct[]"};
}

/* ---- hist ------------------------------------------------------------------------------------ */

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
            if (n_words != 4 || !read_number(words[i + 1], &step[i]))
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
        if (!read_number(words[value->n_bounds], &value->bounds[value->n_bounds]) ||
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
    set_member(value, 0, "le", &float_field, LIST_HEAD + offsetof(struct hist_bucket, most));
    set_member(value, 1, "count", &u64_field, LIST_HEAD + offsetof(struct hist_bucket, count));
    set_list(value, 2, sizeof(struct hist_bucket), value->n_bounds + 1);
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
        void *sum = (char *)state_of(value, input, i) + value->sum_offset;
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
        uint64_t *counts = state_of(value, input, i);

        if (!column_is_null(value->argument, index))
            count_up(&counts[bucket_of(value, value_number(value, index))],
                     value_weight(input, index));
    }
}

static void hist_merge(const struct value *value, void *into, const void *from)
{
    for (uint32_t i = 0; i <= value->n_bounds; i++)
        count_up((uint64_t *)into + i, ((const uint64_t *)from)[i]);
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
            memcpy(output->row + LIST_HEAD + sizeof(bucket) * shown++, &bucket, sizeof(bucket));
    }
    memcpy(output->row, &shown, sizeof(shown));
}

const struct value_ops hist_value = {
    .name = "hist",
    .form = "hist(x), hist(x, linear, 0, 100, 10) or hist(x, 1, 10, 100)",
    .numbers = true,
    .most = VALUE_BOUNDS_MAX,
    .open = hist_open,
    .update = hist_update,
    .merge = hist_merge,
    .get = hist_get,
};

/* ---- quantile -------------------------------------------------------------------------------- */

static bool quantile_open(struct value *value, char *const *words, uint32_t n_words,
                          const struct config_node *node, struct diag *diag)
{
    double error = 0.01, bins = 1024;

    if (!read_number(words[0], &value->fraction) || value->fraction < 0 || value->fraction > 1) {
        diag_add(diag, node, "the quantile must be from 0 to 1, as in quantile(x, 0.99)");
        return false;
    }
    if (n_words > 1 && (!read_number(words[1], &error) || error < 0.0001 || error > 0.25)) {
        diag_add(diag, node, "the relative error of quantile() must be from 0.0001 to 0.25");
        return false;
    }
    if (n_words > 2 && (!read_number(words[2], &bins) || bins < QUANTILE_BINS_MIN ||
                        bins > QUANTILE_BINS_MAX || ((int)bins & ((int)bins - 1)))) {
        diag_add(diag, node, "the bins of quantile() must be a power of two from %d to %d",
                 QUANTILE_BINS_MIN, QUANTILE_BINS_MAX);
        return false;
    }
    value->quantile = quantile_shape(error, (uint32_t)bins, value->type != VALUE_UNSIGNED);
    value->size = (uint32_t)quantile_size(&value->quantile);
    value->result = float_field;
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
        quantile_prefetch(shape, state_of(value, input, i), number, bins[i]);
    }
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t index = batch->selection[i];

        if (!column_is_null(value->argument, index))
            quantile_add(shape, state_of(value, input, i), value_number(value, index), bins[i],
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

const struct value_ops quantile_value = {
    .name = "quantile",
    .form = "quantile(x, 0.99)",
    .numbers = true,
    .least = 1,
    .most = 3,
    .open = quantile_open,
    .update = quantile_update,
    .merge = quantile_merge_states,
    .get = quantile_get_value,
};

/* ---- distinct -------------------------------------------------------------------------------- */

static bool distinct_open(struct value *value, char *const *words, uint32_t n_words,
                          const struct config_node *node, struct diag *diag)
{
    double error = 0.02;

    if (n_words > 0 && (!read_number(words[0], &error) ||
                        error < distinct_error(DISTINCT_BITS_MAX) || error > 0.25)) {
        diag_add(diag, node, "the standard error of distinct() must be from 0.0041 to 0.25");
        return false;
    }
    value->bits = distinct_bits(error);
    value->size = UINT32_C(1) << value->bits;
    value->result = u64_field;
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
        __builtin_prefetch(distinct_register(state_of(value, input, i), value->bits, hashes[i]), 1);
    }
    for (uint32_t i = 0; i < batch->selected; i++)
        if (!column_is_null(value->argument, batch->selection[i]))
            distinct_add(state_of(value, input, i), value->bits, hashes[i]);
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

const struct value_ops distinct_value = {
    .name = "distinct",
    .form = "distinct(x)",
    .numbers = true,
    .texts = true,
    .most = 1,
    .open = distinct_open,
    .update = distinct_update,
    .merge = distinct_merge_states,
    .get = distinct_get_value,
};

/* ---- top ------------------------------------------------------------------------------------- */

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
    set_member(value, 0, "value", &like, LIST_HEAD + offsetof(struct ranked, value));
    set_member(value, 1, "count", &u64_field, LIST_HEAD + offsetof(struct ranked, count));
    set_member(value, 2, "error", &u64_field, LIST_HEAD + offsetof(struct ranked, error));
    set_list(value, 3, sizeof(struct ranked), value->shown);
}

static bool top_open(struct value *value, char *const *words, uint32_t n_words,
                     const struct config_node *node, struct diag *diag)
{
    double shown, entries;

    if (!read_number(words[0], &shown) || shown < 1 || shown > VALUE_TOP_MAX) {
        diag_add(diag, node, "top() can show 1 to %d values, as in top(x, 10)", VALUE_TOP_MAX);
        return false;
    }
    entries = 10 * shown;
    if (n_words > 1 &&
        (!read_number(words[1], &entries) || entries < shown || entries > TOP_ENTRIES_MAX)) {
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
            top_add(&value->top, state_of(value, input, i), value_hash(value, index), 0,
                    value->argument->texts[index], value_weight(input, index));
        else
            top_add(&value->top, state_of(value, input, i), value_hash(value, index),
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
        memcpy(output->row + LIST_HEAD + sizeof(ranked) * i, &ranked, sizeof(ranked));
    }
    memcpy(output->row, &count, sizeof(count));
}

const struct value_ops top_value = {
    .name = "top",
    .form = "top(x, 10)",
    .numbers = true,
    .texts = true,
    .least = 1,
    .most = 2,
    .open = top_open,
    .update = top_update,
    .merge = top_merge_states,
    .get = top_get_value,
};
