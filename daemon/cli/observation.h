// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What `ringmill observe` prints: the ring once, then a line for each look. */

#include <ringmill/ring.h>
#include <stdio.h>

#include "ring/holder.h"

struct observation {
    uint32_t id;
    const char *name; /* the map's */
    uint64_t size;    /* bytes of data area */
    struct ringmill_sight before;
    struct ringmill_sight now;
    const struct holders *holders; /* without this process */
};

/* Which ring it is, who reads it, and the columns' heads. */
void observation_print_head(const struct observation *observation, FILE *file);
/* Only who reads it. */
void observation_print_holders(const struct observation *observation, FILE *file);
/* The line of the second look: rates since the first one, and how full the ring is. */
void observation_print(const struct observation *observation, FILE *file);
/* All of it as one line of JSON. */
void observation_print_json(const struct observation *observation, FILE *file);
