// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per TCP socket that begins to listen, in the task that lets it listen. Calls that
 * fail, or that only change the backlog of a socket that listens, make none.
 *
 * The change of state comes before the kernel chooses a port for a socket that was not bound, and
 * before it finds that a port is in use. So a call of listen is noted there, and its record is made
 * when it returns. Who listens without that call, by io_uring or in the kernel, has its record at
 * the change of state. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "forgotten.bpf.h"
#include "lineage_feed.bpf.h"
#include "socket.bpf.h"
#include "syscall.bpf.h"
#include "wanted.bpf.h"

enum { CALLS_MAX = 4096 }; /* calls of listen at the same time */

struct listen_event {
    __u64 ktime;
    struct process_fields;
    _Bool sport_known; /* false: not bound, and the kernel chooses a port after this */
    struct socket_fields;
    __u32 backlog; /* as the kernel has limited it by net.core.somaxconn */
    char texts[];
};

/* The socket that the thread lets listen. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, CALLS_MAX);
    __type(key, __u32);
    __type(value, const struct sock *);
} calls SEC(".maps");

RINGMILL_EVENT(listen_event);
RINGMILL_RING(events, 1 << 18);

#if defined(__TARGET_ARCH_x86)
static __always_inline _Bool is_listen(const struct pt_regs *regs)
{
    enum { SOCKETCALL = 102, SOCKETCALL_LISTEN = 4 };
    __u32 number = syscall_number(regs);

    if (number == 50)
        return !syscall_is_compat();
    if (number != SOCKETCALL && number != 363)
        return 0;
    return syscall_is_compat() && (number == 363 || (__u32)regs->bx == SOCKETCALL_LISTEN);
}
#else
static __always_inline _Bool is_listen(const struct pt_regs *regs)
{
    __u32 number = syscall_number(regs);

    return number == (syscall_is_compat() ? 284 : 201);
}
#endif

static __always_inline __u32 current_tid(void)
{
    return (__u32)bpf_get_current_pid_tgid();
}

static __always_inline void write_event(const struct sock *sock)
{
    struct listen_event *event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));

    if (!event)
        return;
    event->ktime = bpf_ktime_get_ns();
    process_fill_record(event);
    socket_fill_facts(PROCESS_FIELDS(event), sock, SOCKET_READABLE);
    socket_fill_ends(SOCKET_FIELDS(event), sock, SOCKET_READABLE);
    event->sport_known = event->sport != 0;
    event->backlog = BPF_CORE_READ(sock, sk_max_ack_backlog);
    ringmill_submit(event);
}

SEC("tp_btf/inet_sock_set_state")
int ringmill_listen(struct inet_sock_set_state *context)
{
    const struct sock *sock = context->sock;
    __u32 tid = current_tid();

    if (context->new_state != TCP_LISTEN || sock->sk_protocol != PROTOCOL_TCP || !is_wanted())
        return 0;
    if (!is_listen((void *)bpf_task_pt_regs(bpf_get_current_task_btf())))
        write_event(sock);
    else if (bpf_map_update_elem(&calls, &tid, &sock, BPF_ANY))
        forgotten_count();
    return 0;
}

SEC("tp_btf/sys_exit")
int ringmill_listens(struct sys_exit *context)
{
    const struct sock **listening, *sock;
    __u32 tid = current_tid();

    if (!is_listen(context->regs))
        return 0;
    listening = bpf_map_lookup_elem(&calls, &tid);
    if (!listening)
        return 0;
    sock = *listening;
    bpf_map_delete_elem(&calls, &tid);
    if (context->result == 0)
        write_event(sock);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
