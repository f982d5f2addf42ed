// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per chown, lchown, fchown or fchownat, failed ones included, made when the call
 * returns. What is known of paths: call_path.bpf.h. The owners before and after are known of fchown
 * only, whose descriptor leads to the file: a program at its entry notes the former ones, for
 * 64-bit programs. */

#include "ringmill.bpf.h"

#include "call_numbers.bpf.h"
#include "call_path.bpf.h"
#include "core_system.bpf.h"

enum chown_call {
    CHOWN = 1,
    FCHOWN,
    LCHOWN,
    FCHOWNAT,
};

static const __u8 native_calls[CALL_NUMBERS] = {
#ifdef __NR_chown
    [__NR_chown] = CHOWN,
    [__NR_lchown] = LCHOWN,
#endif
    [__NR_fchown] = FCHOWN,
    [__NR_fchownat] = FCHOWNAT,
};

static const __u8 compat_calls[CALL_NUMBERS] = {
    [COMPAT_chown32] = CHOWN,
    [COMPAT_lchown32] = LCHOWN,
    [COMPAT_fchown32] = FCHOWN,
    [COMPAT_fchownat] = FCHOWNAT,
};

typedef __u32 uid_t; /* say what they are: see docs/schemas.md */
typedef __u32 gid_t;

struct owner {
    uid_t uid;
    gid_t gid;
};

struct chown_event {
    __u64 ktime;
    struct process_fields;
    enum chown_call call;
    errno_t error; /* errno, 0 when it succeeded */
    uid_t new_uid; /* as asked for, in the caller's user namespace; 4294967295: unchanged */
    gid_t new_gid;
    uid_t uid_before; /* these four, of the first user namespace, are null if not owners_known: */
    gid_t gid_before; /* see daemon/source */
    uid_t uid_after;
    gid_t gid_after;
    _Bool owners_known;
    CALL_PATH_FIELDS(path);
    CALL_TEXTS;
};

CALL_RECORDS(chown_event, 1 << 20);
CALL_NOTES(struct owner);

static __always_inline struct owner file_owner(unsigned long file)
{
    const struct inode *inode = BPF_CORE_READ((const struct file *)file, f_inode);
    struct owner owner = {
        .uid = BPF_CORE_READ(inode, i_uid.val),
        .gid = BPF_CORE_READ(inode, i_gid.val),
    };

    return owner;
}

/* Of 64-bit programs: see chmod.bpf.c. */
SEC("tp/syscalls/sys_enter_fchown")
int ringmill_fchown_begins(struct syscall_enter *context)
{
    struct owner owner;
    unsigned long file;

    if (!is_wanted())
        return 0;
    file = path_file_at(context->arguments[0]);
    if (!file)
        return 0;
    owner = file_owner(file);
    make_note(&owner);
    return 0;
}

static __always_inline void fill_owners(struct chown_event *event, __u32 fd)
{
    unsigned long file = path_file_at(fd);
    struct owner before, after;

    event->owners_known = take_note(&before) && file;
    if (!event->owners_known)
        return;
    after = file_owner(file);
    event->uid_before = before.uid;
    event->gid_before = before.gid;
    event->uid_after = after.uid;
    event->gid_after = after.gid;
}

static __always_inline void fill_by_path(struct chown_event *event, const struct call *call)
{
    const unsigned long *arguments = call->arguments.of;
    _Bool follows = call->name == CHOWN;

    event->owners_known = 0;
    if (call->name == FCHOWNAT) {
        event->new_uid = arguments[2];
        event->new_gid = arguments[3];
        follows = !(arguments[4] & AT_SYMLINK_NOFOLLOW);
        put_path(event, path, arguments[0], arguments[1], CALL_EMPTY_IS_FD);
    } else {
        event->new_uid = arguments[1];
        event->new_gid = arguments[2];
        put_path(event, path, AT_FDCWD, arguments[0], 0);
    }
    if (follows)
        call_path_follow(CALL_PATH(event->path));
}

SEC("tp_btf/sys_exit")
int ringmill_chown(struct sys_exit *context)
{
    struct chown_event *event;
    struct call call;

    if (!call_read(context->regs, &call))
        return 0;
    event = begin_record(chown_event);
    if (!event)
        return 0;
    event->call = call.name;
    event->error = -context->result;
    if (call.name == FCHOWN) {
        event->new_uid = call.arguments.of[1];
        event->new_gid = call.arguments.of[2];
        fill_owners(event, call.arguments.of[0]);
        put_path(event, path, call.arguments.of[0], 0, CALL_FD_ONLY);
    } else {
        fill_by_path(event, &call);
    }
    return finish_record(event);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
