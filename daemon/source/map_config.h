// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `maps:`, settings of an object's maps by name: the size of those that the object leaves to its
 * own user space, where a map is pinned, what is in it, and what its inner maps are like. */

#include <stdbool.h>

#include "config/diag.h"
#include "config/node.h"

struct bpf_map;
struct bpf_object;
struct object;

/* Sets the maps of an object that is not loaded yet. Without a setting, no map is pinned, also not
 * one that the object wants pinned by its name. is_kept: another process may continue with the
 * maps, so none may have a path of its own. maps may be NULL. 0, or -EINVAL after at least one
 * message; all mistakes are reported. */
int map_config_set(struct object *object, const struct config_node *maps, bool is_kept,
                   struct diag *diag);

/* Whether the map needs a size and has none. */
bool map_config_lacks_size(const struct bpf_map *map);

/* Refuses an object with maps that need a size and have none, after all settings. node: where the
 * messages go. 0, or -EINVAL after at least one. */
int map_config_check_sizes(const struct bpf_object *object, const struct config_node *node,
                           struct diag *diag);
/* Refuses a map of maps if neither the object nor the config says what its inner maps are like. 0,
 * or -EINVAL after a message. */
int map_config_check_inner(const struct object *object, struct bpf_map *map,
                           const struct config_node *node, struct diag *diag);
