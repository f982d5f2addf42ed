// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An integer field of all views at once, for those who look at every record before any handler
 * does: what the field is gets looked at once for all. */

#include <stdbool.h>
#include <stdint.h>

#include "record/batch.h"

struct field_values {
    uint64_t values[BATCH_MAX]; /* as field_integer() gives them; 0 where there is none */
    bool absent[BATCH_MAX];     /* the sample is too short */
};

/* count: at most BATCH_MAX. */
void field_values_read(struct field_values *values, const struct field *field,
                       const struct ringmill_view *views, uint32_t count);
/* The second word of each record's header: what is stored there in captures. */
void field_values_read_tags(struct field_values *values, const struct ringmill_view *views,
                            uint32_t count);
