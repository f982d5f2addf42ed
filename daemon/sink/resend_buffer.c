// SPDX-License-Identifier: Apache-2.0
#include "sink/resend_buffer.h"

#include <string.h>

enum { RESEND_EVENT_MAX = 64 * 1024 + 1024 }; /* the longest event of any format, with its head */

int resend_buffer_init(struct resend_buffer *buffer, size_t most, enum framing framing)
{
    *buffer = (struct resend_buffer){.framing = framing};
    return mirror_init(&buffer->memory, most + RESEND_EVENT_MAX);
}

void resend_buffer_deinit(struct resend_buffer *buffer)
{
    mirror_deinit(&buffer->memory);
}

/* Drops whole events that begin before `most` and end at or before `limit`. */
static size_t forget(struct resend_buffer *buffer, size_t most, size_t limit)
{
    size_t gone = 0, length;

    while (gone < most &&
           (length = framing_next(buffer->framing, resend_buffer_bytes(buffer) + gone,
                                  buffer->count - gone)) > 0 &&
           gone + length <= limit)
        gone += length;
    if (gone == 0)
        return 0;
    buffer->first = (buffer->first + gone) % buffer->memory.size;
    buffer->count -= gone;
    return gone;
}

size_t resend_buffer_add(struct resend_buffer *buffer, const char *bytes, size_t size)
{
    size_t after = buffer->count + size;
    size_t gone = 0;

    if (after > buffer->memory.size)
        gone = forget(buffer, after - buffer->memory.size, buffer->count);
    memcpy(buffer->memory.bytes + (buffer->first + buffer->count) % buffer->memory.size, bytes,
           size);
    buffer->count += size;
    return gone;
}

size_t resend_buffer_forget(struct resend_buffer *buffer, size_t unread)
{
    size_t read = unread < buffer->count ? buffer->count - unread : 0;

    return forget(buffer, read, read);
}
