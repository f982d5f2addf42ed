// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `inner:` of a map of maps: what its inner maps are like, if the object leaves that to its own
 * user space. The kernel asks for such a map when it creates the outer one. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/diag.h"
#include "config/node.h"

struct bpf_map;
struct bpf_object;

enum { MAP_TEMPLATES_MAX = 64 }; /* of one object */

struct map_template {
    const char *map; /* the outer one; lives as long as the object that it was read for */
    uint32_t type;
    uint32_t key_size;
    uint32_t value_size;
    uint32_t max_entries;
};

/* Zeroed is empty. */
struct map_templates {
    struct map_template items[MAP_TEMPLATES_MAX];
    int fds[MAP_TEMPLATES_MAX]; /* of n_fds maps that were created */
    uint32_t count;
    uint32_t n_fds;
};

/* Adds the template of one map. 0, or -EINVAL after at least one message. */
int map_template_read(struct map_templates *templates, const struct bpf_map *map,
                      const struct config_node *node, struct diag *diag);
/* Whether there is one for the map of that name. */
bool map_template_has(const struct map_templates *templates, const char *map);
/* Creates them, for an object that is about to be loaded. 0, or -errno and a sentence. */
int map_template_apply(struct map_templates *templates, struct bpf_object *fresh,
                       struct error *error);
/* Closes what was created, once the object is loaded. */
void map_template_close(struct map_templates *templates);
