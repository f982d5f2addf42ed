// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A text of at most 16 bytes as two numbers: its bytes, and NULs after them. Most names are as
 * short, and a call costs more than the work on them. What a text's hash is depends on its bytes
 * alone, and not on how much room its field has. */

#include <stdint.h>
#include <string.h>

#include <xxhash.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a text's first byte is the lowest");

enum {
    WORDS_BYTES = 16,
    WORDS_FIELD_LEAST = 9, /* bytes of a field for words_in() and words_until_nul() */
};

struct words {
    uint64_t low, high;
};

static inline uint64_t words_load(const char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* All of a field of WORDS_FIELD_LEAST to WORDS_BYTES bytes. */
static inline struct words words_in(const char *field, uint32_t size)
{
    return (struct words){words_load(field), words_load(field + size - 8) >> 8 * (16 - size)};
}

/* The highest bit of each byte that is NUL, up to the first of them; what is above is noise. */
static inline uint64_t words_nuls(uint64_t word)
{
    return (word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080);
}

/* The field as two words up to its first NUL, with the bytes after that cleared: of each word the
 * bits up to the lowest one that words_nuls() found, or all if it found none. */
static inline struct words words_until_nul(const char *field, uint32_t size)
{
    struct words words = words_in(field, size);
    uint64_t low = words_nuls(words.low), high = words_nuls(words.high);

    words.low &= low ^ (low - 1);
    words.high &=
        (high ^ (high - 1)) & -(uint64_t)(low == 0); /* no jump: names are of any length */
    return words;
}

static inline struct words words_of(const char *bytes, uint32_t length)
{
    struct words words = {0};
    uint32_t first, last;

    if (length >= WORDS_FIELD_LEAST)
        return words_in(bytes, length);
    if (length == 8) {
        words.low = words_load(bytes);
    } else if (length >= 4) {
        memcpy(&first, bytes, sizeof(first));
        memcpy(&last, bytes + length - 4, sizeof(last));
        words.low = first | (uint64_t)last << 8 * (length - 4);
    } else if (length > 0) {
        words.low = (uint8_t)bytes[0] | (uint64_t)(uint8_t)bytes[length / 2] << 8 * (length / 2) |
                    (uint64_t)(uint8_t)bytes[length - 1] << 8 * (length - 1);
    }
    return words;
}

/* As XXH3 does it for as many bytes: both halves of a 128-bit product. */
static inline uint64_t words_hash(struct words words, uint64_t seed)
{
    return XXH3_avalanche(XXH3_mul128_fold64(
        words.low ^ seed, words.high ^ UINT64_C(0xa0761d6478bd642f) ^ (seed << 32 | seed >> 32)));
}
