// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Searching a sorted array of structs that begin with their key. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many of the n elements, of `size` bytes each and ascending by the uint64_t that they begin
 * with, have a key of at most that. */
static inline uint32_t sorted_count_to(const void *elements, uint32_t n, size_t size, uint64_t key)
{
    uint32_t low = 0, high = n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint64_t of_middle;

        memcpy(&of_middle, (const char *)elements + middle * size, sizeof(of_middle));
        if (of_middle <= key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
