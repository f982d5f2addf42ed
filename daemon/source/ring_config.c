// SPDX-License-Identifier: Apache-2.0

/* The kernel would refuse a wrong size, too, but with EINVAL and at the start. */

#include "source/ring_config.h"

#include <errno.h>
#include <unistd.h>

int ring_config_check_size(const struct config_node *entry, uint64_t bytes, struct diag *diag)
{
    if ((bytes & (bytes - 1)) == 0 && bytes % (uint64_t)sysconf(_SC_PAGESIZE) == 0)
        return 0;
    diag_add(diag, config_map_get(entry, "ring_size"),
             "a ring's size must be a power of two and a multiple of the page size, such as 4MiB");
    return -EINVAL;
}
