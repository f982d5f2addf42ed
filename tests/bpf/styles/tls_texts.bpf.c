// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What programs give to their TLS library, and what they get: when a function begins, and when it
 * ends. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MAX_DATA 64

struct session {
    int version;
    int descriptor;
};

struct tls_event {
    __u32 pid;
    int descriptor;
    __u32 data_len;
    char is_read;
    char data[MAX_DATA];
};

struct call {
    const struct session *session;
    const char *data;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u64);
    __type(value, struct call);
} calls SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 65536);
} events SEC(".maps");

static __always_inline int report(const struct session *session, const char *data, int length,
                                  char is_read)
{
    struct tls_event *event;

    if (length <= 0)
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->data_len = length;
    event->is_read = is_read;
    bpf_probe_read_user(&event->descriptor, sizeof(int), &session->descriptor);
    __builtin_memset(event->data, 0, sizeof(event->data));
    bpf_probe_read_user(event->data, length < MAX_DATA ? length & (MAX_DATA - 1) : MAX_DATA, data);
    bpf_ringbuf_submit(event, 0);
    return 0;
}

SEC("uprobe/secret_write")
int BPF_KPROBE(probe_write, const struct session *session, const char *data, int length)
{
    (void)ctx;
    return report(session, data, length, 0);
}

SEC("uprobe/secret_read")
int BPF_KPROBE(probe_read, const struct session *session, const char *data)
{
    __u64 id = bpf_get_current_pid_tgid();
    struct call call = {session, data};

    (void)ctx;
    bpf_map_update_elem(&calls, &id, &call, BPF_ANY);
    return 0;
}

SEC("uretprobe/secret_read")
int BPF_KRETPROBE(probe_read_return, int length)
{
    __u64 id = bpf_get_current_pid_tgid();
    struct call *call = bpf_map_lookup_elem(&calls, &id);

    (void)ctx;
    if (!call)
        return 0;
    report(call->session, call->data, length, 1);
    bpf_map_delete_elem(&calls, &id);
    return 0;
}
