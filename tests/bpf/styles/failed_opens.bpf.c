// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Only what failed, with the path that was wanted, which another hook has seen. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile int target_errno = 0; /* all */

struct enter_context {
    __u64 common;
    __s64 nr;
    __s64 dfd;
    const char *filename;
    __s64 flags;
    __s64 mode;
};

struct exit_context {
    __u64 common;
    __s64 nr;
    __s64 ret;
};

struct wanted {
    const char *filename;
    __s32 flags;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, __u32);
    __type(value, struct wanted);
} wanted SEC(".maps");

struct failed_event {
    __u32 tgid;
    __s32 err;
    __s32 flags;
    char fname[100];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 22);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int enter(struct enter_context *context)
{
    struct wanted value = {.filename = context->filename, .flags = (__s32)context->flags};
    __u32 tid = (__u32)bpf_get_current_pid_tgid();

    bpf_map_update_elem(&wanted, &tid, &value, BPF_ANY);
    return 0;
}

SEC("tracepoint/syscalls/sys_exit_openat")
int leave(struct exit_context *context)
{
    __u64 id = bpf_get_current_pid_tgid();
    __u32 tid = (__u32)id;
    struct wanted *value = bpf_map_lookup_elem(&wanted, &tid);
    struct failed_event *event;

    if (!value || context->ret >= 0 || (target_errno && context->ret != -target_errno))
        return 0;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event)
        return 0;
    event->tgid = id >> 32;
    event->err = (__s32)context->ret;
    event->flags = value->flags;
    bpf_probe_read_user_str(event->fname, sizeof(event->fname), value->filename);
    bpf_ringbuf_submit(event, 0);
    bpf_map_delete_elem(&wanted, &tid);
    return 0;
}
