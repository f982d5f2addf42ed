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
 * The text is written back to front, name by name, into the scratch of this CPU, and stays there
 * until the next path_resolve():
 *
 *     text  |                 /usr/lib/libc.so.6|  name that is read first: libc.so.6
 *                             ^ start           ^ PATH_SIZE - 1
 *
 * Names change while they are read. Each dentry has a sequence count (d_seq) that every rename and
 * unlink changes. The counts are noted before the names are read and compared at the end, so that
 * all names and parents of a text are those of one moment; the same for the places of mounts. If
 * one changed, the path is resolved again, once, and is unknown (PATH_MOVED) if that happens again.
 * Programs run in an RCU read section, so no dentry or mount that was met is used for another one
 * meanwhile; a file must be held by the caller, but for one in the task's table
 * (path_from_descriptor()).
 *
 * Cost: three reads of kernel memory per name (dentry, name, count), three per mount and a copy. */

#include <linux/bpf.h>

#include "core_file.bpf.h"
#include "ringmill.bpf.h"

enum {
    PATH_NAME_SIZE = 256, /* NAME_MAX and a NUL */
    PATH_DEPTH_MAX = 256, /* names and mounts in a path; deeper ones are PATH_TOO_LONG */
    PATH_SEEN_MAX = 512,  /* what is compared at the end: a word per name, two per mount */
    PATH_ATTEMPTS = 2,
};

enum path_state {
    PATH_RESOLVED = 0,
    PATH_TOO_LONG, /* of more than PATH_SIZE - 1 bytes, or deeper than PATH_DEPTH_MAX */
    PATH_MOVED,    /* it was renamed again and again while it was read */
    PATH_UNKNOWN,  /* it has none: not connected to a root, or not readable */
};

/* The start of a dentry, as it is in memory; see path_read_dentry(). */
struct path_dentry {
    __u32 pad;
    __u32 sequence;
    unsigned long hash_next;
    unsigned long hash_previous; /* 0: not hashed, so unlinked */
    unsigned long parent;
    __u32 name_hash;
    __u32 name_length;
    unsigned long name;
};

/* The middle of a struct mount, as it is in memory; see path_read_mount(). */
struct path_mount {
    unsigned long parent;
    unsigned long mountpoint;
    unsigned long root;
};

struct path_seen {
    unsigned long address; /* the lowest bit: 8 bytes instead of 4 */
    __u64 value;
};

struct path_scratch {
    /* what to resolve: addresses, as numbers, since the verifier lets nobody calculate with
     * pointers */
    unsigned long from_mount; /* struct vfsmount */
    unsigned long from_dentry;
    unsigned long inode; /* of the file, where there is one */

    /* the result */
    __u32 start; /* of the text, which ends at PATH_SIZE - 1 */
    __u32 state;
    _Bool deleted; /* the file has no name any more; the text is the last one, as /proc shows it */

    /* the walk */
    __u32 done;
    __u32 n_seen;
    unsigned long dentry;
    unsigned long mount; /* struct mount */
    unsigned long root_dentry;
    unsigned long root_mount;
    struct path_dentry at;
    struct path_mount links;
    struct path_seen seen[PATH_SEEN_MAX];
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

static __always_inline void path_note(struct path_scratch *scratch, unsigned long address,
                                      __u64 value)
{
    __u32 at = scratch->n_seen;

    if (at >= PATH_SEEN_MAX)
        return path_end(scratch, PATH_TOO_LONG);
    scratch->seen[at].address = address;
    scratch->seen[at].value = value;
    scratch->n_seen = at + 1;
}

/* One read where the members follow each other, as in all kernels but those with a randomized
 * layout or with lock debugging. */
static __always_inline long path_read_dentry(struct path_dentry *to, unsigned long dentry)
{
    const unsigned long first = PATH_OFFSET(dentry, d_seq.seqcount.sequence);

    if (PATH_OFFSET(dentry, d_hash.next) == first + 4 &&
        PATH_OFFSET(dentry, d_hash.pprev) == first + 12 &&
        PATH_OFFSET(dentry, d_parent) == first + 20 &&
        PATH_OFFSET(dentry, d_name.len) == first + 32)
        return bpf_probe_read_kernel(&to->sequence, sizeof(*to) - 4,
                                     (const void *)(dentry + first));
    return path_read(&to->sequence, dentry + first) ||
           path_read(&to->hash_previous, dentry + PATH_OFFSET(dentry, d_hash.pprev)) ||
           path_read(&to->parent, dentry + PATH_OFFSET(dentry, d_parent)) ||
           path_read(&to->name_length, dentry + PATH_OFFSET(dentry, d_name.len)) ||
           path_read(&to->name, dentry + PATH_OFFSET(dentry, d_name.name));
}

/* Goes on at `mount`: what it is mounted on, and its own root. */
static __always_inline void path_enter_mount(struct path_scratch *scratch, unsigned long mount)
{
    const unsigned long parent = PATH_OFFSET(mount, mnt_parent);
    const unsigned long mountpoint = PATH_OFFSET(mount, mnt_mountpoint);
    const unsigned long root = PATH_OFFSET(mount, mnt.mnt_root);
    struct path_mount *links = &scratch->links;

    scratch->mount = mount;
    if (mountpoint == parent + 8 && root == parent + 16) {
        if (path_read(links, mount + parent))
            return path_end(scratch, PATH_UNKNOWN);
    } else if (path_read(&links->parent, mount + parent) ||
               path_read(&links->mountpoint, mount + mountpoint) ||
               path_read(&links->root, mount + root)) {
        return path_end(scratch, PATH_UNKNOWN);
    }
    path_note(scratch, (mount + parent) | 1, links->parent);
    path_note(scratch, (mount + mountpoint) | 1, links->mountpoint);
}

/* Writes the name of the dentry that was read, and its slash, before what is there. */
static __always_inline void path_prepend_name(struct path_scratch *scratch)
{
    __u32 length = scratch->at.name_length;
    __u32 start = scratch->start;

    if (length >= PATH_NAME_SIZE || start <= length || start >= PATH_SIZE)
        return path_end(scratch, PATH_TOO_LONG);
    start -= length;
    if (bpf_probe_read_kernel(scratch->text + (start & (PATH_SIZE - 1)), length,
                              (const void *)scratch->at.name))
        return path_end(scratch, PATH_UNKNOWN);
    start--;
    scratch->text[start & (PATH_SIZE - 1)] = '/';
    scratch->start = start;
}

static const char path_unreachable[] = "(unreachable)";

/* As getcwd() shows what no name under the task's root leads to. */
static __always_inline void path_prepend_unreachable(struct path_scratch *scratch)
{
    const __u32 length = sizeof(path_unreachable) - 1;
    __u32 start = scratch->start;

    if (start < length || start >= PATH_SIZE)
        return path_end(scratch, PATH_TOO_LONG);
    start -= length;
    bpf_probe_read_kernel(scratch->text + (start & (PATH_SIZE - 1)), length, path_unreachable);
    scratch->start = start;
    path_end(scratch, PATH_RESOLVED);
}

static __always_inline void path_prepend_root(struct path_scratch *scratch)
{
    if (scratch->start == PATH_SIZE - 1) {
        scratch->start = PATH_SIZE - 2;
        scratch->text[PATH_SIZE - 2] = '/';
    }
}

/* One name, or from a mount to what it is mounted on. Returns 1 at the end. */
static long path_step(__u32 index, void *context)
{
    struct path_scratch *scratch = *(struct path_scratch **)context;
    unsigned long dentry = scratch->dentry;

    (void)index;
    if (dentry == scratch->root_dentry && scratch->mount == scratch->root_mount) {
        path_prepend_root(scratch);
        path_end(scratch, PATH_RESOLVED);
    } else if (dentry == scratch->links.root) {
        if (scratch->links.parent == scratch->mount) {
            path_prepend_root(scratch);
            path_prepend_unreachable(scratch);
        } else {
            scratch->dentry = scratch->links.mountpoint;
            path_enter_mount(scratch, scratch->links.parent);
        }
    } else if (path_read_dentry(&scratch->at, dentry) || scratch->at.parent == dentry) {
        path_end(scratch, PATH_UNKNOWN);
    } else {
        path_note(scratch, dentry + PATH_OFFSET(dentry, d_seq.seqcount.sequence),
                  scratch->at.sequence);
        if (!scratch->done)
            path_prepend_name(scratch);
        scratch->dentry = scratch->at.parent;
    }
    return scratch->done != 0;
}

/* Whether one thing is as it was noted, and was not just being changed. */
static long path_compare(__u32 index, void *context)
{
    struct path_scratch *scratch = *(struct path_scratch **)context;
    struct path_seen *seen = &scratch->seen[index & (PATH_SEEN_MAX - 1)];
    unsigned long address = seen->address;
    __u64 now = 0;
    _Bool is_count = !(address & 1);

    if (is_count)
        bpf_probe_read_kernel(&now, 4, (const void *)address);
    else
        bpf_probe_read_kernel(&now, 8, (const void *)(address - 1));
    if (now == seen->value && !(is_count && (now & 1)))
        return 0;
    scratch->state = PATH_MOVED;
    return 1;
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
        size = path_print(scratch, path_format_anon, scratch->at.name);
    } else if (magic == PATH_MAGIC_PID) {
        size = path_print(scratch, path_format_pid, 0);
    } else if (magic == PATH_MAGIC_NAMESPACE) {
        size = path_print(scratch, path_format_namespace, path_namespace_name(inode), number);
    } else {
        size = path_print(scratch, path_format_simple, scratch->at.name);
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

    scratch->start = PATH_SIZE - 1;
    scratch->state = PATH_TOO_LONG;
    scratch->deleted = 0;
    scratch->done = 0;
    scratch->n_seen = 0;
    scratch->dentry = scratch->from_dentry;
    if (!fs || path_read_dentry(&scratch->at, scratch->dentry))
        return path_end(scratch, PATH_UNKNOWN);
    scratch->root_dentry = (unsigned long)fs->root.dentry;
    scratch->root_mount = (unsigned long)fs->root.mnt;
    barrier();
    scratch->root_mount -= PATH_OFFSET(mount, mnt);
    path_enter_mount(scratch, scratch->from_mount - PATH_OFFSET(mount, mnt));
    if (scratch->at.parent != scratch->dentry)
        scratch->deleted = !scratch->at.hash_previous;
    else if (scratch->dentry != scratch->links.root && !scratch->done)
        path_begin_at_root(scratch);
}

static __always_inline long path_attempt(struct path_scratch *scratch)
{
    path_begin(scratch);
    if (!scratch->done)
        bpf_loop(PATH_DEPTH_MAX, path_step, &scratch, 0);
    if (scratch->state == PATH_RESOLVED)
        bpf_loop(scratch->n_seen, path_compare, &scratch, 0);
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

/* Begins with an open file, by its address. */
static __always_inline _Bool path_from_file(struct path_scratch *scratch, unsigned long file)
{
    struct {
        unsigned long mount;
        unsigned long dentry;
    } path = {0};

    path_read(&path, file + PATH_OFFSET(file, f_path));
    path_read(&scratch->inode, file + PATH_OFFSET(file, f_inode));
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
