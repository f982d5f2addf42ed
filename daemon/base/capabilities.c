// SPDX-License-Identifier: Apache-2.0

/* The threads that look at records and at what others send us need no privileges, so they have
 * none: a flaw in a parser there is not a flaw in the kernel's hands. */

#include "base/capabilities.h"

#include <cap-ng.h>
#include <errno.h>
#include <stddef.h>

static int apply(const unsigned *keep, size_t count)
{
    bool held[CAP_LAST_CAP + 1] = {false};

    if (capng_get_caps_process() != 0)
        return -EPERM;
    for (size_t i = 0; i < count; i++)
        held[keep[i]] = capng_have_capability(CAPNG_PERMITTED, keep[i]);
    capng_clear(CAPNG_SELECT_CAPS);
    for (size_t i = 0; i < count; i++)
        if (held[keep[i]])
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, keep[i]);
    return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -EPERM;
}

int capabilities_keep_loader(void)
{
    static const unsigned keep[] = {
        CAP_BPF,
        CAP_PERFMON,
        CAP_NET_ADMIN,       /* network programs */
        CAP_NET_RAW,         /* packet sockets, for socket filters */
        CAP_DAC_READ_SEARCH, /* tracefs is readable for root alone */
        CAP_SYS_ADMIN,       /* maps by id; kernels that know no CAP_BPF */
        CAP_SYS_PTRACE,      /* /proc/PID/exe, where a uprobe is for one process */
        CAP_SYS_RESOURCE,    /* RLIMIT_MEMLOCK, before Linux 5.11 */
    };

    return apply(keep, sizeof(keep) / sizeof(keep[0]));
}

int capabilities_keep_ptrace(void)
{
    static const unsigned keep[] = {CAP_SYS_PTRACE};

    return apply(keep, sizeof(keep) / sizeof(keep[0]));
}

bool capabilities_allow_bpf(void)
{
    if (capng_get_caps_process() != 0)
        return false;
    if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN))
        return true;
    return capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF) &&
           capng_have_capability(CAPNG_EFFECTIVE, CAP_PERFMON);
}

int capabilities_drop(void)
{
    return apply(NULL, 0);
}
