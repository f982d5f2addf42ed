// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Which tasks a built-in source is about: the keys `own_events`, `pid`, `cgroup` and `container`,
 * which become constants of bpf/wanted.bpf.h. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/diag.h"
#include "config/node.h"

struct object;

struct wanted_config {
    bool own_events;
    int64_t pid;           /* 0: all */
    const char *cgroup;    /* NULL: all; else a path or an id */
    const char *container; /* NULL: all */
};

/* Finds keys that contradict each other. 0, or -EINVAL after at least one message. */
int wanted_check(const struct wanted_config *config, bool is_kept, const struct config_node *node,
                 struct diag *diag);

/* Loader thread: finds the cgroup as it is now, and sets the constants of an object that is not
 * loaded yet. 0, or -errno and a sentence. */
int wanted_apply(const struct wanted_config *config, struct object *object, struct error *error);
