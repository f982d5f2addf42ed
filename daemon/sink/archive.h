// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What becomes of a log file after it was rotated away: compressed, and in the end deleted, by a
 * thread of its own that runs only while there is something to do.
 *
 *     events.jsonl                                      being written
 *     events.jsonl-20261123T014502.123456789Z           rotated away; the name sorts by time
 *     events.jsonl-20261122T235959.000000000Z.zst       compressed
 *
 * Threads: archive_init() before, archive_deinit() after the writer thread; archive_rotated() on
 * it; the counters anywhere. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"

struct archive {
    /* immutable after archive_init() */
    char *folder;
    char *name; /* of the file that is being written */
    bool compress;
    uint32_t keep; /* rotated files that stay; 0: all */

    /* owned by the writer thread */
    pthread_t thread;
    bool started;

    /* between the two: more may have to be done since the thread last looked */
    atomic_bool again;
    atomic_bool busy;
    atomic_bool stop;

    /* owned by the archive's thread, any thread reads */
    counter deleted;
    counter failed; /* files that could not be compressed or deleted */
};

/* path is copied. 0 or -ENOMEM. */
int archive_init(struct archive *archive, const char *path, bool compress, uint32_t keep);
/* Waits for the file in hand; what is left is done after the next start's first rotation. Accepts a
 * zeroed one. */
void archive_deinit(struct archive *archive);

/* Renames the file to its rotated name. 0 or -errno. */
int archive_move(const struct archive *archive, int64_t wall_ns);
/* There is a rotated file more; starts the thread if none is at work. */
void archive_rotated(struct archive *archive);
