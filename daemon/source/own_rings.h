// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The rings of a source with a BPF object, as those who read them number them: in each stream first
 * its own, which it has loaded or adopted, then those of older sets (source/predecessor.h). */

#include <stdint.h>

#include "base/error.h"
#include "source/ring_bounds.h"

struct object_source;
struct ringmill_error;
struct ringmill_ring;
struct source;

/* One ring that the source has loaded or adopted itself. */
struct own_ring {
    struct ring_bounds bounds;
    const struct ringmill_ring *handle; /* its reader's; NULL: not opened yet */
    uint64_t end;                       /* see takeover_end() */
};

/* Once the rings are loaded or adopted: makes room for what is known of each. 0, or -errno and a
 * sentence. */
int own_rings_make(struct object_source *state, struct error *error);
/* The function open_ring() of struct source_kind. */
int own_rings_open(const struct source *source, uint32_t stream, uint32_t ring,
                   struct ringmill_error *reason, struct ringmill_ring **ret_ring);
/* The function ring_bounds() of struct source_kind. */
struct ring_bounds *own_rings_bounds(const struct source *source, uint32_t stream, uint32_t ring);
