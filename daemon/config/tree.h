// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A loaded config file: the owner of its nodes and of all that was bound from them. The loader
 * builds it; others read root and free it. One thread at a time may allocate from a tree (binding
 * does, see config/setting.h); reading is free for all. */

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
