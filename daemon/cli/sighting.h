// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What `ringmill observe` prints: the ring once, then a line for each look. */

#include <ringmill/ring.h>
#include <stdio.h>

#include "ring/holder.h"

struct sighting {
    uint32_t id;
    const char *name; /* the map's */
    uint64_t size;    /* bytes of data area */
    struct ringmill_sight before;
    struct ringmill_sight now;
    const struct holders *holders; /* without this process */
};

/* Which ring it is, who reads it, and the columns' heads. */
void sighting_print_head(const struct sighting *sighting, FILE *file);
/* Only who reads it. */
void sighting_print_holders(const struct sighting *sighting, FILE *file);
void sighting_print(const struct sighting *sighting, FILE *file);
/* All of it as one line of JSON. */
void sighting_print_json(const struct sighting *sighting, FILE *file);
