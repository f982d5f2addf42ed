// SPDX-License-Identifier: Apache-2.0

/* Counters that run on while they are read agree with each other only by luck. So the books are
 * judged only at quiet moments: when the consumer thread, which writes them, has slept all the
 * while. It clears `asleep` before and counts a turn after everything it does, so the flag and an
 * unchanged count, seen on both sides of the reading, prove that. */

#include "control/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int snapshot_init(struct snapshot *snapshot, const struct graph *graph)
{
    memset(snapshot, 0, sizeof(*snapshot));
    snapshot->graph = graph;
    snapshot->sources = calloc(graph->n_sources, sizeof(*snapshot->sources));
    snapshot->pipelines = calloc(graph->n_pipelines, sizeof(*snapshot->pipelines));
    snapshot->sinks = calloc(graph->n_sinks, sizeof(*snapshot->sinks));
    if (snapshot->sources && snapshot->pipelines && snapshot->sinks)
        return 0;
    snapshot_deinit(snapshot);
    return -ENOMEM;
}

void snapshot_deinit(struct snapshot *snapshot)
{
    free(snapshot->sources);
    free(snapshot->pipelines);
    free(snapshot->sinks);
    memset(snapshot, 0, sizeof(*snapshot));
}

static void see_source(const struct graph_source *source, struct source_sight *sight)
{
    sight->source = source;
    ringmill_ring_counters(source->ring, &sight->ring);
    sight->lost = source->lost;
    sight->produced = sight->ring.records + sight->ring.discards + sight->lost;
    sight->size = ringmill_ring_size(source->ring);
    sight->used = ringmill_ring_available(source->ring);
    if (sight->ring.high_water > sight->high_water)
        sight->high_water = sight->ring.high_water;
    if (sight->used > sight->high_water)
        sight->high_water = sight->used;
    sight->paused = atomic_load_explicit(&source->paused, memory_order_relaxed);
    sight->busy_since = sight->paused ? 0 : sight->ring.busy_since;
    sight->corrupt = ringmill_ring_health(source->ring, NULL) < 0;
    sight->disagrees = NULL;
    for (uint32_t i = 0; i < source->n_strands; i++)
        if (counter_get(&source->strands[i].books.rows[BOOK_SEEN]) != sight->ring.records)
            sight->disagrees = source->pipelines[i];
}

/* What came out first: it never overtakes what went in. */
static void see_sink(const struct graph_sink *sink, struct sink_sight *sight)
{
    const struct writer *writer = &sink->writer;

    sight->sink = sink;
    sight->delivered = counter_get(&sink->lane.delivered);
    sight->dropped = lane_dropped(&sink->lane);
    sight->forwarded = counter_get(&sink->lane.forwarded);
    sight->in_flight = sight->forwarded - sight->delivered - sight->dropped;
    sight->bytes = counter_get(&writer->bytes);
    sight->chunks = counter_get(&writer->chunks);
    sight->errors = counter_get(&writer->errors);
    sight->chunks_out = lane_chunks_out(&sink->lane);
    sight->retrying_since = atomic_load_explicit(&writer->retrying_since, memory_order_relaxed);
    sight->gone = atomic_load_explicit(&writer->gone, memory_order_relaxed);
    sight->up = !sight->gone && sight->retrying_since == 0;
    sight->chunks_limit = sink->lane.n_chunks;
}

static void see_all(struct snapshot *snapshot)
{
    const struct graph *graph = snapshot->graph;

    for (uint32_t i = 0; i < graph->n_sinks; i++)
        see_sink(&graph->sinks[i], &snapshot->sinks[i]);
    for (uint32_t i = 0; i < graph->n_pipelines; i++) {
        snapshot->pipelines[i].pipeline = &graph->pipelines[i];
        graph_books(graph, &graph->pipelines[i], &snapshot->pipelines[i].books);
    }
    for (uint32_t i = 0; i < graph->n_sources; i++)
        see_source(&graph->sources[i], &snapshot->sources[i]);
}

void snapshot_take(struct snapshot *snapshot, const struct consumer *consumer, int64_t now)
{
    bool asleep;

    snapshot->time = now;
    snapshot->asleep = atomic_load_explicit(&consumer->asleep, memory_order_acquire);
    snapshot->turns = counter_get(&consumer->turns);
    ringmill_reader_counters(consumer->reader, &snapshot->reader);
    see_all(snapshot);
    /* orders all that was read before the second look at the flag */
    atomic_thread_fence(memory_order_acquire);
    asleep = atomic_load_explicit(&consumer->asleep, memory_order_relaxed);
    snapshot->quiet =
        snapshot->asleep && asleep && counter_get(&consumer->turns) == snapshot->turns;
}

uint64_t snapshot_lost(const struct snapshot *snapshot)
{
    uint64_t lost = 0;

    for (uint32_t i = 0; i < snapshot->graph->n_sources; i++)
        lost += snapshot->sources[i].lost;
    return lost;
}
