// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A piece of output that is made once, when an encoder is opened, and copied into each event. */

#include <stdint.h>

enum { PREPARED_TEXT_BLOCK = 16 };

/* bytes have prepared_text_room(length) bytes of memory, so that whole blocks can be copied: at
 * least two, because most texts are not longer, and two copies cost less than a branch. */
struct prepared_text {
    char *bytes;
    uint32_t length;
};

/* The bytes of memory for a text of `length` bytes. */
static inline uint32_t prepared_text_room(uint32_t length)
{
    uint32_t whole = (length + PREPARED_TEXT_BLOCK - 1) / PREPARED_TEXT_BLOCK * PREPARED_TEXT_BLOCK;

    return whole > 2 * PREPARED_TEXT_BLOCK ? whole : 2 * PREPARED_TEXT_BLOCK;
}

/* Makes one of `before`, then `text` as the inside of a JSON string, then `after`. 0 or -ENOMEM. */
int prepared_text_init(struct prepared_text *prepared, const char *before, const char *text,
                       const char *after);
/* Makes one of the bytes as they are, which are copied. 0 or -ENOMEM. */
int prepared_text_set(struct prepared_text *prepared, const char *bytes, uint32_t length);
/* Frees the bytes; accepts a zeroed one. */
void prepared_text_deinit(struct prepared_text *prepared);
