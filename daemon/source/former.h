// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Older sets of a source: of a stop that was killed, of a sink that did not take all at a stop, of
 * a reload that was killed, of another config. Their rings are read by the source's streams like
 * its own, up to where a newer set has the records, and then they are dropped.
 *
 *     set 17   ████████████│░░░░      ░ is in set 23, too, whose programs were attached by then
 *     set 23           ░░░░│██████▶
 *                        until
 *
 * On the loader thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct kept;
struct object;
struct object_source;
struct ringmill_ring;
struct source;

/* While the config is loaded: the set, which has a ledger, is the source's from the call on. 0 or
 * -ENOMEM. */
int former_take(struct source *source, struct kept *kept);

/* The rings that they have for that stream; opening the index-th of them. */
uint32_t former_rings(const struct object_source *state, uint32_t stream);
int former_open_ring(const struct object_source *state, uint32_t stream, uint32_t index,
                     struct error *error, struct ringmill_ring **ret_ring);

/* The programs of the set with that number are attached: from now on it has the records, which
 * counts once its ledger says that it is complete. state has the set; nothing happens where it is
 * cut already. */
void former_cut(struct object_source *state, struct kept *kept, uint32_t successor);
/* That set does not come to run. Nothing happens where another one has the records. */
void former_uncut(struct kept *kept, uint32_t successor);

/* After the source is attached: cuts those that are not cut yet, detaches their programs, and ends
 * what cannot be read. */
void former_end(struct source *source);

/* Records that they have lost and that were not told; those that were are written down by the
 * second call. */
uint64_t former_lost(struct object_source *state, uint32_t stream);
/* Drops those that were read to their end. */
void former_tend(struct source *source);
/* At the end: the same, and says what stays. */
void former_leave(struct source *source);

/* Takes back the links of a set, and waits until they are gone. object: what holds them in this
 * process, too; may be NULL. */
void former_detach(struct kept *kept, struct object *object);
/* Says what stays of a set that was not read to its end, or drops it. */
void former_settle(const struct source *source, struct kept *kept);
