// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Some views of one ring and a selection: which of them are still in. A handler narrows the
 * selection in place, so that the next handler's loop is dense.
 *
 *     views      [0][1][2][3][4][5]      as the ring gave them, in ring order
 *     selection   1  3  4                ascending indexes into views; `selected` of them
 *
 * A batch belongs to one consumer thread. Its views are valid until it is committed. */

#include <ringmill/ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "record/schema.h"

enum { BATCH_MAX = 256 }; /* views at the most; 32 by default */

struct batch {
    const struct schema *schema;
    const struct ringmill_view *views;
    uint32_t count;     /* views */
    uint32_t selected;  /* entries of selection */
    uint32_t failed;    /* a handler says: so many could not be dealt with */
    uint32_t forwarded; /* a forward says: so many went into outlets */
    bool clocked;       /* this batch is a sample: times are taken of it */
    uint16_t selection[BATCH_MAX];
};

static inline void batch_select_all(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++)
        batch->selection[i] = (uint16_t)i;
    batch->selected = batch->count;
}
