// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

/* What cgroup.bpf.c tells source/cgroup_watch.c of each cgroup that is made or removed. */

#include <linux/types.h>

enum { CGROUP_NAME_SIZE = 256 }; /* NAME_MAX, with its NUL */

struct cgroup_note {
    __u64 id;
    __u64 parent;
    __u32 removed;
    __u32 length; /* of the name, without its NUL; 0 when it was removed */
    char name[CGROUP_NAME_SIZE];
};
