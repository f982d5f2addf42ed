// SPDX-License-Identifier: Apache-2.0

#include "base/printable.h"

/* Bytes of the character that begins there; 0: not valid UTF-8. Reads no further than a NUL. */
static uint32_t decode(const char *at, uint32_t *ret_code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *bytes = (const uint8_t *)at;
    uint32_t length = *bytes >= 0xf0 ? 4 : *bytes >= 0xe0 ? 3 : 2, code;

    if (*bytes < 0x80) {
        *ret_code = *bytes;
        return 1;
    }
    if (*bytes < 0xc2 || *bytes > 0xf4)
        return 0;
    code = *bytes & (0x7fU >> length);
    for (uint32_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *ret_code = code;
    return length;
}

uint32_t printable_length(const char *at)
{
    uint32_t code, length = decode(at, &code);

    return length > 0 && printable_code(code) ? length : 0;
}

bool utf8_is_valid(const char *text)
{
    uint32_t code;

    for (uint32_t length; *text; text += length)
        if ((length = decode(text, &code)) == 0)
            return false;
    return true;
}

bool printable(const char *text)
{
    for (uint32_t length; *text; text += length)
        if ((length = printable_length(text)) == 0)
            return false;
    return true;
}

void printable_make(char *text)
{
    while (*text) {
        uint32_t length = printable_length(text);

        if (length == 0 && *text != '\n' && *text != '\t')
            *text = '?';
        text += length ? length : 1;
    }
}
