// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The last bytes that went into a byte stream, for as long as they may have to be sent again.
 *
 *     gone | kept: perhaps not read | being sent
 *          '-- event boundary       '-- perhaps in the middle of an event
 *
 * They always begin with a whole event and end with what the kernel took last, be that half an
 * event: the writer goes on from there. So a new connection that gets all kept bytes first gets
 * whole events from its first byte on. */

#include <stddef.h>

#include "base/mirror.h"
#include "encode/framing.h"

struct tail {
    struct mirror memory;
    enum framing framing;
    size_t first; /* place of the first byte in memory, below its size */
    size_t count;
};

/* Room for `most` bytes, and for one event more. 0 or -errno. */
int tail_init(struct tail *tail, size_t most, enum framing framing);
void tail_deinit(struct tail *tail); /* accepts a zeroed one */

/* All count bytes in one piece, until the next call. */
static inline const char *tail_bytes(const struct tail *tail)
{
    return tail->memory.bytes + tail->first;
}

/* Behind what there is; the oldest events go where there is no room. size is at most what
 * tail_init() was told. Returns how many bytes went. */
size_t tail_add(struct tail *tail, const char *bytes, size_t size);
/* Lets whole events go from the front, as long as `unread` bytes or more stay. Returns how many
 * bytes went. */
size_t tail_forget(struct tail *tail, size_t unread);
