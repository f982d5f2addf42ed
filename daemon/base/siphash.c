// SPDX-License-Identifier: Apache-2.0

/* Written here, because what OpenSSL offers allocates on the way and costs ten times as much for a
 * short text; and tested with the vectors of the reference implementation. */

#include "base/siphash.h"

#include <endian.h>
#include <string.h>

struct siphash_state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static void rounds(struct siphash_state *s, int count)
{
    while (count-- > 0) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

static uint64_t load(const void *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
    return le64toh(word);
}

static void store(uint8_t *out, uint64_t word)
{
    word = htole64(word);
    memcpy(out, &word, sizeof(word));
}

static void absorb(struct siphash_state *s, uint64_t word)
{
    s->v3 ^= word;
    rounds(s, 2);
    s->v0 ^= word;
}

static uint64_t finish(struct siphash_state *s)
{
    rounds(s, 4);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

void siphash(const uint8_t key[static SIPHASH_KEY_BYTES], const void *bytes, size_t length,
             uint8_t out[static SIPHASH_BYTES])
{
    uint64_t k0 = load(key), k1 = load(key + 8);
    struct siphash_state s = {
        k0 ^ UINT64_C(0x736f6d6570736575),
        k1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
        k0 ^ UINT64_C(0x6c7967656e657261),
        k1 ^ UINT64_C(0x7465646279746573),
    };
    const uint8_t *at = bytes;
    uint8_t tail[8] = {0};
    size_t rest = length;

    for (; rest >= 8; rest -= 8, at += 8)
        absorb(&s, load(at));
    if (rest > 0)
        memcpy(tail, at, rest);
    tail[7] = (uint8_t)length;
    absorb(&s, load(tail));
    s.v2 ^= 0xee;
    store(out, finish(&s));
    s.v1 ^= 0xdd;
    store(out + 8, finish(&s));
}
