// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The memory of one ring, and properties of its map. */

#include <ringmill/ring.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
    int fd;         /* owned; epoll reports readiness here */
    uint32_t id;    /* 0: no BPF map */
    uint64_t size;  /* bytes of data area: a power of two and a multiple of the page size */
    bool linear;    /* positions are offsets from data and never wrap, size is any; see linear.h */
    bool perf;      /* the pages of a perf event; see perf_walk.h */
    bool read_only; /* the consumer page too */
    char name[16];  /* name of the map, cut to 15 characters by the kernel; may be "" */
    _Atomic unsigned long *consumer;
    const _Atomic unsigned long *producer;
    const uint8_t *data; /* size bytes, mapped twice in a row; but see linear and perf */
};

/* Duplicates map_fd, checks the map's type, size and flags, and maps it. On success the caller owns
 * what is in *ret_map, to be given to map_deinit(). */
int map_init(int map_fd, bool read_only, struct ringmill_error *reason, struct map *ret_map);

/* Maps a memfd that has the layout of a ring (ring/layout.h); ready_fd is duplicated and becomes
 * fd. */
int map_init_memory(int memory_fd, int ready_fd, uint64_t size, bool read_only,
                    struct ringmill_error *reason, struct map *ret_map);

/* Accepts a map that is empty except for fd = -1. */
void map_deinit(struct map *map);

/* Checks consumer and producer position: multiples of 8, the producer at most one ring size ahead.
 * 0, or -EBADMSG and how to repair the ring. */
int map_check_positions(const struct map *map, struct ringmill_error *reason);
