// SPDX-License-Identifier: Apache-2.0
#include "encode/escape.h"

#include <stdint.h>
#include <string.h>

/* Most texts are clean ASCII, so eight bytes are looked at and copied at once until one of them is
 * not plain; what stands out is then handled singly. Room is checked at each step and not by a
 * worst case in advance: a worst case of six times the text would refuse chunks that have room. */

enum { WORD = 8 };

static const char hex[] = "0123456789abcdef";

/* A top bit in each byte that is a control, a quote, a backslash, DEL or not ASCII. Borrows between
 * the bytes may set too many top bits above a true one, never where there is none. */
static uint64_t odd_bytes(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = ones << 7;
    uint64_t quote = word ^ ones * '"';
    uint64_t backslash = word ^ ones * '\\';
    uint64_t del = word ^ ones * 0x7f;

    return ((word - ones * 0x20) | (quote - ones) | (backslash - ones) | (del - ones) | word) &
           tops;
}

static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the valid multi-byte sequence at bytes, 0 for none. The second byte's range is what
 * keeps overlong forms, surrogates and too high ones out. */
static uint32_t sequence_length(const uint8_t *bytes, uint32_t left)
{
    uint8_t first = bytes[0];
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    uint32_t length = first >= 0xf5 || first < 0xc2 ? 0 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

    if (length == 0 || length > left || bytes[1] < low || bytes[1] > high)
        return 0;
    for (uint32_t i = 2; i < length; i++) {
        if (!is_tail(bytes[i]))
            return 0;
    }
    return length;
}

/* What stands for one byte that is not plain and no part of a sequence. Returns its length. */
static uint32_t spell_byte(uint8_t byte, char out[ESCAPE_GROWTH])
{
    static const char names[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                 ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};

    if (byte < sizeof(names) && names[byte]) {
        out[0] = '\\';
        out[1] = names[byte];
        return 2;
    }
    memcpy(out, byte < 0x80 ? "\\u00" : "\\\\x", 4);
    out[byte < 0x80 ? 4 : 3] = hex[byte >> 4];
    out[byte < 0x80 ? 5 : 4] = hex[byte & 15];
    return byte < 0x80 ? 6 : 5;
}

char *escape_put(char *out, const char *end, struct text text)
{
    const uint8_t *at = (const uint8_t *)text.bytes;
    uint32_t left = text.length;

    while (left) {
        char spelt[ESCAPE_GROWTH];
        uint32_t taken = 1, length;

        while (left >= WORD && end - out >= WORD) {
            uint64_t word;

            memcpy(&word, at, WORD);
            if (odd_bytes(word))
                break;
            memcpy(out, &word, WORD);
            out += WORD;
            at += WORD;
            left -= WORD;
        }
        while (left && is_plain(*at) && out < end) {
            *out++ = (char)*at++;
            left--;
        }
        if (left == 0)
            return out;
        length = sequence_length(at, left);
        if (length) {
            taken = length;
            memcpy(spelt, at, length);
        } else if (is_plain(*at)) {
            return NULL; /* out has reached end */
        } else {
            length = spell_byte(*at, spelt);
        }
        if (end - out < (ptrdiff_t)length)
            return NULL;
        memcpy(out, spelt, length);
        out += length;
        at += taken;
        left -= taken;
    }
    return out;
}
