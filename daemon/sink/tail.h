// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Keeps the last bytes written to a byte stream for as long as they may have to be sent again.
 *
 *     gone | kept: perhaps not read | being sent
 *          '-- event boundary       '-- perhaps in the middle of an event
 *
 * The kept bytes always begin with a whole event and end with what the kernel accepted last, even
 * if that is half an event: the writer continues from there. So a new connection that first gets
 * all kept bytes gets whole events from its first byte on. */

#include <stddef.h>

#include "base/mirror.h"
#include "encode/framing.h"

struct tail {
    struct mirror memory;
    enum framing framing;
    size_t first; /* place of the first byte in memory, below its size */
    size_t count;
};

/* Reserves room for `most` bytes and one more event. 0 or -errno. */
int tail_init(struct tail *tail, size_t most, enum framing framing);
void tail_deinit(struct tail *tail); /* accepts a zeroed one */

/* All count bytes in one piece, until the next call. */
static inline const char *tail_bytes(const struct tail *tail)
{
    return tail->memory.bytes + tail->first;
}

/* Appends bytes; if there is no room, drops the oldest events. size is at most the `most` of
 * tail_init(). Returns how many bytes were dropped. */
size_t tail_add(struct tail *tail, const char *bytes, size_t size);
/* Drops whole events from the front as long as at least `unread` bytes remain. Returns how many
 * bytes were dropped. */
size_t tail_forget(struct tail *tail, size_t unread);
