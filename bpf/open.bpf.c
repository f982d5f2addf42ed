// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per open, creat, openat, openat2 or open_by_handle_at, also of 32-bit programs, made
 * when the call returns and only then: the arguments are still in the task's saved registers, and
 * the kernel has just read the path, so its page is in memory. A second program at entry would cost
 * the traced program as much again, and would need a map to hand the arguments over.
 *
 * What that means: path_arg is what user memory holds at the return. A program that changes it
 * meanwhile shows the changed one. `path` is not affected: it is resolved from the opened file.
 *
 * The texts of a record, where the call was relative, one after the other:
 *
 *     cwd  dirfd_path '/' path_arg  path
 *
 * So the path of a call that failed, cwd or dirfd joined with what was typed, needs no bytes of its
 * own. Needs Linux 5.15; before 5.17 no path is resolved. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "lineage_feed.bpf.h"
#include "path.bpf.h"
#include "process.bpf.h"
#include "syscall.bpf.h"
#include "wanted.bpf.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>

typedef __u32 open_flags_t; /* says what they are: see docs/schemas.md */

struct open_event {
    __u64 ktime;
    struct process_fields;
    open_flags_t flags;
    __u32 mode;  /* as asked for, where flags allow to create; else 0 */
    __s32 fd;    /* -1 when the call failed */
    __s32 error; /* errno, 0 when it succeeded; 512: interrupted, the kernel may restart it */
    struct ringmill_text path;
    _Bool path_resolved;  /* path is that of the opened file, not one made of what was typed */
    _Bool path_truncated; /* path is missing because it is too long or too deep */
    _Bool deleted;        /* the file has been deleted; path is its last name */
    struct ringmill_text path_arg; /* as typed */
    struct ringmill_text cwd;
    struct ringmill_text dirfd_path; /* where the call failed and path_arg is relative to it */
    __u64 inode;                     /* 0: unknown */
    struct path_device device;
    char texts[];
};

enum {
    OPEN_TEXTS = offsetof(struct open_event, texts),
    OPEN_RECORD_MAX = OPEN_TEXTS + 4 * PATH_SIZE + ANCESTORS_BYTES,
};

RINGMILL_EVENT(open_event);
RINGMILL_RING(events, 8 << 20);

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, OPEN_RECORD_MAX);
} scratch SEC(".maps");

struct open_call {
    __s32 dirfd;
    _Bool dirfd_is_root; /* RESOLVE_IN_ROOT: even an absolute path_arg is relative to dirfd */
    unsigned long path;  /* in user memory */
    __u64 flags;
    __u64 mode;
};

enum call_kind { NO_OPEN, OPEN, CREAT, OPENAT, OPENAT2, OPEN_BY_HANDLE };

/* By the numbers of the kernel's tables: of the machine, and of its 32-bit programs. */
#if defined(__TARGET_ARCH_x86)
static __always_inline enum call_kind native_kind(__u32 number)
{
    switch (number) {
    case 2:
        return OPEN;
    case 85:
        return CREAT;
    case 257:
        return OPENAT;
    case 304:
        return OPEN_BY_HANDLE;
    case 437:
        return OPENAT2;
    }
    return NO_OPEN;
}

static __always_inline enum call_kind compat_kind(__u32 number)
{
    switch (number) {
    case 5:
        return OPEN;
    case 8:
        return CREAT;
    case 295:
        return OPENAT;
    case 342:
        return OPEN_BY_HANDLE;
    case 437:
        return OPENAT2;
    }
    return NO_OPEN;
}
#else
static __always_inline enum call_kind native_kind(__u32 number)
{
    switch (number) {
    case 56:
        return OPENAT;
    case 265:
        return OPEN_BY_HANDLE;
    case 437:
        return OPENAT2;
    }
    return NO_OPEN;
}

static __always_inline enum call_kind compat_kind(__u32 number)
{
    switch (number) {
    case 5:
        return OPEN;
    case 8:
        return CREAT;
    case 322:
        return OPENAT;
    case 371:
        return OPEN_BY_HANDLE;
    case 437:
        return OPENAT2;
    }
    return NO_OPEN;
}
#endif

static __always_inline void call_read_at(struct open_call *call,
                                         const struct syscall_arguments *arguments, int first)
{
    call->path = arguments->of[first];
    call->flags = arguments->of[first + 1];
    call->mode = arguments->of[first + 2];
}

static __always_inline void call_read(struct open_call *call, enum call_kind kind,
                                      const struct syscall_arguments *arguments)
{
    struct open_how how = {};

    call->dirfd = kind == OPEN || kind == CREAT ? AT_FDCWD : (__s32)arguments->of[0];
    if (kind == OPEN) {
        call_read_at(call, arguments, 0);
    } else if (kind == CREAT) {
        call->path = arguments->of[0];
        call->flags = O_CREAT | O_WRONLY | O_TRUNC;
        call->mode = arguments->of[1];
    } else if (kind == OPENAT) {
        call_read_at(call, arguments, 1);
    } else if (kind == OPENAT2) {
        bpf_probe_read_user(&how, sizeof(how), (const void *)arguments->of[2]);
        call->path = arguments->of[1];
        call->flags = how.flags;
        call->mode = how.mode;
        call->dirfd_is_root = (how.resolve & RESOLVE_IN_ROOT) != 0;
    } else {
        call->flags = arguments->of[2];
    }
}

static __always_inline _Bool may_create(__u64 flags)
{
    return (flags & (O_CREAT | __O_TMPFILE)) != 0;
}

static __always_inline void fill_call(struct open_event *event, const struct open_call *call,
                                      long result)
{
    event->flags = call->flags;
    event->mode = may_create(call->flags) ? call->mode : 0;
    event->fd = result >= 0 ? result : -1;
    event->error = result >= 0 ? 0 : -result;
    event->path_resolved = 0;
    event->path_truncated = 0;
    event->deleted = 0;
    event->inode = 0;
    event->device = (struct path_device){0};
    ringmill_no_text(&event->path);
    ringmill_no_text(&event->path_arg);
    ringmill_no_text(&event->cwd);
    ringmill_no_text(&event->dirfd_path);
}

static __always_inline __u64 fill_cwd(struct open_event *event, struct path_scratch *paths,
                                      __u64 used)
{
    if (!path_from_cwd(paths) || path_resolve(paths) != PATH_RESOLVED)
        return used;
    return path_append(paths, event, OPEN_TEXTS, used, &event->cwd);
}

static __always_inline __u64 fill_dirfd(struct open_event *event, struct path_scratch *paths,
                                        __s32 dirfd, __u64 used)
{
    if (!path_from_descriptor(paths, dirfd) || path_resolve(paths) != PATH_RESOLVED)
        return used;
    return path_append(paths, event, OPEN_TEXTS, used, &event->dirfd_path);
}

/* After a slash, by which it is joined with what is before. */
static __always_inline __u64 fill_path_arg(struct open_event *event, unsigned long path, __u64 used)
{
    char *to = event->texts + used;
    long size;

    *to = '/';
    size = bpf_probe_read_user_str(to + 1, PATH_SIZE, (const void *)path);
    if (size <= 0)
        return used;
    event->path_arg.offset = OPEN_TEXTS + used + 1;
    event->path_arg.length = size - 1;
    return used + 1 + ((size - 1) & (PATH_SIZE - 1));
}

static __always_inline __u64 fill_file(struct open_event *event, struct path_scratch *paths,
                                       __u32 fd, __u64 used)
{
    long state;

    if (!path_from_descriptor(paths, fd))
        return used;
    path_read_inode(paths, &event->inode, &event->device);
    state = path_resolve(paths);
    event->deleted = paths->deleted;
    event->path_truncated = state == PATH_TOO_LONG;
    if (state != PATH_RESOLVED)
        return used;
    event->path_resolved = 1;
    return path_append(paths, event, OPEN_TEXTS, used, &event->path);
}

/* A path that begins with a slash is joined with nothing; the others with `base`, which ends where
 * the slash before path_arg is. */
static __always_inline void join(struct open_event *event, const struct ringmill_text *base,
                                 _Bool is_absolute)
{
    __u32 length = event->path_arg.length;

    if (length == 0 || event->path_arg.offset == RINGMILL_NO_TEXT)
        return;
    if (is_absolute) {
        event->path = event->path_arg;
        return;
    }
    if (base->offset == RINGMILL_NO_TEXT)
        return;
    if (base->length == 1) { /* "/": the slash before path_arg is enough */
        event->path.offset = event->path_arg.offset - 1;
        event->path.length = length + 1;
        return;
    }
    length += base->length + 1;
    if (length >= PATH_SIZE) {
        event->path_truncated = 1;
        return;
    }
    event->path.offset = base->offset;
    event->path.length = length;
}

static __always_inline _Bool is_absolute_arg(unsigned long path)
{
    char first = 0;

    bpf_probe_read_user(&first, 1, (const void *)path);
    return first == '/';
}

static __always_inline __u64 fill_texts(struct open_event *event, struct path_scratch *paths,
                                        const struct open_call *call, long result)
{
    _Bool is_absolute = !call->dirfd_is_root && is_absolute_arg(call->path);
    _Bool is_at_dirfd = !is_absolute && call->dirfd != AT_FDCWD;
    __u64 used = fill_cwd(event, paths, 0);

    if (result < 0 && is_at_dirfd)
        used = fill_dirfd(event, paths, call->dirfd, used);
    if (call->path)
        used = fill_path_arg(event, call->path, used);
    if (result >= 0)
        used = fill_file(event, paths, result, used);
    if (!event->path_resolved && !event->path_truncated)
        join(event, is_at_dirfd ? &event->dirfd_path : &event->cwd, is_absolute);
    return used;
}

SEC("tp_btf/sys_exit")
int ringmill_open(struct sys_exit *context)
{
    const struct pt_regs *regs = context->regs;
    __u32 number = syscall_number(regs), key = 0;
    enum call_kind kind = native_kind(number);
    struct syscall_arguments arguments;
    struct open_call call = {0};
    struct path_scratch *paths;
    struct open_event *event;
    _Bool is_compat;
    __u64 used;

    if (kind == NO_OPEN && compat_kind(number) == NO_OPEN)
        return 0;
    is_compat = syscall_is_compat();
    if (is_compat)
        kind = compat_kind(number);
    if (kind == NO_OPEN || !is_wanted())
        return 0;
    event = bpf_map_lookup_elem(&scratch, &key);
    paths = path_scratch_get();
    if (!event || !paths)
        return 0;
    syscall_arguments_read(regs, is_compat, &arguments);
    call_read(&call, kind, &arguments);
    event->ktime = bpf_ktime_get_ns();
    process_fill_current(PROCESS_FIELDS(event));
    fill_call(event, &call, context->result);
    used = fill_texts(event, paths, &call, context->result);
    used = process_fill_ancestors(PROCESS_FIELDS(event), event->texts, OPEN_TEXTS, used);
    ringmill_output(events, event, OPEN_TEXTS + used);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
