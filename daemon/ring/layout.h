// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The kernel's layout of a ring buffer, as mapped:
 *
 *     page 0            page 1            then `size` bytes      and the same bytes again
 *     consumer_pos ...  producer_pos ...  header|sample|header|  header|sample|header|
 *
 * The second mapping of the data lets a record that runs past the end be read in one piece. Only
 * page 0 may be mapped writable. Of both position pages only the first word is part of the
 * interface: what follows it differs between kernels. */

#include <stdint.h>

#define LAYOUT_BUSY    (UINT32_C(1) << 31) /* reserved, not yet committed */
#define LAYOUT_DISCARD (UINT32_C(1) << 30) /* committed, but not meant to be read */
#define LAYOUT_LENGTH  (LAYOUT_DISCARD - 1)

enum {
    LAYOUT_HEADER = 8,      /* bytes: u32 length and flags, u32 private to the kernel */
    LAYOUT_MIN_SIZE = 4096, /* bytes of data area */
    LAYOUT_MAX_SHIFT = 31,  /* 2 GiB: lengths have 30 bits and positions must not collide */
};

/* Bytes that a record with this sample length takes in the ring. */
static inline uint64_t layout_span(uint32_t length)
{
    return (((uint64_t)length + 7) & ~UINT64_C(7)) + LAYOUT_HEADER;
}

_Static_assert(sizeof(unsigned long) == 8, "the kernel's positions are 64 bits wide here");
