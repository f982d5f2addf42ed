// SPDX-License-Identifier: Apache-2.0

/* Counters that run on while they are read agree with each other only by luck. So the books are
 * judged only at quiet moments: when the consumer thread, which writes them, has slept all the
 * while. It clears `asleep` before and counts a turn after everything it does, so the flag and an
 * unchanged count, seen on both sides of the reading, prove that. */

#include "control/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* That the graph can come to have: it may still get those of the running one. */
static uint32_t count_rings(const struct graph *graph)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < graph->n_inputs; i++)
        count += graph->inputs[i]->stream->n_rings;
    return count;
}

int snapshot_init(struct snapshot *snapshot, const struct graph *graph)
{
    memset(snapshot, 0, sizeof(*snapshot));
    snapshot->graph = graph;
    snapshot->sources = calloc(graph->n_sources, sizeof(*snapshot->sources));
    snapshot->streams = calloc(graph->n_inputs, sizeof(*snapshot->streams));
    snapshot->rings = calloc(count_rings(graph), sizeof(*snapshot->rings));
    snapshot->pipelines = calloc(graph->n_pipelines, sizeof(*snapshot->pipelines));
    snapshot->sinks = calloc(graph->n_sinks, sizeof(*snapshot->sinks));
    if (snapshot->sources && snapshot->streams && snapshot->rings && snapshot->pipelines &&
        snapshot->sinks)
        return 0;
    snapshot_deinit(snapshot);
    return -ENOMEM;
}

void snapshot_deinit(struct snapshot *snapshot)
{
    free(snapshot->sources);
    free(snapshot->streams);
    free(snapshot->rings);
    free(snapshot->pipelines);
    free(snapshot->sinks);
    memset(snapshot, 0, sizeof(*snapshot));
}

static void see_ring(const struct input_ring *ring, struct ring_sight *sight)
{
    sight->ring = ring;
    ringmill_ring_counters(ring->handle, &sight->counters);
    sight->size = ringmill_ring_size(ring->handle);
    sight->used = ringmill_ring_available(ring->handle);
    if (sight->counters.high_water > sight->high_water)
        sight->high_water = sight->counters.high_water;
    if (sight->used > sight->high_water)
        sight->high_water = sight->used;
    sight->paused = atomic_load_explicit(&ring->input->paused, memory_order_relaxed);
    sight->busy_since = sight->paused ? 0 : sight->counters.busy_since;
    sight->corrupt = ringmill_ring_health(ring->handle, NULL) < 0;
}

static void see_stream(const struct input *input, struct stream_sight *sight)
{
    sight->input = input;
    sight->lost_known = stream_knows_lost(input->stream);
    sight->lost = sight->produced = input_lost(input);
    sight->resets = input->lost_resets;
    sight->unknown = counter_get(&input->unknown);
    sight->held_up = counter_get(&input->held_up);
    sight->long_records = counter_get(&input->long_records);
    sight->long_bytes = counter_get(&input->long_bytes);
}

static void add_ring(const struct ring_sight *ring, struct source_sight *sum)
{
    sum->ring.records += ring->counters.records;
    sum->ring.bytes += ring->counters.bytes;
    sum->ring.discards += ring->counters.discards;
    sum->ring.wakeups += ring->counters.wakeups;
    sum->ring.naps += ring->counters.naps;
    sum->ring.publishes += ring->counters.publishes;
    sum->size += ring->size;
    sum->used += ring->used;
    if (ring->high_water > sum->high_water)
        sum->high_water = ring->high_water;
    if (ring->busy_since && (!sum->busy_since || ring->busy_since < sum->busy_since))
        sum->busy_since = ring->busy_since;
    sum->paused |= ring->paused != 0;
    sum->corrupt |= ring->corrupt;
}

/* Its streams are those from *stream on, and their rings those from *ring on. */
static void see_source(const struct source_entry *entry, struct source_sight *sight,
                       struct stream_sight **stream, struct ring_sight **ring)
{
    *sight = (struct source_sight){.entry = entry,
                                   .skips_known = entry->skips_known,
                                   .skipped = entry->skipped,
                                   .lost_known = source_entry_knows_lost(entry)};
    for (uint32_t i = 0; i < entry->source->n_streams; i++, ++*stream) {
        const struct input *of = &entry->inputs[i];

        see_stream(of, *stream);
        for (uint32_t j = 0; j < of->n_rings; j++, ++*ring) {
            see_ring(of->rings[j], *ring);
            add_ring(*ring, sight);
            (*stream)->produced += (*ring)->counters.records + (*ring)->counters.discards;
        }
        sight->lost += (*stream)->lost;
        sight->produced += (*stream)->produced;
    }
    sight->disagrees = source_entry_find_wrong_count(entry, sight->ring.records);
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
    sight->in_sink = atomic_load_explicit(&writer->in_sink, memory_order_relaxed);
    sight->up = !sight->gone && sight->retrying_since == 0;
    sight->chunks_limit = sink->lane.n_chunks;
}

static void see_all(struct snapshot *snapshot)
{
    const struct graph *graph = snapshot->graph;
    struct stream_sight *stream = snapshot->streams;
    struct ring_sight *ring = snapshot->rings;

    for (uint32_t i = 0; i < graph->n_sinks; i++)
        see_sink(graph->sinks[i], &snapshot->sinks[i]);
    for (uint32_t i = 0; i < graph->n_pipelines; i++) {
        snapshot->pipelines[i].pipeline = &graph->pipelines[i];
        graph_books(graph, &graph->pipelines[i], &snapshot->pipelines[i].books);
    }
    for (uint32_t i = 0; i < graph->n_sources; i++)
        see_source(&graph->sources[i], &snapshot->sources[i], &stream, &ring);
}

void snapshot_take(struct snapshot *snapshot, const struct consumer *consumer, int64_t now)
{
    bool asleep;

    snapshot->time = now;
    snapshot->asleep = atomic_load_explicit(&consumer->asleep, memory_order_acquire);
    snapshot->turns = counter_get(&consumer->turns);
    snapshot->steps = snapshot->turns + counter_get(&consumer->steps);
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

uint64_t snapshot_skipped(const struct snapshot *snapshot)
{
    uint64_t skipped = 0;

    for (uint32_t i = 0; i < snapshot->graph->n_sources; i++)
        skipped += snapshot->sources[i].skipped;
    return skipped;
}

uint32_t snapshot_lost_unknown(const struct snapshot *snapshot)
{
    uint32_t unknown = 0;

    for (uint32_t i = 0; i < snapshot->graph->n_sources; i++)
        unknown += !snapshot->sources[i].lost_known;
    return unknown;
}
