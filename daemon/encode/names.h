// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An enum's values, each with its name as a text of the format, looked up by value. */

#include <stddef.h>
#include <stdint.h>

#include "encode/quote.h"
#include "record/schema.h"

struct name {
    int64_t value;
    struct snippet text; /* "TCP_CLOSE", with its quotes where it has any */
};

struct names {
    struct name *sorted; /* by value, each once: of two names for a value the first one declared */
    uint32_t count;
};

/* 0 or -ENOMEM; in both cases names_deinit() follows. */
int names_init(struct names *names, const struct field *field, enum quoting quoting);
void names_deinit(struct names *names); /* accepts a zeroed one */

/* NULL when the value has no name. */
static inline const struct snippet *names_find(const struct names *names, int64_t value)
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
