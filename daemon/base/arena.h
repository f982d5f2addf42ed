// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Memory of one lifetime: pieces are taken one by one and all freed together. Each is a block of
 * its own in a list: few are made, at load, so nothing cleverer pays.
 *
 * Any thread, one at a time. */

#include <stddef.h>

/* A zeroed one is empty. */
struct arena {
    struct arena_block *blocks;
};

/* Frees all that was taken. */
void arena_deinit(struct arena *arena);

/* Zeroed memory for count pieces of size bytes, aligned for any type; NULL: out of memory. */
void *arena_take(struct arena *arena, size_t count, size_t size);
/* Copies length bytes of text and adds a NUL; NULL: out of memory. */
char *arena_take_text(struct arena *arena, const char *text, size_t length);
