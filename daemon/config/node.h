// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One value of a config: a scalar, a list or a map, and where it is from: a place in a file
 * (config/load.h), or an option of a command (config/tree.h). Nodes and all texts below belong to
 * their tree and are immutable once it is complete; any thread may read them.
 *
 *     for (const struct config_node *item = list->first; item; item = item->next) */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_tree;

enum config_kind {
    CONFIG_SCALAR,
    CONFIG_LIST,
    CONFIG_MAP,
};

enum { CONFIG_PATH_MAX = 512 }; /* bytes of a node's path that messages show, with the NUL */

struct config_node {
    struct config_tree *tree;
    enum config_kind kind;

    /* where the value begins; counted from 1, columns in characters; 0: it is from no file */
    uint32_t line;
    uint32_t column;
    const char *label; /* where it is from instead, such as "--filter"; NULL: as its parent */

    /* an entry of a map: its key and where that begins; else NULL and 0 */
    const char *key;
    uint32_t key_line;
    uint32_t key_column;

    /* scalar */
    const char *text;     /* NUL-ended, without NUL inside, valid UTF-8; "" for no value */
    uint32_t length;      /* bytes */
    bool quoted;          /* in quotes or as a block: a text even where it is empty or says null */
    uint32_t text_column; /* where text begins, if it is on one line as it is; else 0 */

    /* list and map: entries in file order */
    const struct config_node *first;
    uint32_t count;

    const struct config_node *parent; /* NULL: the root */
    const struct config_node *next;   /* the parent's next entry */
    uint32_t index;                   /* among the parent's entries */
};

/* The entry with that key; NULL if there is none, or if map is NULL or not a map. */
const struct config_node *config_map_get(const struct config_node *map, const char *key);

/* The entry of that index in a list or map; NULL when there is none. */
const struct config_node *config_node_at(const struct config_node *node, uint32_t index);

/* A scalar that says nothing: an empty plain one, ~ or null. */
bool config_node_is_null(const struct config_node *node);

/* "a map", "a list", "a text", or "nothing" for a null scalar. */
const char *config_node_kind_name(const struct config_node *node);

/* The name of the file, as it was given to the loader. */
const char *config_node_file(const struct config_node *node);

/* The label of the node or of the nearest node above it that has one; NULL: there is none. */
const char *config_node_label(const struct config_node *node);

/* Writes "pipelines.root-exec.handlers[0].filter" into the buffer, "" for the root; keys that are
 * not plain words are quoted. A path that does not fit ends in "...". size is at least 4. */
void config_node_path(const struct config_node *node, char *buffer, size_t size);
