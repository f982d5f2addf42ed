// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts in a map, and writes no records at all. */
#include "mark.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

MARK_SECTION
int mark(struct mark_context *context)
{
    __u32 key = context->arguments[1] & 63;
    __u64 one = 1, *count = bpf_map_lookup_elem(&counts, &key);

    if (count)
        *count += 1;
    else
        bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
    return 0;
}
