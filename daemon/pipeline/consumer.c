// SPDX-License-Identifier: Apache-2.0

/* The order inside handle_batch() is the at-most-once contract: encode in place, publish the
 * position, hand over. A kill in between loses what was published and not yet written (at most the
 * lanes' chunks), and never writes a record twice. A chunk may hold events of several inputs, so
 * hand_over_full() publishes for all of them before a full one goes. At-least-once turns it round:
 * hand over, and publish when the sinks have acknowledged: see commit.h.
 *
 * Shards that are merged by time give their records in runs, often of one record. Publishing each
 * would take the page away from the producers each time, so there the last two steps come once for
 * some runs together, or when another input has filled a chunk.
 *
 * Room is asked for before a batch is taken, never within one, so there is no half-done batch to
 * keep and come back to: see base/lane.h. */

#include "pipeline/consumer.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cycles.h"
#include "base/log.h"
#include "base/resolver.h"
#include "base/thread.h"
#include "pipeline/capture_notes.h"
#include "pipeline/commit.h"
#include "pipeline/dispatch.h"
#include "pipeline/drain.h"
#include "pipeline/loss_report.h"
#include "pipeline/ring_part.h"
#include "pipeline/rings.h"
#include "record/field.h"

/* How old the measured distance from ktime to the wall clock may get. */
#define WALL_AGE_NS INT64_C(1000000000)

/* ---- pauses ---------------------------------------------------------------------------------- */

static void pause_input(struct consumer *consumer, struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++)
        ringmill_reader_pause(consumer->reader, input->rings[i]->handle);
    input->paused = true;
    consumer->n_paused++;
}

/* An earlier config's acknowledgements are waited for at the switch to a new one only: from then on
 * handle_batch() looks at the ring that it has read. */
static bool may_read_on(struct input *input)
{
    if (!input_make_ready(input))
        return false;
    if (input->at_least_once)
        return true;
    commit_acknowledged(input);
    return !commit_input_is_over_limit(input);
}

/* A lane may serve several inputs, so one that is short of room pauses all of them. */
void consumer_pause(struct consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->parts.n_inputs; i++) {
        struct input *input = consumer->parts.inputs[i];

        if (!input->paused && !may_read_on(input))
            pause_input(consumer, input);
    }
}

static void resume_input(struct consumer *consumer, struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++)
        ringmill_reader_resume(consumer->reader, input->rings[i]->handle);
    input->paused = false;
    consumer->n_paused--;
}

void consumer_resume(struct consumer *consumer)
{
    for (uint32_t i = 0; consumer->n_paused > 0 && i < consumer->parts.n_inputs; i++) {
        struct input *input = consumer->parts.inputs[i];

        if (!input->paused || input->ended || !input_make_ready(input))
            continue;
        commit_acknowledged(input); /* a paused input has no batch after which it would be done */
        if (!commit_input_is_over_limit(input))
            resume_input(consumer, input);
    }
}

static void hand_over_chunks(struct consumer *consumer, enum lane_what what)
{
    for (uint32_t i = 0; i < consumer->parts.n_sinks; i++)
        lane_hand_over(&consumer->parts.sinks[i]->lane, what);
}

/* Also discarded records after the last good one, which come in no batch: left uncommitted they
 * would keep the reader looking, and the ring would seem not to move. */
static void commit_rest(struct consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->parts.n_inputs; i++)
        commit_input(consumer->parts.inputs[i]);
    consumer->uncommitted = false;
}

static bool any_full(const struct consumer_parts *parts)
{
    for (uint32_t i = 0; i < parts->n_sinks; i++)
        if (lane_has_full(&parts->sinks[i]->lane))
            return true;
    return false;
}

/* Within a turn. A full chunk may hold events of an input whose commit waits for more runs. */
static void hand_over_full(struct consumer *consumer)
{
    if (!any_full(&consumer->parts))
        return;
    if (consumer->uncommitted)
        commit_rest(consumer);
    hand_over_chunks(consumer, LANE_FULL);
}

/* ---- batches --------------------------------------------------------------------------------- */

/* Each ring counts for itself: in a common count, rings that take turns would be sampled all or
 * never. */
static bool clock_is_due(struct consumer *consumer, struct input_ring *ring)
{
#ifdef RINGMILL_UNCOUNTED
    (void)consumer;
    (void)ring;
    return false;
#endif
    if (ring->clock_countdown-- > 0 && consumer->turn_start - ring->clocked_at < CONSUMER_CLOCK_NS)
        return false;
    ring->clock_countdown = CONSUMER_CLOCK_BATCHES - 1;
    return true;
}

/* When the batch's first record was submitted; 0: unknown. Only before the commit. */
static int64_t submit_time(struct input_ring *ring, const struct ringmill_view *view)
{
    const struct field *ktime = dispatch_find_type(ring, view)->ktime;

    return ktime && field_present(ktime, view) ? (int64_t)field_integer(ktime, view) : 0;
}

static void handle_batch(struct consumer *consumer, const struct ringmill_batch *taken)
{
    struct input_ring *ring = taken->user;
    int64_t submitted = 0;
    struct batch batch;

    resolver_turn(consumer->common->resolver);
    batch.views = taken->views;
    batch.count = taken->count;
    batch.ring_id = ringmill_ring_id(taken->ring);
    batch.now = consumer->turn_start;
    /* how long ago a capture's records were submitted says nothing */
    batch.clocked = !ring->input->stream->capture && clock_is_due(consumer, ring);
    if (!ring->overlaps || ring_part_leave_out(ring, &batch))
        dispatch_batch(ring, &batch, consumer->turn_start);
    if (batch.clocked)
        submitted = submit_time(ring, taken->views);
    if (commit_batch(ring, taken))
        hand_over_full(consumer);
    else
        consumer->uncommitted = true;
    if (batch.clocked) {
        ring->clocked_at = clock_monotonic();
        if (submitted > 0)
            histogram_add(&ring->commit_latency, ring->clocked_at - submitted);
    }
    if (!input_make_ready(ring->input))
        consumer_pause(consumer);
    else if (commit_is_over_limit(ring) && !ring->input->paused) {
        counter_add(&ring->input->held_up, 1);
        pause_input(consumer, ring->input);
    }
}

static void report_corrupt(const struct consumer *consumer)
{
    struct ringmill_error reason;

    for (uint32_t i = 0; i < consumer->parts.n_rings; i++) {
        const struct input_ring *ring = consumer->parts.rings[i];

        if (ringmill_ring_health(ring->handle, &reason) < 0)
            log_about(LOG_LEVEL_ERROR, "source", ring->input->source->name, "%s", reason.text);
    }
}

/* ---- turns ----------------------------------------------------------------------------------- */

/* Before the batches: what was lost is older than what is still in the ring. */
static void tell_losses(struct consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->parts.n_inputs; i++) {
        struct input *input = consumer->parts.inputs[i];

        if (!loss_report_is_posted(input) || (input->paused && !input_make_ready(input)))
            continue;
        loss_report_write(input);
        if (!input_make_ready(input))
            consumer_pause(consumer);
    }
}

static void tell_rest(struct consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->parts.n_rings; i++) {
        struct input_ring *ring = consumer->parts.rings[i];

        if (!ring->input->stream->capture || ring->input->paused)
            continue;
        capture_notes_rest(ring);
        if (!input_make_ready(ring->input))
            consumer_pause(consumer);
    }
}

/* ---- records that are made here -------------------------------------------------------------- */

/* Some of them, while there is room: a window's end must not hold up the rings. True: there are
 * more, and room for them. */
static bool make_while_room(struct consumer *consumer, struct chain *chain)
{
    const struct input *input = chain->type->input;
    bool behind = drain_is_behind(input);

    for (uint32_t step = 0; step < CONSUMER_TURN_MADE; step++) {
        if (!input_make_room(input))
            return false;
        if (!chain_emit(chain, consumer->turn_start, behind,
                        consumer->ending || chain->input_ended))
            return false;
        counter_add(&consumer->steps, 1);
        hand_over_full(consumer);
    }
    return input_make_room(input);
}

/* Rows of a capture's records have its times. */
static bool make_of_chain(struct consumer *consumer, struct chain *chain)
{
    const struct input *input = chain->type->input;
    struct input_ring *ring = input->stream->capture && input->n_rings > 0 ? input->rings[0] : NULL;
    struct wall_offset saved;
    bool more;

    if (ring)
        capture_notes_enter(ring, &saved);
    more = make_while_room(consumer, chain);
    if (ring)
        capture_notes_leave(ring, &saved);
    return more;
}

static bool make_records(struct consumer *consumer)
{
    bool more = false;

    for (uint32_t i = 0; i < consumer->parts.n_chains; i++) {
        struct chain *chain = consumer->parts.chains[i];

        if (!chain->makes_records)
            continue;
        more |= make_of_chain(consumer, chain);
        if (!input_make_ready(chain->type->input))
            consumer_pause(consumer);
    }
    return more;
}

/* When records have to be made next, ns, monotonic. Where there is no room, the writer that makes
 * some wakes this thread. */
static uint64_t next_due(const struct consumer *consumer)
{
    int64_t due = INT64_MAX;

    for (uint32_t i = 0; i < consumer->parts.n_chains; i++) {
        const struct chain *chain = consumer->parts.chains[i];
        int64_t own = chain_due(chain);

        if (own < due && input_make_room(chain->type->input))
            due = own;
    }
    return due == INT64_MAX ? RINGMILL_FOREVER : (uint64_t)(due > 0 ? due : 0);
}

/* All that could be made was. */
static bool all_made(const struct consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->parts.n_chains; i++)
        if (chain_due(consumer->parts.chains[i]) != INT64_MAX)
            return false;
    return true;
}

bool consumer_read(struct consumer *consumer)
{
    struct ringmill_batch taken;
    struct stopwatch *stopwatch = &consumer->common->stopwatch;
    uint64_t start;
    int result = 1;
    bool more;

    consumer->turn_start = clock_monotonic();
    wall_offset_keep(&consumer->common->wall, consumer->turn_start, WALL_AGE_NS);
    tell_losses(consumer);
    more = make_records(consumer);
    start = stopwatch->cycles = cycles_now();
    for (uint32_t batches = 0;
         batches < CONSUMER_TURN_BATCHES && stopwatch->cycles - start <= consumer->turn_cycles;
         batches++) {
        result = ringmill_reader_next_batch(consumer->reader, &taken);
        if (result == 0)
            break;
        if (result < 0)
            report_corrupt(consumer);
        else
            handle_batch(consumer, &taken);
        counter_add(&consumer->steps, 1);
    }
    commit_rest(consumer);
    tell_rest(consumer);
    if (result == 0)
        wall_offset_settle(&consumer->common->wall);
    hand_over_chunks(consumer, LANE_BEGUN);
    counter_add(&consumer->turns, 1);
    return result != 0 || more;
}

static bool chain_may_give(const struct chain *chain)
{
    const struct input *input = chain->type->input;

    if (!chain->type->stream_type || chain->not_in_books)
        return false; /* these records never come out */
    if (input->stream->capture && capture_notes_ended(input))
        return false;
    return !chain_exhausted(chain);
}

static bool exhausted(const struct consumer_parts *parts)
{
    for (uint32_t i = 0; i < parts->n_chains; i++)
        if (chain_may_give(parts->chains[i]))
            return false;
    return true;
}

/* Those that have given what they had are read no longer, nor those that the next process reads:
 * whoever fills them goes on. */
static void end_inputs(struct consumer *consumer, enum consumer_hurry hurry)
{
    for (uint32_t i = 0; i < consumer->parts.n_inputs; i++) {
        struct input *input = consumer->parts.inputs[i];

        drain_begin(input);
        if (input->ended ||
            (hurry == CONSUMER_TAKES_ITS_TIME && !input->kept_for_next && !drain_has_read(input)))
            continue;
        if (!input->paused)
            pause_input(consumer, input);
        input->ended = true;
    }
}

static bool drained(const struct consumer_parts *parts, enum consumer_hurry hurry)
{
    for (uint32_t i = 0; i < parts->n_inputs; i++)
        if (!parts->inputs[i]->ended ||
            (hurry == CONSUMER_TAKES_ITS_TIME && loss_report_is_posted(parts->inputs[i])))
            return false;
    return true;
}

static void tell_exhausted(struct consumer *consumer)
{
    if (consumer->told_exhausted || !exhausted(&consumer->parts))
        return;
    consumer->told_exhausted = true;
    consumer->on_exhausted(consumer->on_exhausted_data);
}

/* False: there are some already. */
static bool arm_acknowledgements(const struct consumer_parts *parts)
{
    bool none = true;

    for (uint32_t i = 0; i < parts->n_rings; i++)
        none &= commit_arm_wake(parts->rings[i]);
    return none;
}

/* Who sees the flag set, and set again in the same turn after reading the counters, has read them
 * while they stood still. */
static void sleep_until_readable(struct consumer *consumer)
{
    if (!arm_acknowledgements(&consumer->parts))
        return;
    atomic_store_explicit(&consumer->asleep, true, memory_order_release);
    ringmill_reader_wait(consumer->reader, next_due(consumer));
    atomic_store_explicit(&consumer->asleep, false, memory_order_relaxed);
    /* orders the cleared flag before all that is counted from now on */
    atomic_thread_fence(memory_order_release);
}

static void *consumer_main(void *data)
{
    struct consumer *consumer = data;

    for (;; task_run(&consumer->tasks)) {
        /* before the rings are read: what came before it was set is read in this turn */
        bool drain = atomic_load(&consumer->drain);
        enum consumer_hurry hurry = (enum consumer_hurry)atomic_load(&consumer->hurry);
        bool more;

        if (drain)
            end_inputs(consumer, hurry);
        more = consumer_read(consumer);
        if (drain && hurry == CONSUMER_ENDS) {
            hand_over_chunks(consumer, LANE_ALL);
            return NULL;
        }
        if (drain)
            end_inputs(consumer, hurry);
        if (!more && drain && drained(&consumer->parts, hurry)) {
            if (consumer->ending && all_made(consumer)) {
                hand_over_chunks(consumer, LANE_ALL);
                return NULL;
            }
            if (!consumer->ending) {
                consumer->ending = true;
                continue;
            }
        }
        tell_exhausted(consumer);
        if (!more)
            sleep_until_readable(consumer);
        consumer_resume(consumer);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

int consumer_watch(struct consumer *consumer, struct input *input, struct error *error)
{
    return rings_watch(consumer->reader, input, error);
}

void consumer_unwatch(struct consumer *consumer, struct input *input)
{
    if (input->paused)
        resume_input(consumer, input);
    rings_unwatch(consumer->reader, input);
}

int consumer_init(struct consumer *consumer, struct graph *graph, struct error *error)
{
    struct ringmill_reader_options options = {.size = sizeof(options), .batch = CONSUMER_BATCH};
    struct ringmill_error reason;
    int result = ringmill_reader_new(&options, &reason, &consumer->reader);

    if (result < 0)
        return error_set(error, result, "%s", reason.text);
    consumer->turn_cycles = (uint64_t)(CONSUMER_TURN_NS * cycles_per_ns());
    consumer->common = graph->common;
    if (consumer_parts_init(&consumer->parts, graph, NULL) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    result = rings_open(graph, error);
    for (uint32_t i = 0; i < graph->n_inputs && result == 0; i++)
        result = consumer_watch(consumer, graph->inputs[i], error);
    consumer_parts_list_rings(&consumer->parts);
    /* the lease goes to the thread that reads */
    ringmill_reader_release(consumer->reader);
    return result;
}

void consumer_deinit(struct consumer *consumer)
{
    ringmill_reader_free(consumer->reader);
    consumer->reader = NULL;
    consumer_parts_deinit(&consumer->parts);
}

int consumer_start(struct consumer *consumer)
{
    return thread_start(&consumer->thread, "consumer", consumer_main, consumer);
}

void consumer_drain(struct consumer *consumer)
{
    atomic_store(&consumer->drain, true);
    consumer_wake(consumer);
}

void consumer_set_hurry(struct consumer *consumer, enum consumer_hurry hurry)
{
    if (atomic_exchange(&consumer->hurry, (int)hurry) != (int)hurry)
        consumer_wake(consumer);
}

void consumer_settle(struct consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->parts.n_inputs; i++)
        commit_acknowledged(consumer->parts.inputs[i]);
}

bool consumer_join(struct consumer *consumer, uint64_t timeout_ns)
{
    return thread_join(consumer->thread, timeout_ns);
}

void consumer_wake(struct consumer *consumer)
{
    ringmill_reader_wake(consumer->reader);
}

void consumer_on_room(void *data)
{
    consumer_wake(data);
}

void consumer_post(struct consumer *consumer, struct task *task)
{
    task_post(&consumer->tasks, task);
    consumer_wake(consumer);
}

bool consumer_cancel(struct consumer *consumer, struct task *task)
{
    return task_cancel(&consumer->tasks, task);
}
