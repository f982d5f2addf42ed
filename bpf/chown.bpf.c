// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per chown, lchown, fchown or fchownat, failed ones included, made when the call
 * returns. What is known of paths: call_path.bpf.h. The owners before and after are known of fchown
 * only, whose descriptor leads to the file: a program at its entry notes the former ones. */

#include "ringmill.bpf.h"

#include "call_numbers.bpf.h"
#include "call_path.bpf.h"

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
    char texts[];
};

CALL_RECORDS(chown_event, 1, 1 << 20);
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

SEC("tp_btf/sys_enter")
int ringmill_fchown_begins(struct sys_enter *context)
{
    struct call call;
    struct owner owner;
    unsigned long file;

    if (call_read(context->regs, &call) != FCHOWN || !is_wanted())
        return 0;
    file = path_file_at(call.arguments.of[0]);
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

static __always_inline __u32 fill_by_path(struct chown_event *event, const struct call *call)
{
    const unsigned long *arguments = call->arguments.of;
    _Bool follows = call->name == CHOWN;
    __u32 used = 0;

    event->owners_known = 0;
    if (call->name == FCHOWNAT) {
        event->new_uid = arguments[2];
        event->new_gid = arguments[3];
        follows = !(arguments[4] & AT_SYMLINK_NOFOLLOW);
        used = put_path_or_fd(CALL_ROOM(event), used, arguments[0], arguments[1],
                              CALL_PATH(event->path));
    } else {
        event->new_uid = arguments[1];
        event->new_gid = arguments[2];
        used = put_path(CALL_ROOM(event), used, AT_FDCWD, arguments[0], CALL_PATH(event->path));
    }
    if (follows)
        call_path_follow(CALL_PATH(event->path));
    return used;
}

SEC("tp_btf/sys_exit")
int ringmill_chown(struct sys_exit *context)
{
    struct chown_event *event;
    struct call call;
    __u32 used = 0;

    if (!call_read(context->regs, &call))
        return 0;
    event = begin_record();
    if (!event)
        return 0;
    event->call = call.name;
    event->error = -context->result;
    if (call.name == FCHOWN) {
        event->new_uid = call.arguments.of[1];
        event->new_gid = call.arguments.of[2];
        fill_owners(event, call.arguments.of[0]);
        used = put_fd(CALL_ROOM(event), used, call.arguments.of[0], CALL_PATH(event->path));
    } else {
        used = fill_by_path(event, &call);
    }
    return finish_record(event, used);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
