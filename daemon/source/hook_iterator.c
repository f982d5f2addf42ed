// SPDX-License-Identifier: Apache-2.0

/* Iterators over all of a kind; those over the elements of a map or over cgroups need to be told
 * which. */

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "source/attachment.h"
#include "source/hook.h"
#include "source/iteration.h"

#define EVERY_DEFAULT (UINT64_C(10) * 1000 * 1000 * 1000)

static bool is_over(const struct hook_arguments *arguments, const char *target)
{
    const char *rest = hook_section_rest(arguments->section);

    return rest && strcmp(rest, target) == 0;
}

static bool needs_map(const struct hook_arguments *arguments)
{
    return is_over(arguments, "bpf_map_elem") || is_over(arguments, "bpf_sk_storage_map") ||
           is_over(arguments, "sockmap");
}

static uint32_t miss_iterator(const struct hook_arguments *arguments)
{
    return (needs_map(arguments) && !arguments->elements ? HOOK_ELEMENTS : 0) |
           (is_over(arguments, "cgroup") && !arguments->cgroup ? HOOK_CGROUP : 0);
}

static int attach_iterator(struct bpf_program *program, const char *name,
                           const struct hook_arguments *arguments, struct attachments *attachments,
                           struct error *error)
{
    _cleanup_(cleanup_close) int cgroup = -1;
    union bpf_iter_link_info info = {0};
    LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info, .link_info_len = sizeof(info));
    struct iteration *iteration;
    struct bpf_link *link;
    int result;

    if (needs_map(arguments))
        info.map.map_fd = (uint32_t)arguments->elements_fd;
    if (is_over(arguments, "cgroup")) {
        cgroup = open(arguments->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
        if (cgroup < 0)
            return error_set(error, -errno, "cannot open the cgroup %s: %s", arguments->cgroup,
                             strerror(errno));
        info.cgroup.cgroup_fd = (uint32_t)cgroup;
        info.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;
    }
    if (!needs_map(arguments) && cgroup < 0) {
        options.link_info = NULL;
        options.link_info_len = 0;
    }
    link = bpf_program__attach_iter(program, &options);
    if (!link)
        return -errno;
    result = iteration_start(link, name, arguments->every ? arguments->every : EVERY_DEFAULT, error,
                             &iteration);
    return result < 0 ? result : attachments_add_iteration(attachments, iteration);
}

const struct hook hook_iterator = {
    .what = "an iterator",
    .unkeepable = "it runs only while ringmill runs it",
    .keys = HOOK_EVERY | HOOK_ELEMENTS | HOOK_CGROUP,
    .missing = miss_iterator,
    .attach = attach_iterator,
};
