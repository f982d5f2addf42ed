// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One record for each getpgid(2) that asks for the target, with a number that goes on for as long
 * as the program is loaded: a number is taken when there is room for its record. The target is no
 * process, but a number that nobody else asks for: it is the same one in all pid namespaces. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "ringmill.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct flood_event {
    __u64 ktime;
    __u64 number;
    __u64 padding[4];
};
RINGMILL_EVENT(flood_event);
RINGMILL_RING(flood, 64 << 20);

const volatile __u32 target = 0;

__u64 number = 0;

struct getpgid {
    __u64 common;
    long call;
    long pid;
};

SEC("tp/syscalls/sys_enter_getpgid")
int on_getpgid(struct getpgid *context)
{
    struct flood_event *event;

    if (context->pid != target)
        return 0;
    event = ringmill_reserve(flood, sizeof(*event));
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->number = __sync_fetch_and_add(&number, 1) + 1;
    ringmill_submit(event);
    return 0;
}
