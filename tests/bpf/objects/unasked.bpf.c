// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* All of its programs are loaded only when asked for. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct event {
    __u64 number;
};

const struct event *unused_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} events SEC(".maps");

SEC("?raw_tp/sys_enter")
int on_enter(void *context __attribute__((unused)))
{
    struct event event = {1};

    return bpf_ringbuf_output(&events, &event, sizeof(event), 0) != 0;
}

SEC("?raw_tp/sys_exit")
int on_exit(void *context __attribute__((unused)))
{
    return 0;
}
