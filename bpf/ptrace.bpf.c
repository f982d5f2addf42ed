// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per call of ptrace(2), made when the call returns. The call names its target by a
 * number of the caller's pid namespace. Which task that is, the list of the threads that the caller
 * traces says, so it is known if the call succeeded, but for PTRACE_DETACH and PTRACE_KILL, after
 * which the thread may be off that list. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "core_system.bpf.h"
#include "lineage_feed.bpf.h"
#include "process.bpf.h"
#include "syscall.bpf.h"
#include "wanted.bpf.h"

enum { TRACED_MAX = 64 }; /* traced threads of one caller that are looked at, the last one first */

enum ptrace_request {
    PTRACE_TRACEME,
    PTRACE_PEEKTEXT,
    PTRACE_PEEKDATA,
    PTRACE_PEEKUSR,
    PTRACE_POKETEXT,
    PTRACE_POKEDATA,
    PTRACE_POKEUSR,
    PTRACE_CONT,
    PTRACE_KILL,
    PTRACE_SINGLESTEP,
    PTRACE_ATTACH = 16,
    PTRACE_DETACH,
    PTRACE_SYSCALL = 24,
    PTRACE_SYSEMU = 31,
    PTRACE_SYSEMU_SINGLESTEP,
#if defined(__TARGET_ARCH_x86)
    PTRACE_GETREGS = 12,
    PTRACE_SETREGS,
    PTRACE_GETFPREGS,
    PTRACE_SETFPREGS,
    PTRACE_OLDSETOPTIONS = 21,
    PTRACE_GET_THREAD_AREA = 25,
    PTRACE_SET_THREAD_AREA,
    PTRACE_ARCH_PRCTL = 30,
    PTRACE_SINGLEBLOCK = 33,
#else
    PTRACE_PEEKMTETAGS = 33,
    PTRACE_POKEMTETAGS,
#endif
    PTRACE_SETOPTIONS = 0x4200,
    PTRACE_GETEVENTMSG,
    PTRACE_GETSIGINFO,
    PTRACE_SETSIGINFO,
    PTRACE_GETREGSET,
    PTRACE_SETREGSET,
    PTRACE_SEIZE,
    PTRACE_INTERRUPT,
    PTRACE_LISTEN,
    PTRACE_PEEKSIGINFO,
    PTRACE_GETSIGMASK,
    PTRACE_SETSIGMASK,
    PTRACE_SECCOMP_GET_FILTER,
    PTRACE_SECCOMP_GET_METADATA,
    PTRACE_GET_SYSCALL_INFO,
    PTRACE_GET_RSEQ_CONFIGURATION,
    PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG,
    PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG,
    PTRACE_SET_SYSCALL_INFO,
};

struct ptrace_event {
    __u64 ktime;
    struct process_fields; /* the caller */
    enum ptrace_request request;
    errno_t error;      /* errno, or 0 */
    __u32 target_arg;   /* the thread, as the call has it; PTRACE_TRACEME ignores it */
    _Bool target_known; /* else the following are unknown */
    __u32 target_pid;
    __u32 target_tid;
    __u32 target_uid;
    char target_comm[COMM_SIZE] __attribute__((aligned(8)));
    __u64 addr;
    __u64 data;
    char texts[];
};

RINGMILL_EVENT(ptrace_event);
RINGMILL_RING(events, 1 << 20);

/* Its number in the pid namespace of that level. */
static __always_inline __u32 number_at(const struct task_struct *task, __u32 level)
{
    const struct pid *pid = BPF_CORE_READ(task, thread_pid);
    const struct upid *numbers = (void *)pid + bpf_core_field_offset(pid->numbers);
    __u32 number = 0;

    bpf_core_read(&number, sizeof(number), &numbers[level].nr);
    return number;
}

/* The traced thread with that number; NULL: none of those that were looked at. */
static __always_inline const struct task_struct *find_traced(const struct task_struct *tracer,
                                                             __u32 number)
{
    __u64 head = (__u64)tracer + bpf_core_field_offset(tracer->ptraced);
    __u32 level = tracer->thread_pid->level;
    const struct list_head *at = tracer->ptraced.next;

    for (int i = 0; i < TRACED_MAX && at && (__u64)at != head; i++) {
        const struct task_struct *task =
            (void *)((__u64)at - bpf_core_field_offset(tracer->ptrace_entry));

        if (number_at(task, level) == number)
            return task;
        at = BPF_CORE_READ(at, next);
    }
    return NULL;
}

/* NULL: unknown. */
static __always_inline _Bool is_target_wanted(const struct task_struct *task)
{
    return task &&
           is_wanted_owner(BPF_CORE_READ(task, tgid), BPF_CORE_READ(task, cgroups, dfl_cgrp));
}

static __always_inline void fill_target(struct ptrace_event *event, const struct task_struct *task)
{
    event->target_known = task != NULL;
    event->target_pid = BPF_CORE_READ(task, tgid);
    event->target_tid = BPF_CORE_READ(task, pid);
    event->target_uid = BPF_CORE_READ(task, cred, uid.val);
    if (bpf_core_read(event->target_comm, sizeof(event->target_comm), &task->comm))
        event->target_comm[0] = '\0';
}

SEC("tp/syscalls/sys_exit_ptrace")
int ringmill_ptrace(struct syscall_exit *context)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct pt_regs *regs = (const struct pt_regs *)bpf_task_pt_regs((void *)task);
    struct syscall_arguments arguments;
    const struct task_struct *target;
    struct ptrace_event *event;
    __u32 request, number;

    syscall_arguments_read(regs, 0, &arguments);
    request = arguments.of[0];
    number = arguments.of[1];
    target = request == PTRACE_TRACEME ? task : find_traced(task, number);
    if (!is_wanted() && !is_target_wanted(target))
        return 0;
    event = ringmill_reserve(events, PROCESS_RECORD_SIZE(*event));
    if (!event)
        return 0;
    event->ktime = bpf_ktime_get_ns();
    process_fill_record(event);
    event->request = request;
    event->error = context->result < 0 ? -context->result : 0;
    event->target_arg = number;
    event->addr = arguments.of[2];
    event->data = arguments.of[3];
    fill_target(event, target);
    ringmill_submit(event);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
