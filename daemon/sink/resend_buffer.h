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

struct resend_buffer {
    struct mirror memory;
    enum framing framing;
    size_t first; /* place of the first byte in memory, below its size */
    size_t count;
};

/* Reserves room for `most` bytes and one more event. 0 or -errno. */
int resend_buffer_init(struct resend_buffer *buffer, size_t most, enum framing framing);
/* Frees the memory; accepts a zeroed one. */
void resend_buffer_deinit(struct resend_buffer *buffer);

/* All count bytes in one piece, until the next call. */
static inline const char *resend_buffer_bytes(const struct resend_buffer *buffer)
{
    return buffer->memory.bytes + buffer->first;
}

/* Appends bytes; if there is no room, drops the oldest events. size is at most the `most` of
 * resend_buffer_init(). Returns how many bytes were dropped. */
size_t resend_buffer_add(struct resend_buffer *buffer, const char *bytes, size_t size);
/* Drops whole events from the front as long as at least `unread` bytes remain. Returns how many
 * bytes were dropped. */
size_t resend_buffer_forget(struct resend_buffer *buffer, size_t unread);
