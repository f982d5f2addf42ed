// SPDX-License-Identifier: Apache-2.0
/* Reading the tree. Maps are searched linearly: a config map holds a handful of keys, and nothing
 * here runs after start. */

#include "config/node.h"

#include <stdio.h>
#include <string.h>

#include "config/tree.h"

const struct config_node *config_map_get(const struct config_node *map, const char *key)
{
    if (!map || map->kind != CONFIG_MAP)
        return NULL;
    for (const struct config_node *entry = map->first; entry; entry = entry->next) {
        if (strcmp(entry->key, key) == 0)
            return entry;
    }
    return NULL;
}

const struct config_node *config_node_at(const struct config_node *node, uint32_t index)
{
    const struct config_node *entry = node->first;

    while (entry && entry->index != index)
        entry = entry->next;
    return entry;
}

bool config_node_is_null(const struct config_node *node)
{
    if (node->kind != CONFIG_SCALAR || node->quoted)
        return false;
    return node->length == 0 || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0;
}

const char *config_node_kind_name(const struct config_node *node)
{
    switch (node->kind) {
    case CONFIG_MAP:
        return "a map";
    case CONFIG_LIST:
        return "a list";
    case CONFIG_SCALAR:
        break;
    }
    return config_node_is_null(node) ? "nothing" : "a text";
}

const char *config_node_file(const struct config_node *node)
{
    return node->tree->name;
}

const char *config_node_label(const struct config_node *node)
{
    while (node && !node->label)
        node = node->parent;
    return node ? node->label : NULL;
}

static bool is_plain_key(const char *key)
{
    return *key && key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_-/")] == '\0';
}

/* Both return the bytes the whole path needs, as snprintf does. */
static size_t write_step(const struct config_node *node, char *buffer, size_t size, bool is_first)
{
    int written;

    if (!node->key)
        written = snprintf(buffer, size, "[%u]", node->index);
    else
        written = snprintf(buffer, size, is_plain_key(node->key) ? "%s%s" : "%s\"%s\"",
                           is_first ? "" : ".", node->key);
    return (size_t)written;
}

static size_t write_path(const struct config_node *node, char *buffer, size_t size)
{
    size_t used;

    if (!node->parent)
        return 0;
    used = write_path(node->parent, buffer, size);
    if (used >= size)
        return used;
    return used + write_step(node, buffer + used, size - used, used == 0);
}

void config_node_path(const struct config_node *node, char *buffer, size_t size)
{
    buffer[0] = '\0';
    if (write_path(node, buffer, size) >= size)
        strcpy(buffer + size - 4, "...");
}
