// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Which of an object's maps are rings to be read, and what is said of each. */

#include "config/diag.h"
#include "source/object_source.h"

/* Lists the rings that are to become streams: those that `rings:` names, or else all there are. Of
 * a ring that stands in a map of rings the latter is read. shared is what the source itself says
 * of its only ring, with its node; rings may be NULL. 0, or -EINVAL after at least one message. */
int object_rings_choose(struct object_source *source, const struct config_node *rings,
                        const struct ring_config *shared, struct diag *diag);
void object_rings_free(struct object_source *source);
