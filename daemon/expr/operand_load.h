// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Reading operands for a selection: steps that lay them into registers, and the one reading of an
 * integer that other loops inline. */

#include <endian.h>
#include <string.h>

#include "expr/program.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { LOAD_CUT_BYTES = 16 }; /* of a short text */

/* What is read where a sample is too short: NULs. */
extern const uint8_t load_nothing[LOAD_CUT_BYTES];

/* LOAD_CUT_BYTES for a FIELD_CHARS of at most so many that the sample does not reach the end of:
 * those that it has, and NULs. They are in cut, or load_nothing if there are none. */
const char *load_cut(const struct field *field, const struct ringmill_view *view,
                     char cut[LOAD_CUT_BYTES]);

/* A place as loops read it: in locals, because each store might else change it. */
struct load_source {
    uint64_t offset, end;
    const struct ringmill_view *views;
    const struct column *column;
    const struct reg *reg;
    const struct field *field;
};

ALWAYS_INLINE struct load_source load_source_of(const struct place *place, const struct run *run,
                                                enum load load)
{
    struct load_source source = {.offset = place->field.offset,
                                 .end = (uint64_t)place->field.offset + place->field.size,
                                 .field = &place->field};

    if (load == LOAD_REGISTER)
        source.reg = &run->regs[place->reg];
    else if (load == LOAD_COLUMN || load == LOAD_COLUMN_BE16 || load == LOAD_COLUMN_IPV4)
        source.column = run->batch->columns[place->field.column - 1];
    else
        source.views = run->batch->views;
    return source;
}

ALWAYS_INLINE uint64_t load_bits(const uint8_t *at, enum load load)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    switch (load) {
    case LOAD_U8:
        return *at;
    case LOAD_S8:
        return (uint64_t)(int8_t)*at;
    case LOAD_BOOL:
        return *at != 0;
    case LOAD_U16:
        memcpy(&u16, at, sizeof(u16));
        return u16;
    case LOAD_BE16:
        memcpy(&u16, at, sizeof(u16));
        return be16toh(u16);
    case LOAD_S16:
        memcpy(&u16, at, sizeof(u16));
        return (uint64_t)(int16_t)u16;
    case LOAD_U32:
        memcpy(&u32, at, sizeof(u32));
        return u32;
    case LOAD_S32:
        memcpy(&u32, at, sizeof(u32));
        return (uint64_t)(int32_t)u32;
    default:
        memcpy(&u64, at, sizeof(u64));
        return u64;
    }
}

/* The k-th selected record's integer. A field that is not inside the sample is read from
 * load_nothing instead, so that a short sample costs a conditional move and not a jump. */
ALWAYS_INLINE uint64_t load_integer(const struct load_source *source, enum load load,
                                    uint16_t index, uint32_t k, bool *ret_present)
{
    if (load == LOAD_REGISTER) {
        *ret_present = source->reg->present[k];
        return source->reg->integers[k];
    }
    if (load == LOAD_COLUMN) {
        *ret_present = !column_is_null(source->column, index);
        return source->column->integers[index];
    }
    if (load == LOAD_COLUMN_BE16) {
        *ret_present = !column_is_null(source->column, index);
        return be16toh((uint16_t)source->column->integers[index]);
    }
    if (load == LOAD_COLUMN_IPV4) {
        *ret_present = !column_is_null(source->column, index);
        return load_bits(*ret_present ? (const uint8_t *)source->column->texts[index].bytes
                                      : load_nothing,
                         LOAD_U32);
    }
    const struct ringmill_view *view = &source->views[index];
    bool present = view->length >= source->end;
    const uint8_t *at = present ? (const uint8_t *)view->data + source->offset : load_nothing;

    *ret_present = present;
    return load == LOAD_BITS ? field_bits(source->field, at) : load_bits(at, load);
}

/* Calls one copy of a loop for each way to load; to be the last statement of a function. */
#define LOAD_EACH(load, loop)          \
    switch (load) {                    \
    case LOAD_U8:                      \
        return loop(LOAD_U8);          \
    case LOAD_S8:                      \
        return loop(LOAD_S8);          \
    case LOAD_U16:                     \
        return loop(LOAD_U16);         \
    case LOAD_S16:                     \
        return loop(LOAD_S16);         \
    case LOAD_U32:                     \
        return loop(LOAD_U32);         \
    case LOAD_S32:                     \
        return loop(LOAD_S32);         \
    case LOAD_64:                      \
        return loop(LOAD_64);          \
    case LOAD_BOOL:                    \
        return loop(LOAD_BOOL);        \
    case LOAD_BE16:                    \
        return loop(LOAD_BE16);        \
    case LOAD_BITS:                    \
        return loop(LOAD_BITS);        \
    case LOAD_COLUMN:                  \
        return loop(LOAD_COLUMN);      \
    case LOAD_COLUMN_BE16:             \
        return loop(LOAD_COLUMN_BE16); \
    case LOAD_COLUMN_IPV4:             \
        return loop(LOAD_COLUMN_IPV4); \
    case LOAD_REGISTER:                \
        return loop(LOAD_REGISTER);    \
    }                                  \
    __builtin_unreachable()

/* How an integer, enum, bool or pointer is read. */
enum load load_of(const struct field *field);

/* The text, list element or bytes at a place; bytes is NULL for null. */
ALWAYS_INLINE struct text load_text(const struct place *place, const struct ringmill_view *view)
{
    struct text text, piece;

    if (place->field.kind == FIELD_BYTES) {
        if (!field_present(&place->field, view))
            return (struct text){0};
        return (struct text){(const char *)view->data + place->field.offset, place->field.size};
    }
    text = piece = field_text(&place->field, view);
    if (place->field.kind != FIELD_TEXTS)
        return text;
    for (uint32_t i = 0; i <= place->index; i++) {
        if (!text_next(&text, &piece))
            return (struct text){0};
    }
    return piece;
}

/* Steps: out = the field at place, or a constant for each. */
step_run load_run_integers, load_run_floats, load_run_texts;
step_run load_run_integer_constant, load_run_float_constant, load_run_text_constant;
step_run load_run_nulls; /* of any kind */
