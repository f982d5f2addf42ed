// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One record for each getpgid(2) of one process, with a number that goes on for as long as the
 * program is loaded: a number is taken when there is room for its record. */
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

const volatile __u32 target = 0; /* the process; 0: none */

__u64 number = 0;

SEC("tp/syscalls/sys_enter_getpgid")
int on_getpgid(void *context __attribute__((unused)))
{
    struct flood_event *event;

    if (bpf_get_current_pid_tgid() >> 32 != target)
        return 0;
    event = ringmill_reserve(flood, sizeof(*event));
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->number = __sync_fetch_and_add(&number, 1) + 1;
    ringmill_submit(event);
    return 0;
}
