// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a kept source tells the process that adopts it: shared memory, the value of a BPF map, since
 * a map can be both pinned and put into the fd store. The ledger is kept first, before any program
 * is attached, and dropped last, so a set with records in its rings has a ledger.
 *
 *     RUNS ──────▶ ENDS ──────▶ OVER         a stop, a release, a newer set
 *       its programs  its rings    it has nothing
 *       are attached  are drained  worth reading */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "source/ring_bounds.h"

enum {
    LEDGER_STREAMS_MAX = 64,
    LEDGER_RINGS_MAX = 4096, /* the most items that one set may have */
};

enum ledger_phase {
    LEDGER_RUNS, /* also while the set is being made, see n_items */
    LEDGER_ENDS, /* its programs are detached, or are about to be; what is in its rings counts */
    LEDGER_OVER, /* also sets of a config that never ran */
};

struct identity {
    uint64_t halves[2];
};

struct ledger {
    uint64_t magic;
    struct identity identity; /* of what is attached and what it writes to */
    uint64_t layout;          /* of its records, see record_layout() */
    _Atomic uint64_t owner;   /* the process that reads now, see ledger_is_own() */
    _Atomic uint32_t phase;   /* enum ledger_phase */
    _Atomic uint32_t n_items; /* number of kept items besides the ledger; 0: not all are kept yet */

    /* The set that has the records after `until` of each ring, and the losses from `lost_until` on;
     * 0: none. Both are set before it. */
    _Atomic uint32_t successor;
    uint32_t reserved;

    /* by stream: the loss counter as far as it was reported, and when that was complete */
    _Atomic uint64_t lost[LEDGER_STREAMS_MAX];
    _Atomic int64_t lost_at[LEDGER_STREAMS_MAX]; /* ns, monotonic */
    _Atomic uint64_t lost_until[LEDGER_STREAMS_MAX];
    struct ring_bounds rings[LEDGER_RINGS_MAX]; /* in the order of streams and shards */
    _Atomic uint64_t skipped; /* skipped runs of its programs, as far as reported */
};

/* On the loader thread: a new map, all zero but for the magic. An fd that the caller owns, or
 * -errno and a sentence. */
int ledger_make(struct error *error);

/* Maps a ledger; the caller unmaps it by ledger_close(). NULL: the fd is not a ledger, or cannot be
 * mapped. */
struct ledger *ledger_open(int fd);
/* Unmaps the ledger. Accepts NULL. */
void ledger_close(struct ledger *ledger);

/* Whether this process has entered itself as the owner, and so reads the rings. */
bool ledger_is_own(const struct ledger *ledger);
/* Makes this process the owner. */
void ledger_enter(struct ledger *ledger);
