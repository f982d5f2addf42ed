// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What happens to a log file after its rotation: it is compressed, and later deleted, by a separate
 * thread that runs only while there is something to do.
 *
 *     events.jsonl                                      being written
 *     events.jsonl-20261123T014502.123456789Z           rotated
 *     events.jsonl-20261122T235959.000000000Z.zst       compressed
 *     events.jsonl-20261122T225959.000000000Z-1         rotated after all of these, by a clock that
 *                                                       was set back
 *
 * If the clock says that a new file would be older than the newest one, the number after the time
 * is one more than that of the newest file. So the names alone give the order in which the files
 * were made: by number, then by time. A name without a number has number 0.
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
    uint32_t turn; /* how many times the clock was set back before */
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

    /* shared by both threads: there may be more to do since the last look */
    atomic_bool again;
    atomic_bool busy;
    atomic_bool stop;

    /* owned by the archive's thread, any thread reads */
    counter deleted;
    counter failed; /* files that could not be compressed or deleted */
};

/* path is copied. 0 or -ENOMEM. */
int archive_init(struct archive *archive, const char *path, bool compress, uint32_t keep);
/* Waits until the current file is done; the remaining ones are handled after the next start's first
 * rotation. Accepts a zeroed one. */
void archive_deinit(struct archive *archive);

/* Before the first rotation: removes the partial files of a daemon that was killed. */
void archive_clean(struct archive *archive);
/* Renames the file to its rotated name. 0 or -errno. */
int archive_move(struct archive *archive, int64_t wall_ns);
/* Reports that a file was rotated; starts the thread if it is not running. */
void archive_rotated(struct archive *archive);

/* Whether `name`, in the folder of the file `own`, is a name that own's archive gives to rotated
 * files, and so would compress and delete. */
bool archive_owns_name(const char *own, const char *name);
