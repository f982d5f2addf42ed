// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Which maps of an object are rings to be read, and their settings. */

#include "config/diag.h"
#include "source/object_source.h"

/* Lists the rings that become streams: those that `rings:` names, or all. If a ring is in a map of
 * rings, the map of rings is read. shared: the settings at the source itself for its only ring,
 * with its node; rings may be NULL. 0, or -EINVAL after at least one message. */
int object_rings_choose(struct object_source *source, const struct config_node *rings,
                        const struct ring_config *shared, struct diag *diag);
/* Whether a map of the object is a ring, or a map of rings. */
bool object_rings_has(const struct object *object, struct bpf_map *map);
/* The size of a ring, or of each in a map of rings, as compiled; 0: it has none. */
uint32_t object_rings_size(const struct object *object, struct bpf_map *map);

/* Frees the list, but not what is open of its rings. */
void object_rings_free(struct object_source *source);
