// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A thread that makes the records of a capture readable step by step: at the times at which they
 * were recorded, or so far ahead of the reader that it never waits. The latter is bounded, too, so
 * that a stop in the middle of a large file need not walk the rest of it. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct capture;
struct ringmill_ring;

enum { FEEDER_AHEAD = 64 << 20 }; /* bytes made readable ahead of the reader */

struct feeder {
    /* immutable after feeder_start() */
    const struct capture *capture;
    struct ringmill_ring *ring; /* over the capture; must outlive the thread */
    double speed;               /* seconds of the capture per second; 0: as fast as can be */
    int stop_fd;
    bool runs;
    pthread_t thread;
};

/* With capture, ring and speed set. 0 or -errno. */
int feeder_start(struct feeder *feeder);
/* When it returns, no further record will come. Accepts a feeder that was not started. */
void feeder_stop(struct feeder *feeder);
