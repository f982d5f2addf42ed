// SPDX-License-Identifier: Apache-2.0

/* Counters that run on while they are read agree with each other only by luck. So the books are
 * judged only at quiet moments: when the consumer thread, which writes them, has slept all the
 * while. It clears `asleep` before and counts a turn after everything it does, so the flag and an
 * unchanged count, before and after the reading, prove that. */

#include "control/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The most that the graph can have: a reload may still give it rings of the running one. */
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
    snapshot->inputs = calloc(graph->n_inputs, sizeof(*snapshot->inputs));
    snapshot->rings = calloc(count_rings(graph), sizeof(*snapshot->rings));
    snapshot->pipelines = calloc(graph->n_pipelines, sizeof(*snapshot->pipelines));
    snapshot->sinks = calloc(graph->n_sinks, sizeof(*snapshot->sinks));
    if (snapshot->sources && snapshot->inputs && snapshot->rings && snapshot->pipelines &&
        snapshot->sinks)
        return 0;
    snapshot_deinit(snapshot);
    return -ENOMEM;
}

void snapshot_deinit(struct snapshot *snapshot)
{
    free(snapshot->sources);
    free(snapshot->inputs);
    free(snapshot->rings);
    free(snapshot->pipelines);
    free(snapshot->sinks);
    memset(snapshot, 0, sizeof(*snapshot));
}

static void see_ring(const struct input_ring *ring, struct ring_snapshot *counts)
{
    counts->ring = ring;
    ringmill_ring_counters(ring->handle, &counts->counters);
    counts->overlap = counter_get(&ring->overlap);
    counts->counters.records -= counts->overlap;
    counts->size = ringmill_ring_size(ring->handle);
    counts->used = ringmill_ring_available(ring->handle);
    if (counts->counters.high_water > counts->high_water)
        counts->high_water = counts->counters.high_water;
    if (counts->used > counts->high_water)
        counts->high_water = counts->used;
    counts->paused = atomic_load_explicit(&ring->input->paused, memory_order_relaxed);
    counts->busy_since = counts->paused ? 0 : counts->counters.busy_since;
    counts->corrupt = ringmill_ring_health(ring->handle, NULL) < 0;
}

static void see_input(const struct input *input, struct input_snapshot *counts)
{
    counts->input = input;
    counts->lost_known = stream_knows_lost(input->stream);
    counts->lost = input_lost(input);
    counts->unread = input->unread;
    counts->unread_known = !input->unread_unknown;
    counts->produced = counts->lost + counts->unread;
    counts->produced_known = counts->lost_known && counts->unread_known;
    counts->counted = input->stream->counted;
    counts->resets = input->lost_resets;
    counts->unknown = counter_get(&input->unknown);
    counts->held_up = counter_get(&input->held_up);
    counts->long_records = counter_get(&input->long_records);
    counts->short_records = counter_get(&input->short_records);
    counts->long_bytes = counter_get(&input->long_bytes);
}

static void add_ring(const struct ring_snapshot *ring, struct ring_snapshot *sum)
{
    sum->counters.records += ring->counters.records;
    sum->counters.bytes += ring->counters.bytes;
    sum->counters.discards += ring->counters.discards;
    sum->counters.wakeups += ring->counters.wakeups;
    sum->overlap += ring->overlap;
    sum->size += ring->size;
    sum->used += ring->used;
    if (ring->high_water > sum->high_water)
        sum->high_water = ring->high_water;
    if (ring->busy_since && (!sum->busy_since || ring->busy_since < sum->busy_since))
        sum->busy_since = ring->busy_since;
    sum->paused |= ring->paused;
    sum->corrupt |= ring->corrupt;
}

/* Only what is asked of a source as a whole. */
static void add_input(const struct input_snapshot *input, struct input_snapshot *sum)
{
    sum->lost_known &= input->lost_known;
    sum->produced_known &= input->produced_known;
    sum->unread_known &= input->unread_known;
    sum->lost += input->lost;
    sum->produced += input->produced;
    sum->unread += input->unread;
    sum->resets += input->resets;
}

/* Its inputs are those from *input on, and their rings those from *ring on. */
static void see_source(const struct source_entry *entry, struct source_snapshot *counts,
                       struct input_snapshot **input, struct ring_snapshot **ring)
{
    *counts = (struct source_snapshot){
        .entry = entry,
        .inputs = {.lost_known = true, .produced_known = true, .unread_known = true},
        .skips_known = entry->skips_known,
        .skipped = entry->skipped,
        .forgets = entry->forgets,
        .forgotten = entry->forgotten};
    for (uint32_t i = 0; i < entry->source->n_streams; i++, ++*input) {
        const struct input *of = &entry->inputs[i];

        see_input(of, *input);
        for (uint32_t j = 0; j < of->n_rings; j++, ++*ring) {
            see_ring(of->rings[j], *ring);
            add_ring(*ring, &counts->rings);
            (*input)->produced +=
                (*ring)->counters.records + (*ring)->counters.discards + (*ring)->overlap;
        }
        add_input(*input, &counts->inputs);
    }
    counts->disagrees = source_entry_find_wrong_count(entry, counts->rings.counters.records);
}

/* Reads the outgoing counts first: they never exceed the incoming ones. */
static void see_sink(const struct graph_sink *sink, struct sink_snapshot *counts)
{
    const struct writer *writer = &sink->writer;

    counts->sink = sink;
    counts->delivered = counter_get(&sink->lane.delivered);
    counts->dropped = lane_dropped(&sink->lane);
    counts->forwarded = counter_get(&sink->lane.forwarded);
    counts->in_flight = counts->forwarded - counts->delivered - counts->dropped;
    counts->bytes = counter_get(&writer->bytes);
    counts->chunks = counter_get(&writer->chunks);
    counts->errors = counter_get(&writer->errors);
    counts->chunks_out = lane_chunks_out(&sink->lane);
    counts->retrying_since = atomic_load_explicit(&writer->retrying_since, memory_order_relaxed);
    counts->gone = atomic_load_explicit(&writer->gone, memory_order_relaxed);
    counts->in_sink = atomic_load_explicit(&writer->in_sink, memory_order_relaxed);
    counts->up = !counts->gone && counts->retrying_since == 0;
    counts->chunks_limit = sink->lane.n_chunks;
}

void snapshot_take_graph(struct snapshot *snapshot)
{
    const struct graph *graph = snapshot->graph;
    struct input_snapshot *input = snapshot->inputs;
    struct ring_snapshot *ring = snapshot->rings;

    for (uint32_t i = 0; i < graph->n_sinks; i++)
        see_sink(graph->sinks[i], &snapshot->sinks[i]);
    for (uint32_t i = 0; i < graph->n_pipelines; i++) {
        snapshot->pipelines[i].pipeline = &graph->pipelines[i];
        graph_books(graph, &graph->pipelines[i], &snapshot->pipelines[i].books);
    }
    for (uint32_t i = 0; i < graph->n_sources; i++)
        see_source(&graph->sources[i], &snapshot->sources[i], &input, &ring);
}

void snapshot_take(struct snapshot *snapshot, const struct consumer *consumer, int64_t now)
{
    bool asleep;

    snapshot->time = now;
    snapshot->asleep = atomic_load_explicit(&consumer->asleep, memory_order_acquire);
    snapshot->turns = counter_get(&consumer->turns);
    snapshot->steps = snapshot->turns + counter_get(&consumer->steps);
    ringmill_reader_counters(consumer->reader, &snapshot->reader);
    snapshot_take_graph(snapshot);
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
        lost += snapshot->sources[i].inputs.lost;
    return lost;
}

uint64_t snapshot_skipped(const struct snapshot *snapshot)
{
    uint64_t skipped = 0;

    for (uint32_t i = 0; i < snapshot->graph->n_sources; i++)
        skipped += snapshot->sources[i].skipped;
    return skipped;
}

uint64_t snapshot_forgotten(const struct snapshot *snapshot)
{
    uint64_t forgotten = 0;

    for (uint32_t i = 0; i < snapshot->graph->n_sources; i++)
        forgotten += snapshot->sources[i].forgotten;
    return forgotten;
}

uint32_t snapshot_lost_unknown(const struct snapshot *snapshot)
{
    uint32_t unknown = 0;

    for (uint32_t i = 0; i < snapshot->graph->n_sources; i++)
        unknown += !snapshot->sources[i].inputs.lost_known;
    return unknown;
}
