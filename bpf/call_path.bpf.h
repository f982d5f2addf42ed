// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What the sources of system calls that name files share (delete, rename, chmod, chown, link,
 * mount). Each makes its record when the call returns: the texts are still in the caller's memory
 * then, and the folder in which a text begins is still there. What is known of paths:
 * call_text.bpf.h.
 *
 *     struct delete_event {
 *         __u64 ktime;
 *         struct process_fields;
 *         ...
 *         CALL_PATH_FIELDS(path);
 *         CALL_TEXTS;
 *     };
 *     CALL_RECORDS(delete_event, 1 << 20);
 *
 *     struct delete_event *event = begin_record(delete_event);
 *
 *     put_path(event, path, AT_FDCWD, arguments[0], 0);
 *     return finish_record(event); */

#include "call_text.bpf.h"
#include "lineage_feed.bpf.h"
#include "wanted.bpf.h"

enum {
    CALL_NOTES_MAX = 4096,   /* calls that have not returned */
    CALL_WAITING_MAX = 1024, /* the same, of whole records */
};

/* The last member of a record. */
#define CALL_TEXTS char texts[] __attribute__((aligned(8)))

/* Defines the ring `events` of records of a type. */
#define CALL_RECORDS(name, bytes)                  \
    RINGMILL_EVENT(name);                          \
    RINGMILL_RING(events, bytes);                  \
    enum { TEXTS = offsetof(struct name, texts) }; \
    _Static_assert(TEXTS <= CALL_FIELDS_MAX && TEXTS % 8 == 0, "fields of " #name)

/* The texts of a scratch follow the fields of its record. */
#define CALL_RECORD(scratch)   ((void *)((scratch)->texts - TEXTS))
#define CALL_SCRATCH_SHIFT     (offsetof(struct call_scratch, texts) - TEXTS)
#define CALL_SCRATCH_OF(event) ((struct call_scratch *)((char *)(event)-CALL_SCRATCH_SHIFT))

static __always_inline void call_text_take(struct ringmill_text *to,
                                           const struct ringmill_text *from, __u32 texts)
{
    *to = *from;
    if (to->offset != RINGMILL_NO_TEXT)
        to->offset += texts;
}

static __always_inline void call_path_take(struct call_path *to, const struct call_scratch *scratch,
                                           __u32 texts)
{
    call_text_take(&to->path, &scratch->path.path, texts);
    call_text_take(&to->path_arg, &scratch->path.path_arg, texts);
    to->path_resolved = scratch->path.path_resolved;
    to->path_truncated = scratch->path.path_truncated;
}

/* Fills the fields of a path: see call_put(). */
#define put_path(event, field, fd, text, how)                                     \
    do {                                                                          \
        call_put((fd), (text), (how));                                            \
        call_path_take(CALL_PATH((event)->field), CALL_SCRATCH_OF(event), TEXTS); \
    } while (0)

/* ---- records --------------------------------------------------------------------------------- */

/* The record to be filled, which has the process and its ancestors then; NULL: none is wanted. */
#define begin_record(name)                                                               \
    ({                                                                                   \
        struct call_scratch *scratch_ = is_wanted() ? call_scratch_get() : (void *)NULL; \
        struct name *event_ = NULL;                                                      \
                                                                                         \
        if (scratch_) {                                                                  \
            barrier_var(scratch_); /* the verifier lets nobody add to it before */       \
            event_ = CALL_RECORD(scratch_);                                              \
            scratch_->used = process_fill_record(event_);                                \
        }                                                                                \
        event_;                                                                          \
    })

#define CALL_USED_MAX (CALL_BEGIN_MAX + CALL_ARG_SIZE)

#define finish_record(event)                                            \
    ({                                                                  \
        __u64 used_ = CALL_SCRATCH_OF(event)->used;                     \
                                                                        \
        barrier_var(used_); /* so that the comparison stays as it is */ \
        (event)->ktime = bpf_ktime_get_ns();                            \
        if (used_ <= CALL_USED_MAX)                                     \
            ringmill_output(events, (event), TEXTS + used_);            \
        0;                                                              \
    })

/* ---- records that wait for their call to return ---------------------------------------------- */

/* Whole records, by a key that the return knows, too. They take memory while they wait. */
#define CALL_WAITING                           \
    struct {                                   \
        __uint(type, BPF_MAP_TYPE_HASH);       \
        __uint(map_flags, BPF_F_NO_PREALLOC);  \
        __uint(max_entries, CALL_WAITING_MAX); \
        __type(key, __u64);                    \
        __type(value, struct call_scratch);    \
    } waiting SEC(".maps")

/* A record that finds no room to wait is lost, and counted. */
#define keep_record(number, event)                                                 \
    ({                                                                             \
        __u64 key_ = (number);                                                     \
                                                                                   \
        if (bpf_map_update_elem(&waiting, &key_, CALL_SCRATCH_OF(event), BPF_ANY)) \
            ringmill_count_lost(&events_lost);                                     \
        0;                                                                         \
    })

/* Writes the record that waits for that key, if there is one. */
#define finish_waiting(name, number, code)                                    \
    ({                                                                        \
        __u64 key_ = (number);                                                \
        struct call_scratch *waiting_ = bpf_map_lookup_elem(&waiting, &key_); \
                                                                              \
        if (waiting_) {                                                       \
            struct name *event_ = CALL_RECORD(waiting_);                      \
                                                                              \
            event_->error = (code);                                           \
            finish_record(event_);                                            \
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
