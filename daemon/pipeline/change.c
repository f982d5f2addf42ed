// SPDX-License-Identifier: Apache-2.0

#include "pipeline/change.h"

#include <ringmill/ring.h>

#include "base/cleanup.h"
#include "pipeline/commit.h"
#include "pipeline/commit_queue.h"
#include "pipeline/drain.h"
#include "pipeline/engine.h"
#include "pipeline/ring_part.h"
#include "pipeline/rings.h"

/* ---- the switch ------------------------------------------------------------------------------ */

static const struct source_entry *find_source(const struct graph *graph,
                                              const struct source *source)
{
    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (graph->sources[i].source == source)
            return &graph->sources[i];
    return NULL;
}

/* Calls it for each input that both graphs have, with both of what they know of it, until it
 * fails. */
static int for_kept_inputs(struct change *change,
                           int (*call)(struct input *input, struct input *old))
{
    int result = 0;

    for (uint32_t i = 0; i < change->next->n_sources; i++) {
        const struct source_entry *entry = &change->next->sources[i];
        const struct source_entry *old = find_source(change->old, entry->source);

        for (uint32_t j = 0; old && j < entry->source->n_streams && result == 0; j++)
            result = call(&entry->inputs[j], &old->inputs[j]);
    }
    return result;
}

static int new_queues(struct input *input, struct input *old)
{
    int result = 0;

    for (uint32_t i = 0; i < old->n_rings && result == 0; i++)
        result = commit_new_queue(old->rings[i], input, NULL, &old->rings[i]->next_commits);
    return result;
}

static int free_queues(struct input *input, struct input *old)
{
    (void)input;
    for (uint32_t i = 0; i < old->n_rings; i++)
        commit_queue_free(TAKE_PTR(old->rings[i]->next_commits));
    return 0;
}

static void count_on(counter *count, const counter *before)
{
    atomic_store_explicit(count, counter_get(before), memory_order_relaxed);
}

static int take_over(struct input *input, struct input *old)
{
    input->rings = TAKE_PTR(old->rings);
    input->n_rings = old->n_rings;
    old->n_rings = 0;
    for (uint32_t i = 0; i < input->n_rings; i++) {
        struct input_ring *ring = input->rings[i];

        ring->input = input;
        commit_queue_free(ring->commits);
        ring->commits = TAKE_PTR(ring->next_commits);
        commit_set_limit(ring);
    }
    atomic_store(&input->paused, atomic_load(&old->paused));
    count_on(&input->gaps, &old->gaps);
    count_on(&input->unknown, &old->unknown);
    count_on(&input->long_records, &old->long_records);
    count_on(&input->short_records, &old->short_records);
    count_on(&input->long_bytes, &old->long_bytes);
    count_on(&input->held_up, &old->held_up);
    input->uncommitted = old->uncommitted;
    input->told_unknown = old->told_unknown;
    input->told_short = old->told_short;
    input->lost = old->lost;
    input->lost_told = old->lost_told;
    input->lost_resets = old->lost_resets;
    input->lost_clean = old->lost_clean;
    input->loss = old->loss;
    atomic_store(&input->loss_posted, atomic_load(&old->loss_posted));
    return 0;
}

static void take_over_skipped(struct change *change)
{
    for (uint32_t i = 0; i < change->next->n_sources; i++) {
        struct source_entry *entry = &change->next->sources[i];
        const struct source_entry *old = find_source(change->old, entry->source);

        if (!old)
            continue;
        entry->skips_known = old->skips_known;
        entry->skipped = old->skipped;
        entry->forgets = old->forgets;
        entry->forgotten = old->forgotten;
    }
}

static int watch_new(struct change *change)
{
    struct graph *next = change->next;
    int result = 0;

    for (uint32_t i = 0; i < next->n_inputs && result == 0; i++)
        result = consumer_watch(&change->engine->consumer, next->inputs[i], &change->error);
    for (uint32_t i = 0; i < next->n_inputs && result < 0; i++)
        consumer_unwatch(&change->engine->consumer, next->inputs[i]);
    return result;
}

static uint64_t records_of(const struct source_entry *entry)
{
    uint64_t records = 0;

    for (uint32_t i = 0; i < entry->source->n_streams; i++)
        for (uint32_t j = 0; j < entry->inputs[i].n_rings; j++) {
            struct ringmill_counters counters;

            ringmill_ring_counters(entry->inputs[i].rings[j]->handle, &counters);
            records += counters.records - counter_get(&entry->inputs[i].rings[j]->overlap);
        }
    return records;
}

static void relink_type(struct input_type *type, uint64_t records)
{
    for (uint32_t i = 0; i < type->n_chains; i++) {
        struct chain *chain = type->chains[i];

        chain->type = type;
        chain->pipeline = type->readers[i];
        if (graph_is_own(&chain->share))
            chain->joined = records;
    }
}

static void relink(struct graph *next)
{
    for (uint32_t i = 0; i < next->n_sources; i++) {
        const struct source_entry *entry = &next->sources[i];
        uint64_t records = records_of(entry);

        for (uint32_t j = 0; j < entry->source->n_streams; j++)
            for (uint32_t k = 0; k < entry->inputs[j].n_types; k++)
                relink_type(&entry->inputs[j].types[k], records);
    }
}

/* Of the chains that only the old graph has, those whose source goes on get no more records. */
static void end_chains(const struct graph *old)
{
    for (uint32_t i = 0; i < old->n_chains; i++) {
        struct chain *chain = old->chains[i];

        if (graph_is_own(&chain->share) &&
            !graph_is_own(find_source(old, chain->type->input->source)->share))
            chain->input_ended = true;
    }
}

/* What the old programs record from now on does not count: see source_take_over(). */
static void end_replaced(const struct change *change)
{
    for (uint32_t i = 0; i < change->next->n_sources; i++) {
        const struct source *source = change->next->sources[i].source;
        struct source_entry *old = graph_find_source(change->old, source->name);

        if (!old || !graph_is_own(change->next->sources[i].share) || !source->takes_over)
            continue;
        for (uint32_t j = 0; j < old->source->n_streams; j++)
            ring_part_end_input(&old->inputs[j]);
    }
}

static void grow_lanes(const struct graph *next)
{
    for (uint32_t i = 0; i < next->n_sinks; i++)
        lane_grow(&next->sinks[i]->lane, next->copies[i] ? next->copies[i] : 1);
}

static void change_parts(struct consumer *consumer, struct consumer_parts *parts)
{
    consumer_parts_deinit(&consumer->parts);
    consumer->parts = *parts;
    *parts = (struct consumer_parts){0};
    consumer_parts_list_rings(&consumer->parts);
}

void change_take(void *data)
{
    struct change *change = data;
    struct consumer *consumer = &change->engine->consumer;

    change->result = for_kept_inputs(change, new_queues);
    if (change->result < 0)
        error_set(&change->error, change->result, "out of memory");
    else
        change->result = watch_new(change);
    if (change->result < 0) {
        for_kept_inputs(change, free_queues);
        return;
    }
    for_kept_inputs(change, take_over);
    take_over_skipped(change);
    graph_list_rings(change->next);
    graph_list_rings(change->old);
    end_chains(change->old);
    end_replaced(change);
    relink(change->next);
    grow_lanes(change->next);
    change_parts(consumer, &change->both);
    consumer->told_exhausted = false;
    consumer_pause(consumer);
}

/* ---- the end of the old graph ---------------------------------------------------------------- */

static bool chain_is_over(const struct chain *chain)
{
    return chain->input_ended && chain_due(chain) == INT64_MAX;
}

/* A chain that ends now makes its last records in the next turn. */
static bool end_input(const struct change *change, struct input *input)
{
    bool over = true;

    drain_begin(input);
    if (!change->all_posted || !drain_is_over(input))
        return false;
    for (uint32_t i = 0; i < input->n_types; i++)
        for (uint32_t j = 0; j < input->types[i].n_chains; j++) {
            over &= input->types[i].chains[j]->input_ended;
            input->types[i].chains[j]->input_ended = true;
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
                over &= end_input(change, &old->sources[i].inputs[j]);
    change->unmade = 0;
    for (uint32_t i = 0; i < old->n_chains; i++)
        if (graph_is_own(&old->chains[i]->share) && !chain_is_over(old->chains[i]))
            change->unmade++;
    return over && change->unmade == 0;
}

void change_end(void *data)
{
    struct change *change = data;
    struct consumer *consumer = &change->engine->consumer;
    const struct graph *old = change->old;

    if (!own_is_over(change) && !change->forced)
        return;
    for (uint32_t i = 0; i < old->n_sources; i++)
        for (uint32_t j = 0; j < old->sources[i].source->n_streams; j++)
            if (graph_is_own(old->sources[i].share))
                consumer_unwatch(consumer, &old->sources[i].inputs[j]);
    for (uint32_t i = 0; i < old->n_sinks; i++)
        if (graph_is_own(&old->sinks[i]->share))
            lane_hand_over(&old->sinks[i]->lane, LANE_ALL);
    change_parts(consumer, &change->rest);
    change->over = true;
}

/* One that finds no memory leaves its ring as it was, and is called again. */
void change_settle(void *data)
{
    struct change *change = data;

    change->settled = true;
    for (uint32_t i = 0; i < change->next->n_inputs; i++)
        commit_acknowledged(change->next->inputs[i]);
    for (uint32_t i = 0; i < change->next->n_rings; i++) {
        struct input_ring *ring = change->next->rings[i];
        struct commit_queue *queue;

        if (!ring->commits)
            continue;
        if (commit_new_queue(ring, ring->input, change->old, &queue) < 0) {
            change->settled = false;
            continue;
        }
        commit_queue_free(ring->commits);
        ring->commits = queue;
    }
}
