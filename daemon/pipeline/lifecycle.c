// SPDX-License-Identifier: Apache-2.0

/* Whoever has a part alone starts and ends it. */

#include "pipeline/lifecycle.h"

#include <errno.h>

#include "base/clock.h"
#include "base/signals.h"
#include "base/thread.h"
#include "encode/encoder.h"
#include "source/cgroup_watch.h"
#include "source/lost.h"

/* ---- sources --------------------------------------------------------------------------------- */

/* Between two sources: one may take seconds. */
static int look_for_end(struct error *error)
{
    return signals_ends() > 0 ? error_set(error, -ECANCELED, "interrupted by a signal") : 0;
}

int lifecycle_load(struct graph *graph, struct error *error)
{
    int result = 0;

    for (uint32_t i = 0; i < graph->n_sources && result == 0; i++) {
        if (!graph_is_own(graph->sources[i].share))
            continue;
        result = look_for_end(error);
        if (result == 0)
            result = source_load(graph->sources[i].source, error);
    }
    if (result == 0)
        cgroup_watch_start(graph->common->resolver);
    return result;
}

/* Losses counted from here on happened after this. */
static void mark_clean(struct source_entry *entry)
{
    for (uint32_t i = 0; i < entry->source->n_streams; i++) {
        int64_t since = entry->source->streams[i].lost_since;

        entry->inputs[i].lost_clean = since > 0 ? since : clock_monotonic();
    }
}

static void read_skipped(struct source_entry *entry)
{
    entry->skips_known |= source_skipped(entry->source, &entry->skipped) == 0;
    entry->forgets |= source_forgotten(entry->source, &entry->forgotten) == 0;
}

int lifecycle_attach(struct graph *graph, struct error *error)
{
    int result = 0;

    for (uint32_t i = 0; i < graph->n_sources && result == 0; i++) {
        if (!graph_is_own(graph->sources[i].share))
            continue;
        result = look_for_end(error);
        if (result < 0)
            break;
        mark_clean(&graph->sources[i]);
        result = source_attach(graph->sources[i].source, error);
        read_skipped(&graph->sources[i]);
    }
    return result;
}

void lifecycle_detach(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (graph_is_own(graph->sources[i].share))
            source_detach(graph->sources[i].source);
}

void lifecycle_release(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (graph_is_own(graph->sources[i].share))
            source_release(graph->sources[i].source);
}

void lifecycle_undo(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++) {
        struct source *source = graph->sources[i].source;

        if (graph_is_own(graph->sources[i].share))
            source_undo(source);
    }
}

static void read_lost(struct input *input)
{
    struct lost_count count;

    if (!input->stream->counted || source_lost(input->source, input->index, &count) < 0)
        return;
    input->lost = count.records;
    input->lost_resets = count.resets;
}

static void read_counters(struct source_entry *entry)
{
    for (uint32_t i = 0; i < entry->source->n_streams; i++)
        read_lost(&entry->inputs[i]);
    read_skipped(entry);
}

void lifecycle_read_lost(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (graph_is_own(graph->sources[i].share) && !graph->sources[i].losses_ended)
            read_counters(&graph->sources[i]);
}

/* ---- one source follows another -------------------------------------------------------------- */

void lifecycle_follow(struct graph *next, const struct graph *old)
{
    for (uint32_t i = 0; i < next->n_sources; i++) {
        struct source *source = next->sources[i].source;
        const struct source_entry *before = graph_find_source(old, source->name);

        if (graph_is_own(next->sources[i].share) && before)
            source_follow(source, before->source);
    }
}

/* The old programs' losses from here on are of events that the new ones record. */
void lifecycle_take_over(struct graph *next, const struct graph *old)
{
    for (uint32_t i = 0; i < next->n_sources; i++) {
        struct source *source = next->sources[i].source;
        struct source_entry *before = graph_find_source(old, source->name);

        if (!before || !graph_is_own(next->sources[i].share) || !source->takes_over)
            continue;
        read_counters(before);
        before->losses_ended = true;
        source_take_over(source);
    }
}

/* ---- sinks ----------------------------------------------------------------------------------- */

static int open_sink(struct graph_sink *sink, bool retry_open, struct error *error)
{
    const struct encoder_ops *format = sink->outlet.format;
    const struct sink_options options = {.name = sink->name,
                                         .framing = format->framing,
                                         .header = format->has_header ? sink->common.text : NULL,
                                         .retry_open = retry_open};
    int result = sink->ops->open(sink->config, &options, error, &sink->sink);

    if (result < 0)
        error_prefix(error, "sink %s", sink->name);
    return result;
}

int lifecycle_open_sinks(struct graph *graph, bool retry_open, struct error *error)
{
    int result = 0;

    thread_begin_setup();
    for (uint32_t i = 0; i < graph->n_sinks && result == 0; i++)
        if (graph_is_own(&graph->sinks[i]->share))
            result = open_sink(graph->sinks[i], retry_open, error);
    thread_end_setup();
    return result;
}

void lifecycle_close_sinks(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        if (graph->sinks[i]->sink && graph_is_own(&graph->sinks[i]->share))
            sink_close(TAKE_PTR(graph->sinks[i]->sink));
}

static int start_writer(struct graph_sink *sink, uint32_t copies, struct consumer *consumer)
{
    int result = waker_init(&sink->writer.waker);

    if (result == 0)
        result = lane_init_events(
            &sink->lane, sink->outlet.event_max ? sink->outlet.event_max : EVENT_MAX, CONSUMER_ROOM,
            copies ? copies : 1, sink->overflow, &sink->writer.waker, consumer_on_room, consumer);
    if (result < 0)
        return result;
    sink->writer.name = sink->name;
    sink->writer.sink = sink->sink;
    sink->writer.framing = sink->outlet.format->framing;
    sink->writer.lanes = &sink->lane;
    sink->writer.n_lanes = 1;
    result = writer_start(&sink->writer);
    sink->written = result == 0;
    return result;
}

int lifecycle_start_writers(struct graph *graph, struct consumer *consumer,
                            void (*on_gone)(void *data), void *data)
{
    int result = 0;

    for (uint32_t i = 0; i < graph->n_sinks && result == 0; i++) {
        struct graph_sink *sink = graph->sinks[i];

        if (!graph_is_own(&sink->share))
            continue;
        sink->writer.on_gone = on_gone;
        sink->writer.on_gone_data = data;
        result = start_writer(sink, graph->copies[i], consumer);
    }
    return result;
}

void lifecycle_give_up(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        if (graph->sinks[i]->written && graph_is_own(&graph->sinks[i]->share))
            writer_give_up(&graph->sinks[i]->writer);
}

void lifecycle_finish_writers(struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        if (graph->sinks[i]->written && graph_is_own(&graph->sinks[i]->share))
            writer_finish(&graph->sinks[i]->writer);
}

static bool writer_ended(struct graph_sink *sink, int64_t deadline)
{
    if (writer_join(&sink->writer, 0))
        return true;
    if (clock_monotonic() >= deadline)
        writer_give_up(&sink->writer);
    return false;
}

bool lifecycle_end_writers(struct graph *graph, int64_t deadline)
{
    bool ended = true;

    for (uint32_t i = 0; i < graph->n_sinks; i++) {
        struct graph_sink *sink = graph->sinks[i];

        if (sink->written && graph_is_own(&sink->share))
            sink->written = !writer_ended(sink, deadline);
        ended &= !sink->written || !graph_is_own(&sink->share);
    }
    return ended;
}
