// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts by powers of two in a map, and writes the whole histogram from time to time. */
#include "mark.h"

#define SLOTS 6

struct hist {
    __u32 total;
    __u32 slots[SLOTS];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, struct hist);
} hists SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static struct hist initial;

MARK_SECTION
int mark(struct mark_context *context)
{
    __u64 number = context->arguments[1];
    __u32 key = 0, slot = 0;
    struct hist *hist;

    if (!is_mark(context))
        return 0;
    hist = bpf_map_lookup_elem(&hists, &key);
    if (!hist) {
        bpf_map_update_elem(&hists, &key, &initial, BPF_NOEXIST);
        hist = bpf_map_lookup_elem(&hists, &key);
        if (!hist)
            return 0;
    }
    for (int i = 1; i < SLOTS; i++)
        if (number >> i)
            slot = i;
    if (slot < SLOTS)
        __sync_fetch_and_add(&hist->slots[slot], 1);
    __sync_fetch_and_add(&hist->total, 1);
    if (hist->total % 10 == 0)
        bpf_ringbuf_output(&events, hist, sizeof(*hist), 0);
    return 0;
}
