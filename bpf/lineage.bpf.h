// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Who started whom. Each process has its lineage, the processes above it, in a storage at its main
 * thread. It gets it when it is forked, from its parent's, and keeps it when the parent ends:
 *
 *     systemd 1 -- sshd 70 -- bash 81 -- make 95       lineage of make: bash 81, sshd 70, systemd 1
 *
 * So nothing is looked up by pid, no end of a process has to be seen, and the table is as large as
 * there are processes: the kernel frees an entry with its process. Only a new name has to reach
 * those who have the old one already. It is entered in `renames`, which counts up; a lineage that
 * was read at another count is compared with the renames before it is used. User space runs
 * lineage_iterate() now and then, so that no lineage misses many of them.
 *
 * The programs are in lineage_feed.bpf.h. */

#include "core.bpf.h"

#include <linux/errno.h>

enum {
    ANCESTORS_MAX = 8,
    ANCESTORS_BYTES = ANCESTORS_MAX * COMM_SIZE,
    RENAMES_MAX = 4096, /* renames that a lineage can have missed */
};

struct process_id {
    __u64 start;
    __u64 pid;
};

/* Names are read while they are being replaced: so there are two sets, and one is in use. */
struct lineage_names {
    char names[ANCESTORS_MAX][COMM_SIZE];
    __u8 lengths[ANCESTORS_MAX];
};

struct lineage {
    __u64 renames; /* the count at which the names were right */
    __u64 is_busy; /* somebody replaces the names */
    __u32 count;   /* of ancestors, nearest first */
    __u32 side;    /* which names are in use: 0 or 1 */
    _Bool has_forked;
    _Bool has_names; /* false: too many renames ago, so they are unknown */
    __u64 starts[ANCESTORS_MAX];
    __u32 pids[ANCESTORS_MAX];
    struct lineage_names sides[2];
};

struct rename {
    char name[COMM_SIZE];
    __u64 number;
};

/* One entry. */
struct lineage_state {
    __u64 renames;   /* entered */
    __u64 numbers;   /* given out */
    __u64 no_memory; /* lineages and renames that found no room */
    __u64 outdated;  /* lineages that had missed too many */
};

struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct lineage);
} lineages SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 2 * RENAMES_MAX);
    __type(key, struct process_id);
    __type(value, struct rename);
} renames SEC(".maps");

/* The oldest entry of `renames` makes room for the newest. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, RENAMES_MAX);
    __type(key, __u32);
    __type(value, struct process_id);
} rename_order SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct lineage_state);
} lineage_state SEC(".maps");

static __always_inline struct lineage_state *lineage_state_get(void)
{
    __u32 key = 0;

    return bpf_map_lookup_elem(&lineage_state, &key);
}

/* How many bytes the word has up to its first NUL, that one included. The highest bit of each byte
 * that is 0 is set in `zeros`, of higher bytes perhaps wrongly: only the lowest one counts. */
static __always_inline __u32 bytes_to_nul(__u64 zeros)
{
    __u64 below = (zeros & -zeros) - 1;

    return ((below & 0x0101010101010101) * 0x0101010101010101) >> 56;
}

static __always_inline __u64 zero_bytes(__u64 word)
{
    return (word - 0x0101010101010101) & ~word & 0x8080808080808080;
}

/* Without the NUL; 0 to COMM_SIZE - 1. */
static __always_inline __u8 name_length(const __u64 *name)
{
    __u64 zeros = zero_bytes(name[0]);

    if (zeros)
        return bytes_to_nul(zeros) - 1;
    return (7 + bytes_to_nul(zero_bytes(name[1]))) & (COMM_SIZE - 1);
}

static __always_inline void put_name(struct lineage_names *names, __u32 at, const __u64 *name)
{
    __u64 *to = (__u64 *)names->names[at];

    to[0] = name[0];
    to[1] = name[1];
    names->lengths[at] = name_length(name);
}

static __always_inline void put_ancestor(struct lineage *lineage, __u32 at,
                                         const struct task_struct *leader)
{
    char name[COMM_SIZE] __attribute__((aligned(8)));

    copy_comm(leader, name);
    lineage->starts[at] = leader->start_boottime;
    lineage->pids[at] = leader->tgid;
    put_name(&lineage->sides[0], at, (const __u64 *)name);
}

/* The parent, and those above it. */
static __always_inline void inherit(struct lineage *lineage, const struct task_struct *parent,
                                    const struct lineage *above)
{
    const struct lineage_names *from = &above->sides[above->side & 1];
    struct lineage_names *to = &lineage->sides[0];

    put_ancestor(lineage, 0, parent);
    for (int i = 1; i < ANCESTORS_MAX; i++) {
        lineage->starts[i] = above->starts[i - 1];
        lineage->pids[i] = above->pids[i - 1];
        ((__u64 *)to->names[i])[0] = ((const __u64 *)from->names[i - 1])[0];
        ((__u64 *)to->names[i])[1] = ((const __u64 *)from->names[i - 1])[1];
        to->lengths[i] = from->lengths[i - 1];
    }
    lineage->count = above->count < ANCESTORS_MAX ? above->count + 1 : ANCESTORS_MAX;
    lineage->has_names = above->has_names;
    lineage->renames = above->renames;
    lineage->side = 0;
}

/* As the kernel has it now: where a parent has ended, its place is taken by the process that took
 * its children over. */
static __noinline void lineage_read_tree(struct lineage *lineage, const struct task_struct *leader,
                                         __u64 renames)
{
    const struct task_struct *parent = leader;
    __u32 count = 0;

    for (int i = 0; i < ANCESTORS_MAX; i++) {
        parent = parent->real_parent->group_leader;
        if (parent->tgid == 0)
            break;
        put_ancestor(lineage, i, parent);
        count = i + 1;
    }
    lineage->count = count;
    lineage->side = 0;
    lineage->has_names = 1;
    lineage->renames = renames;
}

/* An entry for a process that has none; NULL: no memory. Another CPU may add it at the same time,
 * with the same contents: then this one's attempt fails, and the entry is there. */
static __always_inline struct lineage *lineage_add(struct task_struct *leader,
                                                   struct lineage_state *state)
{
    struct lineage *lineage =
        bpf_task_storage_get(&lineages, leader, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

    if (!lineage)
        lineage = bpf_task_storage_get(&lineages, leader, NULL, 0);
    if (!lineage)
        __sync_fetch_and_add(&state->no_memory, 1);
    return lineage;
}

/* Of a process that was there before ringmill: it was not forked before our eyes. */
static __noinline struct lineage *lineage_make(struct task_struct *leader,
                                               struct lineage_state *state)
{
    __u64 renames = state->renames;
    struct lineage *lineage = lineage_add(leader, state);

    if (lineage) {
        lineage_read_tree(lineage, leader, renames);
        lineage->has_forked = 1; /* perhaps */
    }
    return lineage;
}

static __always_inline void apply_renames(struct lineage *lineage, struct lineage_names *to,
                                          const struct lineage_names *from)
{
    for (int i = 0; i < ANCESTORS_MAX; i++) {
        struct process_id id = {.start = lineage->starts[i], .pid = lineage->pids[i]};
        const struct rename *renamed = bpf_map_lookup_elem(&renames, &id);
        __u64 name[2];

        name[0] = ((const __u64 *)from->names[i])[0];
        name[1] = ((const __u64 *)from->names[i])[1];
        if (renamed) {
            name[0] = ((const __u64 *)renamed->name)[0];
            name[1] = ((const __u64 *)renamed->name)[1];
        }
        put_name(to, i, name);
    }
}

/* Brings the names up to date. One at a time: who comes second uses the names as they were. */
static __noinline int lineage_refresh(struct lineage *lineage, struct lineage_state *state)
{
    __u64 renames = state->renames;
    __u32 side = lineage->side & 1;

    if (__sync_val_compare_and_swap(&lineage->is_busy, 0, 1) != 0)
        return 0;
    if (renames - lineage->renames >= RENAMES_MAX) {
        if (lineage->has_names)
            __sync_fetch_and_add(&state->outdated, 1);
        lineage->has_names = 0;
    } else {
        apply_renames(lineage, &lineage->sides[!side], &lineage->sides[side]);
    }
    lineage->side = !side;
    lineage->renames = renames;
    __sync_lock_test_and_set(&lineage->is_busy, 0);
    return 0;
}

/* NULL: no memory. */
static __always_inline struct lineage *lineage_of(struct task_struct *leader,
                                                  struct lineage_state *state)
{
    struct lineage *lineage = bpf_task_storage_get(&lineages, leader, NULL, 0);

    if (!lineage)
        return lineage_make(leader, state);
    if (lineage->renames != state->renames)
        lineage_refresh(lineage, state);
    return lineage;
}
