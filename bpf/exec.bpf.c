// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per successful exec, made when the new program image is in place, so the arguments are
 * those the new program sees. They are read from its stack, which the kernel has just filled and
 * which is therefore in memory. The path is that of the file that runs: the interpreter's, if a
 * script was started. With the setting `failed`, one record per failed exec, too, made when the
 * system call returns; its arguments are read from where the caller has them. A record is built in
 * a scratch of this CPU and written at the length it has: a typical one takes about 200 bytes, the
 * longest 8 KiB. A BTF tracepoint, because it costs less than one by perf, detaches at once, and
 * needs no tracefs. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "lineage_feed.bpf.h"
#include "path_fields.bpf.h"
#include "process.bpf.h"
#include "syscall.bpf.h"
#include "wanted.bpf.h"

#include <linux/fcntl.h>

enum {
    EXEC_ARGS_MAX = 4096,      /* bytes of arguments in a record, NULs included: a power of two */
    EXEC_FAILED_ARGS_MAX = 512 /* arguments in the record of a failed exec */
};

const volatile _Bool failed = 0; /* records of failed execs, too */

struct exec_event {
    __u64 ktime;
    struct process_fields; /* comm is already the new program's */
    capabilities_t cap_effective;
    errno_t error;                 /* errno, 0: it succeeded */
    struct ringmill_text filename; /* path_arg, or as the kernel names a file of execveat() */
    struct ringmill_texts args;    /* argv, argv[0] included */
    _Bool args_truncated;          /* args is not all of argv */
    struct path_fields;
    char texts[];
};

enum {
    EXEC_TEXTS = offsetof(struct exec_event, texts),
    EXEC_RECORD_MAX = EXEC_TEXTS + PATH_FIELDS_SIZE + 2 * EXEC_ARGS_MAX + ANCESTORS_BYTES,
};

RINGMILL_EVENT(exec_event);
RINGMILL_RING(events, 4 << 20);

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, EXEC_RECORD_MAX);
} records SEC(".maps");

static __always_inline void fill_task(struct exec_event *event, const struct task_struct *task)
{
    event->ktime = bpf_ktime_get_ns();
    process_fill_task(PROCESS_FIELDS(event), task);
    bpf_core_read(&event->cap_effective, sizeof(event->cap_effective), &task->cred->cap_effective);
    ringmill_no_text((struct ringmill_text *)&event->args);
    path_fields_clear(PATH_FIELDS(event));
}

/* The kernel names what execveat() starts "/dev/fd/3/typed": path_arg is what is after that. */
static __always_inline void cut_path_arg(struct exec_event *event, __u64 used)
{
    enum { DIGITS_START = sizeof("/dev/fd/") - 1, DIGITS_MAX = 10 };
    const char *name = event->texts + used + 1; /* after the slash of path_add_typed() */
    __u32 start = DIGITS_START;

    while (start < DIGITS_START + DIGITS_MAX && name[start] >= '0' && name[start] <= '9')
        start++;
    if (name[start] == '/')
        start++;
    if (start > event->path_arg.length)
        start = event->path_arg.length;
    event->path_arg.offset += start;
    event->path_arg.length -= start;
}

static __always_inline __u64 fill_paths(struct exec_event *event, struct path_scratch *scratch,
                                        const struct linux_binprm *program,
                                        const struct mm_struct *mm)
{
    struct path_fields *fields = PATH_FIELDS(event);
    __u64 before = path_add_cwd(fields, scratch, event, EXEC_TEXTS, 0);
    __u64 used =
        path_add_typed(fields, (unsigned long)program->filename, 0, event, EXEC_TEXTS, before);

    event->filename = event->path_arg;
    if (program->fdpath)
        cut_path_arg(event, before);
    if (path_from_file(scratch, (unsigned long)mm->exe_file))
        used = path_add_file(fields, scratch, event, EXEC_TEXTS, used);
    return used;
}

/* Adds the arguments to the `used` bytes of texts, and returns how many are used then. */
static __always_inline __u64 fill_args(struct exec_event *event, const struct mm_struct *mm,
                                       __u64 used)
{
    unsigned long start = mm->arg_start;
    __u64 size = mm->arg_end - start;

    event->args_truncated = size > EXEC_ARGS_MAX;
    if (size > EXEC_ARGS_MAX)
        size = EXEC_ARGS_MAX;
    if (bpf_probe_read_user(event->texts + used, size, (const void *)start)) {
        event->args_truncated = 1;
        return used;
    }
    event->args.offset = EXEC_TEXTS + used;
    event->args.length = size;
    return used + size;
}

SEC("tp_btf/sched_process_exec")
int ringmill_exec(struct sched_process_exec *context)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct mm_struct *mm = task->mm;
    __u32 key = 0;
    struct exec_event *event = bpf_map_lookup_elem(&records, &key);
    struct path_scratch *scratch = path_scratch_get();
    __u64 used;

    if (!event || !scratch || !mm || !is_wanted())
        return 0;
    fill_task(event, task);
    event->error = 0;
    used = fill_paths(event, scratch, context->program, mm);
    used = fill_args(event, mm, used);
    used = process_fill_ancestors(PROCESS_FIELDS(event), event->texts, EXEC_TEXTS, used);
    ringmill_output(events, event, EXEC_TEXTS + used);
    return 0;
}

/* ---- failed ones ----------------------------------------------------------------------------- */

struct exec_call {
    __s32 dirfd;
    unsigned long path; /* these in user memory */
    unsigned long argv;
};

enum call_kind { NO_EXEC, EXECVE, EXECVEAT };

static __always_inline enum call_kind kind_of(__u32 number, _Bool is_compat)
{
#if defined(__TARGET_ARCH_x86)
    if (is_compat)
        return number == 11 ? EXECVE : number == 358 ? EXECVEAT : NO_EXEC;
    return number == 59 || number == 520 /* x32 */    ? EXECVE
           : number == 322 || number == 545 /* x32 */ ? EXECVEAT
                                                      : NO_EXEC;
#else
    if (is_compat)
        return number == 11 ? EXECVE : number == 387 ? EXECVEAT : NO_EXEC;
    return number == 221 ? EXECVE : number == 281 ? EXECVEAT : NO_EXEC;
#endif
}

/* What the loop over argv goes on with. In a map and not on the stack: the verifier then takes its
 * numbers for unknown, and walks through one step. */
struct args_walk {
    unsigned long at; /* the next pointer of argv */
    __u32 word;       /* 8, or 4 in a 32-bit program */
    __u32 length;     /* of the arguments so far */
    __u32 complete;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct args_walk);
} args_walks SEC(".maps");

struct args_context {
    struct args_walk *walk;
    char *to;
};

static long add_arg(__u32 index, void *data)
{
    const struct args_context *context = data;
    struct args_walk *walk = context->walk;
    __u64 pointer = 0;
    __u32 length = walk->length;
    long size;

    (void)index;
    if (bpf_probe_read_user(&pointer, walk->word == 4 ? 4 : 8, (const void *)walk->at))
        return 1;
    walk->at += walk->word;
    walk->complete = pointer == 0;
    if (!pointer || length >= EXEC_ARGS_MAX)
        return 1;
    size = bpf_probe_read_user_str(context->to + length, EXEC_ARGS_MAX, (const void *)pointer);
    if (size <= 0)
        return 1;
    walk->length = length + size;
    return 0;
}

/* Adds the arguments to the `used` bytes of texts, and returns how many are used then. */
static __always_inline __u64 fill_failed_args(struct exec_event *event, unsigned long argv,
                                              _Bool is_compat, __u64 used)
{
    __u32 key = 0, length;
    struct args_walk *walk = bpf_map_lookup_elem(&args_walks, &key);
    struct args_context context = {walk, event->texts + used};

    if (!walk)
        return used;
    walk->at = argv;
    walk->word = is_compat ? 4 : 8;
    walk->length = 0;
    walk->complete = 0;
    bpf_loop(EXEC_FAILED_ARGS_MAX, add_arg, &context, 0);
    length = walk->length;
    event->args_truncated = !walk->complete || length > EXEC_ARGS_MAX;
    if (length > EXEC_ARGS_MAX)
        length = EXEC_ARGS_MAX;
    event->args.offset = EXEC_TEXTS + used;
    event->args.length = length;
    return used + length;
}

static __always_inline __u64 fill_failed_paths(struct exec_event *event,
                                               struct path_scratch *scratch,
                                               const struct exec_call *call)
{
    struct path_fields *fields = PATH_FIELDS(event);
    _Bool is_absolute = path_is_absolute(call->path);
    _Bool is_at_dirfd = !is_absolute && call->dirfd != AT_FDCWD;
    __u64 used = path_add_cwd(fields, scratch, event, EXEC_TEXTS, 0);

    if (is_at_dirfd)
        used = path_add_dirfd(fields, scratch, call->dirfd, event, EXEC_TEXTS, used);
    used = path_add_typed(fields, call->path, 1, event, EXEC_TEXTS, used);
    event->filename = event->path_arg;
    path_join(fields, is_absolute ? NULL : is_at_dirfd ? &fields->dirfd_path : &fields->cwd);
    return used;
}

static __always_inline void call_read(struct exec_call *call, const struct pt_regs *regs,
                                      enum call_kind kind, _Bool is_compat)
{
    struct syscall_arguments arguments;

    syscall_arguments_read(regs, is_compat, &arguments);
    call->dirfd = kind == EXECVEAT ? (__s32)arguments.of[0] : AT_FDCWD;
    call->path = kind == EXECVEAT ? arguments.of[1] : arguments.of[0];
    call->argv = kind == EXECVEAT ? arguments.of[2] : arguments.of[1];
}

/* Loaded only with the setting `failed`, since it runs at the end of all system calls. */
SEC("tp_btf/sys_exit")
int ringmill_exec_failed(struct sys_exit *context)
{
    __u32 number = syscall_number(context->regs), key = 0;
    struct path_scratch *scratch;
    struct exec_event *event;
    struct exec_call call;
    enum call_kind kind;
    _Bool is_compat;
    __u64 used;

    if (!failed || context->result >= 0 || (!kind_of(number, 0) && !kind_of(number, 1)))
        return 0;
    is_compat = syscall_is_compat();
    kind = kind_of(number, is_compat);
    event = bpf_map_lookup_elem(&records, &key);
    scratch = path_scratch_get();
    if (!kind || !event || !scratch || !is_wanted())
        return 0;
    call_read(&call, context->regs, kind, is_compat);
    fill_task(event, (void *)bpf_get_current_task_btf());
    event->error = -context->result;
    used = fill_failed_paths(event, scratch, &call);
    used = fill_failed_args(event, call.argv, is_compat, used);
    used = process_fill_ancestors(PROCESS_FIELDS(event), event->texts, EXEC_TEXTS, used);
    ringmill_output(events, event, EXEC_TEXTS + used);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
