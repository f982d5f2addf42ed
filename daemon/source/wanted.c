// SPDX-License-Identifier: Apache-2.0
#include "source/wanted.h"

#include <errno.h>
#include <unistd.h>

#include "source/cgroup_place.h"
#include "source/constants.h"
#include "source/object.h"

int wanted_check(const struct wanted_config *config, bool is_kept, const struct config_node *node,
                 struct diag *diag)
{
    int result = 0;

    if (config->cgroup && config->container) {
        diag_add_key(diag, config_map_get(node, "container"),
                     "\"cgroup\" and \"container\" cannot be used together; leave out one of them");
        result = -EINVAL;
    }
    if (!config->own_events && is_kept) {
        diag_add_key(diag, config_map_get(node, "own_events"),
                     "a kept program would leave out the process that started it and not the next "
                     "one; remove own_events or keep");
        result = -EINVAL;
    }
    return result;
}

static int find_cgroup(const struct wanted_config *config, struct cgroup_place *ret,
                       struct error *error)
{
    *ret = (struct cgroup_place){.level = -1};
    if (config->cgroup)
        return cgroup_place_find(config->cgroup, ret, error);
    return config->container ? cgroup_place_of_container(config->container, ret, error) : 0;
}

int wanted_apply(const struct wanted_config *config, struct object *object, struct error *error)
{
    struct cgroup_place place;
    int result = find_cgroup(config, &place, error);

    if (result == 0)
        result = constants_set_number(object->plan, "unwanted_pid",
                                      config->own_events ? 0 : (uint64_t)getpid(), error);
    if (result == 0)
        result = constants_set_number(object->plan, "wanted_pid", (uint64_t)config->pid, error);
    if (result == 0)
        result = constants_set_number(object->plan, "wanted_cgroup", place.id, error);
    if (result == 0)
        result =
            constants_set_number(object->plan, "wanted_cgroup_level", (uint64_t)place.level, error);
    return result;
}
