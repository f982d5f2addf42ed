// SPDX-License-Identifier: Apache-2.0

/* A ring in the kernel has no types of its own: libbpf gives none along when it makes one. But each
 * loaded program says which maps it uses, and has the BTF of its object; so the way from a ring to
 * the struct of its samples leads through the programs that write into it. */

#include "schema/kernel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "schema/lookup.h"

DEFINE_CLEANUP(struct btf, btf__free);

int kernel_map_describe(int map_fd, struct kernel_map *ret_map)
{
    struct bpf_map_info info = {0};
    uint32_t size = sizeof(info);

    if (bpf_obj_get_info_by_fd(map_fd, &info, &size) < 0)
        return -errno;
    *ret_map =
        (struct kernel_map){.id = info.id, .type = info.type, .max_entries = info.max_entries};
    memcpy(ret_map->name, info.name, KERNEL_NAME_MAX - 1);
    return 0;
}

/* ---- finding a map ---- */

static int explain(const char *what, int code, struct error *error)
{
    if (code == -EPERM || code == -EACCES)
        return error_set(error, -EPERM,
                         "not allowed to open the map %s; run as root, or give it CAP_SYS_ADMIN",
                         what);
    return error_set(error, code, "cannot open the map %s: %s", what, strerror(-code));
}

/* A pin may be a program's or a link's as well; what an fd is, only its name says. */
static bool is_map(int fd)
{
    char path[32], name[32];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    length = readlink(path, name, sizeof(name) - 1);
    if (length < 0)
        return true; /* without /proc */
    name[length] = '\0';
    return strcmp(name, "anon_inode:bpf-map") == 0;
}

bool kernel_is_pin(const char *path)
{
    struct statfs system;

    return statfs(path, &system) == 0 && system.f_type == BPF_FS_MAGIC;
}

static int open_pin(const char *path, struct error *error, int *ret_fd, struct kernel_map *ret_map)
{
    _cleanup_(cleanup_close) int fd = -1;

    if (access(path, F_OK) != 0 && errno == ENOENT)
        return error_set(error, -ENOENT, "there is no map pinned at %s", path);
    if (!kernel_is_pin(path))
        return error_set(error, -EINVAL, "%s is no pinned map", path);
    fd = bpf_obj_get(path);
    if (fd < 0)
        return explain(path, -errno, error);
    if (!is_map(fd) || kernel_map_describe(fd, ret_map) < 0)
        return error_set(error, -EINVAL, "%s is pinned, but no map", path);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

static int open_id(uint32_t id, const char *what, struct error *error, int *ret_fd,
                   struct kernel_map *ret_map)
{
    _cleanup_(cleanup_close) int fd = bpf_map_get_fd_by_id(id);
    int r;

    if (fd < 0)
        return errno == ENOENT ? error_set(error, -ENOENT, "there is no map with the id %u", id)
                               : explain(what, -errno, error);
    r = kernel_map_describe(fd, ret_map);
    if (r < 0)
        return explain(what, r, error);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

static bool parse_id(const char *text, uint32_t *ret_id)
{
    unsigned long value;
    char *end;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno || value == 0 || value > UINT32_MAX)
        return false;
    *ret_id = (uint32_t)value;
    return true;
}

/* Maps of one name; rings count before all others. */
struct hits {
    uint32_t ids[KERNEL_MAPS_LISTED];
    uint32_t count;
    bool rings;
};

static void hit(struct hits *hits, const struct kernel_map *map)
{
    bool ring = map->type == BPF_MAP_TYPE_RINGBUF;

    if (hits->rings && !ring)
        return;
    if (ring && !hits->rings)
        *hits = (struct hits){.rings = true};
    if (hits->count < KERNEL_MAPS_LISTED)
        hits->ids[hits->count] = map->id;
    hits->count++;
}

/* Maps come and go meanwhile; one that has gone is none. */
static int find_name(const char *name, struct hits *hits)
{
    uint32_t id = 0;

    while (bpf_map_get_next_id(id, &id) == 0) {
        _cleanup_(cleanup_close) int fd = bpf_map_get_fd_by_id(id);
        struct kernel_map map;

        if (fd < 0 && errno == EPERM)
            return -EPERM;
        if (fd < 0 || kernel_map_describe(fd, &map) < 0)
            continue;
        if (strncmp(map.name, name, KERNEL_NAME_MAX - 1) == 0)
            hit(hits, &map);
    }
    return errno == ENOENT ? 0 : -errno;
}

static int refuse_several(const char *name, const struct hits *hits, struct error *error)
{
    char ids[KERNEL_MAPS_LISTED * 16] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < hits->count && i < KERNEL_MAPS_LISTED; i++)
        used += (size_t)snprintf(ids + used, sizeof(ids) - used, "%sid:%u", i ? ", " : "",
                                 hits->ids[i]);
    return error_set(error, -EEXIST,
                     "there are %u %s called \"%s\"; name one of them by its id: %s%s", hits->count,
                     hits->rings ? "ring buffers" : "maps", name, ids,
                     hits->count > KERNEL_MAPS_LISTED ? ", ..." : "");
}

static int open_name(const char *name, struct error *error, int *ret_fd, struct kernel_map *ret_map)
{
    struct hits hits = {0};
    int r = find_name(name, &hits);

    if (r < 0)
        return explain(name, r, error);
    if (hits.count == 0)
        return error_set(error, -ENOENT, "there is no map called \"%s\" in the kernel", name);
    if (hits.count > 1)
        return refuse_several(name, &hits, error);
    return open_id(hits.ids[0], name, error, ret_fd, ret_map);
}

int kernel_map_open(const char *what, struct error *error, int *ret_fd, struct kernel_map *ret_map)
{
    uint32_t id;

    if (strchr(what, '/'))
        return open_pin(what, error, ret_fd, ret_map);
    if (strncmp(what, "id:", 3) != 0)
        return open_name(what, error, ret_fd, ret_map);
    if (!parse_id(what + 3, &id))
        return error_set(error, -EINVAL, "%s: expected a whole number behind \"id:\"", what);
    return open_id(id, what, error, ret_fd, ret_map);
}

/* ---- types by way of programs ---- */

/* The BTF's id of a program that uses the map; 0: it does not, or has none. */
static uint32_t btf_of_program(int fd, uint32_t map_id)
{
    uint32_t maps[KERNEL_USED_MAPS_MAX];
    struct bpf_prog_info info = {.nr_map_ids = KERNEL_USED_MAPS_MAX, .map_ids = (uintptr_t)maps};
    uint32_t size = sizeof(info);

    if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
        return 0;
    for (uint32_t i = 0; i < info.nr_map_ids && i < KERNEL_USED_MAPS_MAX; i++)
        if (maps[i] == map_id)
            return info.btf_id;
    return 0;
}

static bool fits(const struct btf *btf, const char *type_name)
{
    struct candidate candidate;

    return lookup_type(btf, type_name, NULL, NULL, &candidate) == 0;
}

static bool has_any(const struct btf *btf)
{
    for (uint32_t id = 1; id < btf__type_cnt(btf); id++)
        if (btf_is_struct(btf__type_by_id(btf, id)))
            return true;
    return false;
}

/* What was found so far: the first BTF, until one comes that has the type. */
struct search {
    struct btf *btf;
    uint32_t btf_id;
    bool fits;
};

static void look_at(struct search *search, uint32_t btf_id, const char *type_name)
{
    _cleanup_(cleanup_btf__free) struct btf *btf = NULL;

    if (btf_id == search->btf_id)
        return; /* programs of one object share their BTF */
    btf = btf__load_from_kernel_by_id(btf_id);
    if (!btf || !has_any(btf) || (search->btf && !fits(btf, type_name)))
        return;
    btf__free(search->btf);
    search->fits = fits(btf, type_name);
    search->btf_id = btf_id;
    search->btf = TAKE_PTR(btf);
}

int kernel_map_btf(const struct kernel_map *map, const char *type_name, struct error *error,
                   struct btf **ret_btf)
{
    struct search search = {0};
    uint32_t id = 0;

    while (!search.fits && bpf_prog_get_next_id(id, &id) == 0) {
        _cleanup_(cleanup_close) int fd = bpf_prog_get_fd_by_id(id);
        uint32_t btf_id;

        if (fd < 0 && errno == EPERM)
            return error_set(error, -EPERM,
                             "not allowed to look at the programs that use the map %s; run as "
                             "root, or give it CAP_SYS_ADMIN",
                             map->name);
        btf_id = fd >= 0 ? btf_of_program(fd, map->id) : 0;
        if (btf_id)
            look_at(&search, btf_id, type_name);
    }
    if (!search.btf)
        return error_set(error, -ENOENT, "no loaded program that uses the map %s (id %u) has types",
                         map->name, map->id);
    *ret_btf = search.btf;
    return 0;
}
