// SPDX-License-Identifier: Apache-2.0

#include "base/base64.h"

#include <errno.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_put(char *out, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t three = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0U);

        *out++ = alphabet[three >> 18];
        *out++ = alphabet[three >> 12 & 63];
        *out++ = left > 1 ? alphabet[three >> 6 & 63] : '=';
        *out++ = left > 2 ? alphabet[three & 63] : '=';
    }
    return out;
}

int64_t base64_read(const char *text, size_t length, uint8_t *out)
{
    size_t padding = 0, written = 0;

    if (length % 4 != 0)
        return -EINVAL;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < length; i += 4) {
        uint32_t three = 0, known = i + 4 == length ? 4 - (uint32_t)padding : 4;

        for (uint32_t j = 0; j < 4; j++) {
            const char *digit = j < known && text[i + j] ? strchr(alphabet, text[i + j]) : alphabet;

            if (!digit || (j < known && !text[i + j]))
                return -EINVAL;
            three = three << 6 | (uint32_t)(digit - alphabet);
        }
        if (known < 4 && three << (8 * (known - 1)) & 0xffffff)
            return -EINVAL;
        for (uint32_t j = 0; j + 1 < known; j++)
            out[written++] = (uint8_t)(three >> (16 - 8 * j));
    }
    return (int64_t)written;
}
