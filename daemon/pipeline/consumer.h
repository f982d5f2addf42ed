// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The consumer thread: one reader over all rings of a graph, one epoll set, and every handler.
 *
 *     batch ─▶ runs of one type ─▶ each chain of that ─▶ commit ─▶ chunks go to the writers
 *
 * Times are taken of sampled ("clocked") batches only: of each ring one batch in
 * CONSUMER_CLOCK_BATCHES, and the first one after a wake-up when none was clocked for
 * CONSUMER_CLOCK_NS, so that quiet rings show times, too. Of a clocked batch are measured: what
 * each handler took; and from the ktime of its first record until the batch was committed
 * (commit_latency of the ring).
 *
 * An input whose sinks lack room for a whole batch is paused; its rings fill, and a writer that
 * gives chunks back wakes this thread to go on. */

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"
#include "pipeline/consumer_parts.h"
#include "pipeline/graph.h"
#include "pipeline/task.h"

struct ringmill_reader;

struct consumer {
    /* immutable after consumer_init() */
    struct graph_common *common;
    struct ringmill_reader *reader;
    void (*on_exhausted)(void *data); /* consumer thread, once: no record can ever pass again */
    void *on_exhausted_data;
    uint64_t turn_cycles; /* CONSUMER_TURN_NS as the processor counts */
    pthread_t thread;

    /* owned by the consumer thread, once it runs */
    struct consumer_parts parts;
    uint32_t n_paused;
    bool told_exhausted;
    bool ending;        /* the rings are drained: what is still to be made is made now */
    bool uncommitted;   /* in this turn records of some input were handled and not published */
    int64_t turn_start; /* ns, monotonic */

    /* any thread */
    struct task_slot tasks; /* of the main thread */
    atomic_bool drain;
    atomic_int hurry;   /* enum consumer_hurry */
    atomic_bool asleep; /* set after the last change of a turn, cleared before the first */
    counter turns;      /* grows at the end of each turn, before asleep is set */
    counter steps;      /* grows with each batch that was handled or made */
};

enum {
    CONSUMER_BATCH = HANDLER_BATCH_MAX, /* views in a batch */
    CONSUMER_ROOM =
        CONSUMER_BATCH + 1,     /* events of a batch for one outlet: each record's, and as
                                   much as one for all losses that are reported in between */
    CONSUMER_TURN_MADE = 16,    /* batches that each chain makes in a turn */
    CONSUMER_TURN_BATCHES = 64, /* batches in a turn; after it, begun chunks go to the writers */
    CONSUMER_TURN_NS = 20 * 1000 * 1000, /* of batches in a turn, and what the last one takes */
    CONSUMER_CLOCK_BATCHES = 64,
    CONSUMER_CLOCK_NS = 10 * 1000 * 1000,
};

/* At the end, when time is short. */
enum consumer_hurry {
    CONSUMER_TAKES_ITS_TIME,
    CONSUMER_READS_NO_MORE, /* what is still in the rings stays there */
    CONSUMER_ENDS,          /* also what handlers hold, for which there is no room */
};

static_assert((int)HANDLER_MADE_MAX <= (int)CONSUMER_BATCH,
              "what is made needs no more room than a batch");
static_assert(CONSUMER_BATCH * LOSS_BYTES_MAX <= EVENT_MAX, "see CONSUMER_ROOM");

/* Main thread, with the sources loaded: opens their rings, but for those that the graph has already
 * (which then belong to the consumer, too). graph stays the caller's. 0, or -errno
 * and a sentence. */
int consumer_init(struct consumer *consumer, struct graph *graph, struct error *error);
/* Closes the rings; after consumer_join(). Accepts a zeroed consumer. */
void consumer_deinit(struct consumer *consumer);

/* Needs lanes that are initialised. 0 or -errno. */
int consumer_start(struct consumer *consumer);

/* Consumer thread, or the only one: one turn: what is readable now, up to a bound, so that what
 * comes after a turn comes in time also while some ring is never empty. False when nothing was
 * left.
 */
bool consumer_read(struct consumer *consumer);
/* Consumer thread, between turns: resumes paused inputs whose sinks have room again. */
void consumer_resume(struct consumer *consumer);

/* Main thread: asks the consumer thread to run this between two turns; one at a time. Does not
 * wait, since a handler may hold that thread for long. */
void consumer_post(struct consumer *consumer, struct task *task);
/* Main thread: takes the task back. False: the consumer thread has already begun it. */
bool consumer_cancel(struct consumer *consumer, struct task *task);

/* Between turns, on the consumer thread or while there is none: reads the input's rings, too, in
 * order if that is wanted, from now on. 0, or -errno and a sentence. */
int consumer_watch(struct consumer *consumer, struct input *input, struct error *error);
/* Between turns, on the consumer thread or while there is none: stops reading the rings of the
 * input, which are then the caller's. */
void consumer_unwatch(struct consumer *consumer, struct input *input);
/* Between turns, on the consumer thread or while there is none: pauses the inputs whose sinks lack
 * room. */
void consumer_pause(struct consumer *consumer);

/* Main thread, after all sources are detached: handle what is in the rings now, then end. */
void consumer_drain(struct consumer *consumer);
/* Main thread, after consumer_drain(). */
void consumer_set_hurry(struct consumer *consumer, enum consumer_hurry hurry);
/* Main thread, after consumer_join() and when the writers have ended: publishes what they
 * acknowledged last. What they gave up stays in its ring. */
void consumer_settle(struct consumer *consumer);
/* Main thread: true when the thread has ended within the time. */
bool consumer_join(struct consumer *consumer, uint64_t timeout_ns);

/* Any thread: something was posted for the consumer thread. */
void consumer_wake(struct consumer *consumer);
/* Any thread; callback of the lanes: a lane has room again. data is the consumer. */
void consumer_on_room(void *data);
