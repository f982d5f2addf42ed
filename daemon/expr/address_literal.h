// SPDX-License-Identifier: Apache-2.0
#pragma once

/* IPv4, IPv6 and MAC addresses as they are written, and networks: the addresses that begin with the
 * same bits. */

#include <stdbool.h>
#include <stdint.h>

struct address {
    uint8_t bytes[16]; /* network byte order; the first `size` of them */
    uint8_t size;      /* 4, 16 or 6 */
    uint8_t bits;      /* of the network; 8 * size for a single address */
    bool is_network;   /* written with its bits */
};

enum { ADDRESS_TEXT_MAX = 64 }; /* bytes of the longest spelling, and more */

/* NULL and *ret filled; else what is wrong with it, a static text. */
const char *address_parse(const char *text, uint32_t length, struct address *ret);

/* Clears all bits after the first `bits`. */
void address_mask(uint8_t *bytes, uint32_t size, uint32_t bits);

/* The IPv6 address that stands for an IPv4 one: ::ffff:a.b.c.d */
struct address address_mapped(const struct address *ipv4);
