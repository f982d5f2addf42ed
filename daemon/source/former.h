// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Older sets of a source: left by a stop that was killed, by a sink that did not accept everything
 * at a stop, by a reload that was killed, or by another config. The streams of the source read
 * their rings like its own, up to where a newer set has the records, and then they are dropped.
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
struct ringmill_error;
struct ringmill_ring;
struct source;

/* While the config is loaded: gives the set, which has a ledger, to the source, from the call on. 0
 * or -ENOMEM. */
int former_take(struct source *source, struct kept *kept);

/* The number of rings that they have for that stream; and opening the index-th of them. */
uint32_t former_rings(const struct object_source *state, uint32_t stream);
int former_open_ring(const struct object_source *state, uint32_t stream, uint32_t index,
                     struct ringmill_error *reason, struct ringmill_ring **ret_ring);

/* The programs of the set with that number are attached: from now on it has the records, which
 * counts once its ledger says that it is complete. state has the set; nothing happens where it is
 * cut already. */
void former_cut(struct object_source *state, struct kept *kept, uint32_t successor);
/* Undoes former_cut(): the successor will not run. Does nothing if another set has the records. */
void former_uncut(struct kept *kept, uint32_t successor);

/* After the source is attached: cuts those that are not cut yet, detaches their programs, and
 * removes those that cannot be read. */
void former_end(struct source *source);

/* Records that they have lost and that were not reported yet; the second call writes down in the
 * ledger that they were. */
uint64_t former_lost(struct object_source *state, uint32_t stream);
/* Drops the sets that were read to their end. */
void former_tend(struct source *source);
/* At the end: drops the sets that were read to their end, and logs which remain. */
void former_leave(struct source *source);

/* Removes the links of a set, and waits until they are gone. object: also holds them in this
 * process; may be NULL. */
void former_detach(struct kept *kept, struct object *object);
/* Logs what remains of a set that was not read to its end, or drops it. */
void former_settle(const struct source *source, struct kept *kept);
