// SPDX-License-Identifier: Apache-2.0
/* One reservation of address space for all: the event's pages are mapped into its beginning, and
 * what follows them is our own memory, see perf_walk.h. */
#include "ring/perf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ring/perf_walk.h"
#include "ring/reason.h"
#include "ring/ring.h"

static int check(const struct perf_ring *from, struct ringmill_error *reason)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

    if (from->size < page || (from->size & (from->size - 1)) != 0 ||
        from->size > UINT64_C(1) << LAYOUT_MAX_SHIFT)
        return reason_set(
            reason, -EINVAL,
            "a perf ring cannot have %llu bytes: the size must be a power of two from "
            "%llu bytes to 2 GiB",
            (unsigned long long)from->size, (unsigned long long)page);
    if (from->n_lengths > PERF_LENGTHS_MAX)
        return reason_set(reason, -E2BIG, "%u lengths of samples; at most %d can be known",
                          from->n_lengths, PERF_LENGTHS_MAX);
    return 0;
}

static int refuse_mapping(const struct perf_ring *from, int code, struct ringmill_error *reason)
{
    if (code == -EPERM)
        return reason_set(reason, code,
                          "a perf ring of %llu KiB for each CPU is more than may be locked in "
                          "memory; use a smaller ring size, raise kernel.perf_event_mlock_kb or "
                          "RLIMIT_MEMLOCK (LimitMEMLOCK=), or run with CAP_IPC_LOCK",
                          (unsigned long long)from->size / 1024);
    return reason_set(reason, code, "cannot map a perf ring of %llu bytes: %s",
                      (unsigned long long)from->size, strerror(-code));
}

static int map_event(const struct perf_ring *from, struct map *map, struct ringmill_error *reason)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *area = mmap(NULL, page + from->size + PERF_AFTER, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct perf_event_mmap_page *control;

    if (area == MAP_FAILED)
        return reason_set(reason, -errno, "cannot reserve memory for a ring: %m");
    map->data = area + page;
    if (mmap(area, page + from->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, from->fd,
             0) == MAP_FAILED)
        return refuse_mapping(from, -errno, reason);
    control = (void *)area;
    map->consumer = (_Atomic unsigned long *)&control->data_tail;
    map->producer = (const _Atomic unsigned long *)&control->data_head;
    return 0;
}

static int set_up_walk(struct ringmill_ring *ring, const struct perf_ring *from,
                       struct ringmill_error *reason)
{
    struct perf_walk *walk = calloc(1, sizeof(*walk));

    if (!walk)
        return reason_set(reason, -ENOMEM, "out of memory for a ring");
    walk->size = from->size;
    walk->n_lengths = from->n_lengths;
    if (from->n_lengths > 0)
        memcpy(walk->lengths, from->lengths, from->n_lengths * sizeof(*from->lengths));
    ring->walk.guess.lead = PERF_SAMPLE_AT - LAYOUT_HEADER;
    ring->perf = walk;
    ring->perf_lost = from->lost;
    return 0;
}

int perf_open(const struct perf_ring *from, const struct ringmill_ring_options *options,
              struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    _cleanup_(map_deinit) struct map map = {.fd = -1, .perf = true};
    struct ringmill_ring *ring;
    int r = check(from, reason);

    if (r < 0)
        return r;
    map.id = from->id;
    map.size = from->size;
    snprintf(map.name, sizeof(map.name), "%s", from->name);
    map.fd = fcntl(from->fd, F_DUPFD_CLOEXEC, 3);
    if (map.fd < 0)
        return reason_set(reason, -errno, "cannot duplicate the fd of a perf event: %m");
    r = map_event(from, &map, reason);
    if (r == 0)
        r = ring_new(&map, options, reason, &ring);
    if (r < 0)
        return r;
    r = set_up_walk(ring, from, reason);
    if (r < 0) {
        ringmill_ring_free(ring);
        return r;
    }
    *ret_ring = ring;
    return 0;
}
