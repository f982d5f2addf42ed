// SPDX-License-Identifier: Apache-2.0

/* A map of maps gives the ids of its inner maps, and opening by id needs CAP_SYS_ADMIN. So if we
 * fill the map ourselves, or know what libbpf puts in, the fds at hand are used. */

#include "source/shards.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_MAX = 256 }; /* bytes of a key of a map of maps */

static int add(struct shards *shards, int fd)
{
    int *fds = reallocarray(shards->fds, shards->n + 1, sizeof(*fds));

    if (!fds)
        return -ENOMEM;
    shards->fds = fds;
    shards->fds[shards->n++] = fd;
    return 0;
}

int shards_borrow(struct shards *shards, const int *fds, uint32_t n, struct error *error)
{
    shards->owned = false;
    for (uint32_t i = 0; i < n; i++)
        if (add(shards, fds[i]) < 0)
            return error_set(error, -ENOMEM, "out of memory");
    return 0;
}

int shards_make_ring(const char *name, uint32_t ring_size)
{
    char cut[BPF_OBJ_NAME_LEN]; /* cut to the length that the kernel allows */
    int fd;

    snprintf(cut, sizeof(cut), "%s", name);
    fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, cut, 0, 0, ring_size, NULL);
    return fd < 0 ? -errno : fd;
}

static int describe(int outer_fd, struct bpf_map_info *ret_info, struct error *error)
{
    uint32_t size = sizeof(*ret_info);

    memset(ret_info, 0, sizeof(*ret_info));
    if (bpf_obj_get_info_by_fd(outer_fd, ret_info, &size) < 0)
        return error_set(error, -errno, "cannot read the properties of a map of rings: %s",
                         strerror(errno));
    return 0;
}

/* Creates one more ring and puts it in at the key shards->n. */
static int make_one(struct shards *shards, int outer_fd, uint32_t key_size, const char *name,
                    uint32_t ring_size)
{
    unsigned char key[KEY_MAX] = {0};
    int fd = shards_make_ring(name, ring_size);
    int result;

    if (fd < 0)
        return fd;
    memcpy(key, &shards->n, key_size < sizeof(shards->n) ? key_size : sizeof(shards->n));
    if (bpf_map_update_elem(outer_fd, key, &fd, BPF_ANY) < 0)
        result = -errno;
    else
        result = add(shards, fd);
    if (result < 0)
        close(fd);
    return result;
}

int shards_make(struct shards *shards, int outer_fd, const char *name, uint32_t ring_size,
                struct error *error)
{
    int cpus = libbpf_num_possible_cpus();
    struct bpf_map_info info;
    uint32_t wanted = cpus > 0 ? (uint32_t)cpus : 1;
    int result = describe(outer_fd, &info, error);

    if (result < 0)
        return result;
    if (info.key_size > KEY_MAX || info.key_size == 0)
        return error_set(error, -EINVAL, "map %s has keys of %u bytes; supported are 1 to %d bytes",
                         name, info.key_size, KEY_MAX);
    if (wanted > info.max_entries)
        wanted = info.max_entries;
    if (wanted > SHARDS_MAX)
        wanted = SHARDS_MAX;
    shards->owned = true;
    while (shards->n < wanted && result == 0)
        result = make_one(shards, outer_fd, info.key_size, name, ring_size);
    if (result < 0)
        return error_set(error, result, "cannot create ring %u of map %s, of %u bytes: %s",
                         shards->n, name, ring_size, strerror(-result));
    return 0;
}

/* Opens the ring at the key, if there is one that is not among the shards yet. */
static int open_one(struct shards *shards, int outer_fd, const void *key)
{
    struct bpf_map_info info = {0};
    uint32_t size = sizeof(info);
    uint32_t id;
    int fd, result;

    if (bpf_map_lookup_elem(outer_fd, key, &id) < 0)
        return errno == ENOENT ? 0 : -errno;
    for (uint32_t i = 0; i < shards->n; i++) {
        if (bpf_obj_get_info_by_fd(shards->fds[i], &info, &size) == 0 && info.id == id)
            return 0;
    }
    fd = bpf_map_get_fd_by_id(id);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    result = shards->n < SHARDS_MAX ? add(shards, fd) : -E2BIG;
    if (result < 0)
        close(fd);
    return result;
}

int shards_open(struct shards *shards, int outer_fd, struct error *error)
{
    unsigned char key[KEY_MAX], next[KEY_MAX];
    const void *previous = NULL;
    struct bpf_map_info info;
    int result = describe(outer_fd, &info, error);

    if (result < 0)
        return result;
    if (info.key_size > KEY_MAX)
        return error_set(error, -EINVAL, "the keys of map %s are too long", info.name);
    shards->owned = true;
    for (uint32_t i = 0; i < info.max_entries && result == 0; i++) {
        if (bpf_map_get_next_key(outer_fd, previous, next) < 0)
            break;
        memcpy(key, next, info.key_size);
        previous = key;
        result = open_one(shards, outer_fd, key);
    }
    if (result == -EPERM)
        return error_set(error, result,
                         "opening the rings in map %s requires CAP_SYS_ADMIN; run as root",
                         info.name);
    if (result < 0)
        return error_set(error, result, "cannot open the rings in map %s: %s", info.name,
                         strerror(-result));
    if (shards->n == 0)
        return error_set(error, -ENOENT, "map %s contains no rings yet", info.name);
    return 0;
}

void shards_close(struct shards *shards)
{
    for (uint32_t i = 0; shards->owned && i < shards->n; i++)
        close(shards->fds[i]);
    free(shards->fds);
    *shards = (struct shards){0};
}
