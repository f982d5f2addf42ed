// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What this machine's own files say about a container: its name, its image, its pod. They are those
 * that container runtimes and the kubelet keep; docs/containers.md lists them. Nothing is asked
 * over a socket or the network.
 *
 * Any thread; it reads files, so not the consumer's. Files are read up to CONTAINER_STATE_BYTES and
 * folders up to CONTAINER_STATE_ENTRIES, and what does not look as expected is passed over. */

#include <stdbool.h>

#include "base/container_path.h"

enum {
    CONTAINER_STATE_BYTES = 4 * 1024 * 1024, /* of a file; a longer one is not read */
    CONTAINER_STATE_ENTRIES = 65536,         /* of a folder that are looked at */
    CONTAINER_TEXT_MAX = 496,                /* bytes of a text; a longer one is unknown */
};

/* Empty texts: no file says. */
struct container_state {
    enum container_runtime runtime;
    bool is_virtual_machine; /* systemd-machined says so */
    char pod_uid[CONTAINER_TEXT_MAX + 1];
    char pod[CONTAINER_TEXT_MAX + 1];
    char namespace[CONTAINER_TEXT_MAX + 1]; /* the pod's */
    char name[CONTAINER_TEXT_MAX + 1];
    char image[CONTAINER_TEXT_MAX + 1];
};

/* root: put before "/var/lib/docker" and all other paths; normally "". */
void container_state_read(const char *root, const struct container_path *path,
                          struct container_state *ret);
