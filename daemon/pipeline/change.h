// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a switch does between two turns of the consumer thread, see switch.h.
 *
 * Why the old graph's own parts live on for a while: an aggregate's rows and a removed source's
 * last records may be more than there is room for, and a turn that waited for room would hold up
 * those pipelines that do not change. So they leave one turn after the other, as any records do. */

#include "base/error.h"
#include "pipeline/consumer_parts.h"
#include "pipeline/task.h"

struct engine;

struct change {
    struct engine *engine;
    struct graph *old; /* owned from change_take() on, and next before */
    struct graph *next;
    struct consumer_parts both; /* what next has, and what old has alone */
    struct consumer_parts rest; /* what next has */

    /* main thread: see switch.c */
    int phase;
    bool asked; /* what the phase wants of another thread is under way */
    bool told;  /* that next runs */
    struct task task;
    int64_t begun;    /* ns, monotonic: when old began to end */
    int64_t deadline; /* of the phase, or of old's sinks */
    int64_t look_at;  /* not before that */

    /* the main thread's, and that of the thread which it has asked for something */
    struct error error;
    int result;
    bool all_posted; /* nothing can come out of old's own sources but what is in their rings */
    bool forced;     /* what old still has to make is dropped */
    bool over;       /* the consumer thread has nothing of old but marks of its lanes */
    bool settled;    /* nor those */
    uint64_t unmade; /* chains that had something left to be made when that was forced */
};

/* Each takes a change. */

/* The consumer thread has next: result 0; else nothing has changed, and why is in error. Uses the
 * fields of both threads, so the main thread waits for it. */
void change_take(void *data);
/* Consumer's fields only, as change_settle(). Sets `over` when old's own parts have come to their
 * end, or are forced to. */
void change_end(void *data);
/* What sinks that have ended did not acknowledge is waited for no longer. Sets `settled`. */
void change_settle(void *data);
