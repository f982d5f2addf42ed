// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A perf event array as rings: for each CPU a perf event (PERF_COUNT_SW_BPF_OUTPUT) that is in the
 * array at the CPU's number, so that bpf_perf_event_output() finds it, and whose pages are one
 * ring. The kernel counts the records that found no room in one.
 *
 *     array  [0]──▶ event of CPU 0 ──▶ ring      when CPU 1 goes and comes back, a new event
 *            [1]──▶ event of CPU 1 ──▶ ring      of CPU 1 writes to the same ring
 *
 * A CPU that is first used after the start has no ring, which is logged: only a restart adds one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "source/record_lengths.h"
#include "source/stream.h"

struct perf_event_ring;
struct ringmill_error;
struct ringmill_ring;
struct ringmill_ring_options;
struct shards;

#define PERF_RING_DEFAULT_SIZE (UINT64_C(256) << 10) /* bytes of each CPU's ring */

struct perf_events {
    uint32_t *lengths; /* of records, ascending: known before the padding */
    uint32_t n_lengths;

    /* owned by the loader thread */
    int map_fd;                    /* borrowed */
    struct perf_event_ring *rings; /* n of them, by CPU */
    uint32_t n;
    char *online;       /* the CPUs that were online at the last look, as the kernel lists them */
    uint64_t forgotten; /* lost records that do not count */
    bool kernel_counts; /* Linux 6.0; else the records about losses that were read are added up */
};

/* An empty one, or NULL when out of memory. */
struct perf_events *perf_events_new(void);
/* Closes the events. Their rings must be closed. Accepts NULL. */
void perf_events_free(struct perf_events *events);

/* Before it is opened: notes which lengths its records have, by the programs' calls or else by the
 * types of the stream. 0 or -ENOMEM. */
int perf_events_note_lengths(struct perf_events *events, const struct record_lengths *lengths,
                             const struct stream *stream);

/* Opens an event for each CPU that is online and puts it into the array, whose fd must stay open.
 * The events become the shards, which borrow their fds. 0, or -errno and a sentence. */
int perf_events_open(struct perf_events *events, int map_fd, struct shards *shards,
                     struct error *error);

/* Opens the ring of an event, by its index. See perf_open(). */
int perf_events_open_ring(const struct perf_events *events, uint32_t index, const char *name,
                          uint64_t size, const struct ringmill_ring_options *options,
                          struct ringmill_error *reason, struct ringmill_ring **ret_ring);

/* The records lost in all its rings, but for those forgotten. Also looks whether CPUs have come
 * online, for the log with the name of the source. */
uint64_t perf_events_lost(struct perf_events *events, const char *source);
/* What was lost until now does not count: another source counts it. */
void perf_events_forget_lost(struct perf_events *events);
