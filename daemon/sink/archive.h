// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What becomes of a log file after it was rotated away: compressed, and in the end deleted, by a
 * thread of its own that runs only while there is something to do.
 *
 *     events.jsonl                                      being written
 *     events.jsonl-20261123T014502.123456789Z           rotated away
 *     events.jsonl-20261122T235959.000000000Z.zst       compressed
 *     events.jsonl-20261122T225959.000000000Z-1         rotated away after all of these, by a clock
 *                                                       that was set back
 *
 * The number behind the time is one more than that of the newest file, whenever the clock says that
 * this one would be older. So the names alone say in which order the files were made: by number,
 * then by time; without a number it is 0.
 *
 * Threads: archive_init() before, archive_deinit() after the writer thread; archive_move() and
 * archive_rotated() on it; the counters anywhere. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"

enum { ARCHIVE_STAMP = 27 }; /* bytes of -20261123T014502.123456789Z */

/* When a rotated file was made. */
struct archive_order {
    uint32_t turn; /* how often the clock had been set back */
    char stamp[ARCHIVE_STAMP + 1];
};

struct archive {
    /* immutable after archive_init() */
    char *path; /* of the file that is being written */
    bool compress;
    uint32_t keep; /* rotated files that stay; 0: all */

    /* owned by the writer thread */
    struct archive_order newest;
    bool looked; /* newest is known */
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

/* Before the first rotation: removes what a killed daemon left half compressed. */
void archive_clean(struct archive *archive);
/* Renames the file to its rotated name. 0 or -errno. */
int archive_move(struct archive *archive, int64_t wall_ns);
/* There is a rotated file more; starts the thread if none is at work. */
void archive_rotated(struct archive *archive);

/* Whether the file `name`, beside the file `own`, is one that own's archive makes: it would be
 * compressed and deleted by it. */
bool archive_makes(const char *own, const char *name);
