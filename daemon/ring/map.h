// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The memory of one ring and what is known of its map. */

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
    bool read_only; /* the consumer page too */
    char name[16];  /* the map's, cut to 15 characters by the kernel; "" is possible */
    _Atomic unsigned long *consumer;
    const _Atomic unsigned long *producer;
    const uint8_t *data; /* size bytes, and the same again behind them */
};

/* Duplicates map_fd, checks the map's type, size and flags, and maps it. On success the caller owns
 * what is in *ret_map, to be given to map_deinit(). */
int map_init(int map_fd, bool read_only, struct ringmill_error *reason, struct map *ret_map);

/* The same for a memfd in the ring's layout (see fake.h); ready_fd is duplicated and becomes fd. */
int map_init_memory(int memory_fd, int ready_fd, uint64_t size, bool read_only,
                    struct ringmill_error *reason, struct map *ret_map);

/* Also of a map that is empty but for fd = -1. */
void map_deinit(struct map *map);

/* 0 when consumer and producer position can be: multiples of 8, producer at most a ring ahead.
 * -EBADMSG and how to repair it otherwise. */
int map_check_positions(const struct map *map, struct ringmill_error *reason);
