// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A producer for the bench of filters, run by BPF_PROG_RUN: events with values drawn at random,
 * until the ring is full. */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "event.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

struct event_request request = {};

static __always_inline __u64 draw(void)
{
    __u64 x = request.seed;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    request.seed = x;
    return x >> 11;
}

static __always_inline void fill_event(struct event *event, bool path)
{
    __u64 a = draw(), b = draw();
    __u32 who = a & 3;

    event->number = request.written;
    event->pid = (a >> 2) & 32767;
    event->uid = who == 0 ? 0 : who == 1 ? 33 : 998 + who;
    event->saddr = (__u32)(b >> 8);
    event->port = (__u16)(a >> 24);
    event->kind = (__u16)(a >> 40);
    event->latency = (b >> 24) & 0xfffff;
    __builtin_memcpy(event->comm, request.comms[(a >> 17) & (EVENT_COMMS - 1)], EVENT_COMM);
    if (path)
        __builtin_memcpy(event->path, request.paths[b & (EVENT_PATHS - 1)], EVENT_PATH);
    else
        event->path[0] = 0;
}

/* A reserve's size must be a constant, so each size has its own. */
#define WRITE(bytes)                                                  \
    ({                                                                \
        struct event *event = bpf_ringbuf_reserve(&ring, (bytes), 0); \
        if (event) {                                                  \
            fill_event(event, (bytes) >= EVENT_HEAD + EVENT_PATH);    \
            bpf_ringbuf_submit(event, 0);                             \
        }                                                             \
        event != NULL;                                                \
    })

static __always_inline bool write_one(void)
{
    if (!request.mixed)
        return WRITE(128);
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

static long step(__u64 index __attribute__((unused)), void *context __attribute__((unused)))
{
    if (!write_one())
        return 1;
    request.written++;
    return 0;
}

SEC("syscall")
int fill(void *context __attribute__((unused)))
{
    request.written = 0;
    bpf_loop(request.count, step, NULL, 0);
    return 0;
}
