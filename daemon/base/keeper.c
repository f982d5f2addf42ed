// SPDX-License-Identifier: Apache-2.0
#include "base/keeper.h"

#include <stdlib.h>
#include <string.h>

struct keeper_block {
    struct keeper_block *next;
    max_align_t bytes[];
};

void keeper_deinit(struct keeper *keeper)
{
    struct keeper_block *next;

    for (struct keeper_block *block = keeper->blocks; block; block = next) {
        next = block->next;
        free(block);
    }
    keeper->blocks = NULL;
}

void *keeper_take(struct keeper *keeper, size_t count, size_t size)
{
    struct keeper_block *block;
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(*block), &bytes))
        return NULL;
    block = calloc(1, bytes);
    if (!block)
        return NULL;
    block->next = keeper->blocks;
    keeper->blocks = block;
    return block->bytes;
}

char *keeper_take_text(struct keeper *keeper, const char *text, size_t length)
{
    char *copy = keeper_take(keeper, length + 1, 1);

    return copy ? memcpy(copy, text, length) : NULL;
}
