// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Where in a format's bytes one event ends and the next begins: what a sink must know that sends
 * events one by one, and a writer that counts how many of them got out. Each format has one
 * framing.
 *
 *     lines      event '\n' event '\n'             no event holds a newline: encoders escape them
 *     prefixed   u32 little-endian length, event   the length counts the event alone
 *     counted    "123 " event                      the same in decimal: RFC 6587, section 3.4.1
 */

#include <stddef.h>
#include <stdint.h>

enum framing { FRAMING_LINES, FRAMING_PREFIXED, FRAMING_COUNTED };

/* The bytes of the first event with its framing; 0 when it is not wholly there. */
size_t framing_next(enum framing framing, const char *bytes, size_t size);

/* How many of the bytes whole events take. */
size_t framing_whole(enum framing framing, const char *bytes, size_t size);

/* How many whole events lie within the bytes. */
uint32_t framing_count(enum framing framing, const char *bytes, size_t size);

/* The event itself, without what frames it; not for FRAMING_COUNTED. */
static inline const char *framing_strip(enum framing framing, const char *bytes, size_t *size)
{
    if (framing == FRAMING_LINES) {
        *size -= 1;
        return bytes;
    }
    *size -= sizeof(uint32_t);
    return bytes + sizeof(uint32_t);
}
