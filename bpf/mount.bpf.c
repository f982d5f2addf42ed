// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per call that changes the tree of mounts, failed ones included, made when the call
 * returns: mount, umount2, move_mount, mount_setattr, pivot_root. A mount that is made step by step
 * (fsopen, fsconfig, fsmount, or open_tree) enters the tree by its move_mount, whose record says
 * what is mounted. What is known of paths: call_path.bpf.h.
 *
 * pivot_root changes the root and the working directory that its texts begin in, so a program at
 * its entry makes the record, and the one at its return completes it. Of 32-bit programs the entry
 * is not seen. */

#include "ringmill.bpf.h"

#include "call_numbers.bpf.h"
#include "call_path.bpf.h"
#include "core_system.bpf.h"

enum mount_call {
    MOUNT = 1,
    UMOUNT,
    MOVE_MOUNT,
    MOUNT_SETATTR,
    PIVOT_ROOT,
};

static const __u8 native_calls[CALL_NUMBERS] = {
    [__NR_mount] = MOUNT,           [__NR_umount2] = UMOUNT,
    [__NR_move_mount] = MOVE_MOUNT, [__NR_mount_setattr] = MOUNT_SETATTR,
    [__NR_pivot_root] = PIVOT_ROOT,
};

static const __u8 compat_calls[CALL_NUMBERS] = {
    [COMPAT_mount] = MOUNT,           [COMPAT_umount2] = UMOUNT,
    [COMPAT_move_mount] = MOVE_MOUNT, [COMPAT_mount_setattr] = MOUNT_SETATTR,
    [COMPAT_pivot_root] = PIVOT_ROOT,
};

enum mount_flags {
    MS_RDONLY = 1,
    MS_NOSUID = 2,
    MS_NODEV = 4,
    MS_NOEXEC = 8,
    MS_SYNCHRONOUS = 16,
    MS_REMOUNT = 32,
    MS_MANDLOCK = 64,
    MS_DIRSYNC = 128,
    MS_NOSYMFOLLOW = 256,
    MS_NOATIME = 1024,
    MS_NODIRATIME = 2048,
    MS_BIND = 4096,
    MS_MOVE = 8192,
    MS_REC = 16384,
    MS_SILENT = 32768,
    MS_POSIXACL = 1 << 16,
    MS_UNBINDABLE = 1 << 17,
    MS_PRIVATE = 1 << 18,
    MS_SLAVE = 1 << 19,
    MS_SHARED = 1 << 20,
    MS_RELATIME = 1 << 21,
    MS_I_VERSION = 1 << 23,
    MS_STRICTATIME = 1 << 24,
    MS_LAZYTIME = 1 << 25,
};

enum umount_flags {
    MNT_FORCE = 1,
    MNT_DETACH = 2,
    MNT_EXPIRE = 4,
    UMOUNT_NOFOLLOW = 8,
};

enum move_mount_flags {
    MOVE_MOUNT_F_SYMLINKS = 0x1,
    MOVE_MOUNT_F_AUTOMOUNTS = 0x2,
    MOVE_MOUNT_F_EMPTY_PATH = 0x4,
    MOVE_MOUNT_T_SYMLINKS = 0x10,
    MOVE_MOUNT_T_AUTOMOUNTS = 0x20,
    MOVE_MOUNT_T_EMPTY_PATH = 0x40,
    MOVE_MOUNT_SET_GROUP = 0x100,
    MOVE_MOUNT_BENEATH = 0x200,
};

enum mount_attributes {
    MOUNT_ATTR_RDONLY = 0x1,
    MOUNT_ATTR_NOSUID = 0x2,
    MOUNT_ATTR_NODEV = 0x4,
    MOUNT_ATTR_NOEXEC = 0x8,
    MOUNT_ATTR_NOATIME = 0x10,
    MOUNT_ATTR_STRICTATIME = 0x20,
    MOUNT_ATTR_NODIRATIME = 0x80,
    MOUNT_ATTR_IDMAP = 0x100000,
    MOUNT_ATTR_NOSYMFOLLOW = 0x200000,
};

/* What mount_setattr() is given. */
struct mount_attributes_given {
    __u64 set;
    __u64 cleared;
    __u64 propagation;
};

struct mount_event {
    __u64 ktime;
    struct process_fields;
    enum mount_call call;
    errno_t error; /* errno, 0 when it succeeded */
    /* Each is null but for one call: see daemon/source. */
    enum mount_flags flags;
    enum umount_flags umount_flags;
    enum move_mount_flags move_flags;
    enum mount_attributes attributes_set;
    enum mount_attributes attributes_cleared;
    enum mount_flags propagation;
    struct ringmill_text type;      /* of the file system */
    CALL_PATH_FIELDS(mount_source); /* of pivot_root: the new root */
    CALL_PATH_FIELDS(target);       /* of pivot_root: where the old root is put */
    CALL_TEXTS;
};

enum {
    MOUNT_MAGIC = 0xc0ed,
    MOUNT_WITHOUT_TYPE =
        MS_REMOUNT | MS_BIND | MS_MOVE | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE,
};

CALL_RECORDS(mount_event, 256 << 10);
CALL_WAITING;

/* ---- calls ----------------------------------------------------------------------------------- */

/* A text of the kernel or of the caller. It is put before the paths: so it needs little room. */
static __always_inline void put_type(struct mount_event *event, const void *type, __u32 where)
{
    call_put(AT_FDCWD, (__u64)type, where | CALL_NO_PATH | CALL_SHORT);
    call_text_take(&event->type, &CALL_SCRATCH_OF(event)->path.path, TEXTS);
}

static __always_inline void fill_mount(struct mount_event *event, const unsigned long *arguments)
{
    __u32 flags = arguments[3];
    _Bool is_new, is_moved;

    /* as programs of the last century wrote it */
    event->flags = flags >> 16 == MOUNT_MAGIC ? flags & 0xffff : flags;
    is_new = !(event->flags & MOUNT_WITHOUT_TYPE);
    is_moved = event->flags & (MS_BIND | MS_MOVE) && !(event->flags & MS_REMOUNT);
    if (is_new)
        put_type(event, (const void *)arguments[2], 0);
    put_path(event, target, AT_FDCWD, arguments[1], 0);
    call_path_follow(CALL_PATH(event->target));
    if (!is_new && !is_moved)
        return;
    put_path(event, mount_source, AT_FDCWD, arguments[0], is_new ? CALL_NO_PATH : 0);
    call_path_follow(CALL_PATH(event->mount_source));
}

static __always_inline void fill_umount(struct mount_event *event, const unsigned long *arguments)
{
    event->umount_flags = arguments[1];
    put_path(event, target, AT_FDCWD, arguments[0], 0);
    if (!(event->umount_flags & UMOUNT_NOFOLLOW))
        call_path_follow(CALL_PATH(event->target));
}

/* A mount that was made by fsmount() or open_tree() has no path before: its source is the device,
 * or what else the file system was mounted from. */
static __always_inline void put_moved(struct mount_event *event, __u32 fd)
{
    const struct file *file = (const void *)path_file_at(fd);
    const struct vfsmount *root = BPF_CORE_READ(file, f_path.mnt);
    const struct mount *mount = (const void *)root - PATH_OFFSET(mount, mnt);

    put_type(event, BPF_CORE_READ(root, mnt_sb, s_type, name), CALL_IN_KERNEL);
    put_path(event, mount_source, AT_FDCWD, (__u64)BPF_CORE_READ(mount, mnt_devname),
             CALL_IN_KERNEL | CALL_NO_PATH);
    event->mount_source_resolved = event->mount_source_arg.offset != RINGMILL_NO_TEXT;
    ringmill_no_text(&event->mount_source_arg); /* nobody typed it */
}

static __always_inline void fill_move(struct mount_event *event, const unsigned long *arguments)
{
    event->move_flags = arguments[4];
    put_path(event, target, arguments[2], arguments[3], CALL_EMPTY_IS_FD);
    if (event->move_flags & MOVE_MOUNT_T_SYMLINKS)
        call_path_follow(CALL_PATH(event->target));
    put_path(event, mount_source, arguments[0], arguments[1], 0);
    if (event->move_flags & MOVE_MOUNT_F_SYMLINKS)
        call_path_follow(CALL_PATH(event->mount_source));
    if (event->mount_source_arg.length == 0)
        put_moved(event, arguments[0]);
}

static __always_inline void fill_setattr(struct mount_event *event, const unsigned long *arguments)
{
    struct mount_attributes_given given = {};

    bpf_probe_read_user(&given, sizeof(given), (const void *)arguments[3]);
    event->attributes_set = given.set;
    event->attributes_cleared = given.cleared;
    event->propagation = given.propagation;
    put_path(event, target, arguments[0], arguments[1], CALL_EMPTY_IS_FD);
    if (!(arguments[2] & AT_SYMLINK_NOFOLLOW))
        call_path_follow(CALL_PATH(event->target));
}

static __always_inline void fill_pivot(struct mount_event *event, const unsigned long *arguments)
{
    put_path(event, mount_source, AT_FDCWD, arguments[0], 0);
    call_path_follow(CALL_PATH(event->mount_source));
    put_path(event, target, AT_FDCWD, arguments[1], 0);
    call_path_follow(CALL_PATH(event->target));
}

/* Without their paths, since these are others now. */
static __always_inline void fill_pivoted(struct mount_event *event, const unsigned long *arguments)
{
    put_path(event, mount_source, AT_FDCWD, arguments[0], CALL_NO_PATH);
    put_path(event, target, AT_FDCWD, arguments[1], CALL_NO_PATH);
    ringmill_no_text(&event->mount_source);
    ringmill_no_text(&event->target);
}

/* ---- records --------------------------------------------------------------------------------- */

static __always_inline void begin(struct mount_event *event, enum mount_call call)
{
    event->call = call;
    event->flags = 0;
    event->umount_flags = 0;
    event->move_flags = 0;
    event->attributes_set = 0;
    event->attributes_cleared = 0;
    event->propagation = 0;
    ringmill_no_text(&event->type);
    call_path_none(CALL_PATH(event->mount_source));
    call_path_none(CALL_PATH(event->target));
}

/* Of 64-bit programs: see chmod.bpf.c. */
SEC("tp/syscalls/sys_enter_pivot_root")
int ringmill_pivot_begins(struct syscall_enter *context)
{
    struct mount_event *event = begin_record(mount_event);

    if (!event)
        return 0;
    begin(event, PIVOT_ROOT);
    fill_pivot(event, context->arguments);
    return keep_record(bpf_get_current_pid_tgid(), event);
}

SEC("tp_btf/sys_exit")
int ringmill_mount(struct sys_exit *context)
{
    struct mount_event *event;
    struct call call;

    if (!call_read(context->regs, &call))
        return 0;
    if (call.name == PIVOT_ROOT && !syscall_is_compat())
        return finish_waiting(mount_event, bpf_get_current_pid_tgid(), -context->result);
    event = begin_record(mount_event);
    if (!event)
        return 0;
    begin(event, call.name);
    event->error = -context->result;
    if (call.name == MOUNT)
        fill_mount(event, call.arguments.of);
    else if (call.name == UMOUNT)
        fill_umount(event, call.arguments.of);
    else if (call.name == MOVE_MOUNT)
        fill_move(event, call.arguments.of);
    else if (call.name == MOUNT_SETATTR)
        fill_setattr(event, call.arguments.of);
    else
        fill_pivoted(event, call.arguments.of);
    return finish_record(event);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
