// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Absolute paths of files, as the kernel's d_path() would give them to the current task: from its
 * root (chroot, mount namespace), over mounts, without system call or lock. The programs that use
 * this cannot call bpf_d_path(): it is for a few functions of the kernel only.
 *
 *     struct path_scratch *scratch = path_scratch_get();
 *
 *     if (scratch && path_from_descriptor(scratch, fd) && path_resolve(scratch) == PATH_RESOLVED)
 *         used = path_append(scratch, event, offsetof(struct my_event, texts), used, &event->path);
 *
 * First all dentries up to the root are read, each by one read of kernel memory that also has the
 * name if it is short, and noted in the scratch of this CPU. Then the text is written from the root
 * on, and stays in the scratch until the next path_resolve():
 *
 *     names [0] libc.so.6  [1] lib  [2] usr        text  |                 /usr/lib/libc.so.6|
 *                                                        start ^           PATH_SIZE - 1 ^
 *
 * Names change while they are read. Each dentry has a sequence count (d_seq) that every rename and
 * unlink changes. The counts are noted before the names are read and compared as the text is
 * written, so that all names and parents of a text are those of one moment; the same for the places
 * of mounts. If one changed, the path is resolved again, once, and is unknown (PATH_MOVED) if that
 * happens again. Programs run in an RCU read section, so no dentry or mount that was met is used
 * for another one meanwhile; a file must be held by the caller, but for one in the task's table
 * (path_from_descriptor()).
 *
 * Cost: two reads of kernel memory per name (three if it is long) and per mount, and a copy. */

#include <linux/bpf.h>

#include "core_file.bpf.h"
#include "ringmill.bpf.h"

enum {
    PATH_NAME_SIZE = 256, /* NAME_MAX and a NUL */
    PATH_DEPTH_MAX = 256, /* names in a path; deeper ones are PATH_TOO_LONG */
    PATH_MOUNTS_MAX = 32, /* mounts on the way; the same */
    PATH_SHORT_NAME = 32, /* bytes of a dentry that hold a name shorter than that */
    PATH_ATTEMPTS = 2,
};

enum path_state {
    PATH_RESOLVED = 0,
    PATH_TOO_LONG, /* of more than PATH_SIZE - 1 bytes, or deeper than PATH_DEPTH_MAX */
    PATH_MOVED,    /* it was renamed again and again while it was read */
    PATH_UNKNOWN,  /* it has none: not connected to a root, or not readable */
};

/* The start of a dentry, as it is in memory from `sequence` on; see path_read_dentry(). */
struct path_name {
    unsigned long dentry;
    __u32 pad;
    __u32 sequence;
    unsigned long hash_next;
    unsigned long hash_previous; /* 0: not hashed, so unlinked */
    unsigned long parent;
    __u32 name_hash;
    __u32 length;
    unsigned long name;
    unsigned long inode;
    __u64 short_name[PATH_SHORT_NAME / 8];
};

/* The middle of a struct mount, as it is in memory from `parent` on; see path_enter_mount(). */
struct path_mount {
    unsigned long mount;
    unsigned long parent;
    unsigned long mountpoint;
    unsigned long root;
};

struct path_scratch {
    /* what to resolve: addresses, as numbers, since the verifier lets nobody calculate with
     * pointers */
    unsigned long from_mount; /* struct vfsmount */
    unsigned long from_dentry;
    unsigned long inode;      /* of the file, where there is one */
    unsigned long cwd_dentry; /* is noted if the walk comes by; see path_watch_cwd() */
    unsigned long cwd_mount;

    /* the result */
    __u32 start; /* of the text, which ends at PATH_SIZE - 1 */
    __u32 state;
    __u32 below_cwd; /* bytes of the text after the current directory's; PATH_SIZE: not below it */
    _Bool deleted; /* the file has no name any more; the text is the last one, as /proc shows it */

    /* the walk */
    __u32 done;
    _Bool rootless;    /* it ended at a dentry that is its own parent, and not a mount's root */
    _Bool unreachable; /* it ended at a mount that is on no other, and not the task's root */
    __u32 length;      /* of the names so far, with their slashes */
    __u32 at;          /* where the text goes on */
    __u32 n_names;
    __u32 n_mounts;
    unsigned long dentry;
    unsigned long root_dentry;
    unsigned long root_mount;
    struct path_mount on; /* the mount that the walk is on */
    struct path_mount mounts[PATH_MOUNTS_MAX];
    struct path_name names[PATH_DEPTH_MAX]; /* from the file up */
    char text[PATH_SIZE + PATH_NAME_SIZE];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct path_scratch);
} path_scratches SEC(".maps");

static __always_inline struct path_scratch *path_scratch_get(void)
{
    __u32 key = 0;

    return bpf_map_lookup_elem(&path_scratches, &key);
}

#define path_read(to, address) \
    bpf_probe_read_kernel((to), sizeof(*(to)), (const void *)(unsigned long)(address))

#define PATH_OFFSET(type, member) bpf_core_field_offset(((struct type *)0)->member)

static __always_inline void path_end(struct path_scratch *scratch, enum path_state state)
{
    scratch->state = state;
    scratch->done = 1;
}

#define PATH_SEQUENCE_OFFSET PATH_OFFSET(dentry, d_seq.seqcount.sequence)

/* Where a dentry holds its name if that is short. */
static __always_inline unsigned long path_short_name_offset(void)
{
    if (bpf_core_field_exists(((struct dentry *)0)->d_shortname))
        return PATH_OFFSET(dentry, d_shortname);
    return bpf_core_field_offset(((struct dentry___before_6_14 *)0)->d_iname);
}

/* One read where the members follow each other, as in all kernels but those with a randomized
 * layout or with lock debugging. Then the name, too, is in what was read, if it is short. */
static __always_inline long path_read_dentry(struct path_name *to, unsigned long dentry)
{
    const unsigned long first = PATH_SEQUENCE_OFFSET;

    to->dentry = dentry;
    if (PATH_OFFSET(dentry, d_hash.next) == first + 4 &&
        PATH_OFFSET(dentry, d_hash.pprev) == first + 12 &&
        PATH_OFFSET(dentry, d_parent) == first + 20 &&
        PATH_OFFSET(dentry, d_name.len) == first + 32 && path_short_name_offset() == first + 52)
        return bpf_probe_read_kernel(&to->sequence,
                                     sizeof(*to) - offsetof(struct path_name, sequence),
                                     (const void *)(dentry + first));
    return path_read(&to->sequence, dentry + first) ||
           path_read(&to->hash_previous, dentry + PATH_OFFSET(dentry, d_hash.pprev)) ||
           path_read(&to->parent, dentry + PATH_OFFSET(dentry, d_parent)) ||
           path_read(&to->length, dentry + PATH_OFFSET(dentry, d_name.len)) ||
           path_read(&to->name, dentry + PATH_OFFSET(dentry, d_name.name)) ||
           path_read(&to->short_name, dentry + path_short_name_offset());
}

/* Goes on at `mount`: what it is mounted on, and its own root. */
static __always_inline void path_enter_mount(struct path_scratch *scratch, unsigned long mount)
{
    const unsigned long parent = PATH_OFFSET(mount, mnt_parent);
    const unsigned long mountpoint = PATH_OFFSET(mount, mnt_mountpoint);
    const unsigned long root = PATH_OFFSET(mount, mnt.mnt_root);
    struct path_mount *on = &scratch->on;
    __u32 at = scratch->n_mounts;

    if (at >= PATH_MOUNTS_MAX)
        return path_end(scratch, PATH_TOO_LONG);
    on->mount = mount;
    if (mountpoint == parent + 8 && root == parent + 16) {
        if (bpf_probe_read_kernel(&on->parent, 24, (const void *)(mount + parent)))
            return path_end(scratch, PATH_UNKNOWN);
    } else if (path_read(&on->parent, mount + parent) ||
               path_read(&on->mountpoint, mount + mountpoint) ||
               path_read(&on->root, mount + root)) {
        return path_end(scratch, PATH_UNKNOWN);
    }
    scratch->mounts[at] = *on;
    scratch->n_mounts = at + 1;
}

static __always_inline void path_leave_mount(struct path_scratch *scratch)
{
    if (scratch->on.parent == scratch->on.mount) {
        scratch->unreachable = 1;
        return path_end(scratch, PATH_RESOLVED);
    }
    scratch->dentry = scratch->on.mountpoint;
    path_enter_mount(scratch, scratch->on.parent);
}

static __always_inline void path_note_name(struct path_scratch *scratch, unsigned long dentry)
{
    __u32 at = scratch->n_names;
    struct path_name *name;

    if (at >= PATH_DEPTH_MAX)
        return path_end(scratch, PATH_TOO_LONG);
    name = &scratch->names[at];
    if (path_read_dentry(name, dentry))
        return path_end(scratch, PATH_UNKNOWN);
    if (name->parent == dentry) {
        scratch->rootless = 1;
        return path_end(scratch, PATH_UNKNOWN);
    }
    scratch->length += name->length + 1;
    if (name->length >= PATH_NAME_SIZE || scratch->length >= PATH_SIZE)
        return path_end(scratch, PATH_TOO_LONG);
    scratch->n_names = at + 1;
    scratch->dentry = name->parent;
}

/* One name, or from a mount to what it is mounted on. Returns 1 at the end. */
static long path_step(__u32 index, void *context)
{
    struct path_scratch *scratch = *(struct path_scratch **)context;
    unsigned long dentry = scratch->dentry;

    (void)index;
    if (dentry == scratch->cwd_dentry && scratch->on.mount == scratch->cwd_mount)
        scratch->below_cwd = scratch->length;
    if (dentry == scratch->root_dentry && scratch->on.mount == scratch->root_mount)
        path_end(scratch, PATH_RESOLVED);
    else if (dentry == scratch->on.root)
        path_leave_mount(scratch);
    else
        path_note_name(scratch, dentry);
    return scratch->done != 0;
}

/* Writes a name and its slash where the text goes on: more bytes than it has, which the next name
 * overwrites. Returns 1 if it changed since it was noted, or was just being changed. */
static long path_write_name(__u32 index, void *context)
{
    struct path_scratch *scratch = *(struct path_scratch **)context;
    const struct path_name *name =
        &scratch->names[(scratch->n_names - 1 - index) & (PATH_DEPTH_MAX - 1)];
    char *to = scratch->text + (scratch->at & (PATH_SIZE - 1));
    __u32 length = name->length & (PATH_NAME_SIZE - 1), now;

    to[0] = '/';
    if (length < PATH_SHORT_NAME && name->name == name->dentry + path_short_name_offset()) {
        __u64 *words = (__u64 *)(to + 1);

        for (int i = 0; i < PATH_SHORT_NAME / 8; i++)
            words[i] = name->short_name[i];
    } else if (bpf_probe_read_kernel(to + 1, length, (const void *)name->name)) {
        path_end(scratch, PATH_UNKNOWN);
        return 1;
    }
    scratch->at += length + 1;
    if (path_read(&now, name->dentry + PATH_SEQUENCE_OFFSET) == 0 && now == name->sequence &&
        !(now & 1))
        return 0;
    path_end(scratch, PATH_MOVED);
    return 1;
}

/* Returns 1 if a mount is not where it was noted. */
static long path_compare_mount(__u32 index, void *context)
{
    struct path_scratch *scratch = *(struct path_scratch **)context;
    const struct path_mount *mount = &scratch->mounts[index & (PATH_MOUNTS_MAX - 1)];
    const unsigned long parent = PATH_OFFSET(mount, mnt_parent);
    const unsigned long mountpoint = PATH_OFFSET(mount, mnt_mountpoint);
    unsigned long now[2] = {0};

    if (mountpoint == parent + 8) {
        path_read(&now, mount->mount + parent);
    } else {
        path_read(&now[0], mount->mount + parent);
        path_read(&now[1], mount->mount + mountpoint);
    }
    if (now[0] == mount->parent && now[1] == mount->mountpoint)
        return 0;
    path_end(scratch, PATH_MOVED);
    return 1;
}

static const char path_unreachable[] = "(unreachable)";

/* As getcwd() shows what no name under the task's root leads to. */
static __always_inline void path_write_unreachable(struct path_scratch *scratch)
{
    const __u32 length = sizeof(path_unreachable) - 1;

    if (scratch->start < length)
        return path_end(scratch, PATH_TOO_LONG);
    scratch->start -= length;
    bpf_probe_read_kernel(scratch->text + (scratch->start & (PATH_SIZE - 1)), length,
                          path_unreachable);
}

/* Writes the text of what the walk has noted. */
static __always_inline void path_write(struct path_scratch *scratch)
{
    if (scratch->n_names == 0) {
        scratch->text[PATH_SIZE - 2] = '/';
        scratch->length = 1;
    }
    scratch->start = PATH_SIZE - 1 - scratch->length;
    scratch->at = scratch->start;
    bpf_loop(scratch->n_names, path_write_name, &scratch, 0);
    if (scratch->state == PATH_RESOLVED)
        bpf_loop(scratch->n_mounts, path_compare_mount, &scratch, 0);
    if (scratch->state == PATH_RESOLVED && scratch->unreachable)
        path_write_unreachable(scratch);
}

enum path_magic {
    PATH_MAGIC_PIPE = 0x50495045,
    PATH_MAGIC_SOCKET = 0x534f434b,
    PATH_MAGIC_ANON_INODE = 0x09041934,
    PATH_MAGIC_NAMESPACE = 0x6e736673,
    PATH_MAGIC_PID = 0x50494446,
};

static const char path_format_pipe[] = "pipe:[%lu]";
static const char path_format_socket[] = "socket:[%lu]";
static const char path_format_anon[] = "anon_inode:%s";
static const char path_format_pid[] = "anon_inode:[pidfd]";
static const char path_format_namespace[] = "%s:[%lu]";
static const char path_format_simple[] = "/%s";

/* bpf_snprintf() writes to the front of the text; the result is then moved to its end. */
#define path_print(scratch, format, ...)                                                       \
    ({                                                                                         \
        __u64 values_[] = {__VA_ARGS__};                                                       \
                                                                                               \
        bpf_snprintf((scratch)->text, PATH_NAME_SIZE * 2, (format), values_, sizeof(values_)); \
    })

static __always_inline unsigned long path_namespace_name(unsigned long inode)
{
    unsigned long namespace = 0, operations = 0, name = 0;

    path_read(&namespace, inode + PATH_OFFSET(inode, i_private));
    path_read(&operations, namespace + PATH_OFFSET(ns_common, ops));
    path_read(&name, operations + PATH_OFFSET(proc_ns_operations, name));
    return name;
}

/* A file that is in no folder: a pipe, a socket, a memfd. It is named as /proc/PID/fd names it. */
static __always_inline void path_name_pseudo(struct path_scratch *scratch)
{
    unsigned long super = 0, inode = 0, number = 0, magic = 0;
    long size;

    path_read(&super, scratch->dentry + PATH_OFFSET(dentry, d_sb));
    path_read(&magic, super + PATH_OFFSET(super_block, s_magic));
    path_read(&inode, scratch->dentry + PATH_OFFSET(dentry, d_inode));
    path_read(&number, inode + PATH_OFFSET(inode, i_ino));
    if (magic == PATH_MAGIC_PIPE) {
        size = path_print(scratch, path_format_pipe, number);
    } else if (magic == PATH_MAGIC_SOCKET) {
        size = path_print(scratch, path_format_socket, number);
    } else if (magic == PATH_MAGIC_ANON_INODE) {
        size = path_print(scratch, path_format_anon, scratch->names[0].name);
    } else if (magic == PATH_MAGIC_PID) {
        size = path_print(scratch, path_format_pid, 0);
    } else if (magic == PATH_MAGIC_NAMESPACE) {
        size = path_print(scratch, path_format_namespace, path_namespace_name(inode), number);
    } else {
        size = path_print(scratch, path_format_simple, scratch->names[0].name);
        scratch->deleted = 1;
    }
    if (size <= 1 || size > PATH_NAME_SIZE)
        return path_end(scratch, PATH_UNKNOWN);
    size--;
    scratch->start = PATH_SIZE - 1 - size;
    bpf_probe_read_kernel(scratch->text + ((PATH_SIZE - 1 - size) & (PATH_SIZE - 1)),
                          size & (PATH_NAME_SIZE - 1), scratch->text);
    path_end(scratch, PATH_RESOLVED);
}

/* A dentry that is its own parent and not the root of a mount is in no folder: it has a function
 * for its name (d_dname), or is not connected to its file system's root. */
static __always_inline void path_begin_at_root(struct path_scratch *scratch)
{
    unsigned long operations = 0, name = 0;

    path_read(&operations, scratch->dentry + PATH_OFFSET(dentry, d_op));
    if (operations)
        path_read(&name, operations + PATH_OFFSET(dentry_operations, d_dname));
    if (name)
        path_name_pseudo(scratch);
    else
        path_end(scratch, PATH_UNKNOWN);
}

static __always_inline void path_begin(struct path_scratch *scratch)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct fs_struct *fs = task->fs;

    scratch->state = PATH_TOO_LONG;
    scratch->deleted = 0;
    scratch->done = 0;
    scratch->rootless = 0;
    scratch->unreachable = 0;
    scratch->below_cwd = PATH_SIZE;
    scratch->length = 0;
    scratch->n_names = 0;
    scratch->n_mounts = 0;
    scratch->dentry = scratch->from_dentry;
    if (!fs)
        return path_end(scratch, PATH_UNKNOWN);
    scratch->root_dentry = (unsigned long)fs->root.dentry;
    scratch->root_mount = (unsigned long)fs->root.mnt;
    barrier();
    scratch->root_mount -= PATH_OFFSET(mount, mnt);
    path_enter_mount(scratch, scratch->from_mount - PATH_OFFSET(mount, mnt));
}

/* A file can be the root of a mount: then the walk does not read its own dentry. */
static __always_inline void path_find_deleted(struct path_scratch *scratch)
{
    const unsigned long dentry = scratch->from_dentry;
    unsigned long parent = dentry, hashed = 0;

    if (scratch->n_names > 0 && scratch->names[0].dentry == dentry) {
        scratch->deleted = !scratch->names[0].hash_previous;
        return;
    }
    path_read(&parent, dentry + PATH_OFFSET(dentry, d_parent));
    path_read(&hashed, dentry + PATH_OFFSET(dentry, d_hash.pprev));
    scratch->deleted = parent != dentry && !hashed;
}

static __always_inline long path_attempt(struct path_scratch *scratch)
{
    path_begin(scratch);
    if (!scratch->done)
        bpf_loop(2 * PATH_DEPTH_MAX, path_step, &scratch, 0);
    if (scratch->rootless && scratch->n_names == 0)
        path_begin_at_root(scratch);
    else if (scratch->state == PATH_RESOLVED)
        path_write(scratch);
    if (!scratch->rootless)
        path_find_deleted(scratch);
    return scratch->state;
}

/* Returns an enum path_state; the text is in the scratch if it is PATH_RESOLVED. Before Linux 5.17,
 * which has no bpf_loop(), all paths are PATH_UNKNOWN. */
static __noinline long path_resolve(struct path_scratch *scratch)
{
    if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop))
        return PATH_UNKNOWN;
    for (int i = 0; i < PATH_ATTEMPTS; i++)
        if (path_attempt(scratch) != PATH_MOVED)
            break;
    return scratch->state;
}

/* Copies the resolved path to the texts of a record, of which `used` bytes are in use. There must
 * be room for PATH_SIZE more. Returns how many bytes are in use then. `texts` is their offset in
 * `event`. */
#define path_append(scratch, event, texts, used, place)                    \
    ({                                                                     \
        __u32 start_ = (scratch)->start & (PATH_SIZE - 1);                 \
        __u32 length_ = (PATH_SIZE - 1 - start_) & (PATH_SIZE - 1);        \
                                                                           \
        bpf_probe_read_kernel((char *)(event) + (texts) + (used), length_, \
                              (scratch)->text + start_);                   \
        (place)->offset = (texts) + (used);                                \
        (place)->length = length_;                                         \
        (used) + length_;                                                  \
    })

/* The address of the file that the current task's table has at `fd`, or 0. */
static __always_inline unsigned long path_file_at(__u32 fd)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct files_struct *files = task->files;
    const struct fdtable *table;
    unsigned long file = 0;

    if (!files)
        return 0;
    table = files->fdt;
    if (fd < table->max_fds)
        path_read(&file, (unsigned long)table->fd + 8ul * fd);
    return file;
}

struct path_of_file {
    unsigned long mount;
    unsigned long dentry;
    unsigned long inode;
};

static __always_inline void path_read_file(struct path_of_file *to, unsigned long file)
{
    const unsigned long path = PATH_OFFSET(file, f_path), inode = PATH_OFFSET(file, f_inode);

    if (inode == path + 16) { /* before Linux 6.5 */
        path_read(to, file + path);
        return;
    }
    bpf_probe_read_kernel(to, offsetof(struct path_of_file, inode), (const void *)(file + path));
    path_read(&to->inode, file + inode);
}

/* Begins with an open file, by its address. */
static __always_inline _Bool path_from_file(struct path_scratch *scratch, unsigned long file)
{
    struct path_of_file path = {0};

    path_read_file(&path, file);
    scratch->inode = path.inode;
    scratch->from_mount = path.mount;
    scratch->from_dentry = path.dentry;
    return path.dentry != 0;
}

/* Begins with what the current task has open as `fd`. If another thread closed it, there is
 * nothing; if that thread has opened another file as this `fd`, it is that one: nothing shows the
 * difference. */
static __always_inline _Bool path_from_descriptor(struct path_scratch *scratch, __u32 fd)
{
    unsigned long file = path_file_at(fd);

    return file && path_from_file(scratch, file) && path_file_at(fd) == file;
}

/* Begins with the current directory. The mount is read again: another thread may change it
 * meanwhile. */
static __always_inline _Bool path_from_cwd(struct path_scratch *scratch)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();
    const struct fs_struct *fs = task->fs;

    if (!fs)
        return 0;
    scratch->from_mount = (unsigned long)fs->pwd.mnt;
    scratch->from_dentry = (unsigned long)fs->pwd.dentry;
    barrier();
    return scratch->from_mount == (unsigned long)fs->pwd.mnt;
}

/* Lets the next path_resolve() note whether it comes by the current directory: then its path
 * is the first part of the text, and it need not be resolved. */
static __always_inline void path_watch_cwd(struct path_scratch *scratch)
{
    unsigned long mount = scratch->from_mount, dentry = scratch->from_dentry;

    scratch->cwd_dentry = 0;
    if (path_from_cwd(scratch)) {
        scratch->cwd_dentry = scratch->from_dentry;
        scratch->cwd_mount = scratch->from_mount;
        barrier_var(scratch);
        scratch->cwd_mount -= PATH_OFFSET(mount, mnt);
    }
    scratch->from_mount = mount;
    scratch->from_dentry = dentry;
}

/* A file system's device as the kernel numbers it. btrfs and overlayfs show other numbers in
 * stat(). */
struct path_device {
    __u32 major;
    __u32 minor;
};

static __always_inline _Bool path_read_inode(const struct path_scratch *scratch, __u64 *number,
                                             struct path_device *device)
{
    unsigned long inode = scratch->inode, super = 0;
    __u32 encoded = 0;

    if (path_read(number, inode + PATH_OFFSET(inode, i_ino)) ||
        path_read(&super, inode + PATH_OFFSET(inode, i_sb)) ||
        path_read(&encoded, super + PATH_OFFSET(super_block, s_dev)))
        return 0;
    device->major = encoded >> 20;
    device->minor = encoded & 0xfffff;
    return 1;
}
