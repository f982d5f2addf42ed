// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One program that runs at the entry and at the return of functions, with a word of memory for each
 * call. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

extern bool bpf_session_is_return(void) __ksym;
extern __u64 *bpf_session_cookie(void) __ksym;

struct call_event {
    __u64 ktime;
    __u64 duration_ns;
    __u64 ip;
    __u32 pid;
    __s32 ret;
};

const struct call_event *unused_call_event __attribute__((unused));

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

SEC("kprobe.session/do_mk*at")
int on_call(struct pt_regs *context)
{
    __u64 *started = bpf_session_cookie();
    struct call_event *event;

    if (!bpf_session_is_return()) {
        *started = bpf_ktime_get_ns();
        return 0; /* and call it at the return, too */
    }
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    event->duration_ns = event->ktime - *started;
    event->ip = bpf_get_func_ip(context);
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->ret = (__s32)PT_REGS_RC(context);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
