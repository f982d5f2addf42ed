// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One cgroup of version 2 by what a user knows of it. */

#include <stdint.h>

#include "base/error.h"

struct cgroup_place {
    uint64_t id;
    int32_t level; /* how many cgroups are above it; -1: unknown, as in a cgroup namespace */
};

/* text: an id, a path from the root of the tree, as cgroup_path shows it, or the path of its
 * folder. 0, or -errno and a sentence. */
int cgroup_place_find(const char *text, struct cgroup_place *ret, struct error *error);

/* The topmost cgroup of a container: by its id, the beginning of that, or its name where that is in
 * the cgroup's name. 0, or -errno and a sentence. */
int cgroup_place_of_container(const char *text, struct cgroup_place *ret, struct error *error);
