// SPDX-License-Identifier: Apache-2.0

/* inet_ntop() gives the same text by way of sprintf(), which costs more than the rest of an event
 * of some addresses and ports; the tests hold the two together. */

#include "encode/address.h"

#include <string.h>

#include "encode/digits.h"
#include "encode/hex.h"

enum { GROUPS = 8 };

struct run {
    int first;
    int length;
};

char *address_put_ipv4(char *out, const uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *out++ = '.';
        out = digits_put(out, bytes[i]);
    }
    return out;
}

char *address_put_mac(char *out, const uint8_t bytes[6])
{
    for (int i = 0; i < 6; i++) {
        if (i > 0)
            *out++ = ':';
        out = hex_put_bytes(out, &bytes[i], 1);
    }
    return out;
}

/* The zeros that :: stands for: the longest run, the first of equals, and never one group alone. */
static struct run find_zeros(const unsigned groups[GROUPS])
{
    struct run best = {-1, 1};
    struct run now = {0, 0};

    for (int i = 0; i < GROUPS; i++) {
        if (groups[i] != 0) {
            now = (struct run){i + 1, 0};
            continue;
        }
        now.length++;
        if (now.length > best.length)
            best = now;
    }
    return best;
}

/* ::192.0.2.1 and ::ffff:192.0.2.1 */
static int is_mixed(const unsigned groups[GROUPS], struct run zeros)
{
    return zeros.first == 0 && (zeros.length == 6 || (zeros.length == 5 && groups[5] == 0xffff));
}

static char *put_group(char *out, unsigned group)
{
    static const char digits[] = "0123456789abcdef";
    int shift = group >= 0x1000 ? 12 : group >= 0x100 ? 8 : group >= 0x10 ? 4 : 0;

    for (; shift >= 0; shift -= 4)
        *out++ = digits[group >> shift & 15];
    return out;
}

char *address_put_ipv6(char *out, const uint8_t bytes[16])
{
    unsigned groups[GROUPS];
    struct run zeros;
    int count = GROUPS;

    for (int i = 0; i < GROUPS; i++)
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    zeros = find_zeros(groups);
    if (is_mixed(groups, zeros))
        count = 6;
    for (int i = 0; i < count; i++) {
        if (i == zeros.first) {
            *out++ = ':';
            i += zeros.length - 1;
            if (i == GROUPS - 1)
                *out++ = ':';
            continue;
        }
        if (i > 0)
            *out++ = ':';
        out = put_group(out, groups[i]);
    }
    if (count == GROUPS)
        return out;
    *out++ = ':';
    return address_put_ipv4(out, bytes + 12);
}

char *address_put_ip(char *out, const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    return memcmp(bytes, mapped, sizeof(mapped)) == 0 ? address_put_ipv4(out, bytes + 12)
                                                      : address_put_ipv6(out, bytes);
}
