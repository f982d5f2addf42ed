// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A timer writes the records, a little after what they are about. */
#include "mark.h"

#include <bpf/bpf_tracing.h>
#include <linux/ptrace.h>

#define CLOCK_MONOTONIC 1

struct late_event {
    __u64 number;
    __u64 waited;
};

struct element {
    struct bpf_timer timer;
    __u64 number;
    __u64 begun;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 32);
    __type(key, __u32);
    __type(value, struct element);
} elements SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static int on_timer(void *map, __u32 *key, struct element *element)
{
    struct late_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    (void)map;
    (void)key;
    if (!event)
        return 0;
    event->number = element->number;
    event->waited = bpf_ktime_get_ns() - element->begun;
    bpf_ringbuf_submit(event, 0);
    return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter, struct pt_regs *regs)
{
    __u64 first, number, third;
    struct element *element;
    __u32 slot;

    (void)ctx;
    bpf_probe_read_kernel(&first, sizeof(first), &PT_REGS_PARM1_SYSCALL(regs));
    bpf_probe_read_kernel(&third, sizeof(third), &PT_REGS_PARM3_SYSCALL(regs));
    if (first != MARK || third != mark_key)
        return 0;
    bpf_probe_read_kernel(&number, sizeof(number), &PT_REGS_PARM2_SYSCALL(regs));
    slot = number & 31;
    element = bpf_map_lookup_elem(&elements, &slot);
    if (!element)
        return 0;
    element->number = number;
    element->begun = bpf_ktime_get_ns();
    bpf_timer_init(&element->timer, &elements, CLOCK_MONOTONIC);
    bpf_timer_set_callback(&element->timer, on_timer);
    bpf_timer_start(&element->timer, 1000000, 0);
    return 0;
}
