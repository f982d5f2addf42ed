// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The ring of a perf event (PERF_COUNT_SW_BPF_OUTPUT) as a ring like others: walked, committed and
 * waited for by the same reader. Its positions are the event's data_head and data_tail. */

#include <ringmill/ring.h>
#include <stdatomic.h>
#include <stdint.h>

struct perf_ring {
    int fd;                  /* of the event; the ring keeps a duplicate */
    uint32_t id;             /* what ringmill_ring_id() returns */
    uint64_t size;           /* bytes of data: a power of two and a multiple of the page size */
    const char *name;        /* for sentences; cut to 15 characters */
    const uint32_t *lengths; /* of samples, as programs are known to give them, ascending: the
                                kernel's padding is taken off where it leads to one of them */
    uint32_t n_lengths;      /* at most PERF_LENGTHS_MAX */
    _Atomic uint64_t *lost;  /* what PERF_RECORD_LOST says is added to it, once it was walked; it
                                outlives the ring. NULL: not counted */
};

/* Maps the ring and starts at its data_tail. The caller owns *ret_ring. options and reason may be
 * NULL; the options for locking and observing have no effect. 0 or -errno; -EPERM if that much
 * memory must not be locked. */
int perf_open(const struct perf_ring *from, const struct ringmill_ring_options *options,
              struct ringmill_error *reason, struct ringmill_ring **ret_ring);
