// SPDX-License-Identifier: Apache-2.0

/* The order inside handle_batch() is the at-most-once contract: encode in place, publish the
 * position, hand over. A kill in between loses what was published and not yet written (at most the
 * lanes' chunks), and never writes a record twice.
 *
 * Room is asked for before a batch is taken, never within one, so there is no half-done batch to
 * keep and come back to: see base/lane.h. */

#include "pipeline/consumer.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/thread.h"
#include "record/field.h"

/* How old the measured distance from ktime to the wall clock may get. */
#define WALL_AGE_NS INT64_C(1000000000)

static bool source_has_room(const struct graph_source *source)
{
    bool room = true;

    /* all of them: one that drops makes room when it is asked */
    for (uint32_t i = 0; i < source->n_sinks; i++)
        room &= lane_has_room(&source->sinks[i]->lane);
    return room;
}

/* A lane may serve several sources, so one that is short of room pauses all of them. */
static void pause_sources(struct consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->graph->n_sources; i++) {
        struct graph_source *source = &consumer->graph->sources[i];

        if (source->paused || source_has_room(source))
            continue;
        ringmill_reader_pause(consumer->reader, source->ring);
        source->paused = true;
        consumer->n_paused++;
    }
}

static void resume_sources(struct consumer *consumer)
{
    for (uint32_t i = 0; consumer->n_paused > 0 && i < consumer->graph->n_sources; i++) {
        struct graph_source *source = &consumer->graph->sources[i];

        if (!source->paused || !source_has_room(source))
            continue;
        ringmill_reader_resume(consumer->reader, source->ring);
        source->paused = false;
        consumer->n_paused--;
    }
}

static void hand_over(struct consumer *consumer, enum lane_what what)
{
    for (uint32_t i = 0; i < consumer->graph->n_sinks; i++)
        lane_hand_over(&consumer->graph->sinks[i].lane, what);
}

/* Each source counts for itself: in a common count, sources that take turns would be sampled all
 * or never. */
static bool clock_is_due(struct consumer *consumer, struct graph_source *source)
{
#ifdef RINGMILL_UNCOUNTED
    (void)consumer;
    (void)source;
    return false;
#endif
    if (source->clock_countdown-- > 0 &&
        consumer->turn_start - source->clocked_at < CONSUMER_CLOCK_NS)
        return false;
    source->clock_countdown = CONSUMER_CLOCK_BATCHES - 1;
    return true;
}

/* When the batch's first record was submitted; 0: unknown. Only before the commit. */
static int64_t submit_time(const struct graph_source *source, const struct batch *batch)
{
    return source->ktime && field_present(source->ktime, &batch->views[0])
               ? (int64_t)field_integer(source->ktime, &batch->views[0])
               : 0;
}

static void commit(struct graph_source *source, const struct batch *batch,
                   const struct ringmill_batch *taken)
{
    int64_t submitted = batch->clocked ? submit_time(source, batch) : 0;

    ringmill_ring_commit(taken->ring, taken->end);
    if (!batch->clocked)
        return;
    source->clocked_at = clock_monotonic();
    if (submitted > 0)
        histogram_add(&source->commit_latency, source->clocked_at - submitted);
}

static void handle_batch(struct consumer *consumer, const struct ringmill_batch *taken)
{
    struct graph_source *source = taken->user;
    struct batch batch;

    batch.schema = source->source->streams->types->schema;
    batch.views = taken->views;
    batch.count = taken->count;
    batch.clocked = clock_is_due(consumer, source);
    for (uint32_t i = 0; i < source->n_strands; i++)
        strand_run(&source->strands[i], &batch);
    commit(source, &batch, taken);
    hand_over(consumer, LANE_FULL);
    if (!source_has_room(source))
        pause_sources(consumer);
}

static void report_corrupt(const struct consumer *consumer)
{
    struct ringmill_error reason;

    for (uint32_t i = 0; i < consumer->graph->n_sources; i++) {
        const struct graph_source *source = &consumer->graph->sources[i];

        if (ringmill_ring_health(source->ring, &reason) < 0)
            log_about(LOG_LEVEL_ERROR, "source", source->source->name, "%s; it is left alone",
                      reason.text);
    }
}

/* Discarded records behind the last good one come in no batch. Left uncommitted they would keep the
 * reader looking, and the ring would seem not to move. */
static void commit_discards(const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        ringmill_ring_commit_all(graph->sources[i].ring);
}

bool consumer_read(struct consumer *consumer)
{
    struct ringmill_batch taken;
    int result = 1;

    consumer->turn_start = clock_monotonic();
    wall_offset_keep(&consumer->graph->wall, consumer->turn_start, WALL_AGE_NS);
    for (uint32_t batches = 0; batches < CONSUMER_TURN_BATCHES; batches++) {
        result = ringmill_reader_next_batch(consumer->reader, &taken);
        if (result == 0)
            break;
        if (result < 0)
            report_corrupt(consumer);
        else
            handle_batch(consumer, &taken);
    }
    commit_discards(consumer->graph);
    hand_over(consumer, LANE_BEGUN);
    counter_add(&consumer->turns, 1);
    return result != 0;
}

static bool exhausted(const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        for (uint32_t j = 0; j < graph->sources[i].n_strands; j++)
            if (!strand_exhausted(&graph->sources[i].strands[j]))
                return false;
    return true;
}

static bool drained(const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++) {
        struct ringmill_ring *ring = graph->sources[i].ring;

        if (ringmill_ring_available(ring) > 0 && ringmill_ring_health(ring, NULL) == 0)
            return false;
    }
    return true;
}

static void tell_exhausted(struct consumer *consumer)
{
    if (consumer->told_exhausted || !exhausted(consumer->graph))
        return;
    consumer->told_exhausted = true;
    consumer->on_exhausted(consumer->on_exhausted_data);
}

/* Who sees the flag set, and set again in the same turn after reading the counters, has read them
 * while they stood still. */
static void sleep_until_readable(struct consumer *consumer)
{
    atomic_store_explicit(&consumer->asleep, true, memory_order_release);
    ringmill_reader_wait(consumer->reader, RINGMILL_FOREVER);
    atomic_store_explicit(&consumer->asleep, false, memory_order_relaxed);
    /* orders the cleared flag before all that is counted from now on */
    atomic_thread_fence(memory_order_release);
}

static void *consumer_main(void *data)
{
    struct consumer *consumer = data;

    for (;;) {
        bool drain = atomic_load(&consumer->drain); /* before the rings: nothing follows it */
        bool more = consumer_read(consumer);

        if (!more && drain && drained(consumer->graph)) {
            hand_over(consumer, LANE_ALL);
            return NULL;
        }
        tell_exhausted(consumer);
        if (!more)
            sleep_until_readable(consumer);
        resume_sources(consumer);
    }
}

static int add_ring(struct consumer *consumer, struct graph_source *source, struct error *error)
{
    int result = ringmill_reader_add(consumer->reader, source->ring, source);

    source->ktime = schema_find_meaning(source->source->streams->types->schema, MEANING_KTIME);
    if (result == 0)
        return 0;
    ringmill_ring_free(source->ring);
    source->ring = NULL;
    return error_set(error, result, "source %s: the ring cannot be watched: %s",
                     source->source->name, strerror(-result));
}

static int open_ring(struct consumer *consumer, struct graph_source *source, struct error *error)
{
    int result = 0;

    if (!source->ring)
        result = source_open_ring(source->source, 0, 0, error, &source->ring);
    return result < 0 ? result : add_ring(consumer, source, error);
}

int consumer_init(struct consumer *consumer, struct graph *graph, struct error *error)
{
    struct ringmill_reader_options options = {.size = sizeof(options), .batch = CONSUMER_BATCH};
    struct ringmill_error reason;
    int result = ringmill_reader_new(&options, &reason, &consumer->reader);

    if (result < 0)
        return error_set(error, result, "%s", reason.text);
    consumer->graph = graph;
    for (uint32_t i = 0; i < graph->n_sources && result == 0; i++)
        result = open_ring(consumer, &graph->sources[i], error);
    /* the lease goes to the thread that reads */
    ringmill_reader_release(consumer->reader);
    return result;
}

void consumer_deinit(struct consumer *consumer)
{
    ringmill_reader_free(consumer->reader);
    consumer->reader = NULL;
}

int consumer_start(struct consumer *consumer)
{
    return thread_start(&consumer->thread, "consumer", consumer_main, consumer);
}

void consumer_drain(struct consumer *consumer)
{
    atomic_store(&consumer->drain, true);
    ringmill_reader_wake(consumer->reader);
}

bool consumer_join(struct consumer *consumer, uint64_t timeout_ns)
{
    return thread_join(consumer->thread, timeout_ns);
}

void consumer_on_room(void *data)
{
    struct consumer *consumer = data;

    ringmill_reader_wake(consumer->reader);
}
