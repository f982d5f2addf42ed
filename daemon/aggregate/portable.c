// SPDX-License-Identifier: Apache-2.0

/* Small numbers are by far the most, so a number takes as many bytes as it needs. */

#include "aggregate/portable.h"

#include <string.h>

uint8_t *portable_head(uint8_t *at, char what, uint8_t version)
{
    *at++ = 'R';
    *at++ = 'M';
    *at++ = (uint8_t)what;
    *at++ = version;
    return at;
}

uint8_t *portable_put(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

uint8_t *portable_put_signed(uint8_t *at, int64_t value)
{
    return portable_put(at, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

uint8_t *portable_put_float(uint8_t *at, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    for (int i = 0; i < 8; i++)
        *at++ = (uint8_t)(bits >> 8 * i);
    return at;
}

const uint8_t *portable_take_bytes(struct portable *from, size_t length)
{
    const uint8_t *bytes = from->at;

    if (from->damaged || (size_t)(from->end - from->at) < length) {
        from->damaged = true;
        return NULL;
    }
    from->at += length;
    return bytes;
}

struct portable portable_open(const uint8_t *bytes, size_t length, char what, uint8_t version)
{
    struct portable from = {bytes, bytes + length, false};
    const uint8_t *head = portable_take_bytes(&from, PORTABLE_HEAD);

    if (!head || head[0] != 'R' || head[1] != 'M' || head[2] != (uint8_t)what || head[3] != version)
        from.damaged = true;
    return from;
}

uint64_t portable_take(struct portable *from)
{
    uint64_t value = 0;

    for (unsigned int shift = 0; shift < 64; shift += 7) {
        const uint8_t *byte = portable_take_bytes(from, 1);

        if (!byte)
            return 0;
        value |= (uint64_t)(*byte & 0x7f) << shift;
        if (*byte < 0x80)
            return value;
    }
    from->damaged = true;
    return 0;
}

int64_t portable_take_signed(struct portable *from)
{
    uint64_t value = portable_take(from);

    return (int64_t)(value >> 1 ^ -(value & 1));
}

double portable_take_float(struct portable *from)
{
    const uint8_t *bytes = portable_take_bytes(from, 8);
    uint64_t bits = 0;
    double value;

    for (int i = 0; bytes && i < 8; i++)
        bits |= (uint64_t)bytes[i] << 8 * i;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

bool portable_whole(const struct portable *from)
{
    return !from->damaged && from->at == from->end;
}
