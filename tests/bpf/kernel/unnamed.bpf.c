// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs whose function depends on the kernel: their own user space would name it. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct call_event {
    __u64 ktime;
    __u32 pid;
    char by[12];
};

const struct call_event *unused_call_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline int write(const char *by, __u32 length)
{
    struct call_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->pid = bpf_get_current_pid_tgid() >> 32;
    __builtin_memset(event->by, 0, sizeof(event->by));
    __builtin_memcpy(event->by, by, length);
    bpf_ringbuf_submit(event, 0);
    return 0;
}

#define PROGRAM(section)                          \
    SEC(#section)                                 \
    int at_##section(void *context)               \
    {                                             \
        return write(#section, sizeof(#section)); \
    }

PROGRAM(kprobe)
PROGRAM(kretprobe)
PROGRAM(ksyscall)
PROGRAM(kretsyscall)
PROGRAM(fentry)
PROGRAM(fexit)
PROGRAM(lsm)
