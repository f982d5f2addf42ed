// SPDX-License-Identifier: Apache-2.0
/* Maps the memory of a ring, given the fd of its map. Size and type of a struct map are always
 * checked, so walking it needs no further checks.
 *
 * bpf(2) is called directly: it is one call, and the library then does not need libbpf. */
#include "ring/map.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ring/layout.h"
#include "ring/perf_walk.h"
#include "ring/reason.h"

/* Since Linux 6.19; the header of Debian 12 does not have it yet. */
#define FLAG_OVERWRITE (UINT32_C(1) << 19)

enum { POSITION_TRIES = 16 };

static int read_info(int map_fd, struct bpf_map_info *ret_info)
{
    struct bpf_map_info info = {0};
    union bpf_attr attr = {
        .info = {.bpf_fd = (uint32_t)map_fd, .info_len = sizeof(info), .info = (uintptr_t)&info}};

    if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) < 0)
        return -errno;
    *ret_info = info;
    return 0;
}

static int check_size(uint64_t size, struct ringmill_error *reason)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

    if (size < page || (size & (size - 1)) != 0 || size > UINT64_C(1) << LAYOUT_MAX_SHIFT)
        return reason_set(reason, -EINVAL,
                          "a ring cannot have %llu bytes: the size must be a power of two from "
                          "%llu bytes to 2 GiB",
                          (unsigned long long)size, (unsigned long long)page);
    return 0;
}

static int check_info(const struct bpf_map_info *info, struct ringmill_error *reason)
{
    if (info->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
        return reason_set(
            reason, -EINVAL,
            "map %u (%s) is a perf event array, whose rings belong to the process that "
            "opened them: no other process can read or observe them",
            info->id, info->name);
    if (info->type != BPF_MAP_TYPE_RINGBUF)
        return reason_set(reason, -EINVAL,
                          "map %u (%s) is of type %u, not a BPF ring buffer (type %u)", info->id,
                          info->name, info->type, BPF_MAP_TYPE_RINGBUF);
    if (info->map_flags & FLAG_OVERWRITE)
        return reason_set(reason, -EOPNOTSUPP,
                          "ring %u (%s) overwrites unread records (BPF_F_RB_OVERWRITE), so they "
                          "cannot be read in place; create the map without that flag",
                          info->id, info->name);
    return check_size(info->max_entries, reason);
}

static void *map_pages(size_t length, int protection, int fd, off_t offset)
{
    void *memory = mmap(NULL, length, protection, MAP_SHARED, fd, offset);

    return memory == MAP_FAILED ? NULL : memory;
}

static int map_consumer(struct map *map, int fd, struct ringmill_error *reason)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int protection = map->read_only ? PROT_READ : PROT_READ | PROT_WRITE;

    map->consumer = map_pages(page, protection, fd, 0);
    if (!map->consumer)
        return reason_set(reason, -errno, "cannot map the ring's consumer position %s: %m",
                          map->read_only ? "for reading" : "for writing");
    return 0;
}

int map_init(int map_fd, bool read_only, struct ringmill_error *reason, struct map *ret_map)
{
    _cleanup_(map_deinit) struct map map = {.fd = -1, .read_only = read_only};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct bpf_map_info info;
    const uint8_t *producer;
    int r;

    r = read_info(map_fd, &info);
    if (r < 0)
        return reason_set(reason, r, "fd %d is not a BPF map, or its type cannot be read: %s",
                          map_fd, strerror(-r));
    r = check_info(&info, reason);
    if (r < 0)
        return r;
    map.id = info.id;
    map.size = info.max_entries;
    memcpy(map.name, info.name, sizeof(map.name));
    map.fd = fcntl(map_fd, F_DUPFD_CLOEXEC, 3);
    if (map.fd < 0)
        return reason_set(reason, -errno, "cannot duplicate the fd of ring %u: %m", map.id);
    r = map_consumer(&map, map_fd, reason);
    if (r < 0)
        return r;
    producer = map_pages(page + 2 * map.size, PROT_READ, map_fd, (off_t)page);
    if (!producer)
        return reason_set(reason, -errno, "cannot map ring %u of %llu bytes: %m", map.id,
                          (unsigned long long)map.size);
    map.producer = (const _Atomic unsigned long *)producer;
    map.data = producer + page;
    *ret_map = map;
    map = (struct map){.fd = -1};
    return 0;
}

/* The kernel maps the data of a ring twice; for a memfd we map it a second time ourselves. */
static int map_memory(struct map *map, int memory_fd, struct ringmill_error *reason)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *area = mmap(NULL, page + 2 * map->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (area == MAP_FAILED)
        return reason_set(reason, -errno, "cannot reserve memory for a ring: %m");
    map->producer = (const _Atomic unsigned long *)area;
    map->data = area + page;
    if (mmap(area, page + map->size, PROT_READ, MAP_SHARED | MAP_FIXED, memory_fd, (off_t)page) ==
            MAP_FAILED ||
        mmap(area + page + map->size, map->size, PROT_READ, MAP_SHARED | MAP_FIXED, memory_fd,
             (off_t)(2 * page)) == MAP_FAILED)
        return reason_set(reason, -errno, "cannot map a ring in memory: %m");
    return 0;
}

int map_init_memory(int memory_fd, int ready_fd, uint64_t size, bool read_only,
                    struct ringmill_error *reason, struct map *ret_map)
{
    _cleanup_(map_deinit) struct map map = {.fd = -1, .size = size, .read_only = read_only};
    int r;

    r = check_size(size, reason);
    if (r < 0)
        return r;
    map.fd = fcntl(ready_fd, F_DUPFD_CLOEXEC, 3);
    if (map.fd < 0)
        return reason_set(reason, -errno, "cannot duplicate a ring's fd: %m");
    r = map_consumer(&map, memory_fd, reason);
    if (r < 0)
        return r;
    r = map_memory(&map, memory_fd, reason);
    if (r < 0)
        return r;
    *ret_map = map;
    map = (struct map){.fd = -1};
    return 0;
}

void map_deinit(struct map *map)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (map->consumer && !map->perf)
        munmap((void *)map->consumer, page);
    if (map->data && map->perf)
        munmap((void *)(map->data - page), page + map->size + PERF_AFTER);
    else if (map->data && !map->linear)
        munmap((void *)(map->data - page), page + 2 * map->size);
    if (map->fd >= 0)
        close(map->fd);
    *map = (struct map){.fd = -1};
}

int map_check_positions(const struct map *map, struct ringmill_error *reason)
{
    unsigned long consumer, producer;

    /* the ring is in use: the positions are read one after the other and may not belong together */
    for (int i = 0; i < POSITION_TRIES; i++) {
        consumer = atomic_load_explicit(map->consumer, memory_order_acquire);
        producer = atomic_load_explicit(map->producer, memory_order_acquire);
        if ((consumer & 7) == 0 && (producer & 7) == 0 && producer - consumer <= map->size)
            return 0;
    }
    return reason_set(
        reason, -EBADMSG,
        "ring %u (%s) is corrupt: consumer position %lu, producer position %lu, size %llu. A "
        "faulty consumer wrote the consumer position, and the kernel now drops every record. Stop "
        "that consumer and create the ring again (reload its programs)",
        map->id, map->name, consumer, producer, (unsigned long long)map->size);
}
