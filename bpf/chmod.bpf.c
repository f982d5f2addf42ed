// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per chmod, fchmod, fchmodat or fchmodat2, failed ones included, made when the call
 * returns. What is known of paths: call_path.bpf.h. The modes before and after are known of fchmod
 * only, whose descriptor leads to the file: a program at its entry notes the former ones, for
 * 64-bit programs. */

#include "ringmill.bpf.h"

#include "call_numbers.bpf.h"
#include "call_path.bpf.h"
#include "core_system.bpf.h"

enum chmod_call {
    CHMOD = 1,
    FCHMOD,
    FCHMODAT,
    FCHMODAT2,
};

static const __u8 native_calls[CALL_NUMBERS] = {
#ifdef __NR_chmod
    [__NR_chmod] = CHMOD,
#endif
    [__NR_fchmod] = FCHMOD,
    [__NR_fchmodat] = FCHMODAT,
    [__NR_fchmodat2] = FCHMODAT2,
};

static const __u8 compat_calls[CALL_NUMBERS] = {
    [COMPAT_chmod] = CHMOD,
    [COMPAT_fchmod] = FCHMOD,
    [COMPAT_fchmodat] = FCHMODAT,
    [COMPAT_fchmodat2] = FCHMODAT2,
};

typedef unsigned short umode_t; /* says what they are: see docs/schemas.md */

struct chmod_event {
    __u64 ktime;
    struct process_fields;
    enum chmod_call call;
    errno_t error;       /* errno, 0 when it succeeded */
    umode_t mode;        /* as asked for */
    umode_t mode_before; /* this and mode_after are null if not modes_known: see daemon/source */
    umode_t mode_after;  /* the kernel may have cleared S_ISGID */
    _Bool modes_known;
    CALL_PATH_FIELDS(path);
    CALL_TEXTS;
};

CALL_RECORDS(chmod_event, 1 << 20);
CALL_NOTES(umode_t);

/* This tracepoint is of 64-bit programs only; one for all would cost each system call of the
 * machine as much again. */
SEC("tp/syscalls/sys_enter_fchmod")
int ringmill_fchmod_begins(struct syscall_enter *context)
{
    unsigned long file;
    umode_t mode;

    if (!is_wanted())
        return 0;
    file = path_file_at(context->arguments[0]);
    if (!file)
        return 0;
    mode = BPF_CORE_READ((const struct file *)file, f_inode, i_mode);
    make_note(&mode);
    return 0;
}

static __always_inline void fill_modes(struct chmod_event *event, __u32 fd)
{
    unsigned long file = path_file_at(fd);

    event->modes_known = take_note(&event->mode_before) && file;
    if (event->modes_known)
        event->mode_after = BPF_CORE_READ((const struct file *)file, f_inode, i_mode);
}

static __always_inline void fill_by_path(struct chmod_event *event, const struct call *call)
{
    const unsigned long *arguments = call->arguments.of;

    event->modes_known = 0;
    if (call->name == CHMOD) {
        event->mode = arguments[1];
        put_path(event, path, AT_FDCWD, arguments[0], 0);
    } else {
        event->mode = arguments[2];
        put_path(event, path, arguments[0], arguments[1], CALL_EMPTY_IS_FD);
    }
    if (call->name != FCHMODAT2 || !(arguments[3] & AT_SYMLINK_NOFOLLOW))
        call_path_follow(CALL_PATH(event->path));
}

SEC("tp_btf/sys_exit")
int ringmill_chmod(struct sys_exit *context)
{
    struct chmod_event *event;
    struct call call;

    if (!call_read(context->regs, &call))
        return 0;
    event = begin_record(chmod_event);
    if (!event)
        return 0;
    event->call = call.name;
    event->error = -context->result;
    if (call.name == FCHMOD) {
        event->mode = call.arguments.of[1];
        fill_modes(event, call.arguments.of[0]);
        put_path(event, path, call.arguments.of[0], 0, CALL_FD_ONLY);
    } else {
        fill_by_path(event, &call);
    }
    return finish_record(event);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
