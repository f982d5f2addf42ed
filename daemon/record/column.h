// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Values that are not in the sample: computed, looked up, masked. A handler that makes such values
 * has a schema of its own for what comes out of it, whose field says which column it is in, and
 * puts a pointer to the column into each batch that passes.
 *
 *     sample          {pid, comm[16], ...}            read in place, by offset
 *     columns[0]      "web-7", "web-7", null, ...     by the view's index
 *
 * A column belongs to its handler; its values, and the bytes after its texts, are valid until the
 * batch is committed. */

#include <stdbool.h>
#include <stdint.h>

#include "record/field.h"

enum {
    BATCH_MAX = 256,        /* views in a batch, at most; 32 by default */
    BATCH_COLUMNS_MAX = 64, /* columns that one chain's handlers may add */
};

/* By the field's kind: FIELD_UINT, FIELD_INT, FIELD_BOOL, FIELD_ENUM: integers (64 bits, extended);
 * FIELD_FLOAT: floats; FIELD_CHARS: texts; FIELD_BYTES: texts of exactly its size. Null is a set
 * bit. Only the selected views' entries mean anything. */
struct column {
    union {
        uint64_t integers[BATCH_MAX];
        double floats[BATCH_MAX];
        struct text texts[BATCH_MAX];
    };
    uint64_t null[BATCH_MAX / 64];
};

static inline bool column_is_null(const struct column *column, uint32_t index)
{
    return column->null[index / 64] >> (index % 64) & 1;
}

static inline void column_set_null(struct column *column, uint32_t index, bool null)
{
    uint64_t bit = UINT64_C(1) << (index % 64);

    column->null[index / 64] =
        null ? column->null[index / 64] | bit : column->null[index / 64] & ~bit;
}
