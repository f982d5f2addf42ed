// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A producer for tests and benches, run by BPF_PROG_RUN: reserves records of chosen sizes, numbers
 * them, and commits or discards them as asked. */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "fill.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

struct fill_request request = {};
struct fill_result result = {};

static __always_inline __u64 draw(void)
{
    __u64 x = request.seed;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    request.seed = x;
    return x >> 33;
}

/* A reserve's size must be a constant, so each size has its own. */
#define WRITE(bytes)                                                                  \
    ({                                                                                \
        struct fill_record *record = bpf_ringbuf_reserve(&ring, (bytes), 0);          \
        if (record) {                                                                 \
            record->number = result.written;                                          \
            if (request.stamp)                                                        \
                record->time = bpf_ktime_get_ns();                                    \
            if (request.discard_every && result.written % request.discard_every == 0) \
                bpf_ringbuf_discard(record, request.flags);                           \
            else                                                                      \
                bpf_ringbuf_submit(record, request.flags);                            \
        }                                                                             \
        record != NULL;                                                               \
    })

static __always_inline bool write_small(void)
{
    switch (draw() & 3) {
    case 0:
        return WRITE(56);
    case 1:
        return WRITE(120);
    case 2:
        return WRITE(248);
    default:
        return WRITE(504);
    }
}

static __always_inline bool write_large(void)
{
    switch (draw() & 3) {
    case 0:
        return WRITE(248);
    case 1:
        return WRITE(760);
    case 2:
        return WRITE(1272);
    default:
        return WRITE(2040);
    }
}

static __always_inline bool write_one(void)
{
    switch (request.kind) {
    case FILL_16:
        return WRITE(16);
    case FILL_120:
        return WRITE(120);
    case FILL_128:
        return WRITE(128);
    case FILL_512:
        return WRITE(512);
    case FILL_1024:
        return WRITE(1024);
    case FILL_2048:
        return WRITE(2048);
    case FILL_MIX_SMALL:
        return write_small();
    default:
        return write_large();
    }
}

static long step(__u64 index __attribute__((unused)), void *context __attribute__((unused)))
{
    if (write_one()) {
        result.written++;
        return 0;
    }
    result.lost++;
    return request.until_full & 1;
}

SEC("syscall")
int fill(void *context __attribute__((unused)))
{
    bpf_loop(request.count, step, NULL, 0);
    return 0;
}
