// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* The texts of a system call that names files, in the record that is being built: what the caller
 * typed, and the absolute path that it makes.
 *
 *     unlinkat(5, "a/b", 0)      path_arg         a/b
 *                                path             /srv/data/a/b     descriptor 5 is /srv/data
 *                                path_resolved    false             "a" may be a symbolic link
 *
 * A BPF program cannot look up a path, so it does not know where links in a text lead. A single
 * name in a folder is exact, and so is a descriptor.
 *
 * A record is built in a scratch of this CPU and written at the length it has. What the caller
 * typed is the end of its path, and is there once:
 *
 *     scratch  | .. | fields | / s r v / d a t a / a / b | ...
 *                   '- record '---------- path ---------'
 *                                              '-arg-' */

#include "core.bpf.h"
#include "core_file.bpf.h"
#include "path.bpf.h"
#include "process.bpf.h"

#include <linux/fcntl.h>

enum {
    CALL_ARG_SIZE = PATH_SIZE + 1, /* a text that fills it is too long for any call */
    CALL_SHORT_SIZE = 256,
    CALL_NAME_MAX = 255, /* NAME_MAX */
    CALL_FIELDS_MAX = 1024,
    /* A text begins at most here: after the ancestors, a short text, a path of a folder and a
     * name, and another folder. A power of two, so that the verifier takes the mask for a limit. */
    CALL_BEGIN_MAX = 16384,
    CALL_TEXTS_MAX = CALL_BEGIN_MAX + CALL_ARG_SIZE + 7,
};

_Static_assert(ANCESTORS_BYTES + CALL_SHORT_SIZE + 3 * (PATH_SIZE + 1) <= CALL_BEGIN_MAX,
               "the largest record has no room");

/* The fields of one path. */
#define CALL_PATH_FIELDS(name)                                                    \
    struct ringmill_text name;       /* absolute */                               \
    struct ringmill_text name##_arg; /* as the caller typed it */                 \
    _Bool name##_resolved;           /* false: links and .. may lead elsewhere */ \
    _Bool name##_truncated           /* too long to be known: then it is null */

struct call_path {
    CALL_PATH_FIELDS(path);
};

/* Of the first field of a path. */
#define CALL_PATH(field) ((struct call_path *)&(field))

struct call_scratch {
    __u64 used;                                               /* bytes of texts */
    struct call_path path;                                    /* of call_put() */
    char fields[CALL_FIELDS_MAX] __attribute__((aligned(8))); /* the record's, at the end of it */
    char texts[CALL_TEXTS_MAX];
};

/* One for programs of an entry and of a return, which do not interrupt each other. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct call_scratch);
} call_scratches SEC(".maps");

static __always_inline struct call_scratch *call_scratch_get(void)
{
    __u32 key = 0;

    return bpf_map_lookup_elem(&call_scratches, &key);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static __always_inline void call_path_none(struct call_path *path)
{
    ringmill_no_text(&path->path);
    ringmill_no_text(&path->path_arg);
    path->path_resolved = 0;
    path->path_truncated = 0;
}

/* The last part of a text may be a link, too, and the call follows it. */
static __always_inline void call_path_follow(struct call_path *path)
{
    if (path->path_arg.length > 0)
        path->path_resolved = 0;
}

/* The compiler does not know that the mask changes nothing, so it stays for the verifier. */
static __always_inline __u64 call_begin_at(__u64 used)
{
    barrier_var(used);
    return used & (CALL_BEGIN_MAX - 1);
}

static __always_inline _Bool has_slash(const char *text, __u32 length)
{
    for (__u32 i = 0; i < CALL_NAME_MAX && i < length; i += 8) {
        __u64 word = *(const __u64 *)(text + i);

        if (length - i < 8)
            word &= (1ull << (length - i) * 8) - 1;
        if (zero_bytes(word ^ 0x2f2f2f2f2f2f2f2f)) /* eight slashes */
            return 1;
    }
    return 0;
}

/* Whether the text is one name, which no link or .. can lead elsewhere. */
static __always_inline _Bool is_name(const char *text, __u32 length)
{
    if (length == 0 || length > CALL_NAME_MAX)
        return 0;
    if (text[0] == '.' && (length == 1 || (length == 2 && text[1] == '.')))
        return 0;
    return !has_slash(text, length);
}

/* ---- what is added to a record --------------------------------------------------------------- */

enum {
    CALL_IN_KERNEL = 1,   /* the text is in the kernel, as io_uring has it */
    CALL_EMPTY_IS_FD = 2, /* an empty text is the descriptor itself: AT_EMPTY_PATH */
    CALL_FD_ONLY = 4,     /* there is no text */
    CALL_NO_PATH = 8,     /* the text need not be a path: as it is */
    CALL_SHORT = 16,      /* of CALL_SHORT_SIZE - 1 bytes at most */
};

static __always_inline _Bool is_absolute(__u64 text, __u32 how)
{
    char first = 0;

    if (how & CALL_IN_KERNEL)
        bpf_probe_read_kernel(&first, sizeof(first), (const void *)text);
    else
        bpf_probe_read_user(&first, sizeof(first), (const void *)text);
    return first == '/';
}

/* Adds the path of an open file, or of the current directory. */
static __always_inline _Bool add_descriptor(struct call_scratch *scratch, __s32 fd)
{
    struct path_scratch *found = path_scratch_get();
    struct call_path *path = &scratch->path;
    __u64 begin;
    long state;

    if (!found || !(fd == AT_FDCWD ? path_from_cwd(found) : path_from_descriptor(found, fd)))
        return 0;
    state = path_resolve(found);
    path->path_truncated = state == PATH_TOO_LONG;
    if (state != PATH_RESOLVED)
        return 0;
    path->path_resolved = !found->deleted;
    begin = call_begin_at(scratch->used);
    scratch->used = path_append(found, scratch->texts, 0, begin, &path->path);
    return 1;
}

/* Adds what the caller typed. An empty text gives 0 on older kernels, which do not count its NUL.
 */
static __always_inline void add_typed(struct call_scratch *scratch, __u64 text, __u32 how)
{
    __u64 begin = call_begin_at(scratch->used);
    __u32 room = how & CALL_SHORT ? CALL_SHORT_SIZE : CALL_ARG_SIZE;
    long size = how & CALL_IN_KERNEL
                    ? bpf_probe_read_kernel_str(scratch->texts + begin, room, (const void *)text)
                    : bpf_probe_read_user_str(scratch->texts + begin, room, (const void *)text);

    if (size < 0)
        return;
    scratch->path.path_arg.offset = begin;
    scratch->path.path_arg.length = size > 0 ? size - 1 : 0;
    scratch->used = begin + scratch->path.path_arg.length;
    if (size == CALL_ARG_SIZE)
        scratch->path.path_truncated = 1;
}

/* Makes a path of what was typed, which is not empty, and of what it begins in: the path that is
 * there, unless it is alone. */
static __always_inline void join(struct call_scratch *scratch, _Bool is_alone)
{
    struct call_path *path = &scratch->path;
    __u32 length = path->path_arg.length, root = is_alone;

    if (is_alone)
        path->path = path->path_arg;
    else if (path->path.offset != RINGMILL_NO_TEXT)
        path->path.length = scratch->used - path->path.offset;
    path->path_resolved |= is_alone;
    if (path->path_truncated)
        ringmill_no_text(&path->path);
    if (path->path.offset == RINGMILL_NO_TEXT ||
        (length > root &&
         !is_name(scratch->texts + call_begin_at(path->path_arg.offset + root), length - root)))
        path->path_resolved = 0;
}

/* Adds a text and the path that it makes, beginning in a folder (AT_FDCWD, or a descriptor), to the
 * texts of this CPU's scratch, and says in its `path` where they are, counted from the first text.
 * Not static: so the verifier walks through it once, and not for each caller. */
__attribute__((noinline)) int call_put(__s32 fd, __u64 text, __u32 how)
{
    struct call_scratch *scratch = call_scratch_get();
    struct call_path *path;
    _Bool is_alone;

    if (!scratch)
        return 0;
    path = &scratch->path;
    call_path_none(path);
    if (how & CALL_NO_PATH) {
        add_typed(scratch, text, how);
        if (!path->path_truncated)
            path->path = path->path_arg;
        return 0;
    }
    is_alone = !(how & CALL_FD_ONLY) && is_absolute(text, how);
    if (!is_alone && add_descriptor(scratch, fd) && path->path.length > 1)
        scratch->texts[call_begin_at(scratch->used++)] = '/';
    if (how & CALL_FD_ONLY)
        return 0;
    add_typed(scratch, text, how);
    if (path->path_arg.length > 0) {
        join(scratch, is_alone);
    } else if (path->path_arg.offset == RINGMILL_NO_TEXT || !(how & CALL_EMPTY_IS_FD)) {
        ringmill_no_text(&path->path);
        path->path_resolved = 0;
    }
    return 0;
}
