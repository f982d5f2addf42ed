// SPDX-License-Identifier: Apache-2.0
/* The tree's memory: an arena of chunks, freed as a whole. Nodes point at each other in every
 * direction and bound settings point at their texts, so all of it has one lifetime. */

#include "config/tree.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 16 * 1024 };

struct config_tree_chunk {
    struct config_tree_chunk *next;
    size_t size;
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

void *config_tree_alloc(struct config_tree *tree, size_t size)
{
    struct config_tree_chunk *chunk = tree->chunks;
    size_t rounded = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);

    if (rounded < size)
        return NULL;
    if (!chunk || chunk->size - chunk->used < rounded) {
        size_t room = rounded > CHUNK_BYTES ? rounded : CHUNK_BYTES;

        if (room > SIZE_MAX - sizeof(*chunk))
            return NULL;
        chunk = calloc(1, sizeof(*chunk) + room);
        if (!chunk)
            return NULL;
        chunk->size = room;
        chunk->next = tree->chunks;
        tree->chunks = chunk;
    }
    chunk->used += rounded;
    return chunk->bytes + chunk->used - rounded;
}

const char *config_tree_keep(struct config_tree *tree, const char *bytes, size_t length)
{
    char *copy = config_tree_alloc(tree, length + 1);

    if (copy && length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

struct config_tree *config_tree_new(const char *name)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = calloc(1, sizeof(*tree));

    if (!tree)
        return NULL;
    tree->name = config_tree_keep(tree, name, strlen(name));
    if (!tree->name)
        return NULL;
    return TAKE_PTR(tree);
}

struct config_tree *config_tree_hold(struct config_tree *tree)
{
    tree->holders++;
    return tree;
}

void config_tree_free(struct config_tree *tree)
{
    if (!tree || tree->holders-- > 0)
        return;
    while (tree->chunks) {
        struct config_tree_chunk *chunk = tree->chunks;

        tree->chunks = chunk->next;
        free(chunk);
    }
    free(tree);
}
