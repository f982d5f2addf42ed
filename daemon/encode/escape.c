// SPDX-License-Identifier: Apache-2.0

/* Most texts are clean ASCII, so 16 bytes (where the CPU has SSE2), then eight, are looked at and
 * copied at once, up to the first that is not plain; what stands out is then handled singly. Room
 * is checked at each step and not by a worst case in advance: a worst case of six times the text
 * would refuse chunks that have room. */

#include "encode/escape.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { WORD = 8, BLOCK = 16 };

static const char hex[] = "0123456789abcdef";

/* What is spelt in another way besides controls and what is not valid UTF-8. Always known where it
 * is used, so that each kind has a loop of its own. */
enum kind {
    KIND_JSON, /* quotes and backslashes by a backslash */
    KIND_BARE, /* nothing */
    KIND_CSV,  /* quotes by doubling them */
};

#define INLINE static inline __attribute__((always_inline))

/* A top bit in each byte that is a control, DEL, not ASCII, or what the kind names. Borrows between
 * the bytes may set too many top bits above a true one, never below, so the lowest is true. */
INLINE uint64_t odd_bytes(uint64_t word, enum kind kind)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = ones << 7;
    uint64_t quote = word ^ ones * '"';
    uint64_t backslash = word ^ ones * '\\';
    uint64_t del = word ^ ones * 0x7f;
    uint64_t odd = (word - ones * 0x20) | (del - ones) | word;

    if (kind != KIND_BARE)
        odd |= quote - ones;
    if (kind == KIND_JSON)
        odd |= backslash - ones;
    return odd & tops;
}

#ifdef __SSE2__
/* A bit for each byte of the same kinds. Compared as signed bytes, those that are not ASCII are
 * below the controls. */
INLINE uint32_t odd_in_block(__m128i block, enum kind kind)
{
    __m128i odd = _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(0x20)),
                               _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f)));

    if (kind != KIND_BARE)
        odd = _mm_or_si128(odd, _mm_cmpeq_epi8(block, _mm_set1_epi8('"')));
    if (kind == KIND_JSON)
        odd = _mm_or_si128(odd, _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    return (uint32_t)_mm_movemask_epi8(odd);
}
#endif

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The second byte's range is what keeps overlong forms, surrogates and too high ones out. */
uint32_t escape_sequence(const uint8_t *bytes, uint32_t left)
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
static uint32_t spell_byte(uint8_t byte, enum kind kind, char out[ESCAPE_GROWTH])
{
    static const char names[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                 ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};

    uint32_t length = byte < 0x80 ? 4 : kind == KIND_JSON ? 3 : 2;

    if (byte < sizeof(names) && names[byte]) {
        out[0] = kind == KIND_CSV && byte == '"' ? '"' : '\\';
        out[1] = names[byte];
        return 2;
    }
    memcpy(out, length == 4 ? "\\u00" : length == 3 ? "\\\\x" : "\\x", length);
    out[length++] = hex[byte >> 4];
    out[length++] = hex[byte & 15];
    return length;
}

/* The next eight bytes, or what is left of them with NULs behind; never reads past left. */
static inline uint64_t load_word(const uint8_t *at, uint32_t left)
{
    uint64_t word = 0;
    uint32_t low, high;

    if (left >= WORD) {
        memcpy(&word, at, WORD);
        return le64toh(word);
    }
    if (left >= 4) {
        memcpy(&low, at, 4);
        memcpy(&high, at + left - 4, 4);
        return le32toh(low) | (uint64_t)le32toh(high) << (8 * (left - 4));
    }
    for (uint32_t i = 0; i < left; i++)
        word |= (uint64_t)at[i] << (8 * i);
    return word;
}

/* How many plain bytes word begins with. */
INLINE uint32_t count_plain(uint64_t word, enum kind kind)
{
    uint64_t odd = odd_bytes(word, kind);

    return odd ? (uint32_t)__builtin_ctzll(odd) / 8 : WORD;
}

/* Writes the first count bytes of word, and scribbles on the rest of eight where there is room. */
static inline char *put_word(char *out, const char *end, uint64_t word, uint32_t count)
{
    word = htole64(word);
    if (end - out >= WORD)
        memcpy(out, &word, WORD);
    else if (end - out >= (ptrdiff_t)count)
        memcpy(out, &word, count);
    else
        return NULL;
    return out + count;
}

/* What is plain at the text's beginning, a block at a time as long as text and room have whole
 * ones. Moves all three. Returns whether it ended at an odd byte. */
INLINE bool put_blocks(char **out, const char *end, const uint8_t **at, uint32_t *left,
                       enum kind kind)
{
#ifdef __SSE2__
    while (*left >= BLOCK && end - *out >= BLOCK) {
        __m128i block = _mm_loadu_si128((const __m128i *)*at);
        uint32_t odd = odd_in_block(block, kind);
        uint32_t taken = odd ? (uint32_t)__builtin_ctz(odd) : BLOCK;

        _mm_storeu_si128((__m128i *)*out, block);
        *out += taken;
        *at += taken;
        *left -= taken;
        if (odd)
            return true;
    }
#endif
    (void)out;
    (void)end;
    (void)at;
    (void)left;
    (void)kind;
    return false;
}

/* One sequence, or one byte's spelling. Apart, so that the loop is short. */
static __attribute__((noinline)) char *put_odd(char *out, const char *end, const uint8_t *at,
                                               uint32_t left, enum kind kind, uint32_t *ret_taken)
{
    char spelt[ESCAPE_GROWTH];
    uint32_t length = escape_sequence(at, left);

    *ret_taken = length ? length : 1;
    if (length)
        memcpy(spelt, at, length);
    else
        length = spell_byte(*at, kind, spelt);
    if (end - out < (ptrdiff_t)length)
        return NULL;
    memcpy(out, spelt, length);
    return out + length;
}

/* until_nul: the text ends at its first NUL; then *ret_taken are the bytes before that. */
INLINE char *put_text(char *out, const char *end, struct text text, enum kind kind, bool until_nul,
                      uint32_t *ret_taken)
{
    const uint8_t *at = (const uint8_t *)text.bytes;
    uint32_t left = text.length, taken;

    while (left) {
        if (!put_blocks(&out, end, &at, &left, kind)) {
            uint64_t word = load_word(at, left);

            taken = count_plain(word, kind);
            out = put_word(out, end, word, taken);
            if (!out)
                return NULL;
            at += taken;
            left -= taken;
            if (taken == WORD || left == 0)
                continue;
        }
        if (until_nul && *at == 0)
            break;
        out = put_odd(out, end, at, left, kind, &taken);
        if (!out)
            return NULL;
        at += taken;
        left -= taken;
    }
    *ret_taken = text.length - left;
    return out;
}

char *escape_put(char *out, const char *end, struct text text)
{
    uint32_t taken;

    return put_text(out, end, text, KIND_JSON, false, &taken);
}

char *escape_put_until_nul(char *out, const char *end, struct text text, uint32_t *ret_taken)
{
    return put_text(out, end, text, KIND_JSON, true, ret_taken);
}

char *escape_put_bare(char *out, const char *end, struct text text)
{
    uint32_t taken;

    return put_text(out, end, text, KIND_BARE, false, &taken);
}

char *escape_put_csv(char *out, const char *end, struct text text)
{
    uint32_t taken;

    return put_text(out, end, text, KIND_CSV, false, &taken);
}
