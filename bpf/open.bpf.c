// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per open, openat, openat2 or creat, made when the call returns and only then: the
 * arguments are still in the task's saved registers, and the kernel has just read the path, so its
 * page is in memory. A second program at entry would cost the traced program as much again, would
 * need a map to hand the arguments over, and would find fewer paths in memory.
 *
 * What that means: the path is what user memory holds at the return. A program that changes it
 * meanwhile shows the changed one. System calls of 32-bit programs on a 64-bit kernel do not reach
 * these tracepoints.
 *
 * open and creat exist on some architectures only. Each program is in a section named after its
 * tracepoint, tp/syscalls/sys_exit_NAME; the loader turns autoload off for those that tracefs
 * (events/syscalls/sys_exit_NAME) lacks, and the others work without them. Needs Linux 5.15. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>

typedef __u32 open_flags_t; /* says what they are: see docs/schemas.md */

struct open_event {
    __u64 ktime;
    struct process_fields;
    open_flags_t flags;
    __u32 mode;  /* as asked for, where flags allow to create; else 0 */
    __s32 fd;    /* -1 when the call failed */
    __s32 error; /* errno, 0 when it succeeded; 512: interrupted, the kernel may restart it */
    struct ringmill_text path;
    char texts[];
};

enum { OPEN_RECORD_MAX = sizeof(struct open_event) + PATH_SIZE };

RINGMILL_EVENT(open_event);
RINGMILL_RING(events, 8 << 20);

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, OPEN_RECORD_MAX);
} scratch SEC(".maps");

static __always_inline const struct pt_regs *current_registers(void)
{
    return (const struct pt_regs *)bpf_task_pt_regs((void *)bpf_get_current_task_btf());
}

static __always_inline _Bool may_create(__u64 flags)
{
    return (flags & (O_CREAT | __O_TMPFILE)) != 0;
}

/* Returns how many bytes of texts are used: below PATH_SIZE; the mask says so to the verifier. */
static __always_inline __u64 fill_path(struct open_event *event, unsigned long path)
{
    long size = bpf_probe_read_user_str(event->texts, PATH_SIZE, (const void *)path);

    if (size <= 0) {
        event->path.offset = RINGMILL_NO_TEXT;
        event->path.length = 0;
        return 0;
    }
    event->path.offset = offsetof(struct open_event, texts);
    event->path.length = size - 1;
    return (size - 1) & (PATH_SIZE - 1);
}

static __always_inline int write_event(long result, unsigned long path, __u64 flags, __u64 mode)
{
    __u32 key = 0;
    struct open_event *event = bpf_map_lookup_elem(&scratch, &key);
    __u64 used;

    if (!event || !is_wanted())
        return 0;
    event->ktime = bpf_ktime_get_ns();
    process_fill_current(PROCESS_FIELDS(event));
    event->flags = flags;
    event->mode = may_create(flags) ? mode : 0;
    event->fd = result >= 0 ? result : -1;
    event->error = result >= 0 ? 0 : -result;
    used = fill_path(event, path);
    ringmill_output(events, event, offsetof(struct open_event, texts) + used);
    return 0;
}

SEC("tp/syscalls/sys_exit_openat")
int ringmill_openat(struct syscall_exit *context)
{
    const struct pt_regs *regs = current_registers();

    return write_event(context->result, SYSCALL_ARGUMENT_2(regs), SYSCALL_ARGUMENT_3(regs),
                       SYSCALL_ARGUMENT_4(regs));
}

SEC("tp/syscalls/sys_exit_openat2")
int ringmill_openat2(struct syscall_exit *context)
{
    const struct pt_regs *regs = current_registers();
    struct open_how how = {};

    bpf_probe_read_user(&how, sizeof(how), (const void *)SYSCALL_ARGUMENT_3(regs));
    return write_event(context->result, SYSCALL_ARGUMENT_2(regs), how.flags, how.mode);
}

SEC("tp/syscalls/sys_exit_open")
int ringmill_open(struct syscall_exit *context)
{
    const struct pt_regs *regs = current_registers();

    return write_event(context->result, SYSCALL_ARGUMENT_1(regs), SYSCALL_ARGUMENT_2(regs),
                       SYSCALL_ARGUMENT_3(regs));
}

SEC("tp/syscalls/sys_exit_creat")
int ringmill_creat(struct syscall_exit *context)
{
    const struct pt_regs *regs = current_registers();

    return write_event(context->result, SYSCALL_ARGUMENT_1(regs), O_CREAT | O_WRONLY | O_TRUNC,
                       SYSCALL_ARGUMENT_2(regs));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
