// SPDX-License-Identifier: Apache-2.0

/* The C library knows how IP addresses are spelt; only MAC addresses and the bits of a network are
 * read here. A network whose address has bits after its own is refused: it is a slip more often
 * than a wish. */

#include "expr/address_literal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool parse_mac(const char *text, struct address *address)
{
    unsigned b[6];
    int end = 0;

    if (strlen(text) != 17 ||
        sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &end) !=
            6 ||
        end != 17)
        return false;
    for (int i = 0; i < 6; i++)
        address->bytes[i] = (uint8_t)b[i];
    return true;
}

static bool parse_bits(const char *text, struct address *address)
{
    unsigned bits = 0;

    if (!*text || strlen(text) > 3)
        return false;
    for (; *text >= '0' && *text <= '9'; text++)
        bits = bits * 10 + (unsigned)(*text - '0');
    if (*text || bits > 8U * address->size)
        return false;
    address->bits = (uint8_t)bits;
    address->is_network = true;
    return true;
}

void address_mask(uint8_t *bytes, uint32_t size, uint32_t bits)
{
    for (uint32_t i = 0; i < size; i++) {
        uint32_t kept = bits > 8 * i ? bits - 8 * i : 0;

        if (kept < 8)
            bytes[i] &= (uint8_t)(0xff00 >> kept);
    }
}

const char *address_parse(const char *text, uint32_t length, struct address *ret)
{
    struct address address = {0}, masked;
    char copy[ADDRESS_TEXT_MAX] = {0};
    char *slash;

    if (length >= sizeof(copy))
        return "not an IPv4, IPv6 or MAC address";
    memcpy(copy, text, length);
    slash = strchr(copy, '/');
    if (slash)
        *slash = '\0';
    if (inet_pton(AF_INET, copy, address.bytes) == 1)
        address.size = 4;
    else if (inet_pton(AF_INET6, copy, address.bytes) == 1)
        address.size = 16;
    else if (parse_mac(copy, &address))
        address.size = 6;
    else
        return "not an IPv4, IPv6 or MAC address";
    address.bits = (uint8_t)(8 * address.size);
    if (slash && address.size == 6)
        return "a network needs an IPv4 or IPv6 address before the /";
    if (slash && !parse_bits(slash + 1, &address))
        return address.size == 4 ? "an IPv4 network needs 0 to 32 bits after the /"
                                 : "an IPv6 network needs 0 to 128 bits after the /";
    masked = address;
    address_mask(masked.bytes, masked.size, masked.bits);
    if (memcmp(masked.bytes, address.bytes, sizeof(masked.bytes)) != 0)
        return "bits outside the network must be 0";
    *ret = address;
    return NULL;
}

struct address address_mapped(const struct address *ipv4)
{
    struct address mapped = {.size = 16,
                             .bits = (uint8_t)(96 + ipv4->bits),
                             .is_network = ipv4->is_network,
                             .bytes = {[10] = 0xff, [11] = 0xff}};

    memcpy(mapped.bytes + 12, ipv4->bytes, 4);
    return mapped;
}
