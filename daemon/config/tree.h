// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A config: the owner of its nodes and of all that was bound from them. The loader makes one of a
 * file, and commands make one of their options; others read root and free it. One thread at a time
 * may allocate from a tree (binding does, see config/setting.h); any thread may read it.
 *
 *     struct config_node *root = config_add_root(tree), *log;
 *
 *     log = config_add(config_add(root, CONFIG_MAP, "sinks", NULL), CONFIG_MAP, "log", NULL);
 *     config_add_text(log, "path", argument, "--path");
 *     if (tree->is_incomplete)
 *         return -ENOMEM;
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "config/node.h"

struct config_tree_chunk;

struct config_tree {
    const char *name; /* of the file, for messages */
    const struct config_node *root;
    struct config_tree_chunk *chunks; /* private */
    uint32_t holders;                 /* private: besides the one who frees it first */
    bool is_incomplete;               /* there was no memory for a node that was to be added */
};

/* An empty tree, or NULL when out of memory. The name is copied. */
struct config_tree *config_tree_new(const char *name);

/* One more who needs it, and calls config_tree_free() in the end. One thread at a time. */
struct config_tree *config_tree_hold(struct config_tree *tree);

/* When nobody needs it any more, frees the nodes, too, and everything else that config_tree_alloc()
 * gave. Accepts NULL. */
void config_tree_free(struct config_tree *tree);
DEFINE_CLEANUP(struct config_tree, config_tree_free);

/* Zeroed memory that lives as long as the tree; NULL when out of memory. */
void *config_tree_alloc(struct config_tree *tree, size_t size);

/* A NUL-ended copy that lives as long as the tree; NULL when out of memory. */
const char *config_tree_keep(struct config_tree *tree, const char *bytes, size_t length);

/* Makes an empty map the root of a tree that has none. As all that adds nodes, returns NULL and
 * marks the tree as incomplete when out of memory, and adds nothing to a parent that is NULL: so
 * one look at the tree after the last of them is enough. */
struct config_node *config_add_root(struct config_tree *tree);

/* Adds an empty map or list as the last entry of parent, a map or a list. key: of an entry of a
 * map, which has no such key yet; of an entry of a list, NULL. label: the option that it is made
 * from, which messages about it then name instead of a place in a file; "": they are alone; NULL:
 * that of parent. Key and label are copied. */
struct config_node *config_add(struct config_node *parent, enum config_kind kind, const char *key,
                               const char *label);

/* Adds a scalar, which is a text even where it is empty or says null. text is copied; it is valid
 * UTF-8 of at most UINT32_MAX bytes. */
struct config_node *config_add_text(struct config_node *parent, const char *key, const char *text,
                                    const char *label);

/* Adds a scalar that is a whole number; else as config_add_text(). */
struct config_node *config_add_number(struct config_node *parent, const char *key, uint64_t number,
                                      const char *label);
