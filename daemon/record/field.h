// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Reading one field of one view in place. Nothing here reads past the view's length: a field that
 * is not wholly inside is null, and so is a text whose offset and length lead outside. Of a
 * FIELD_CHARS and a FIELD_ARRAY that the sample ends in, what is there counts: programs cut their
 * records where the last text or list ends. What has no length of its own (a size of 0) ends with
 * the sample. */

#include <ringmill/ring.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "record/schema.h"

/* A piece of a view's bytes, or of a constant; not NUL-ended. bytes is NULL for null. */
struct text {
    const char *bytes;
    uint32_t length;
};

/* ---- what another field decides about ---- */

/* The process of a MEANING_USER_SYMBOL; 0: the record does not say it. */
uint32_t field_process(const struct field *field, const struct ringmill_view *view);

static inline bool field_is_stack(const struct field *field)
{
    return field->meaning == MEANING_KERNEL_STACK || field->meaning == MEANING_USER_STACK;
}

/* Whether the record has the arm that the field is in, and the element. */
bool field_applies(const struct field *field, const struct ringmill_view *view);

/* The text of a FIELD_TEXT or FIELD_TEXTS in place, which the sample reaches: as long as `by` says,
 * within its bytes; a list without `by` ends before the NULs at its end. */
struct text field_text_in_place(const struct field *field, const struct ringmill_view *view);

/* Of `most` elements of a FIELD_ARRAY those that `by` counts. */
uint32_t field_count_by(const struct field *field, const struct ringmill_view *view, uint32_t most);

enum { FIELD_ADDRESS_BYTES = 16 };
/* The address of a MEANING_IP: its bytes in the sample, or in room as an IPv4-mapped IPv6
 * address; null where the family is neither. */
struct text field_address(const struct field *field, const struct ringmill_view *view,
                          char room[FIELD_ADDRESS_BYTES]);

static inline bool field_is_conditional(const struct field *field)
{
    return field->guard || field->nth;
}

/* ---- all fields ---- */

/* Bytes that the sample must have of the field. */
static inline uint32_t field_least(const struct field *field)
{
    if (field->kind == FIELD_CHARS || field->kind == FIELD_ARRAY)
        return field->size > 0 && !field->by;
    return field->in_place ? 0 : field->size;
}

/* Whether the sample reaches the field; of a flexible array or text: its beginning. */
static inline bool field_reached(const struct field *field, const struct ringmill_view *view)
{
    uint32_t least = field_least(field);

    return view->length >= least && field->offset <= view->length - least;
}

/* Whether the record has the field. */
static inline bool field_present(const struct field *field, const struct ringmill_view *view)
{
    return field_reached(field, view) &&
           (!field_is_conditional(field) || field_applies(field, view));
}

/* How many bytes of a FIELD_CHARS that is present the sample has. */
static inline uint32_t field_extent(const struct field *field, const struct ringmill_view *view)
{
    uint32_t rest = view->length - field->offset;

    return field->size && field->size < rest ? field->size : rest;
}

/* A bitfield's value, zero- or sign-extended. It may straddle bytes, and in a packed struct even
 * touch nine of them. */
static inline uint64_t field_bits(const struct field *field, const uint8_t *at)
{
    uint64_t raw = 0, high = 0;

    memcpy(&raw, at, field->size < 8 ? field->size : 8);
    if (field->size > 8)
        high = at[8];
    raw = raw >> field->shift | (field->shift ? high << (64 - field->shift) : 0);
    raw <<= 64 - field->bits;
    return field->is_signed ? (uint64_t)((int64_t)raw >> (64 - field->bits))
                            : raw >> (64 - field->bits);
}

/* The value's bits, zero- or sign-extended to 64. Call only when the field is present and is a
 * FIELD_UINT, FIELD_INT, FIELD_BOOL, FIELD_ENUM or FIELD_POINTER. */
static inline uint64_t field_integer(const struct field *field, const struct ringmill_view *view)
{
    const uint8_t *at = (const uint8_t *)view->data + field->offset;
    union {
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
    } raw;

    if (field->bits)
        return field_bits(field, at);
    switch (field->size) {
    case 1:
        raw.u8 = *at;
        return field->is_signed ? (uint64_t)(int8_t)raw.u8 : raw.u8;
    case 2:
        memcpy(&raw.u16, at, 2);
        return field->is_signed ? (uint64_t)(int16_t)raw.u16 : raw.u16;
    case 4:
        memcpy(&raw.u32, at, 4);
        return field->is_signed ? (uint64_t)(int32_t)raw.u32 : raw.u32;
    default:
        memcpy(&raw.u64, at, 8);
        return raw.u64;
    }
}

/* Call only when the field is present and is a FIELD_FLOAT. */
static inline double field_float(const struct field *field, const struct ringmill_view *view)
{
    const uint8_t *at = (const uint8_t *)view->data + field->offset;
    double value;
    float narrow;

    if (field->size == sizeof(narrow)) {
        memcpy(&narrow, at, sizeof(narrow));
        return (double)narrow;
    }
    memcpy(&value, at, sizeof(value));
    return value;
}

/* Where the text of a FIELD_CHARS, FIELD_TEXT or FIELD_TEXTS is: of the last, all NUL-ended pieces
 * in one; of the others with what follows their first NUL, if they hold one. Whoever calls it knows
 * that the record has the arm. */
static inline struct text field_span(const struct field *field, const struct ringmill_view *view)
{
    const char *data = view->data;
    struct text text = {0};
    struct {
        uint16_t offset;
        uint16_t length;
    } place;

    if (field->kind == FIELD_CHARS) {
        if (view->length < (uint64_t)field->offset + (field->size > 0))
            return text;
        text.bytes = data + field->offset;
        text.length = field_extent(field, view);
        return text;
    }
    if (!field_reached(field, view))
        return text;
    if (field->in_place)
        return field_text_in_place(field, view);
    memcpy(&place, data + field->offset, sizeof(place));
    if ((uint32_t)place.offset + place.length > view->length)
        return text;
    text.bytes = data + place.offset;
    text.length = place.length;
    return text;
}

/* As field_text() of a record that has the arm: also of a view that begins at an array's element.
 */
static inline struct text field_own_text(const struct field *field,
                                         const struct ringmill_view *view)
{
    struct text text = field_span(field, view);

    if (text.bytes && field->kind != FIELD_TEXTS)
        text.length = (uint32_t)strnlen(text.bytes, text.length);
    return text;
}

/* The text of such a field; a FIELD_CHARS or FIELD_TEXT ends at its first NUL, if it holds one. */
static inline struct text field_text(const struct field *field, const struct ringmill_view *view)
{
    struct text none = {0};

    if (field_is_conditional(field) && !field_applies(field, view))
        return none;
    return field_own_text(field, view);
}

/* How many elements of a FIELD_ARRAY there are: those that lie wholly inside the sample, and that
 * `by` counts. */
static inline uint32_t field_count(const struct field *field, const struct ringmill_view *view)
{
    uint32_t most = field->count, counted;

    if (view->length < field->offset)
        return 0;
    if (field->counted) {
        if (view->length < (uint64_t)field->offset + field->size)
            return 0;
        memcpy(&counted, (const char *)view->data + field->offset - 8, sizeof(counted));
        return counted < most ? counted : most;
    }
    if (most == 0 || view->length - field->offset < field->size)
        counted = field->stride ? (view->length - field->offset) / field->stride : most;
    else
        counted = most;
    counted = most && most < counted ? most : counted;
    return field->by ? field_count_by(field, view, counted) : counted;
}

/* How many addresses a stack has: those before the first 0 that lie wholly inside the sample. */
static inline uint32_t field_depth(const struct field *field, const struct ringmill_view *view)
{
    const char *at = (const char *)view->data + field->offset;
    uint32_t whole = view->length < field->offset ? 0 : (view->length - field->offset) / 8;
    uint32_t depth = 0;
    uint64_t address;

    whole = field->count && field->count < whole ? field->count : whole;
    for (; depth < whole; depth++) {
        memcpy(&address, at + 8 * (size_t)depth, sizeof(address));
        if (address == 0)
            break;
    }
    return depth;
}

/* Takes the next NUL-ended piece off a FIELD_TEXTS text. False when nothing is left. The last piece
 * may lack its NUL (it was cut). */
static inline bool text_next(struct text *rest, struct text *ret_piece)
{
    if (rest->length == 0)
        return false;
    ret_piece->bytes = rest->bytes;
    ret_piece->length = (uint32_t)strnlen(rest->bytes, rest->length);
    uint32_t taken = ret_piece->length + (ret_piece->length < rest->length);
    rest->bytes += taken;
    rest->length -= taken;
    return true;
}
