// SPDX-License-Identifier: Apache-2.0

/* A network that does not end at a byte's border fills a run of entries in its last node. A wider
 * network swallows narrower ones: their nodes stay where they are and nobody gets there. */

#include "expr/prefixes.h"

#include <stdlib.h>
#include <string.h>

struct making {
    uint16_t (*nodes)[256];
    uint32_t n_nodes;
    uint32_t room;
};

/* The node after an entry. 0 when out of memory or of nodes. */
static uint16_t make_node(struct making *making, uint16_t node, uint8_t byte)
{
    if (making->n_nodes == making->room) {
        uint32_t room = 2 * making->room;
        void *grown = making->room > PREFIXES_NODES_MAX
                          ? NULL
                          : realloc(making->nodes, room * sizeof(*making->nodes));

        if (!grown)
            return 0;
        making->nodes = grown;
        making->room = room;
    }
    memset(making->nodes[making->n_nodes], 0, sizeof(*making->nodes));
    making->nodes[node][byte] = (uint16_t)making->n_nodes;
    return (uint16_t)making->n_nodes++;
}

static bool add(struct making *making, const struct address *network)
{
    uint32_t whole = network->bits ? (network->bits - 1U) / 8 : 0; /* bytes before the last one */
    uint32_t width = 1U << (8 * (whole + 1) - network->bits);
    uint16_t node = 0;

    for (uint32_t i = 0; i < whole; i++) {
        uint16_t next = making->nodes[node][network->bytes[i]];

        if (next == PREFIXES_ALL)
            return true;
        if (next == 0)
            next = make_node(making, node, network->bytes[i]);
        if (next == 0 || making->n_nodes > PREFIXES_NODES_MAX)
            return false;
        node = next;
    }
    for (uint32_t i = 0; i < width; i++)
        making->nodes[node][network->bytes[whole] + i] = PREFIXES_ALL;
    return true;
}

struct prefixes *prefixes_new(struct expr *expr, const struct address *networks, uint32_t n,
                              bool *ret_crowded)
{
    struct making making = {.nodes = calloc(8, sizeof(*making.nodes)), .n_nodes = 1, .room = 8};
    struct prefixes *prefixes = program_keep(expr, sizeof(*prefixes), NULL);
    bool fits = making.nodes && prefixes;

    for (uint32_t i = 0; fits && i < n; i++)
        fits = add(&making, &networks[i]);
    *ret_crowded = making.n_nodes > PREFIXES_NODES_MAX;
    if (fits) {
        prefixes->n_nodes = making.n_nodes;
        prefixes->nodes = program_keep(expr, making.n_nodes * sizeof(*making.nodes), NULL);
    }
    if (fits && prefixes->nodes)
        memcpy(prefixes->nodes, making.nodes, making.n_nodes * sizeof(*making.nodes));
    free(making.nodes);
    return fits && prefixes->nodes ? prefixes : NULL;
}
