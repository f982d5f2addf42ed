// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Writes into a buffer with a bound. Each put_ function returns the byte after what it wrote, or
 * NULL if that does not fit, and accepts the NULL of the previous one: so whether an event fits is
 * checked once, at its end. Bytes after the returned one may have been overwritten, up to `end`. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "encode/integer_text.h"
#include "encode/prepared_text.h"

/* Writes bytes. */
static inline char *put_bytes(char *at, const char *end, const void *bytes, size_t length)
{
    if (!at || (size_t)(end - at) < length)
        return NULL;
    memcpy(at, bytes, length);
    return at + length;
}

/* Writes one character. */
static inline char *put_char(char *at, const char *end, char c)
{
    if (!at || at == end)
        return NULL;
    *at = c;
    return at + 1;
}

/* Writes a prepared text. They have room after them, so that whole blocks can be copied where the
 * chunk has it too. */
static inline char *put_prepared(char *at, const char *end, const struct prepared_text *prepared)
{
    uint32_t length = prepared->length;

    if (!at)
        return NULL;
    if (end - at < (ptrdiff_t)length + 2 * PREPARED_TEXT_BLOCK)
        return put_bytes(at, end, prepared->bytes, length);
    memcpy(at, prepared->bytes, 2 * PREPARED_TEXT_BLOCK);
    for (uint32_t i = 2 * PREPARED_TEXT_BLOCK; i < length; i += PREPARED_TEXT_BLOCK)
        memcpy(at + i, prepared->bytes + i, PREPARED_TEXT_BLOCK);
    return at + length;
}

/* put_integer() where the room may be too short. */
static __attribute__((noinline, unused)) char *put_integer_tightly(char *at, const char *end,
                                                                   uint64_t bits, bool is_signed)
{
    char spare[INTEGER_TEXT_MAX];
    char *after =
        is_signed ? integer_text_put_signed(spare, (int64_t)bits) : integer_text_put(spare, bits);

    return put_bytes(at, end, spare, (size_t)(after - spare));
}

/* Writes an integer; is_signed: bits are those of an int64_t. */
static inline char *put_integer(char *at, const char *end, uint64_t bits, bool is_signed)
{
    if (!at || end - at < INTEGER_TEXT_MAX)
        return put_integer_tightly(at, end, bits, is_signed);
    return is_signed ? integer_text_put_signed(at, (int64_t)bits) : integer_text_put(at, bits);
}
