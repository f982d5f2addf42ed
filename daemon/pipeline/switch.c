// SPDX-License-Identifier: Apache-2.0

/* Why the old graph's own parts live on for a while: an aggregate's rows and a removed source's
 * last records may be more than there is room for, and a turn that waited for room would hold up
 * those pipelines that do not change. So they leave one turn after the other, as any records do,
 * and the main thread waits.
 *
 * The jobs on the consumer thread run while the main thread waits for them, and the loader sleeps:
 * both threads' fields are theirs. */

#include "pipeline/switch.h"

#include <errno.h>
#include <inttypes.h>
#include <ringmill/ring.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/resolver.h"
#include "pipeline/held.h"
#include "pipeline/launch.h"
#include "pipeline/losses.h"
#include "pipeline/rings.h"

enum {
    LOOK_NS = 1000 * 1000,
    FORCE_AFTER_S = 1, /* after the sinks that end have been given up */
};

struct change {
    struct engine *engine;
    struct graph *old;
    struct graph *next;
    struct roster both; /* what next has, and what old has alone */
    struct roster rest; /* what next has */
    struct error *error;
    int result;

    /* of the end of old */
    bool all_posted; /* nothing can come out of its own sources but what is in their rings */
    bool forced;
    bool over;
    uint64_t unmade; /* strands that had something left to be made when that was forced */
};

/* ---- before ---------------------------------------------------------------------------------- */

static const struct graph_source *find_named(const struct graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (strcmp(graph->sources[i].source->name, name) == 0)
            return &graph->sources[i];
    return NULL;
}

/* A ring has one reader, and until the switch that is the old source. */
static int explain_busy(const struct graph *old, const struct graph *next, struct error *error)
{
    for (uint32_t i = 0; i < next->n_sources; i++) {
        const char *name = next->sources[i].source->name;

        if (graph_is_own(next->sources[i].share) && find_named(old, name))
            return error_set(error, -EBUSY,
                             "source %s: it has changed, and its ring is read as it was before: "
                             "that takes a restart; what comes meanwhile stays in the ring",
                             name);
    }
    return -EBUSY;
}

/* For the rings of those sources, too, that both graphs have. */
static int make_room(struct graph *next, struct error *error)
{
    int result = graph_make_room_for_rings(next);

    return result == -ENOSPC
               ? error_set(error, result, "there are more than %d rings in all", GRAPH_RINGS_MAX)
           : result < 0 ? error_set(error, result, "out of memory")
                        : 0;
}

int switch_prepare(const struct engine *engine, struct graph *next, struct error *error)
{
    int result = launch_open_sinks(next, error);

    if (result == 0)
        result = launch_load(next, error);
    if (result == 0)
        result = rings_open(next, error);
    if (result == -EBUSY)
        return explain_busy(engine->graph, next, error);
    return result < 0 ? result : make_room(next, error);
}

static int job_attach(void *data)
{
    struct change *change = data;

    return launch_attach(change->next, change->error);
}

static int job_detach(void *data)
{
    launch_detach(data);
    return 0;
}

static int job_release(void *data)
{
    launch_release(data);
    return 0;
}

static int job_undo(void *data)
{
    launch_undo(data);
    return 0;
}

static int job_lost(void *data)
{
    launch_read_lost(data);
    return 0;
}

void switch_discard(struct engine *engine, struct graph *next)
{
    loader_call(&engine->loader, job_undo, next);
    launch_end_writers(next, clock_monotonic());
    graph_free(next);
}

/* ---- the switch, on the consumer thread ------------------------------------------------------ */

static const struct graph_source *find_source(const struct graph *graph,
                                              const struct source *source)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (graph->sources[i].source == source)
            return &graph->sources[i];
    return NULL;
}

/* Calls it for each stream that both graphs have, with both of what they know of it, until it
 * fails. */
static int for_kept_streams(struct change *change,
                            int (*call)(struct graph_stream *stream, struct graph_stream *old))
{
    int result = 0;

    for (uint32_t i = 0; i < change->next->n_sources; i++) {
        const struct graph_source *source = &change->next->sources[i];
        const struct graph_source *old = find_source(change->old, source->source);

        for (uint32_t j = 0; old && j < source->source->n_streams && result == 0; j++)
            result = call(&source->streams[j], &old->streams[j]);
    }
    return result;
}

static int hold_anew(struct graph_stream *stream, struct graph_stream *old)
{
    int result = 0;

    for (uint32_t i = 0; i < old->n_rings && result == 0; i++)
        result = rings_hold_anew(old->rings[i], stream, true, &old->rings[i]->next_held);
    return result;
}

static int forget_hold(struct graph_stream *stream, struct graph_stream *old)
{
    (void)stream;
    for (uint32_t i = 0; i < old->n_rings; i++)
        held_free(TAKE_PTR(old->rings[i]->next_held));
    return 0;
}

static void count_on(counter *count, const counter *before)
{
    atomic_store_explicit(count, counter_get(before), memory_order_relaxed);
}

static int take_over(struct graph_stream *stream, struct graph_stream *old)
{
    stream->rings = TAKE_PTR(old->rings);
    stream->n_rings = old->n_rings;
    old->n_rings = 0;
    for (uint32_t i = 0; i < stream->n_rings; i++) {
        struct graph_ring *ring = stream->rings[i];

        ring->stream = stream;
        held_free(ring->held);
        ring->held = TAKE_PTR(ring->next_held);
        rings_limit(ring);
    }
    atomic_store(&stream->paused, atomic_load(&old->paused));
    count_on(&stream->gaps, &old->gaps);
    count_on(&stream->unknown, &old->unknown);
    count_on(&stream->long_records, &old->long_records);
    count_on(&stream->long_bytes, &old->long_bytes);
    count_on(&stream->held_up, &old->held_up);
    stream->uncommitted = old->uncommitted;
    stream->told_unknown = old->told_unknown;
    stream->lost = old->lost;
    stream->lost_told = old->lost_told;
    stream->lost_clean = old->lost_clean;
    stream->loss = old->loss;
    atomic_store(&stream->loss_posted, atomic_load(&old->loss_posted));
    return 0;
}

static int watch_new(struct change *change)
{
    struct graph *next = change->next;
    int result = 0;

    for (uint32_t i = 0; i < next->n_streams && result == 0; i++)
        result = consumer_watch(&change->engine->consumer, next->streams[i], change->error);
    for (uint32_t i = 0; i < next->n_streams && result < 0; i++)
        consumer_leave(&change->engine->consumer, next->streams[i]);
    return result;
}

static uint64_t records_of(const struct graph_source *source)
{
    uint64_t records = 0;

    for (uint32_t i = 0; i < source->source->n_streams; i++)
        for (uint32_t j = 0; j < source->streams[i].n_rings; j++) {
            struct ringmill_counters counters;

            ringmill_ring_counters(source->streams[i].rings[j]->ring, &counters);
            records += counters.records;
        }
    return records;
}

static void relink_type(struct graph_type *type, uint64_t records)
{
    for (uint32_t i = 0; i < type->n_strands; i++) {
        struct graph_strand *strand = type->strands[i];

        strand->type = type;
        strand->pipeline = type->readers[i];
        if (graph_is_own(&strand->share))
            strand->joined = records;
    }
}

static void relink(struct graph *next)
{
    for (uint32_t i = 0; i < next->n_sources; i++) {
        const struct graph_source *source = &next->sources[i];
        uint64_t records = records_of(source);

        for (uint32_t j = 0; j < source->source->n_streams; j++)
            for (uint32_t k = 0; k < source->streams[j].n_types; k++)
                relink_type(&source->streams[j].types[k], records);
    }
}

/* Of the strands that only the old graph has, those whose source goes on get no more records. */
static void end_strands(const struct graph *old)
{
    for (uint32_t i = 0; i < old->n_strands; i++) {
        struct graph_strand *strand = old->strands[i];

        if (graph_is_own(&strand->share) &&
            !graph_is_own(find_source(old, strand->type->stream->source)->share))
            strand->ends = true;
    }
}

static void grow_lanes(const struct graph *next)
{
    for (uint32_t i = 0; i < next->n_sinks; i++)
        lane_grow(&next->sinks[i]->lane, next->copies[i] ? next->copies[i] : 1);
}

static void change_roster(struct consumer *consumer, struct roster *roster)
{
    roster_deinit(&consumer->roster);
    consumer->roster = *roster;
    *roster = (struct roster){0};
    roster_list_rings(&consumer->roster);
}

static void job_change(void *data)
{
    struct change *change = data;
    struct consumer *consumer = &change->engine->consumer;

    change->result = for_kept_streams(change, hold_anew);
    if (change->result < 0)
        error_set(change->error, change->result, "out of memory");
    else
        change->result = watch_new(change);
    if (change->result < 0) {
        for_kept_streams(change, forget_hold);
        return;
    }
    for_kept_streams(change, take_over);
    graph_list_rings(change->next);
    graph_list_rings(change->old);
    end_strands(change->old);
    relink(change->next);
    grow_lanes(change->next);
    change_roster(consumer, &change->both);
    consumer->told_exhausted = false;
    consumer_pause(consumer);
}

/* ---- the end of the old one ------------------------------------------------------------------ */

static bool strand_is_over(const struct graph_strand *strand)
{
    return strand->ends && strand_due(&strand->strand) == INT64_MAX;
}

/* A strand that ends now makes its last records in the next turn. */
static bool end_stream(const struct change *change, const struct graph_stream *stream)
{
    bool over = true;

    if (!change->all_posted || !consumer_drained(stream))
        return false;
    for (uint32_t i = 0; i < stream->n_types; i++)
        for (uint32_t j = 0; j < stream->types[i].n_strands; j++) {
            over &= stream->types[i].strands[j]->ends;
            stream->types[i].strands[j]->ends = true;
        }
    return over;
}

static bool own_is_over(struct change *change)
{
    const struct graph *old = change->old;
    bool over = true;

    for (uint32_t i = 0; i < old->n_sources; i++)
        for (uint32_t j = 0; j < old->sources[i].source->n_streams; j++)
            if (graph_is_own(old->sources[i].share))
                over &= end_stream(change, &old->sources[i].streams[j]);
    change->unmade = 0;
    for (uint32_t i = 0; i < old->n_strands; i++)
        if (graph_is_own(&old->strands[i]->share) && !strand_is_over(old->strands[i]))
            change->unmade++;
    return over && change->unmade == 0;
}

static void job_end(void *data)
{
    struct change *change = data;
    struct consumer *consumer = &change->engine->consumer;
    const struct graph *old = change->old;

    if (!own_is_over(change) && !change->forced)
        return;
    for (uint32_t i = 0; i < old->n_sources; i++)
        for (uint32_t j = 0; j < old->sources[i].source->n_streams; j++)
            if (graph_is_own(old->sources[i].share))
                consumer_leave(consumer, &old->sources[i].streams[j]);
    for (uint32_t i = 0; i < old->n_sinks; i++)
        if (graph_is_own(&old->sinks[i]->share))
            lane_hand_over(&old->sinks[i]->lane, LANE_ALL);
    change_roster(consumer, &change->rest);
    change->over = true;
}

static void post_losses(struct change *change)
{
    const struct graph *old = change->old;
    int64_t now = clock_monotonic();

    change->all_posted = true;
    for (uint32_t i = 0; i < old->n_sources; i++)
        for (uint32_t j = 0; j < old->sources[i].source->n_streams; j++) {
            struct graph_stream *stream = &old->sources[i].streams[j];

            if (!graph_is_own(old->sources[i].share))
                continue;
            losses_post(stream, now, now);
            change->all_posted &= losses_all_posted(stream);
        }
}

static void drain(struct change *change, int64_t deadline)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};

    while (!change->over) {
        int64_t now = clock_monotonic();

        post_losses(change);
        if (now >= deadline)
            launch_give_up(change->old);
        change->forced = now >= deadline + FORCE_AFTER_S * INT64_C(1000000000);
        consumer_call(&change->engine->consumer, job_end, change);
        if (!change->over)
            nanosleep(&pause, NULL);
    }
    if (change->unmade > 0)
        log_warning("%" PRIu64 " ended pipelines had records left that their sinks did not take; "
                    "they are dropped",
                    change->unmade);
}

/* What sinks that have ended did not acknowledge is waited for no longer. */
static void job_settle(void *data)
{
    struct change *change = data;

    for (uint32_t i = 0; i < change->next->n_rings; i++) {
        struct graph_ring *ring = change->next->rings[i];
        struct held *held;

        if (!ring->held || rings_hold_anew(ring, ring->stream, false, &held) < 0)
            continue;
        rings_settle(ring);
        held_free(ring->held);
        ring->held = held;
    }
}

static struct graph_pipeline *find_pipeline(struct graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->n_pipelines; i++)
        if (strcmp(graph->pipelines[i].name, name) == 0)
            return &graph->pipelines[i];
    return NULL;
}

/* A pipeline's books go on in the next one of its name; what has none keeps the sum over all right.
 */
static void hand_on_books(const struct change *change)
{
    const struct graph *old = change->old;
    struct graph *next = change->next;

    next->past_forwarded = old->past_forwarded;
    next->past_arrived = old->past_arrived;
    for (uint32_t i = 0; i < old->n_pipelines; i++) {
        struct graph_pipeline *heir = find_pipeline(next, old->pipelines[i].name);
        struct book_totals totals;

        graph_books(old, &old->pipelines[i], &totals);
        if (heir)
            heir->before = totals;
        else
            next->past_forwarded += totals.rows[BOOK_FORWARDED];
    }
    for (uint32_t i = 0; i < old->n_sinks; i++)
        if (graph_is_own(&old->sinks[i]->share))
            next->past_arrived += counter_get(&old->sinks[i]->lane.forwarded);
}

static void tell_dropped(const struct graph *old)
{
    for (uint32_t i = 0; i < old->n_sinks; i++)
        if (graph_is_own(&old->sinks[i]->share) && lane_dropped(&old->sinks[i]->lane) > 0)
            log_about(LOG_LEVEL_WARNING, "sink", old->sinks[i]->name,
                      "has ended; it dropped %" PRIu64 " of %" PRIu64 " events",
                      lane_dropped(&old->sinks[i]->lane),
                      counter_get(&old->sinks[i]->lane.forwarded));
}

static void end_old(struct change *change)
{
    int64_t deadline = clock_monotonic() + ENGINE_STOP_LIMIT_S * INT64_C(1000000000);
    struct graph *old = change->old;

    loader_call(&change->engine->loader, job_detach, old);
    loader_call(&change->engine->loader, job_lost, old);
    drain(change, deadline);
    launch_end_writers(old, deadline);
    consumer_call(&change->engine->consumer, job_settle, change);
    for (uint32_t i = 0; i < old->n_rings; i++)
        if (old->rings[i]->held)
            rings_settle(old->rings[i]);
    loader_call(&change->engine->loader, job_release, old);
    hand_on_books(change);
    tell_dropped(old);
    graph_free(old);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int start_new(struct change *change)
{
    struct resolver *resolver = change->next->common->resolver;
    struct engine *engine = change->engine;
    int result = launch_writers(change->next, &engine->consumer, engine_on_gone, engine);

    if (result == 0 && resolver_wanted(resolver) && !resolver_runs(resolver))
        result = resolver_start(resolver);
    if (result == 0)
        result = roster_init(&change->both, change->next, change->old);
    if (result == 0)
        result = roster_init(&change->rest, change->next, NULL);
    if (result < 0)
        return error_set(change->error, result, "cannot start the threads: %s", strerror(-result));
    return loader_call(&engine->loader, job_attach, change);
}

int switch_over(struct engine *engine, struct graph *next, struct error *error)
{
    struct change change = {
        .engine = engine, .old = engine->graph, .next = next, .error = error, .result = -EBUSY};
    int result = start_new(&change);

    if (result == 0 && !consumer_call(&engine->consumer, job_change, &change))
        error_set(error, -EBUSY,
                  "the consumer thread does not come to the end of its batch within %d s",
                  ERRAND_WAIT_S);
    if (result == 0)
        result = change.result;
    if (result == 0) {
        engine->graph = next;
        end_old(&change);
    } else {
        switch_discard(engine, next);
    }
    roster_deinit(&change.both);
    roster_deinit(&change.rest);
    return result;
}
