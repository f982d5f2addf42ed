// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Counts what a table of a program had no room for, or forgot before its time. User space reads the
 * counter: it is the source's `forgotten` (daemon/source/forgotten.h). */

#include "ringmill.bpf.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} forgotten SEC(".maps");

static __always_inline void forgotten_count(void)
{
    __u32 key = 0;
    __u64 *count = bpf_map_lookup_elem(&forgotten, &key);

    if (count)
        __sync_fetch_and_add(count, 1);
}
