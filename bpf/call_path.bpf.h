// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What the sources of system calls that name files share (delete, rename, chmod, chown, link,
 * mount). Each makes its record when the call returns: the texts are still in the caller's memory
 * then, and the folder in which a text begins is still there.
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
 *     sample  | fields | / s r v / d a t a / a / b | ...
 *                        '---------- path ---------'
 *                                           '-arg-' */

#include "core.bpf.h"
#include "core_file.bpf.h"
#include "path.bpf.h"
#include "process.bpf.h"
#include "wanted.bpf.h"

#include <linux/fcntl.h>

enum {
    CALL_ARG_SIZE = PATH_SIZE + 1, /* a text that fills it is too long for any call */
    CALL_PATH_SIZE = PATH_SIZE + CALL_ARG_SIZE + 1, /* a folder, a slash, and the text */
    CALL_NAME_MAX = 255,                            /* NAME_MAX */
    CALL_NOTES_MAX = 4096,                          /* calls that have not returned */
    CALL_WAITING_MAX = 1024,                        /* the same, of whole records */
};

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

/* What a scratch has before its record. */
struct call_scratch {
    __u64 used; /* bytes of texts, of a record that waits for its call to return */
    char record[];
};

#define CALL_SCRATCH_SIZE(name, paths) \
    (sizeof(struct call_scratch) + sizeof(struct name) + (paths)*CALL_PATH_SIZE)

/* Defines the ring `events` of records of a type that ends in `char texts[]`, of `paths` paths. */
#define CALL_RECORDS(name, paths, bytes)                    \
    RINGMILL_EVENT(name);                                   \
    RINGMILL_RING(events, bytes);                           \
    struct {                                                \
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);            \
        __uint(max_entries, 1);                             \
        __uint(key_size, sizeof(__u32));                    \
        __uint(value_size, CALL_SCRATCH_SIZE(name, paths)); \
    } scratch SEC(".maps");                                 \
    enum {                                                  \
        TEXTS = offsetof(struct name, texts),               \
        TEXTS_SIZE = (paths)*CALL_PATH_SIZE,                \
    }

/* ---- texts ----------------------------------------------------------------------------------- */

static __always_inline void text_none(struct ringmill_text *text)
{
    text->offset = RINGMILL_NO_TEXT;
    text->length = 0;
}

static __always_inline void call_path_none(struct call_path *path)
{
    text_none(&path->path);
    text_none(&path->path_arg);
    path->path_resolved = 0;
    path->path_truncated = 0;
}

/* The last part of a text may be a link, too, and the call follows it. */
static __always_inline void call_path_follow(struct call_path *path)
{
    if (path->path_arg.length > 0)
        path->path_resolved = 0;
}

/* Whether the text is one name, which no link or .. can lead elsewhere. */
static __always_inline _Bool is_name(const char *text, __u32 length)
{
    __u32 dots = 0;

    if (length == 0 || length > CALL_NAME_MAX)
        return 0;
    for (__u32 i = 0; i < CALL_NAME_MAX && i < length; i++) {
        if (text[i] == '/')
            return 0;
        dots += text[i] == '.';
    }
    return dots != length || length > 2;
}

/* ---- paths: these return how many bytes of texts are in use then ------------------------------
 */

/* Where the texts of a record are, and how many bytes there is room for: constants. */
struct call_room {
    char *record;
    __u32 at;
    __u32 size;
    _Bool from_kernel; /* texts are read from there, as io_uring has them */
};

#define CALL_ROOM(event)        ((struct call_room){(char *)(event), TEXTS, TEXTS_SIZE, 0})
#define CALL_KERNEL_ROOM(event) ((struct call_room){(char *)(event), TEXTS, TEXTS_SIZE, 1})

/* Hides from the compiler what it knows of a number: so it keeps the comparisons that tell the
 * verifier, and adds it to an address as it is. */
static __always_inline __u32 opaque(__u32 number)
{
    barrier_var(number);
    return number;
}

/* What the caller typed. */
static __always_inline __u32 put_arg(struct call_room room, __u32 used, __u64 text,
                                     struct call_path *path)
{
    char *to = room.record + room.at + used;
    long size;

    if (used > room.size - CALL_ARG_SIZE)
        return used;
    size = room.from_kernel ? bpf_probe_read_kernel_str(to, CALL_ARG_SIZE, (const void *)text)
                            : bpf_probe_read_user_str(to, CALL_ARG_SIZE, (const void *)text);
    if (size < 0)
        return used;
    if (size == 0) /* an empty text: older kernels do not count its NUL */
        size = 1;
    path->path_arg.offset = room.at + used;
    path->path_arg.length = size - 1;
    if (size == CALL_ARG_SIZE)
        path->path_truncated = 1;
    return opaque(used + size - 1);
}

/* Where the scratch begins. */
static __always_inline __u32 put_resolved(struct call_room room, __u32 used,
                                          struct path_scratch *scratch, struct call_path *path)
{
    long state;

    if (used > room.size - CALL_PATH_SIZE)
        return used;
    state = path_resolve(scratch);
    path->path_truncated = state == PATH_TOO_LONG;
    if (state != PATH_RESOLVED)
        return used;
    path->path_resolved = !scratch->deleted;
    return opaque(path_append(scratch, room.record, room.at, used, &path->path));
}

static __always_inline _Bool is_absolute(struct call_room room, __u64 text)
{
    char first = 0;

    if (room.from_kernel)
        bpf_probe_read_kernel(&first, sizeof(first), (const void *)text);
    else
        bpf_probe_read_user(&first, sizeof(first), (const void *)text);
    return first == '/';
}

static __always_inline __u32 put_absolute(struct call_room room, __u32 used, __u64 text,
                                          struct call_path *path)
{
    __u32 end = put_arg(room, used, text, path);
    __u32 length = path->path_arg.length;

    if (length == 0 || path->path_truncated || used > room.size - CALL_ARG_SIZE)
        return end;
    path->path = path->path_arg;
    path->path_resolved = length == 1 || is_name(room.record + room.at + used + 1, length - 1);
    return end;
}

/* A text in the folder where the scratch begins. An empty one leaves the folder itself. */
static __always_inline __u32 put_relative(struct call_room room, __u32 used,
                                          struct path_scratch *scratch, __u64 text,
                                          struct call_path *path)
{
    __u32 arg = put_resolved(room, used, scratch, path), end;

    if (arg == used)
        return put_arg(room, used, text, path);
    if (arg > room.size - CALL_ARG_SIZE - 1)
        return used;
    if (arg > used + 1) /* not the root, whose path ends in a slash */
        room.record[room.at + arg++] = '/';
    arg = opaque(arg);
    if (arg > room.size - CALL_ARG_SIZE)
        return used;
    end = put_arg(room, arg, text, path);
    if (path->path_arg.length == 0)
        return end;
    path->path.length = end - used;
    if (path->path_truncated)
        text_none(&path->path);
    if (!is_name(room.record + room.at + arg, path->path_arg.length))
        path->path_resolved = 0;
    return end;
}

/* For calls with AT_EMPTY_PATH: an empty text is what the descriptor is of. */
static __always_inline __u32 put_path_or_fd(struct call_room room, __u32 used, __s32 folder_fd,
                                            __u64 text, struct call_path *path)
{
    struct path_scratch *scratch = path_scratch_get();

    call_path_none(path);
    if (is_absolute(room, text))
        return put_absolute(room, used, text, path);
    if (!scratch || !(folder_fd == AT_FDCWD ? path_from_cwd(scratch)
                                            : path_from_descriptor(scratch, folder_fd)))
        return put_arg(room, used, text, path);
    return put_relative(room, used, scratch, text, path);
}

static __always_inline __u32 put_path(struct call_room room, __u32 used, __s32 folder_fd,
                                      __u64 text, struct call_path *path)
{
    used = put_path_or_fd(room, used, folder_fd, text, path);
    if (path->path_arg.length == 0) {
        text_none(&path->path);
        path->path_resolved = 0;
    }
    return used;
}

/* The path of an open file. */
static __always_inline __u32 put_fd(struct call_room room, __u32 used, __u32 fd,
                                    struct call_path *path)
{
    struct path_scratch *scratch = path_scratch_get();

    call_path_none(path);
    if (!scratch || !path_from_descriptor(scratch, fd))
        return used;
    return put_resolved(room, used, scratch, path);
}

/* A text that need not be a path: as it is. */
static __always_inline __u32 put_text(struct call_room room, __u32 used, __u64 text,
                                      struct call_path *path)
{
    call_path_none(path);
    used = put_arg(room, used, text, path);
    if (!path->path_truncated)
        path->path = path->path_arg;
    return used;
}

/* ---- records --------------------------------------------------------------------------------- */

/* The record to be filled, or NULL: none is wanted. */
#define begin_record()                                                         \
    ({                                                                         \
        __u32 key_ = 0;                                                        \
        struct call_scratch *scratch_ =                                        \
            is_wanted() ? bpf_map_lookup_elem(&scratch, &key_) : (void *)NULL; \
                                                                               \
        scratch_ ? (void *)scratch_->record : NULL;                            \
    })

#define finish_record(event, used)                   \
    ({                                               \
        __u32 used_ = (used);                        \
                                                     \
        process_fill_current(PROCESS_FIELDS(event)); \
        write_record((event), used_);                \
    })

#define write_record(event, used)                    \
    ({                                               \
        __u32 size_ = opaque(TEXTS + (used));        \
                                                     \
        (event)->ktime = bpf_ktime_get_ns();         \
        if (size_ <= TEXTS + TEXTS_SIZE)             \
            ringmill_output(events, (event), size_); \
        0;                                           \
    })

/* ---- records that wait for their call to return -----------------------------------------------
 */

/* Defines `waiting`: whole records, by a key that the return knows, too. They take memory while
 * they wait. */
#define CALL_WAITING(name, paths)                           \
    struct {                                                \
        __uint(type, BPF_MAP_TYPE_HASH);                    \
        __uint(map_flags, BPF_F_NO_PREALLOC);               \
        __uint(max_entries, CALL_WAITING_MAX);              \
        __uint(key_size, sizeof(__u64));                    \
        __uint(value_size, CALL_SCRATCH_SIZE(name, paths)); \
    } waiting SEC(".maps")

/* A record that finds no room to wait is lost, and counted. */
#define keep_record(key, event, texts_size)                                                    \
    do {                                                                                       \
        struct call_scratch *scratch_ = (void *)(event)-offsetof(struct call_scratch, record); \
        __u64 key_ = (key);                                                                    \
                                                                                               \
        process_fill_current(PROCESS_FIELDS(event));                                           \
        scratch_->used = (texts_size);                                                         \
        if (bpf_map_update_elem(&waiting, &key_, scratch_, BPF_ANY))                           \
            ringmill_count_lost(&events_lost);                                                 \
    } while (0)

/* Writes the record that waits for that key, if there is one. */
#define finish_waiting(key, type, code)                                       \
    ({                                                                        \
        __u64 key_ = (key);                                                   \
        struct call_scratch *scratch_ = bpf_map_lookup_elem(&waiting, &key_); \
                                                                              \
        if (scratch_) {                                                       \
            type *waited_ = (void *)scratch_->record;                         \
                                                                              \
            waited_->error = (code);                                          \
            write_record(waited_, scratch_->used);                            \
            bpf_map_delete_elem(&waiting, &key_);                             \
        }                                                                     \
        0;                                                                    \
    })

/* ---- what the entry of a call notes for its return ------------------------------------------- */

/* Defines the notes, of a type. Without room a call has none. */
#define CALL_NOTES(note_type)                \
    struct {                                 \
        __uint(type, BPF_MAP_TYPE_HASH);     \
        __uint(max_entries, CALL_NOTES_MAX); \
        __type(key, __u64);                  \
        __type(value, note_type);            \
    } notes SEC(".maps")

#define make_note(note)                                       \
    do {                                                      \
        __u64 task_ = bpf_get_current_pid_tgid();             \
                                                              \
        bpf_map_update_elem(&notes, &task_, (note), BPF_ANY); \
    } while (0)

/* False: there is none. */
#define take_note(ret)                                                     \
    ({                                                                     \
        __u64 task_ = bpf_get_current_pid_tgid();                          \
        const typeof(*(ret)) *note_ = bpf_map_lookup_elem(&notes, &task_); \
        _Bool found_ = note_ != NULL;                                      \
                                                                           \
        if (note_)                                                         \
            *(ret) = *note_;                                               \
        if (note_)                                                         \
            bpf_map_delete_elem(&notes, &task_);                           \
        found_;                                                            \
    })
