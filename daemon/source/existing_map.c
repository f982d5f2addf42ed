// SPDX-License-Identifier: Apache-2.0

/* bpf(2) reports little when it refuses, so each way of failing is distinguished here: a user who
 * sees "not permitted" should know whether the mode of the file or a capability is the reason.
 *
 * Names are not unique: the kernel cuts them to 15 characters, and two programs may use the same
 * name. So all maps are checked, and the ids of those that match are kept. */

#include "source/existing_map.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/suggestion.h"

enum {
    MATCHES_MAX = 16, /* maps of one name that a message lists */
    OFFERS_MAX = 32,  /* rings that a message offers instead */
};

struct map_search {
    const char *name;
    uint32_t ids[MATCHES_MAX]; /* of the matching maps; if there are rings among them, only rings */
    uint32_t n_ids;            /* all that match, kept or not */
    bool rings;
    char offers[OFFERS_MAX][BPF_OBJ_NAME_LEN];
    uint32_t n_offers;
};

static bool is_map(int fd)
{
    char path[64], target[64];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    length = readlink(path, target, sizeof(target) - 1);
    if (length < 0)
        return true; /* no /proc: the user of the map will find out */
    target[length] = '\0';
    return strstr(target, "bpf-map") != NULL;
}

static int open_path(const char *path, bool read_only, struct error *error, int *ret_fd)
{
    LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = read_only ? BPF_F_RDONLY : 0);
    _cleanup_(cleanup_close) int fd = bpf_obj_get_opts(path, &options);
    int code = -errno;

    if (fd >= 0 && is_map(fd)) {
        *ret_fd = TAKE_FD(fd);
        return 0;
    }
    if (fd >= 0)
        return error_set(error, -EINVAL, "%s is pinned, but it is not a BPF map", path);
    if (code == -EACCES && access(path, read_only ? R_OK : R_OK | W_OK) == 0)
        return error_set(
            error, -EINVAL,
            "%s is not a pinned BPF map; those are in a BPF file system, such as /sys/fs/bpf",
            path);
    if (code == -EACCES || code == -EPERM)
        return error_set(error, -EPERM,
                         "this user may not open %s for %s; run as root, or let its owner allow it "
                         "(chown, chmod)",
                         path, read_only ? "reading" : "reading and writing");
    return error_set(error, code, "cannot open %s: %s", path, strerror(-code));
}

static int open_id(uint32_t id, const char *what, bool read_only, struct error *error, int *ret_fd)
{
    LIBBPF_OPTS(bpf_get_fd_by_id_opts, options, .open_flags = read_only ? BPF_F_RDONLY : 0);
    int fd = bpf_map_get_fd_by_id_opts(id, &options);

    if (fd >= 0) {
        *ret_fd = fd;
        return 0;
    }
    if (errno == EPERM)
        return error_set(error, -EPERM,
                         "%s: opening a map by id or name requires CAP_SYS_ADMIN; run as root, or "
                         "pin the map and give its path",
                         what);
    if (errno == ENOENT)
        return error_set(error, -ENOENT, "%s: no BPF map has the id %u", what, id);
    return error_set(error, -errno, "cannot open BPF map %u: %m", id);
}

static int parse_id(const char *what, struct error *error, uint32_t *ret_id)
{
    const char *digits = what + strlen("id:");
    char *end;
    unsigned long long id;

    errno = 0;
    id = strtoull(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end || errno || id == 0 || id > UINT32_MAX)
        return error_set(error, -EINVAL, "%s: expected the id of a map, as in id:42", what);
    *ret_id = (uint32_t)id;
    return 0;
}

static bool may_hold_rings(enum bpf_map_type type)
{
    return type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
           type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static void offer(struct map_search *search, const char *name)
{
    for (uint32_t i = 0; i < search->n_offers; i++)
        if (strcmp(search->offers[i], name) == 0)
            return;
    if (*name && search->n_offers < OFFERS_MAX)
        memcpy(search->offers[search->n_offers++], name, BPF_OBJ_NAME_LEN);
}

static void consider(struct map_search *search, const struct bpf_map_info *info)
{
    bool rings = may_hold_rings(info->type);

    if (strncmp(info->name, search->name, BPF_OBJ_NAME_LEN - 1) != 0) {
        if (info->type == BPF_MAP_TYPE_RINGBUF)
            offer(search, info->name);
        return;
    }
    if (search->rings && !rings)
        return;
    if (rings && !search->rings) {
        search->rings = true;
        search->n_ids = 0;
    }
    if (search->n_ids < MATCHES_MAX)
        search->ids[search->n_ids] = info->id;
    search->n_ids++;
}

/* Maps may disappear meanwhile; those are skipped. */
static int look_through(struct map_search *search)
{
    uint32_t id = 0;

    while (bpf_map_get_next_id(id, &id) == 0) {
        _cleanup_(cleanup_close) int fd = bpf_map_get_fd_by_id(id);
        struct bpf_map_info info = {0};
        uint32_t size = sizeof(info);

        if (fd < 0 && errno != ENOENT)
            return -errno;
        if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
            consider(search, &info);
    }
    return errno == ENOENT ? 0 : -errno;
}

static int refuse_unknown(const struct map_search *search, struct error *error)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, search->name);
    for (uint32_t i = 0; i < search->n_offers; i++)
        suggestion_offer(&suggestion, search->offers[i]);
    return error_set(error, -ENOENT, "no BPF map is named \"%s\"; ring buffers: %s%s", search->name,
                     search->n_offers > 0 ? suggestion.list : "none",
                     suggestion_question(&suggestion));
}

static int refuse_ambiguous(const struct map_search *search, struct error *error)
{
    char list[MATCHES_MAX * 16] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < search->n_ids && i < MATCHES_MAX; i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%sid:%u", i ? ", " : "",
                                 search->ids[i]);
    return error_set(error, -ENOTUNIQ, "%u BPF maps are named \"%s\"; choose one by its id: %s%s",
                     search->n_ids, search->name, list, search->n_ids > MATCHES_MAX ? ", ..." : "");
}

static int open_name(const char *name, bool read_only, struct error *error, int *ret_fd)
{
    struct map_search search = {.name = name};
    int result = look_through(&search);

    if (result == -EPERM)
        return error_set(error, -EPERM,
                         "%s: finding a map by its name requires CAP_SYS_ADMIN; run as root, or "
                         "pin the map and give its path",
                         name);
    if (result < 0)
        return error_set(error, result, "cannot look for BPF map %s: %s", name, strerror(-result));
    if (search.n_ids == 0)
        return refuse_unknown(&search, error);
    if (search.n_ids > 1)
        return refuse_ambiguous(&search, error);
    return open_id(search.ids[0], name, read_only, error, ret_fd);
}

int existing_map_open(const char *what, bool read_only, struct error *error, int *ret_fd)
{
    uint32_t id = 0;
    int result;

    if (strchr(what, '/'))
        return open_path(what, read_only, error, ret_fd);
    if (strncmp(what, "id:", 3) != 0)
        return open_name(what, read_only, error, ret_fd);
    result = parse_id(what, error, &id);
    return result < 0 ? result : open_id(id, what, read_only, error, ret_fd);
}
