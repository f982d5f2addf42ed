// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A piece of output that was made ready at open. */

#include <stdint.h>

enum { SNIPPET_BLOCK = 16 };

/* bytes have snippet_room(length) bytes of memory, so that whole blocks can be copied: at least
 * two, because most are not longer, and two copies cost less than the question how many it takes.
 */
struct snippet {
    char *bytes;
    uint32_t length;
};

static inline uint32_t snippet_room(uint32_t length)
{
    uint32_t whole = (length + SNIPPET_BLOCK - 1) / SNIPPET_BLOCK * SNIPPET_BLOCK;

    return whole > 2 * SNIPPET_BLOCK ? whole : 2 * SNIPPET_BLOCK;
}

/* before, then text as the inside of a JSON string, then after. 0 or -ENOMEM. */
int snippet_init(struct snippet *snippet, const char *before, const char *text, const char *behind);
/* A copy of the bytes as they are. 0 or -ENOMEM. */
int snippet_set(struct snippet *snippet, const char *bytes, uint32_t length);
void snippet_deinit(struct snippet *snippet); /* accepts a zeroed one */
