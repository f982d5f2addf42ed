// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One record for each getpgid(2) and getsid(2) of a number that is no process: its upper bits are
 * the target, its lower bits the number of the record, which the caller so chooses. So it is known
 * which record came from which call, whatever programs there were. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "ringmill.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct numbered_event {
    __u64 ktime;
    __u64 number;
};
RINGMILL_EVENT(numbered_event);
RINGMILL_RING(numbered, 128 << 10); /* room for all numbers of 12 bits */

const volatile __u32 target = 0;
const volatile __u32 number_bits = 12;

struct call_of {
    __u64 common;
    long call;
    long pid;
};

static int record(long pid)
{
    struct numbered_event *event;

    if (pid >> number_bits != target)
        return 0;
    event = ringmill_reserve(numbered, sizeof(*event));
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->number = pid & ((1 << number_bits) - 1);
    ringmill_submit(event);
    return 0;
}

SEC("tp/syscalls/sys_enter_getpgid")
int on_getpgid_of(struct call_of *context)
{
    return record(context->pid);
}

SEC("tp/syscalls/sys_enter_getsid")
int on_getsid_of(struct call_of *context)
{
    return record(context->pid);
}
