// SPDX-License-Identifier: Apache-2.0
#include "source/forgotten.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "source/object.h"

int forgotten_read(const struct object *object, uint64_t *ret_forgotten)
{
    int map = object->loaded ? object_map_fd(object, "forgotten") : -1;
    uint32_t key = 0;
    uint64_t count;

    if (map < 0)
        return -ENOTSUP;
    if (bpf_map_lookup_elem(map, &key, &count) < 0)
        return -errno;
    *ret_forgotten = count;
    return 0;
}
