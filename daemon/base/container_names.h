// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Names that the path of a cgroup leads to: what it says itself (base/container_path.h), and what
 * this machine's files say about its container (base/container_state.h), which are read again when
 * that is older than CONTAINER_NAMES_KEEP_S, or after CONTAINER_NAMES_RETRY_S if they said nothing.
 * When the files are gone, what they said last is still given.
 *
 * One thread, the resolver's. */

#include <stdbool.h>
#include <stdint.h>

#include "base/container_state.h"

enum container_name {
    CONTAINER_NAME_RUNTIME,   /* "docker" */
    CONTAINER_NAME_ID,        /* "3f4e..." */
    CONTAINER_NAME_POD_UID,   /* "7d0c2c5e-..." */
    CONTAINER_NAME_UNIT,      /* "cron.service" */
    CONTAINER_NAME_USER_UNIT, /* "app.service", of a user's systemd */
    CONTAINER_NAME_SLICE,     /* "system.slice" */
    CONTAINER_NAME_POD,       /* "web-5d8f" */
    CONTAINER_NAME_NAMESPACE, /* of the pod: "default" */
    CONTAINER_NAME_CONTAINER, /* "nginx" */
    CONTAINER_NAME_IMAGE,     /* "docker.io/library/nginx:1.25" */
    CONTAINER_NAMES,
};

enum {
    CONTAINERS_MAX = 256, /* containers whose files are remembered; others are read again */
    CONTAINER_NAMES_KEEP_S = 60,
    CONTAINER_NAMES_RETRY_S = 1,
};

struct container_names;

/* root: see container_state_read(); borrowed. NULL: out of memory. */
struct container_names *container_names_new(const char *root);
/* Accepts NULL. */
void container_names_free(struct container_names *names);

/* What the path alone says: as container_names_find(), but reads no file. Any thread. *ret_final:
 * files cannot add anything. */
int container_names_by_path(enum container_name which, const char *path, uint32_t length,
                            char *name, bool *ret_final);

/* Writes the name, of at most CONTAINER_TEXT_MAX bytes and not NUL-ended, and returns its length;
 * -ENOENT: there is none. *ret_final: the answer will always be the same, because the path alone
 * says it. now: ns. */
int container_names_find(struct container_names *names, enum container_name which, const char *path,
                         uint32_t length, int64_t now, char *name, bool *ret_final);
