// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Some views of one ring, all of one type, and a selection: which of them are still in. A handler
 * narrows the selection in place, so that the next handler's loop is dense.
 *
 *     views      [0][1][2][3][4][5]      as the ring gave them, in ring order
 *     selection   1  3  4                ascending indexes into views; `selected` of them
 *
 * A batch belongs to one consumer thread. Its views are valid until it is committed. */

#include <ringmill/ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "record/column.h"
#include "record/schema.h"

struct batch {
    const struct schema *schema;
    const struct ringmill_view *views;
    uint32_t count;     /* views */
    uint32_t selected;  /* entries of selection */
    uint32_t failed;    /* a handler says: so many could not be dealt with */
    uint32_t late;      /* an aggregate says: so many belong to a window that has ended */
    uint32_t forwarded; /* a forward says: so many went into outlets; a route, into branches */
    int64_t now;        /* ns, monotonic: when the turn began that it came in */
    bool clocked;       /* this batch is a sample: times are taken of it */
    uint32_t ring_id;   /* of the ring's map, as the kernel has it; 0: unknown */
    uint16_t selection[BATCH_MAX];
    /* the first schema->n_columns of them, each owned by the handler that fills it */
    const struct column *columns[BATCH_COLUMNS_MAX];
};

static inline void batch_select_all(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++)
        batch->selection[i] = (uint16_t)i;
    batch->selected = batch->count;
}

/* One field's value in the view of that index, wherever it is: in the sample or in a column. The
 * same rules as for field_present() and its kin. */
static inline bool batch_present(const struct batch *batch, const struct field *field,
                                 uint32_t index)
{
    return field->column ? !column_is_null(batch->columns[field->column - 1], index)
                         : field_present(field, &batch->views[index]);
}

static inline uint64_t batch_integer(const struct batch *batch, const struct field *field,
                                     uint32_t index)
{
    return field->column ? batch->columns[field->column - 1]->integers[index]
                         : field_integer(field, &batch->views[index]);
}

static inline double batch_float(const struct batch *batch, const struct field *field,
                                 uint32_t index)
{
    return field->column ? batch->columns[field->column - 1]->floats[index]
                         : field_float(field, &batch->views[index]);
}

/* Call only when a FIELD_BYTES is present. */
static inline struct text batch_bytes(const struct batch *batch, const struct field *field,
                                      uint32_t index)
{
    struct text in_place = {(const char *)batch->views[index].data + field->offset, field->size};

    return field->column ? batch->columns[field->column - 1]->texts[index] : in_place;
}

static inline struct text batch_text(const struct batch *batch, const struct field *field,
                                     uint32_t index)
{
    struct text none = {0};

    if (!field->column)
        return field_text(field, &batch->views[index]);
    return column_is_null(batch->columns[field->column - 1], index)
               ? none
               : batch->columns[field->column - 1]->texts[index];
}
