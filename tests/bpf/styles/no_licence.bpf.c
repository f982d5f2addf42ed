// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* No licence is given, and a helper asks for one. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct event {
    __u64 first;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

const struct event *unused_event __attribute__((unused));

SEC("tp/syscalls/sys_enter_prctl")
int mark(void *context)
{
    struct event event = {};

    bpf_probe_read_kernel(&event.first, sizeof(event.first), context);
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return 0;
}
