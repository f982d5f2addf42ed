// SPDX-License-Identifier: Apache-2.0

/* Programs at a function of another BPF program: freplace puts one in its place, fentry and fexit
 * trace it. The kernel must know the other program when this one is loaded. */

#include "source/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/attachment.h"

static uint32_t miss_target(const struct hook_arguments *arguments)
{
    return arguments->target ? 0 : HOOK_TARGET;
}

static int attach_extension(struct bpf_program *program, const char *name,
                            const struct hook_arguments *arguments, struct attachments *attachments,
                            struct error *error)
{
    struct bpf_link *link = bpf_program__attach_freplace(program, 0, NULL);

    (void)name;
    if (link)
        return attachments_add_link(attachments, link);
    if (errno == EBUSY)
        return error_set(error, -EBUSY,
                         "another program replaces or traces the function \"%s\" of the BPF "
                         "program %s already",
                         hook_section_rest(arguments->section), arguments->target);
    return -errno;
}

const struct hook hook_extension = {
    .what = "an extension (freplace)",
    .keys = HOOK_TARGET,
    .missing = miss_target,
    .attach = attach_extension,
};

static int open_by_id(const char *target, struct error *error)
{
    char *end;
    unsigned long id = strtoul(target + strlen("id:"), &end, 10);
    int fd = *end || id == 0 || id > UINT32_MAX ? -1 : bpf_prog_get_fd_by_id((uint32_t)id);

    if (fd >= 0)
        return fd;
    if (*end || id == 0 || id > UINT32_MAX)
        return error_set(error, -EINVAL, "target %s: write the id of a BPF program, as in id:42",
                         target);
    return error_set(error, -errno, "target %s: the BPF program cannot be opened: %s", target,
                     strerror(errno));
}

static int open_program(const char *target, struct error *error)
{
    int fd;

    if (strncmp(target, "id:", strlen("id:")) == 0)
        return open_by_id(target, error);
    fd = bpf_obj_get(target);
    return fd >= 0 ? fd
                   : error_set(error, -errno,
                               "target %s: no BPF program can be opened there: %s; write the path "
                               "where it is pinned, or id:N (bpftool prog list)",
                               target, strerror(errno));
}

int hook_open_target(struct bpf_program *program, const struct hook_arguments *arguments,
                     struct error *error, int *ret_fd)
{
    const char *function = hook_section_rest(arguments->section);
    _cleanup_(cleanup_close) int fd = open_program(arguments->target, error);
    int result = fd < 0 ? fd : bpf_program__set_attach_target(program, fd, function);

    if (fd < 0)
        return result;
    if (result < 0)
        return error_set(error, result,
                         "the BPF program %s has no function \"%s\", or no BTF that describes it; "
                         "bpftool prog dump xlated shows its functions",
                         arguments->target, function);
    *ret_fd = TAKE_FD(fd);
    return 0;
}
