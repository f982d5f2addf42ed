// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One record for each sleep that has ended, by a kretprobe: the kernel keeps room for so many calls
 * that wait for their return, and misses the others. */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#include "ringmill.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct sleep_event {
    __u64 ktime;
    __u32 pid;
};

RINGMILL_EVENT(sleep_event);
RINGMILL_RING(events, 1 << 20);

SEC("kretprobe/hrtimer_nanosleep")
int on_wake_up(void *context)
{
    struct sleep_event *event = ringmill_reserve(events, sizeof(*event));

    (void)context;
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->pid = bpf_get_current_pid_tgid() >> 32;
    ringmill_submit(event);
    return 0;
}
