// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What sources, sinks and chains have in common: a reload lets the next graph have those that have
 * not changed, and each lives as long as the last graph that has it. */
struct graph_share {
    uint32_t graphs;          /* that have it */
    struct config_tree *tree; /* that its texts are in; held */
    char *identity;           /* see canonical_text.h; NULL: never compared */
};

/* No other graph has it. NULL: another one has it alone, see graph_drop_shared(). */
static inline bool graph_is_own(const struct graph_share *share)
{
    return share && share->graphs == 1;
}
