// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the path of a cgroup says by itself: which container and pod it belongs to, and which unit
 * of systemd. docs/containers.md lists the forms that are known.
 *
 *     /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/cri-containerd-ID.scope
 *      '- slices ------------------------------------------------ pod_uid -'   '- runtime -'  id
 *
 * The container nearest to the root counts: that is the one which this machine's runtime has made.
 * What is below it was named by what runs in the container, which may call itself anything.
 *
 * Pure functions: any thread. */

#include <stdbool.h>
#include <stdint.h>

enum container_runtime {
    CONTAINER_UNKNOWN, /* the path does not say which one it is */
    CONTAINER_DOCKER,
    CONTAINER_CONTAINERD,
    CONTAINER_CRIO,
    CONTAINER_PODMAN,
    CONTAINER_BUILDAH,
    CONTAINER_NSPAWN,
    CONTAINER_LXC,
    CONTAINER_LIBVIRT_LXC,
    CONTAINER_RUNTIMES,
};

enum {
    CONTAINER_ID_MAX = 128, /* bytes of an id, or of a name where that is the id */
    CONTAINER_UID_MAX = 64, /* bytes of a pod's uid */
    CONTAINER_HASH = 64,    /* hexadecimal digits of the id that most runtimes give */
};

/* Empty texts: the path does not say. */
struct container_path {
    enum container_runtime runtime;
    bool is_machine; /* of systemd-machined, which also has virtual machines: see its state file */
    bool is_users;   /* below user.slice, so a user may have named it as he liked */
    char id[CONTAINER_ID_MAX + 1];
    char pod_uid[CONTAINER_UID_MAX + 1];
    /* parts of the path; not NUL-ended */
    const char *unit, *user_unit, *slice;
    uint32_t unit_length, user_unit_length, slice_length;
};

/* path begins with "/" and stays the caller's; ret's units point into it. */
void container_path_read(const char *path, uint32_t length, struct container_path *ret);

/* "docker", "systemd-nspawn" and so on; NULL: CONTAINER_UNKNOWN. */
const char *container_runtime_name(enum container_runtime runtime);
