// SPDX-License-Identifier: Apache-2.0

/* Lines are found by memchr() and not by a list of lengths beside the chunk: only datagrams and
 * broken connections need them, and those pay for it themselves. */

#include "encode/framing.h"

#include <endian.h>
#include <string.h>

enum { DIGITS_MAX = 9 }; /* of a count */

static size_t next_counted(const char *bytes, size_t size)
{
    size_t at = 0, length = 0;

    while (at < size && at < DIGITS_MAX && bytes[at] >= '0' && bytes[at] <= '9')
        length = length * 10 + (size_t)(bytes[at++] - '0');
    if (at == 0 || at == size || bytes[at] != ' ')
        return 0;
    at++;
    return length <= size - at ? at + length : 0;
}

size_t framing_next(enum framing framing, const char *bytes, size_t size)
{
    const char *newline;
    uint32_t length;

    if (framing == FRAMING_LINES) {
        newline = memchr(bytes, '\n', size);
        return newline ? (size_t)(newline - bytes) + 1 : 0;
    }
    if (framing == FRAMING_COUNTED)
        return next_counted(bytes, size);
    if (size < sizeof(length))
        return 0;
    memcpy(&length, bytes, sizeof(length));
    length = le32toh(length);
    return length <= size - sizeof(length) ? length + sizeof(length) : 0;
}

size_t framing_whole(enum framing framing, const char *bytes, size_t size)
{
    size_t whole = 0, length;

    while ((length = framing_next(framing, bytes + whole, size - whole)) > 0)
        whole += length;
    return whole;
}

uint32_t framing_count(enum framing framing, const char *bytes, size_t size)
{
    uint32_t events = 0;
    size_t length;

    while ((length = framing_next(framing, bytes, size)) > 0) {
        bytes += length;
        size -= length;
        events++;
    }
    return events;
}
