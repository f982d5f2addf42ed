// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per change of a thread's credentials, with those before and after, and one per call
 * that was refused. Credentials change in system calls, of which a program at the entry keeps the
 * ones before, and in an exec of a program with set-user-ID, set-group-ID or file capabilities.
 * The kernel renames a task that executes before it commits the new credentials, so that
 * tracepoint shows those before. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "core_system.bpf.h"
#include "lineage_feed.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

enum { PENDING_MAX = 8192 }; /* threads in such a call or in an exec at the same time, by far */

/* Options of prctl(2) that change credentials. */
#define PR_SET_KEEPCAPS   8
#define PR_CAPBSET_DROP   24
#define PR_SET_SECUREBITS 28
#define PR_CAP_AMBIENT    47

#define CLONE_NEWUSER 0x10000000

enum setid_cause {
    SETID_CALL,
    SETID_EXEC,
};

enum setid_change {
    SETID_UID = 1,
    SETID_GID = 2,
    SETID_GROUPS = 4, /* of the supplementary groups, maybe the same ones again */
    SETID_CAPABILITIES = 8,
    SETID_SECUREBITS = 16,
    SETID_USERNS = 32,
};

struct credentials {
    __u32 uid;
    __u32 euid;
    __u32 suid;
    __u32 fsuid;
    __u32 gid;
    __u32 egid;
    __u32 sgid;
    __u32 fsgid;
    __u32 groups; /* how many supplementary ones */
    __u32 userns;
    capabilities_t cap_effective;
    capabilities_t cap_permitted;
    capabilities_t cap_inheritable;
    capabilities_t cap_ambient;
    capabilities_t cap_bounding;
    __u64 securebits;
};

struct pending {
    struct credentials credentials;
    __u64 group_info; /* its address: another one after setgroups() */
};

struct setid_event {
    __u64 ktime;
    struct process_fields; /* after it */
    enum setid_cause cause;
    __u32 syscall_nr; /* only with SETID_CALL */
    errno_t error;    /* errno, or 0 */
    enum setid_change changed;
    struct credentials before;
    struct credentials after;
    char texts[];
};

RINGMILL_EVENT(setid_event);
RINGMILL_RING(events, 1 << 20);

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, PENDING_MAX);
    __type(key, __u64); /* the task's address */
    __type(value, struct pending);
} pending SEC(".maps");

#define READ_SET(to, from) bpf_core_read(&(to), sizeof(to), &(from))

static __always_inline void fill(struct credentials *to, const struct cred *from)
{
    to->uid = from->uid.val;
    to->euid = from->euid.val;
    to->suid = from->suid.val;
    to->fsuid = from->fsuid.val;
    to->gid = from->gid.val;
    to->egid = from->egid.val;
    to->sgid = from->sgid.val;
    to->fsgid = from->fsgid.val;
    to->groups = from->group_info->ngroups;
    to->userns = from->user_ns->ns.inum;
    to->securebits = from->securebits;
    READ_SET(to->cap_effective, from->cap_effective);
    READ_SET(to->cap_permitted, from->cap_permitted);
    READ_SET(to->cap_inheritable, from->cap_inheritable);
    READ_SET(to->cap_ambient, from->cap_ambient);
    READ_SET(to->cap_bounding, from->cap_bset);
}

static __noinline int remember(void)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    struct pending now = {};
    __u64 key = (__u64)task;

    if (!is_wanted())
        return 0;
    fill(&now.credentials, task->cred);
    now.group_info = (__u64)task->cred->group_info;
    bpf_map_update_elem(&pending, &key, &now, BPF_ANY);
    return 0;
}

static __always_inline __u32 changes(const struct credentials *a, const struct credentials *b)
{
    __u32 changed = 0;

    if (a->uid != b->uid || a->euid != b->euid || a->suid != b->suid || a->fsuid != b->fsuid)
        changed |= SETID_UID;
    if (a->gid != b->gid || a->egid != b->egid || a->sgid != b->sgid || a->fsgid != b->fsgid)
        changed |= SETID_GID;
    if (a->cap_effective != b->cap_effective || a->cap_permitted != b->cap_permitted ||
        a->cap_inheritable != b->cap_inheritable || a->cap_ambient != b->cap_ambient ||
        a->cap_bounding != b->cap_bounding)
        changed |= SETID_CAPABILITIES;
    if (a->securebits != b->securebits)
        changed |= SETID_SECUREBITS;
    if (a->userns != b->userns)
        changed |= SETID_USERNS;
    return changed;
}

static __noinline int write_event(enum setid_cause cause, __u32 number, long result)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    __u64 key = (__u64)task;
    const struct pending *before = bpf_map_lookup_elem(&pending, &key);
    struct credentials after;
    struct setid_event *event;
    __u32 changed, error = result < 0 ? -result : 0;

    if (!before)
        return 0;
    fill(&after, task->cred);
    changed = changes(&before->credentials, &after);
    if (before->group_info != (__u64)task->cred->group_info)
        changed |= SETID_GROUPS;
    event = changed || error ? ringmill_reserve(events, PROCESS_RECORD_SIZE(*event)) : NULL;
    if (!event)
        goto forget;
    event->ktime = bpf_ktime_get_ns();
    process_fill_record(event);
    event->cause = cause;
    event->syscall_nr = number;
    event->error = error;
    event->changed = changed;
    event->before = before->credentials;
    event->after = after;
    ringmill_submit(event);
forget:
    bpf_map_delete_elem(&pending, &key);
    return 0;
}

/* ---- system calls: a refused one is a record if it asked for other credentials ----------------
 */

#define AT_EXIT(name)                                                     \
    SEC("tp/syscalls/sys_exit_" #name)                                    \
    int ringmill_##name(struct syscall_exit *context)                     \
    {                                                                     \
        return write_event(SETID_CALL, context->number, context->result); \
    }                                                                     \
    struct ringmill_semicolon

#define AT_BOTH(name)                                                                \
    SEC("tp/syscalls/sys_enter_" #name)                                              \
    int ringmill_enter_##name(struct syscall_enter *context __attribute__((unused))) \
    {                                                                                \
        return remember();                                                           \
    }                                                                                \
    AT_EXIT(name)

/* These two return the id before and never an error. */
#define AT_BOTH_WITHOUT_ERROR(name)                                                  \
    SEC("tp/syscalls/sys_enter_" #name)                                              \
    int ringmill_enter_##name(struct syscall_enter *context __attribute__((unused))) \
    {                                                                                \
        return remember();                                                           \
    }                                                                                \
    SEC("tp/syscalls/sys_exit_" #name)                                               \
    int ringmill_##name(struct syscall_exit *context)                                \
    {                                                                                \
        return write_event(SETID_CALL, context->number, 0);                          \
    }                                                                                \
    struct ringmill_semicolon

AT_BOTH(setuid);
AT_BOTH(setgid);
AT_BOTH(setreuid);
AT_BOTH(setregid);
AT_BOTH(setresuid);
AT_BOTH(setresgid);
AT_BOTH_WITHOUT_ERROR(setfsuid);
AT_BOTH_WITHOUT_ERROR(setfsgid);
AT_BOTH(setgroups);
AT_BOTH(capset);

SEC("tp/syscalls/sys_enter_prctl")
int ringmill_enter_prctl(struct syscall_enter *context)
{
    unsigned long option = context->arguments[0];

    if (option != PR_SET_KEEPCAPS && option != PR_CAPBSET_DROP && option != PR_SET_SECUREBITS &&
        option != PR_CAP_AMBIENT)
        return 0;
    return remember();
}
AT_EXIT(prctl);

SEC("tp/syscalls/sys_enter_unshare")
int ringmill_enter_unshare(struct syscall_enter *context)
{
    return context->arguments[0] & CLONE_NEWUSER ? remember() : 0;
}
AT_EXIT(unshare);

/* Which namespace it is, the descriptor says; a refused call may have meant any. */
AT_BOTH_WITHOUT_ERROR(setns);

/* ---- exec -------------------------------------------------------------------------------------
 */

SEC("tp_btf/task_rename")
int ringmill_before_exec(struct task_rename *context)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();

    if (context->task != task || !BPF_CORE_READ_BITFIELD_PROBED(task, in_execve))
        return 0;
    return remember();
}

SEC("tp_btf/sched_process_exec")
int ringmill_exec(struct sched_process_exec *context __attribute__((unused)))
{
    return write_event(SETID_EXEC, 0, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
