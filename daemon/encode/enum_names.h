// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An enum's values, each with its name as a text of the format, looked up by value. */

#include <stddef.h>
#include <stdint.h>

#include "encode/quote.h"
#include "record/schema.h"

struct enum_names_entry {
    int64_t value;
    struct prepared_text text; /* "TCP_CLOSE", with its quotes where it has any */
};

struct enum_names {
    /* by value, each once: of two names for a value the first one declared */
    struct enum_names_entry *sorted;
    uint32_t count;
};

/* Takes the names of a field's enum. 0 or -ENOMEM; in both cases the caller calls
 * enum_names_deinit(). */
int enum_names_init(struct enum_names *names, const struct field *field, enum quoting quoting);
/* Frees the names; accepts a zeroed one. */
void enum_names_deinit(struct enum_names *names);

/* The name of a value; NULL: it has none. */
static inline const struct prepared_text *enum_names_find(const struct enum_names *names,
                                                          int64_t value)
{
    uint32_t low = 0, high = names->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (names->sorted[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < names->count && names->sorted[low].value == value ? &names->sorted[low].text
                                                                   : NULL;
}
