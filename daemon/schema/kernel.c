// SPDX-License-Identifier: Apache-2.0

/* A ring in the kernel has no types of its own: libbpf gives none along when it makes one. But each
 * loaded program says which maps it uses, and has the BTF of its object; so the way from a ring to
 * the struct of its samples leads through the programs that write into it. */

#include "schema/kernel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "schema/btf_lookup.h"

DEFINE_CLEANUP(struct btf, btf__free);

/* The BTF's id of a program that uses the map; 0: it does not, or has none. */
static uint32_t btf_of_program(int fd, uint32_t map_id)
{
    uint32_t maps[KERNEL_PROGRAM_MAPS_MAX];
    struct bpf_prog_info info = {.nr_map_ids = KERNEL_PROGRAM_MAPS_MAX, .map_ids = (uintptr_t)maps};
    uint32_t size = sizeof(info);

    if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
        return 0;
    for (uint32_t i = 0; i < info.nr_map_ids && i < KERNEL_PROGRAM_MAPS_MAX; i++)
        if (maps[i] == map_id)
            return info.btf_id;
    return 0;
}

/* What was found so far: the first BTF, until one comes that has the type. */
struct kernel_search {
    const char *type_name; /* NULL: by convention */
    const char *map_name;
    struct btf *btf;
    uint32_t btf_id;
    bool fits;
};

static bool fits(const struct btf *btf, const struct kernel_search *search)
{
    struct candidate candidate;

    return lookup_type(btf, search->type_name, search->map_name, NULL, &candidate) == 0;
}

static void look_at(struct kernel_search *search, uint32_t btf_id)
{
    _cleanup_(cleanup_btf__free) struct btf *btf = NULL;

    if (btf_id == search->btf_id)
        return; /* programs of one object share their BTF */
    btf = btf__load_from_kernel_by_id(btf_id);
    if (!btf || lookup_is_empty(btf) || (search->btf && !fits(btf, search)))
        return;
    btf__free(search->btf);
    search->fits = fits(btf, search);
    search->btf_id = btf_id;
    search->btf = TAKE_PTR(btf);
}

int kernel_map_btf(int map_fd, const char *type_name, struct error *error, struct btf **ret_btf)
{
    struct bpf_map_info map = {0};
    uint32_t size = sizeof(map);
    struct kernel_search search = {.type_name = type_name, .map_name = map.name};
    uint32_t id = 0;

    if (bpf_obj_get_info_by_fd(map_fd, &map, &size) < 0)
        return error_set(error, -errno, "cannot read the map's description from the kernel: %s",
                         strerror(errno));
    while (!search.fits && bpf_prog_get_next_id(id, &id) == 0) {
        _cleanup_(cleanup_close) int fd = bpf_prog_get_fd_by_id(id);
        uint32_t btf_id;

        if (fd < 0 && errno == EPERM)
            return error_set(error, -EPERM,
                             "no permission to inspect the programs that use the map %s; run as "
                             "root or with CAP_SYS_ADMIN",
                             map.name);
        btf_id = fd >= 0 ? btf_of_program(fd, map.id) : 0;
        if (btf_id)
            look_at(&search, btf_id);
    }
    if (!search.btf)
        return error_set(error, -ENOENT, "no loaded program that uses the map %s (id %u) has BTF",
                         map.name, map.id);
    *ret_btf = search.btf;
    return 0;
}
