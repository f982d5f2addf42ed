// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The cgroups of this machine. A cgroup's id, as bpf_get_current_cgroup_id() gives it, is the inode
 * number of its directory in the one tree of version 2. */

#include <stdint.h>

enum {
    CGROUP_PATH_MAX = 496, /* bytes of a path; what lies deeper is passed over */
    CGROUP_DEPTH_MAX = 64,
};

/* Where the tree is mounted: constant text; NULL: nowhere. */
const char *cgroup_tree_root(void);

/* Calls visit for each cgroup below root and for root itself, which is "/"; the others' paths are
 * from there on. path is not NUL-ended. 0 or -errno when root cannot be read; what vanishes
 * meanwhile is passed over. */
int cgroup_tree_walk(const char *root,
                     void (*visit)(void *data, uint64_t id, const char *path, uint32_t length),
                     void *data);
