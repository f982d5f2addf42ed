// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* Which tasks a built-in program makes records of. Each program asks first of all, before it takes
 * room in a ring:
 *
 *     if (!is_wanted())                           the current task did it
 *     if (!is_wanted_task(task))                  another task did it
 *     if (!is_wanted_owner(pid, cgroup))          only the pid and the cgroup are known, as of a
 *                                                 socket whose state a packet changes
 *
 * daemon/source/wanted.c sets these constants before the program is loaded. The verifier knows
 * their values and removes the checks that are off: what is left of them is a load each. */

#include "core.bpf.h"

enum { WANTED_LEVELS_MAX = 32, WANTED_LEVEL_UNKNOWN = -1 };

/* Process ids are those of the initial namespace. */
const volatile __u32 unwanted_pid = 0;  /* ringmill's own process; 0: its records are wanted, too */
const volatile __u32 wanted_pid = 0;    /* only this process, with all its threads; 0: all */
const volatile __u64 wanted_cgroup = 0; /* only this cgroup and those below it; 0: all */
/* How many cgroups are above that one: the root has 0. Unknown in a cgroup namespace. */
const volatile __s32 wanted_cgroup_level = WANTED_LEVEL_UNKNOWN;

static __always_inline _Bool is_wanted_pid(__u32 pid)
{
    if (unwanted_pid && pid == unwanted_pid)
        return 0;
    return !wanted_pid || pid == wanted_pid;
}

/* The id of the ancestor with `level` cgroups above it; a cgroup is its own last ancestor. */
static __always_inline __u64 cgroup_ancestor_id(const struct cgroup *cgroup, __u32 level)
{
    const struct cgroup___before_6_1 *old = (const void *)cgroup;
    const struct cgroup *ancestor = NULL;
    __u64 id = 0;

    if (!bpf_core_field_exists(cgroup->ancestors)) {
        bpf_probe_read_kernel(&id, sizeof(id), &old->ancestor_ids[0] + level);
        return id;
    }
    bpf_probe_read_kernel((void *)&ancestor, sizeof(ancestor), &cgroup->ancestors[0] + level);
    return ancestor ? BPF_CORE_READ(ancestor, kn, id) : 0;
}

static __always_inline _Bool is_below_wanted(const struct cgroup *cgroup)
{
    __s32 depth = BPF_CORE_READ(cgroup, level);

    if (wanted_cgroup_level != WANTED_LEVEL_UNKNOWN)
        return depth >= wanted_cgroup_level &&
               cgroup_ancestor_id(cgroup, wanted_cgroup_level) == wanted_cgroup;
    for (__s32 level = 0; level < WANTED_LEVELS_MAX && level <= depth; level++)
        if (cgroup_ancestor_id(cgroup, level) == wanted_cgroup)
            return 1;
    return 0;
}

/* A pid of 0 is unknown: it is wanted unless one process is. The cgroup must not be NULL; it may
 * have been read by bpf_probe_read_kernel(). */
static __always_inline _Bool is_wanted_owner(__u32 pid, const struct cgroup *cgroup)
{
    return is_wanted_pid(pid) && (!wanted_cgroup || is_below_wanted(cgroup));
}

/* For a task that the verifier knows. Most answers take loads only, and no helper call. */
static __always_inline _Bool is_wanted_task(const struct task_struct *task)
{
    const struct cgroup *cgroup;

    if ((unwanted_pid || wanted_pid) && !is_wanted_pid(task->tgid))
        return 0;
    if (!wanted_cgroup)
        return 1;
    cgroup = task->cgroups->dfl_cgrp;
    if (cgroup->kn->id == wanted_cgroup)
        return 1;
    return cgroup->level > wanted_cgroup_level && is_below_wanted(cgroup);
}

static __always_inline _Bool is_wanted(void)
{
    const struct task_struct *task = (void *)bpf_get_current_task_btf();

    if ((unwanted_pid || wanted_pid) && !is_wanted_pid(task->tgid))
        return 0;
    if (!wanted_cgroup)
        return 1;
    if (wanted_cgroup_level == WANTED_LEVEL_UNKNOWN)
        return is_below_wanted(task->cgroups->dfl_cgrp);
    return bpf_get_current_ancestor_cgroup_id(wanted_cgroup_level) == wanted_cgroup;
}
