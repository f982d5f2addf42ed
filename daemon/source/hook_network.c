// SPDX-License-Identifier: Apache-2.0

/* XDP and cgroup programs are attached by links, which end with this process. TC filters remain, so
 * each has a place where it is found again: a fixed priority, and a handle derived from the names
 * of source and program. A filter that a killed ringmill left there is replaced. The clsact queue
 * that carries them remains, too: others may be using it by then. */

#include "source/hook.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <string.h>
#include <sys/statfs.h>

#include "base/cleanup.h"
#include "base/suggestion.h"
#include "source/attachment.h"
#include "source/libbpf_log.h"
#include "source/raw_link.h"

enum { TC_PRIORITY = 100 };

/* ---- interfaces ------------------------------------------------------------------------------ */

int hook_find_interface(const char *name, struct error *error, int *ret_index)
{
    unsigned index = if_nametoindex(name);
    struct if_nameindex *all = index ? NULL : if_nameindex();
    struct suggestion suggestion;

    if (index) {
        *ret_index = (int)index;
        return 0;
    }
    suggestion_init(&suggestion, name);
    for (struct if_nameindex *at = all; at && at->if_name; at++)
        suggestion_offer(&suggestion, at->if_name);
    error_set(error, -ENODEV, "no network interface is named \"%s\"; %s", name,
              suggestion_words(&suggestion));
    if (all)
        if_freenameindex(all);
    return -ENODEV;
}

static uint32_t miss_interface(const struct hook_arguments *arguments)
{
    return arguments->interface.count == 0 ? HOOK_INTERFACE : 0;
}

static int attach_xdp(struct bpf_program *program, const char *name,
                      const struct hook_arguments *arguments, struct attachments *attachments,
                      struct error *error)
{
    (void)name;
    for (uint32_t i = 0; i < arguments->interface.count; i++) {
        const char *interface = arguments->interface.items[i];
        struct bpf_link *link;
        int index = 0, result = hook_find_interface(interface, error, &index);

        if (result < 0)
            return result;
        link = bpf_program__attach_xdp(program, index);
        if (!link)
            return errno == EBUSY || errno == EEXIST
                       ? error_set(error, -EBUSY,
                                   "%s already has an XDP program; show it with: ip link show %s; "
                                   "remove it with: ip link set %s xdp off",
                                   interface, interface, interface)
                       : -errno;
        result = attachments_add_link(attachments, link);
        if (result < 0)
            return result;
    }
    return 0;
}

const struct hook hook_xdp = {
    .what = "an XDP program",
    .keys = HOOK_INTERFACE,
    .missing = miss_interface,
    .attach = attach_xdp,
};

/* ---- TC -------------------------------------------------------------------------------------- */

static int direction_of(const struct hook_arguments *arguments)
{
    const char *rest = hook_section_rest(arguments->section);

    if (arguments->direction)
        return arguments->direction;
    if (rest && strncmp(rest, "ingress", strlen("ingress")) == 0)
        return BPF_TC_INGRESS;
    if (rest && strncmp(rest, "egress", strlen("egress")) == 0)
        return BPF_TC_EGRESS;
    return 0;
}

static uint32_t miss_tc(const struct hook_arguments *arguments)
{
    return miss_interface(arguments) | (direction_of(arguments) ? 0 : HOOK_DIRECTION);
}

/* FNV-1a, never 0: for 0 the kernel would choose a handle. */
static uint32_t handle_of(const char *name)
{
    uint32_t hash = 2166136261U;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return (hash & INT32_MAX) | 1;
}

/* Creates the queue that TC filters are in. That it exists already is not an error, but libbpf
 * warns of it, so that warning goes to a log of its own. */
static int create_queue(struct bpf_tc_hook *hook, struct error *error)
{
    struct libbpf_log log;
    int result;

    libbpf_log_begin(&log);
    result = bpf_tc_hook_create(hook);
    libbpf_log_end(&log);
    if (result == 0 || result == -EEXIST)
        return 0;
    return log.warning[0] ? error_set(error, result, "%s", log.warning) : result;
}

static int put_filter(struct bpf_program *program, struct tc_filter *place, struct error *error)
{
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = place->interface,
                .attach_point = (enum bpf_tc_attach_point)place->direction);
    LIBBPF_OPTS(bpf_tc_opts, options, .handle = place->handle, .priority = place->priority,
                .prog_fd = bpf_program__fd(program), .flags = BPF_TC_F_REPLACE);
    int result = create_queue(&hook, error);

    if (result < 0)
        return result;
    result = bpf_tc_attach(&hook, &options);
    place->program = options.prog_id;
    return result;
}

static int attach_tc(struct bpf_program *program, const char *name,
                     const struct hook_arguments *arguments, struct attachments *attachments,
                     struct error *error)
{
    struct tc_filter place = {
        .direction = direction_of(arguments),
        .handle = handle_of(name),
        .priority = TC_PRIORITY,
    };

    for (uint32_t i = 0; i < arguments->interface.count; i++) {
        int result = hook_find_interface(arguments->interface.items[i], error, &place.interface);

        if (result == 0)
            result = put_filter(program, &place, error);
        if (result == 0)
            result = attachments_add_filter(attachments, &place);
        if (result < 0)
            return result;
    }
    return 0;
}

const struct hook hook_tc = {
    .what = "a TC program",
    .unkeepable = "TC programs have no link that can be kept",
    .keys = HOOK_INTERFACE | HOOK_DIRECTION,
    .missing = miss_tc,
    .attach = attach_tc,
};

/* Attaches by a link; before Linux 6.6, which has these links, as a filter. */
static int attach_tcx(struct bpf_program *program, const char *name,
                      const struct hook_arguments *arguments, struct attachments *attachments,
                      struct error *error)
{
    struct raw_link link = {
        .program = (uint32_t)bpf_program__fd(program),
        .attach_type = direction_of(arguments) == BPF_TC_INGRESS ? RAW_TCX_INGRESS : RAW_TCX_EGRESS,
    };

    for (uint32_t i = 0; i < arguments->interface.count; i++) {
        int index = 0, result = hook_find_interface(arguments->interface.items[i], error, &index);
        int fd;

        if (result < 0)
            return result;
        link.target = (uint32_t)index;
        fd = raw_link_create(&link);
        if (fd == -EINVAL && i == 0)
            return attach_tc(program, name, arguments, attachments, error);
        result = fd < 0 ? fd : attachments_add_fd(attachments, fd);
        if (result < 0)
            return result;
    }
    return 0;
}

const struct hook hook_tcx = {
    .what = "a TCX program",
    .keys = HOOK_INTERFACE | HOOK_DIRECTION,
    .missing = miss_tc,
    .attach = attach_tcx,
};

/* ---- cgroups --------------------------------------------------------------------------------- */

static uint32_t miss_cgroup(const struct hook_arguments *arguments)
{
    return arguments->cgroup ? 0 : HOOK_CGROUP;
}

static int attach_cgroup(struct bpf_program *program, const char *name,
                         const struct hook_arguments *arguments, struct attachments *attachments,
                         struct error *error)
{
    _cleanup_(cleanup_close) int fd =
        open(arguments->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
    struct bpf_link *link;
    struct statfs system;

    (void)name;
    if (fd < 0)
        return error_set(error, -errno, "cannot open the cgroup %s: %s", arguments->cgroup,
                         strerror(errno));
    if (fstatfs(fd, &system) == 0 && system.f_type != CGROUP2_SUPER_MAGIC)
        return error_set(error, -EINVAL,
                         "%s is not a cgroup of version 2; use a folder below /sys/fs/cgroup, or "
                         "below where cgroup2 is mounted",
                         arguments->cgroup);
    link = bpf_program__attach_cgroup(program, fd);
    return link ? attachments_add_link(attachments, link) : -errno;
}

const struct hook hook_cgroup = {
    .what = "a cgroup program",
    .keys = HOOK_CGROUP,
    .missing = miss_cgroup,
    .attach = attach_cgroup,
};
