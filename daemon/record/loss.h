// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Records that were lost before anybody could read them, as the output says it. */

#include <stdint.h>

/* The longest event about one; what would be longer is not said. */
enum { LOSS_BYTES_MAX = 2048 };

struct loss {
    uint64_t records;
    int64_t since; /* ns of CLOCK_MONOTONIC: the last moment at which nothing of it was lost yet */
    int64_t until; /* and when it was found out */
};
