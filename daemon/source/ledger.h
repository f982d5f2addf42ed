// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a kept source says to the process that adopts it: shared memory, the value of a BPF map,
 * since a map can both be pinned and be put into the fd store. It is kept first, before any program
 * is attached, and dropped last, so a set that has records in its rings has a ledger.
 *
 *     RUNS ──────▶ ENDS ──────▶ OVER         a stop, a release, a newer set
 *       its programs  its rings    nothing of it is
 *       are attached  are drained  worth reading
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
    LEDGER_STREAMS_MAX = 64,
    LEDGER_RINGS_MAX = 4096, /* as many as one set has items */
};

enum ledger_phase {
    LEDGER_RUNS, /* also while it is made, see n_items */
    LEDGER_ENDS, /* its programs are detached, or are about to be; what is in its rings counts */
    LEDGER_OVER, /* also what was made for a config that did not come to run */
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
    _Atomic uint32_t n_items; /* that are kept besides the ledger; 0: not all are yet */

    /* The set that has the records from `until` on, and the losses from `lost_until` on; 0: none.
     * Both are set before it. */
    _Atomic uint32_t successor;
    uint32_t reserved;

    /* by stream: the counter of lost records as far as it was told, and until when that was all */
    _Atomic uint64_t lost[LEDGER_STREAMS_MAX];
    _Atomic int64_t lost_at[LEDGER_STREAMS_MAX]; /* ns, monotonic */
    _Atomic uint64_t lost_until[LEDGER_STREAMS_MAX];
    /* by ring, in the order of streams and shards: its producer position */
    _Atomic uint64_t until[LEDGER_RINGS_MAX];
    _Atomic uint64_t skipped; /* runs of its programs, as far as that was reported */
};

/* On the loader thread: a new map, all zero but for the magic. An fd that the caller owns, or
 * -errno and a sentence. */
int ledger_make(struct error *error);

/* Maps it; ledger_close() gives it back. NULL: the fd is no ledger, or cannot be mapped. */
struct ledger *ledger_open(int fd);
void ledger_close(struct ledger *ledger); /* accepts NULL */

/* It was entered by this process, which reads the rings itself. */
bool ledger_is_own(const struct ledger *ledger);
void ledger_enter(struct ledger *ledger);
