// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Fills a ring with samples that were made beforehand, over and over, until it is full. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "shapes.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

struct shapes_sample samples[SHAPES_SAMPLES] = {};
__u64 written = 0;

static long step(__u64 index, void *context __attribute__((unused)))
{
    const struct shapes_sample *sample = &samples[index % SHAPES_SAMPLES];
    __u32 length = sample->length;

    if (length > SHAPES_BYTES)
        return 1;
    if (bpf_ringbuf_output(&ring, (void *)sample->bytes, length, BPF_RB_NO_WAKEUP) < 0)
        return 1;
    written++;
    return 0;
}

SEC("syscall")
int fill(void *context __attribute__((unused)))
{
    written = 0;
    bpf_loop(1 << 23, step, NULL, 0);
    return 0;
}
