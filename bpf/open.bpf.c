// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/* One record per open, creat, openat, openat2 or open_by_handle_at, also of 32-bit programs, made
 * when the call returns and only then: the arguments are still in the task's saved registers, and
 * the kernel has just read the path, so its page is in memory. A second program at entry would cost
 * the traced program as much again, and would need a map to hand the arguments over.
 *
 * What that means: path_arg is what user memory holds at the return. A program that changes it
 * meanwhile shows the changed one. `path` is not affected: it is resolved from the opened file.
 *
 * Needs Linux 5.15; before 5.17 no path is resolved. */

#include "ringmill.bpf.h"

#include "core.bpf.h"
#include "lineage_feed.bpf.h"
#include "names.bpf.h"
#include "path_fields.bpf.h"
#include "process.bpf.h"
#include "syscall.bpf.h"
#include "wanted.bpf.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>

struct open_event {
    __u64 ktime;
    struct process_fields;
    open_flags_t flags;
    mode_t mode;   /* as asked for, where flags allow to create; else 0 */
    __s32 fd;      /* -1 when the call failed */
    errno_t error; /* 0 when it succeeded; 512: interrupted, the kernel may restart it */
    struct path_fields;
    char texts[];
};

enum {
    OPEN_TEXTS = offsetof(struct open_event, texts),
    OPEN_RECORD_MAX = OPEN_TEXTS + PATH_FIELDS_SIZE + ANCESTORS_BYTES,
};

RINGMILL_EVENT(open_event);
RINGMILL_RING(events, 8 << 20);

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, OPEN_RECORD_MAX);
} records SEC(".maps");

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
}

static __always_inline _Bool is_at_dirfd(const struct open_call *call)
{
    return call->dirfd != AT_FDCWD && (call->dirfd_is_root || !path_is_absolute(call->path));
}

/* Of a file that is not open, or has no path. */
static __always_inline void join_path(struct path_fields *fields, const struct open_call *call,
                                      long result)
{
    if (is_at_dirfd(call)) {
        if (result < 0)
            path_join(fields, &fields->dirfd_path);
    } else {
        path_join(fields, path_is_absolute(call->path) ? NULL : &fields->cwd);
    }
}

/* The file's own path comes first: most files are below the current directory, or it is "/". */
static __always_inline __u64 fill_paths(struct open_event *event, struct path_scratch *scratch,
                                        const struct open_call *call, long result)
{
    struct path_fields *fields = PATH_FIELDS(event);
    __u64 used = 0;

    path_fields_clear(fields);
    if (result >= 0 && path_from_descriptor(scratch, result)) {
        path_watch_cwd(scratch);
        used = path_add_file(fields, scratch, event, OPEN_TEXTS, used);
        scratch->cwd_dentry = 0;
        path_share_cwd(fields, scratch);
    }
    if (fields->cwd.offset == RINGMILL_NO_TEXT)
        used = path_add_cwd(fields, scratch, event, OPEN_TEXTS, used);
    if (result < 0 && is_at_dirfd(call))
        used = path_add_dirfd(fields, scratch, call->dirfd, event, OPEN_TEXTS, used);
    if (call->path)
        used = path_add_typed(fields, call->path, 1, event, OPEN_TEXTS, used);
    if (!fields->path_resolved)
        join_path(fields, call, result);
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
    struct path_scratch *scratch;
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
    event = bpf_map_lookup_elem(&records, &key);
    scratch = path_scratch_get();
    if (!event || !scratch)
        return 0;
    syscall_arguments_read(regs, is_compat, &arguments);
    call_read(&call, kind, &arguments);
    event->ktime = bpf_ktime_get_ns();
    process_fill_current(PROCESS_FIELDS(event));
    fill_call(event, &call, context->result);
    used = fill_paths(event, scratch, &call, context->result);
    used = process_fill_ancestors(PROCESS_FIELDS(event), event->texts, OPEN_TEXTS, used);
    ringmill_output(events, event, OPEN_TEXTS + used);
    return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
