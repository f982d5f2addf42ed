// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A security hook for the processes of one cgroup: sockets that they make. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct socket_event {
    __u64 ktime;
    __u32 pid;
    __s32 family;
    __s32 type;
    __s32 protocol;
};

const struct socket_event *unused_socket_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("lsm_cgroup/socket_post_create")
int BPF_PROG(on_socket, struct socket *socket, int family, int type, int protocol, int kern)
{
    struct socket_event *event;

    event = kern ? NULL : bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 1;
    event->ktime = bpf_ktime_get_ns();
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->family = family;
    event->type = type;
    event->protocol = protocol;
    bpf_ringbuf_submit(event, 0);
    return 1; /* allowed */
}
