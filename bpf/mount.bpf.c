// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per call that changes the tree of mounts, failed ones included, made when the call
 * returns: mount, umount2, move_mount, mount_setattr, pivot_root. A mount that is made step by step
 * (fsopen, fsconfig, fsmount, or open_tree) enters the tree by its move_mount, whose record says
 * what is mounted. What is known of paths: call_path.bpf.h.
 *
 * pivot_root changes the root and the working directory that its texts begin in, so a program at
 * its entry makes the record, and the one at its return completes it. */

#include "ringmill.bpf.h"

#include "call_numbers.bpf.h"
#include "call_path.bpf.h"

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
    char texts[];
};

enum {
    TYPE_SIZE = 256,
    MOUNT_MAGIC = 0xc0ed,
    MOUNT_WITHOUT_TYPE =
        MS_REMOUNT | MS_BIND | MS_MOVE | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE,
};

CALL_RECORDS(mount_event, 3, 256 << 10);

CALL_WAITING(mount_event, 3);

/* ---- texts of the kernel and of the caller --------------------------------------------------- */

static __always_inline __u32 put_type(struct mount_event *event, __u32 used, const void *type,
                                      _Bool is_user)
{
    char *to = (char *)event + TEXTS + used;
    long size;

    if (used > TEXTS_SIZE - TYPE_SIZE)
        return used;
    size = is_user ? bpf_probe_read_user_str(to, TYPE_SIZE, type)
                   : bpf_probe_read_kernel_str(to, TYPE_SIZE, type);
    if (size <= 0)
        return used;
    event->type.offset = TEXTS + used;
    event->type.length = size - 1;
    return opaque(used + size - 1);
}

/* The device, or what else the file system was mounted from. */
static __always_inline __u32 put_device(struct mount_event *event, __u32 used, const char *name)
{
    long size;

    if (used > TEXTS_SIZE - CALL_ARG_SIZE)
        return used;
    size = bpf_probe_read_kernel_str((char *)event + TEXTS + used, CALL_ARG_SIZE, name);
    if (size <= 0)
        return used;
    event->mount_source.offset = TEXTS + used;
    event->mount_source.length = size - 1;
    event->mount_source_resolved = 1;
    return opaque(used + size - 1);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static __always_inline __u32 fill_mount(struct mount_event *event, const unsigned long *arguments)
{
    __u32 flags = arguments[3], used = 0;

    /* as programs of the last century wrote it */
    event->flags = flags >> 16 == MOUNT_MAGIC ? flags & 0xffff : flags;
    used = put_path(CALL_ROOM(event), used, AT_FDCWD, arguments[1], CALL_PATH(event->target));
    call_path_follow(CALL_PATH(event->target));
    if (event->flags & (MS_BIND | MS_MOVE) && !(event->flags & MS_REMOUNT)) {
        used = put_path(CALL_ROOM(event), used, AT_FDCWD, arguments[0],
                        CALL_PATH(event->mount_source));
        call_path_follow(CALL_PATH(event->mount_source));
    } else if (!(event->flags & MOUNT_WITHOUT_TYPE)) {
        used = put_text(CALL_ROOM(event), used, arguments[0], CALL_PATH(event->mount_source));
        used = put_type(event, used, (const void *)arguments[2], 1);
    }
    return used;
}

static __always_inline __u32 fill_umount(struct mount_event *event, const unsigned long *arguments)
{
    __u32 used = 0;

    event->umount_flags = arguments[1];
    used = put_path(CALL_ROOM(event), used, AT_FDCWD, arguments[0], CALL_PATH(event->target));
    if (!(event->umount_flags & UMOUNT_NOFOLLOW))
        call_path_follow(CALL_PATH(event->target));
    return used;
}

/* A mount that was made by fsmount() or open_tree() has no path before. */
static __always_inline __u32 put_moved(struct mount_event *event, __u32 used, __u32 fd)
{
    const struct file *file = (const void *)path_file_at(fd);
    const struct vfsmount *root = BPF_CORE_READ(file, f_path.mnt);
    const struct mount *mount = (const void *)root - PATH_OFFSET(mount, mnt);

    used = put_device(event, used, BPF_CORE_READ(mount, mnt_devname));
    return put_type(event, used, BPF_CORE_READ(root, mnt_sb, s_type, name), 0);
}

static __always_inline __u32 fill_move(struct mount_event *event, const unsigned long *arguments)
{
    __u32 used = 0;

    event->move_flags = arguments[4];
    used = put_path_or_fd(CALL_ROOM(event), used, arguments[2], arguments[3],
                          CALL_PATH(event->target));
    if (event->move_flags & MOVE_MOUNT_T_SYMLINKS)
        call_path_follow(CALL_PATH(event->target));
    used = put_path(CALL_ROOM(event), used, arguments[0], arguments[1],
                    CALL_PATH(event->mount_source));
    if (event->move_flags & MOVE_MOUNT_F_SYMLINKS)
        call_path_follow(CALL_PATH(event->mount_source));
    if (event->mount_source_arg.length == 0)
        used = put_moved(event, used, arguments[0]);
    return used;
}

static __always_inline __u32 fill_setattr(struct mount_event *event, const unsigned long *arguments)
{
    struct mount_attributes_given given = {};
    __u32 used = 0;

    bpf_probe_read_user(&given, sizeof(given), (const void *)arguments[3]);
    event->attributes_set = given.set;
    event->attributes_cleared = given.cleared;
    event->propagation = given.propagation;
    used = put_path_or_fd(CALL_ROOM(event), used, arguments[0], arguments[1],
                          CALL_PATH(event->target));
    if (!(arguments[2] & AT_SYMLINK_NOFOLLOW))
        call_path_follow(CALL_PATH(event->target));
    return used;
}

static __always_inline __u32 fill_pivot(struct mount_event *event, const unsigned long *arguments)
{
    __u32 used = 0;

    used = put_path(CALL_ROOM(event), used, AT_FDCWD, arguments[0], CALL_PATH(event->mount_source));
    call_path_follow(CALL_PATH(event->mount_source));
    used = put_path(CALL_ROOM(event), used, AT_FDCWD, arguments[1], CALL_PATH(event->target));
    call_path_follow(CALL_PATH(event->target));
    return used;
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
    text_none(&event->type);
    call_path_none(CALL_PATH(event->mount_source));
    call_path_none(CALL_PATH(event->target));
}

SEC("tp_btf/sys_enter")
int ringmill_pivot_begins(struct sys_enter *context)
{
    struct mount_event *event;
    struct call call;

    if (call_read(context->regs, &call) != PIVOT_ROOT)
        return 0;
    event = begin_record();
    if (!event)
        return 0;
    begin(event, PIVOT_ROOT);
    keep_record(bpf_get_current_pid_tgid(), event, fill_pivot(event, call.arguments.of));
    return 0;
}

SEC("tp_btf/sys_exit")
int ringmill_mount(struct sys_exit *context)
{
    struct mount_event *event;
    struct call call;
    __u32 used = 0;

    if (!call_read(context->regs, &call))
        return 0;
    if (call.name == PIVOT_ROOT)
        return finish_waiting(bpf_get_current_pid_tgid(), struct mount_event, -context->result);
    event = begin_record();
    if (!event)
        return 0;
    begin(event, call.name);
    event->error = -context->result;
    if (call.name == MOUNT)
        used = fill_mount(event, call.arguments.of);
    else if (call.name == UMOUNT)
        used = fill_umount(event, call.arguments.of);
    else if (call.name == MOVE_MOUNT)
        used = fill_move(event, call.arguments.of);
    else
        used = fill_setattr(event, call.arguments.of);
    return finish_record(event, used);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
