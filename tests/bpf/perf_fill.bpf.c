// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A producer for benches, run by BPF_PROG_RUN: writes numbered records of chosen sizes into one of
 * two perf event arrays, and counts those that found no room. */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "perf_fill.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} first SEC(".maps"), second SEC(".maps");

struct perf_fill_request request = {};
struct perf_fill_result result = {};

static __u64 record[64];

static __always_inline __u64 draw(void)
{
    __u64 x = request.seed;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    request.seed = x;
    return x >> 33;
}

static __always_inline long write_record(void *context, __u32 length)
{
    return request.array
               ? bpf_perf_event_output(context, &second, BPF_F_CURRENT_CPU, record, length)
               : bpf_perf_event_output(context, &first, BPF_F_CURRENT_CPU, record, length);
}

static __always_inline long write_one(void *context)
{
    switch (request.kind) {
    case PERF_FILL_64:
        return write_record(context, 60);
    case PERF_FILL_128:
        return write_record(context, 124);
    case PERF_FILL_512:
        return write_record(context, 508);
    }
    switch (draw() & 3) {
    case 0:
        return write_record(context, 52);
    case 1:
        return write_record(context, 116);
    case 2:
        return write_record(context, 244);
    }
    return write_record(context, 500);
}

struct loop {
    void *context;
};

static long step(__u32 index, struct loop *loop)
{
    (void)index;
    record[0] = result.written;
    if (write_one(loop->context) == 0)
        result.written++;
    else
        result.refused++;
    return 0;
}

SEC("raw_tp/sys_enter")
int fill(void *context)
{
    struct loop loop = {context};

    bpf_loop(request.count, step, &loop, 0);
    return 0;
}
