// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per successful exec, made when the new program image is in place, so the arguments are
 * those the new program sees. They are read from its stack, which the kernel has just filled and
 * which is therefore in memory. A record is built in a scratch of this CPU and written at the
 * length it has: a typical one takes about 200 bytes, the longest 8 KiB. A BTF tracepoint, because
 * it costs less than one by perf, detaches at once, and needs no tracefs. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "lineage_feed.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

enum { EXEC_ARGS_MAX = 4096 }; /* bytes of arguments in a record, NULs included: a power of two */

struct exec_event {
    __u64 ktime;
    struct process_fields; /* comm is already the new program's */
    capabilities_t cap_effective;
    struct ringmill_text filename;
    struct ringmill_texts args; /* argv, argv[0] included */
    _Bool args_truncated;       /* args is not all of argv */
    char texts[];
};

enum { EXEC_RECORD_MAX = sizeof(struct exec_event) + PATH_SIZE + EXEC_ARGS_MAX + ANCESTORS_BYTES };

RINGMILL_EVENT(exec_event);
RINGMILL_RING(events, 4 << 20);

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, EXEC_RECORD_MAX);
} scratch SEC(".maps");

/* Returns how many bytes of texts are used: below PATH_SIZE; the mask says so to the verifier. */
static __always_inline __u64 fill_filename(struct exec_event *event,
                                           const struct linux_binprm *program)
{
    long size = bpf_probe_read_kernel_str(event->texts, PATH_SIZE, program->filename);

    if (size <= 0) {
        event->filename.offset = RINGMILL_NO_TEXT;
        event->filename.length = 0;
        return 0;
    }
    event->filename.offset = offsetof(struct exec_event, texts);
    event->filename.length = size - 1;
    return (size - 1) & (PATH_SIZE - 1);
}

/* Returns the same with the arguments after the first `used` bytes. */
static __always_inline __u64 fill_args(struct exec_event *event, const struct mm_struct *mm,
                                       __u64 used)
{
    unsigned long start = mm->arg_start;
    __u64 size = mm->arg_end - start;

    event->args_truncated = size > EXEC_ARGS_MAX;
    if (size > EXEC_ARGS_MAX)
        size = EXEC_ARGS_MAX;
    if (bpf_probe_read_user(event->texts + used, size, (const void *)start)) {
        event->args.offset = RINGMILL_NO_TEXT;
        event->args.length = 0;
        event->args_truncated = 1;
        return used;
    }
    event->args.offset = offsetof(struct exec_event, texts) + used;
    event->args.length = size;
    return used + size;
}

SEC("tp_btf/sched_process_exec")
int ringmill_exec(struct sched_process_exec *context)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct mm_struct *mm = task->mm;
    __u32 key = 0;
    struct exec_event *event = bpf_map_lookup_elem(&scratch, &key);
    __u64 used;

    if (!event || !mm || !is_wanted())
        return 0;
    event->ktime = bpf_ktime_get_ns();
    process_fill_task(PROCESS_FIELDS(event), task);
    bpf_core_read(&event->cap_effective, sizeof(event->cap_effective), &task->cred->cap_effective);
    used = fill_filename(event, context->program);
    used = fill_args(event, mm, used);
    used = process_fill_ancestors(PROCESS_FIELDS(event), event->texts,
                                  offsetof(struct exec_event, texts), used);
    ringmill_output(events, event, offsetof(struct exec_event, texts) + used);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
