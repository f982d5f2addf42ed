// SPDX-License-Identifier: Apache-2.0
/* Nodes that are from no file. Not in tree.c, so that only commands link it. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/tree.h"

enum { NUMBER_MAX = 24 }; /* bytes of a 64-bit number, with the NUL */

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
