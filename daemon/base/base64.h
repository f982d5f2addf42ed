// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Base64 as in RFC 4648, with padding. */

#include <stddef.h>
#include <stdint.h>

/* Bytes of the text for so many bytes. */
static inline size_t base64_length(size_t bytes)
{
    return (bytes + 2) / 3 * 4;
}

/* Writes base64_length() characters, no NUL; returns the position after the last one. */
char *base64_put(char *out, const uint8_t *bytes, size_t length);

/* Reads all of the text: no spaces, no other alphabet, bits that say nothing are 0. Returns the
 * bytes, at most length / 4 * 3 of them, or -EINVAL. */
int64_t base64_read(const char *text, size_t length, uint8_t *out);
