// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Which processes hold a ring buffer, and which of them consumes it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { HOLDERS_MAX = 64, HOLDER_COMM_MAX = 16 };

enum holder_kind {
    HOLDER_CONSUMES, /* has the consumer position mapped for writing */
    HOLDER_OBSERVES, /* has it mapped, for reading only */
    HOLDER_POSSIBLE, /* has an open fd of the map; more is not known */
};

struct holder {
    pid_t pid;
    enum holder_kind kind;
    char comm[HOLDER_COMM_MAX]; /* NUL-ended */
};

struct holders {
    size_t count; /* each process once, by its strongest kind */
    bool certain; /* true: a BPF program has checked all mappings; false: only open fds were
                     checked, and a consumer may have closed its own */
    struct holder list[HOLDERS_MAX];
};

/* Finds the processes that hold the ring, this one included, by a BPF program; if that may not be
 * loaded, looks through /proc. Takes some milliseconds. 0 or -errno. */
int holder_find(uint32_t map_id, struct holders *ret_holders);
/* Looks through /proc only. 0 or -errno. */
int holder_find_possible(uint32_t map_id, struct holders *ret_holders);
