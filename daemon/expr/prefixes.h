// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Networks that an address is looked up in: a tree that takes a byte of the address at a step, so
 * an IPv4 address needs four at most and an IPv6 one sixteen, however many networks there are.
 *
 *     10.0.0.0/8, 192.168.7.0/24      root [10] = ALL   [192] ─▶ [168] ─▶ [7] = ALL
 *
 * Made at compile, in a program's memory, and immutable then. */

#include <stdbool.h>
#include <stdint.h>

#include "expr/address_literal.h"
#include "expr/program.h"

enum {
    PREFIXES_NODES_MAX = 32767,
    PREFIXES_ALL = UINT16_MAX, /* an entry: all addresses from here on are in */
};

struct prefixes {
    uint32_t n_nodes;
    uint16_t (*nodes)[256]; /* 0: none is in; PREFIXES_ALL; else the next byte's node */
};

/* Networks and addresses, all of one size. NULL when out of memory, or with *ret_crowded when they
 * take more than PREFIXES_NODES_MAX nodes. */
struct prefixes *prefixes_new(struct expr *expr, const struct address *networks, uint32_t n,
                              bool *ret_crowded);

static inline bool prefixes_have(const struct prefixes *prefixes, const uint8_t *address)
{
    uint16_t entry = prefixes->nodes[0][*address];

    while (entry != 0 && entry != PREFIXES_ALL)
        entry = prefixes->nodes[entry][*++address];
    return entry != 0;
}
