// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What min(), max(), first() and last() keep of a group. The states of sums stand in moments.h,
 * those of sketches with them. */

#include <stdint.h>

#include "aggregate/value.h"

struct extreme {
    uint64_t seen;
    union {
        uint64_t bits;
        double number;
    };
};

/* Of a number only up to the bits. */
struct kept_value {
    uint32_t seen;
    uint32_t length;
    union {
        uint64_t bits;
        char bytes[VALUE_TEXT_MAX + 4];
    };
};
