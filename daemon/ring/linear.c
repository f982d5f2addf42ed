// SPDX-License-Identifier: Apache-2.0
/* A ring that never wraps is a ring whose mask keeps every position as it is, so the walk is the
 * same code. The kernel's side is replaced: the positions are on a private page, and readiness is
 * an eventfd, where each write is one edge. */
#include "ring/linear.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ring/reason.h"
#include "ring/ring.h"

enum {
    PRODUCER_AT = 128
}; /* bytes into the page: on another cache line than the consumer position */

static _Atomic unsigned long *producer_of(const struct map *map)
{
    return (_Atomic unsigned long *)(void *)((char *)map->consumer + PRODUCER_AT);
}

static bool can_be(const struct linear *linear)
{
    return ((linear->start | linear->published | linear->end | (uintptr_t)linear->data) & 7) == 0 &&
           linear->start <= linear->published && linear->published <= linear->end &&
           linear->end > 0;
}

int linear_open(const struct linear *linear, const struct ringmill_ring_options *options,
                struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    _cleanup_(map_deinit) struct map map = {.fd = -1, .size = linear->end, .linear = true};
    void *page;

    if (!can_be(linear))
        return reason_set(reason, -EINVAL, "%s: invalid positions", linear->name);
    page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return reason_set(reason, -ENOMEM, "out of memory for a ring");
    map.consumer = page;
    map.producer = producer_of(&map);
    map.data = linear->data;
    snprintf(map.name, sizeof(map.name), "%s", linear->name);
    map.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (map.fd < 0)
        return reason_set(reason, -errno, "cannot make an eventfd: %m");
    atomic_store(map.consumer, linear->start);
    atomic_store(producer_of(&map), linear->published);
    return ring_new(&map, options, reason, ret_ring);
}

void linear_publish(struct ringmill_ring *ring, uint64_t position)
{
    uint64_t one = 1;

    atomic_store_explicit(producer_of(&ring->map), position, memory_order_release);
    /* a full counter means that the reader has not seen the last edge yet */
    while (write(ring->map.fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

uint64_t linear_committed(const struct ringmill_ring *ring)
{
    return atomic_load_explicit(ring->map.consumer, memory_order_acquire);
}
