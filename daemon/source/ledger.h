// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a kept source says to the process that adopts it: one page in shared memory, the value of a
 * small BPF map, since a map can both be pinned and be put into the fd store. It is kept last and
 * looked at first: where it is missing, the process was killed before all was kept. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { LEDGER_STREAMS_MAX = 64 };

struct identity {
    uint64_t halves[2];
};

struct ledger {
    uint64_t magic;
    struct identity identity; /* of what is attached and what it writes to */
    uint32_t n_items;         /* that are kept besides the ledger */
    uint32_t reserved;
    _Atomic uint64_t owner; /* the process that reads now, see ledger_is_own() */

    /* by stream: the counter of lost records as far as it was told, and until when that was all */
    _Atomic uint64_t lost[LEDGER_STREAMS_MAX];
    _Atomic int64_t lost_at[LEDGER_STREAMS_MAX]; /* ns, monotonic */
};

/* On the loader thread: a new map with an empty page. An fd that the caller owns, or -errno and a
 * sentence. */
int ledger_make(struct error *error);

/* Maps it; ledger_close() gives it back. NULL: the fd is no ledger, or cannot be mapped. */
struct ledger *ledger_open(int fd);
void ledger_close(struct ledger *ledger); /* accepts NULL */

/* It was entered by this process, which reads the rings itself. */
bool ledger_is_own(const struct ledger *ledger);
void ledger_enter(struct ledger *ledger);
