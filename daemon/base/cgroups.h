// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The cgroups that this machine has or had, by id, with their paths. Those that are there are read
 * from the tree (base/cgroup_tree.h); those that are made later are reported by a program in the
 * kernel as they are made (source/cgroup_watch.h), so that one which lives for milliseconds has its
 * path, too. One that was removed is kept until its place is needed: records that name it may still
 * lie in a ring.
 *
 *     walk of the tree ── cgroups_note() ──▶  id ▸ path      at most CGROUPS_MAX
 *     made in the kernel ─ cgroups_make() ─▶  (path of the parent, "/", name)
 *     removed ─────────── cgroups_remove() ─▶ may give way, the oldest first
 *
 * An id is never used again and a cgroup of version 2 is never renamed, so a path never changes.
 *
 * One thread, the resolver's; cgroups_count() any thread. */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

enum {
    CGROUPS_MAX = 16384, /* that are kept at a time, by default */
};

struct cgroups;

struct cgroups_counts {
    uint64_t cgroups; /* that are known now, removed ones included */
    uint64_t dropped; /* that were not kept: the table was full of living ones, or out of memory */
    uint64_t unknown; /* that were made below one that is not known */
};

/* max 0: CGROUPS_MAX. NULL: out of memory. */
struct cgroups *cgroups_new(uint32_t max);
/* Accepts NULL. */
void cgroups_free(struct cgroups *cgroups);
DEFINE_CLEANUP(struct cgroups, cgroups_free);

/* This cgroup exists. path is copied. */
void cgroups_note(struct cgroups *cgroups, uint64_t id, const char *path, uint32_t length);
/* It was made below `parent`, with that name. */
void cgroups_make(struct cgroups *cgroups, uint64_t id, uint64_t parent, const char *name,
                  uint32_t length);
/* It was removed. */
void cgroups_remove(struct cgroups *cgroups, uint64_t id);

/* The path, which lives until the next change; NULL: not known. Not NUL-ended. */
const char *cgroups_path(const struct cgroups *cgroups, uint64_t id, uint32_t *ret_length);

/* Something is missing that a walk of the tree may find. */
bool cgroups_lacks_some(const struct cgroups *cgroups);
/* Before a walk, or after something was lost. */
void cgroups_set_lacking(struct cgroups *cgroups, bool lacking);

/* Any thread. */
void cgroups_count(const struct cgroups *cgroups, struct cgroups_counts *ret);
