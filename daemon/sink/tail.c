// SPDX-License-Identifier: Apache-2.0
#include "sink/tail.h"

#include <string.h>

enum { TAIL_EVENT_MAX = 64 * 1024 + 1024 }; /* the longest event of any format, with its head */

int tail_init(struct tail *tail, size_t most, enum framing framing)
{
    *tail = (struct tail){.framing = framing};
    return mirror_init(&tail->memory, most + TAIL_EVENT_MAX);
}

void tail_deinit(struct tail *tail)
{
    mirror_deinit(&tail->memory);
}

/* Drops whole events that begin before `most` and end at or before `limit`. */
static size_t forget(struct tail *tail, size_t most, size_t limit)
{
    size_t gone = 0, length;

    while (gone < most &&
           (length = framing_next(tail->framing, tail_bytes(tail) + gone, tail->count - gone)) >
               0 &&
           gone + length <= limit)
        gone += length;
    if (gone == 0)
        return 0;
    tail->first = (tail->first + gone) % tail->memory.size;
    tail->count -= gone;
    return gone;
}

size_t tail_add(struct tail *tail, const char *bytes, size_t size)
{
    size_t after = tail->count + size;
    size_t gone = 0;

    if (after > tail->memory.size)
        gone = forget(tail, after - tail->memory.size, tail->count);
    memcpy(tail->memory.bytes + (tail->first + tail->count) % tail->memory.size, bytes, size);
    tail->count += size;
    return gone;
}

size_t tail_forget(struct tail *tail, size_t unread)
{
    size_t read = unread < tail->count ? tail->count - unread : 0;

    return forget(tail, read, read);
}
