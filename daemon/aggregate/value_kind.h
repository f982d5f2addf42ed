// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The rows of all kinds of values, and what their files share. Each kind is one row, struct
 * value_ops, at the end of its file, with everything about that kind. */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate/portable.h"
#include "aggregate/value.h"

extern const struct value_ops count_value, rate_value, sum_value, mean_value, stddev_value,
    min_value, max_value, first_value, last_value, hist_value, quantile_value, distinct_value,
    top_value;

extern const struct field value_float; /* a result: a double */

/* What every row must have: the macros take all of it, so a kind that lacks a function, or has no
 * portable form, does not compile. */
#define VALUE_FUNCTIONS(open_, update_, merge_, get_) \
    .open = (open_), .update = (update_), .merge = (merge_), .get = (get_)
#define VALUE_PORTABLE(letter_, max_, write_, read_) \
    .letter = (letter_), .max = (max_), .write = (write_), .read = (read_)

enum {
    VALUE_PORTABLE_VERSION = 1, /* of the forms that are not sketches */
    VALUE_LIST_HEAD = 8,        /* bytes before a list's elements: how many there are */
};

/* The state of the value in the group of the record at place i of the selection. */
static inline void *value_state(const struct value *value, const struct value_input *input,
                                uint32_t i)
{
    return input->states[i] + value->offset;
}

static inline bool value_is_null(const struct value *value, uint32_t index)
{
    return value->expr && column_is_null(value->argument, index);
}

static inline void value_count_up(uint64_t *count, uint64_t more)
{
    if (__builtin_add_overflow(*count, more, count))
        *count = UINT64_MAX;
}

static inline void value_put_float(struct value_output *output, double number)
{
    output->column->floats[output->index] = number;
    column_set_null(output->column, output->index, !isfinite(number));
}

static inline void value_put_integer(struct value_output *output, uint64_t number)
{
    output->column->integers[output->index] = number;
    column_set_null(output->column, output->index, false);
}

/* Reads a word of a call as a finite number; false: it is not one. */
bool value_read_number(const char *word, double *ret_number);

/* Sets member `index` of the elements of the value's list; offset is from an element's start, plus
 * VALUE_LIST_HEAD. name is borrowed. */
void value_set_member(struct value *value, uint32_t index, const char *name,
                      const struct field *like, uint32_t offset);

/* Makes the result a list of at most `count` structs of the members that were set, stride bytes
 * each. Whoever lays out the row moves its offsets. */
void value_set_list(struct value *value, uint32_t n_members, uint32_t stride, uint32_t count);

/* Bytes at most of a portable form of a few numbers. */
size_t value_few_max(const struct value *value);

/* Ends reading a portable form. 0; -EINVAL: the form is damaged. */
int value_portable_end(const struct portable *from);

/* The bits of one value of the argument for other machines: a time of this machine's clock becomes
 * one of the wall clock, by wall; NULL: all stay. */
uint64_t value_wall_bits(const struct value *value, const struct wall_offset *wall, uint64_t bits);
