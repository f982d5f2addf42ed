// SPDX-License-Identifier: Apache-2.0
/* The tree's memory: an arena of chunks, freed as a whole. Nodes point at each other in every
 * direction and bound settings point at their texts, so all of it has one lifetime. */

#include "config/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 16 * 1024, NUMBER_MAX = 24 };

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

/* ---- nodes that are from no file ------------------------------------------------------------- */

static void append(struct config_node *parent, struct config_node *node)
{
    const struct config_node **end = &parent->first;

    while (*end)
        end = (const struct config_node **)&(*end)->next;
    *end = node;
    node->parent = parent;
    node->index = parent->count++;
}

/* A copy; NULL for NULL, and when out of memory, which the tree notes. */
static const char *keep(struct config_tree *tree, const char *text)
{
    const char *copy = text ? config_tree_keep(tree, text, strlen(text)) : NULL;

    tree->is_incomplete |= text && !copy;
    return copy;
}

static struct config_node *new_node(struct config_tree *tree, enum config_kind kind)
{
    struct config_node *node = config_tree_alloc(tree, sizeof(*node));

    if (!node) {
        tree->is_incomplete = true;
        return NULL;
    }
    node->tree = tree;
    node->kind = kind;
    return node;
}

struct config_node *config_add_root(struct config_tree *tree)
{
    struct config_node *root = new_node(tree, CONFIG_MAP);

    tree->root = root;
    return root;
}

struct config_node *config_add(struct config_node *parent, enum config_kind kind, const char *key,
                               const char *label)
{
    struct config_node *node = parent ? new_node(parent->tree, kind) : NULL;

    if (!node)
        return NULL;
    node->key = keep(parent->tree, key);
    node->label = keep(parent->tree, label);
    append(parent, node);
    return node;
}

struct config_node *config_add_text(struct config_node *parent, const char *key, const char *text,
                                    const char *label)
{
    struct config_node *node = config_add(parent, CONFIG_SCALAR, key, label);

    if (!node)
        return NULL;
    node->quoted = true;
    node->text = keep(parent->tree, text);
    node->length = (uint32_t)strlen(text);
    return node;
}

struct config_node *config_add_number(struct config_node *parent, const char *key, uint64_t number,
                                      const char *label)
{
    char text[NUMBER_MAX];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    return config_add_text(parent, key, text, label);
}
