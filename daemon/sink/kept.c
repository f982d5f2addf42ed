// SPDX-License-Identifier: Apache-2.0
#include "sink/kept.h"

#include <string.h>

enum { KEPT_EVENT_MAX = 64 * 1024 + 1024 }; /* of any format, with what stands before it */

int kept_init(struct kept *kept, size_t most, enum framing framing)
{
    *kept = (struct kept){.framing = framing};
    return mirror_init(&kept->memory, most + KEPT_EVENT_MAX);
}

void kept_deinit(struct kept *kept)
{
    mirror_deinit(&kept->memory);
}

/* Whole events that begin before `most` and do not end behind `limit`. */
static size_t forget(struct kept *kept, size_t most, size_t limit)
{
    size_t gone = 0, length;

    while (gone < most &&
           (length = framing_next(kept->framing, kept_bytes(kept) + gone, kept->count - gone)) >
               0 &&
           gone + length <= limit)
        gone += length;
    if (gone == 0)
        return 0;
    kept->first = (kept->first + gone) % kept->memory.size;
    kept->count -= gone;
    return gone;
}

size_t kept_add(struct kept *kept, const char *bytes, size_t size)
{
    size_t after = kept->count + size;
    size_t gone = 0;

    if (after > kept->memory.size)
        gone = forget(kept, after - kept->memory.size, kept->count);
    memcpy(kept->memory.bytes + (kept->first + kept->count) % kept->memory.size, bytes, size);
    kept->count += size;
    return gone;
}

size_t kept_forget(struct kept *kept, size_t unread)
{
    size_t read = unread < kept->count ? kept->count - unread : 0;

    return forget(kept, read, read);
}
