// SPDX-License-Identifier: Apache-2.0

/* What the main thread asks of others it does not wait for: it looks when they ring, or when a
 * little time has passed, and takes the next step then. The only wait is that for change_take(),
 * which begins when the consumer thread has come between two turns, and calls no handler.
 *
 * The old graph is freed by the last step alone, when nothing refers to it: a consumer thread or a
 * writer that does not come back keeps it for as long as it likes, and only the next reload has to
 * wait for that. */

#include "pipeline/switch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/resolver.h"
#include "pipeline/change.h"
#include "pipeline/commit.h"
#include "pipeline/lifecycle.h"
#include "pipeline/loss_report.h"
#include "pipeline/rings.h"

enum {
    LOOK_NS = 1000 * 1000,
    LATE_LOOK_NS = 100 * 1000 * 1000, /* once old has been ending for LATE_S */
    LATE_S = 1,
    FORCE_AFTER_S = 1, /* after the sinks that end have been given up */
};

static const int64_t ns_per_second = 1000000000;

/* In the order in which they follow each other, down to OVER or FAILED. */
enum phase {
    ATTACHING, /* loader: the new programs */
    MEETING,   /* consumer: comes between two turns, and takes the new graph */
    DETACHING, /* loader: the old programs, after the new ones have taken over */
    DRAINING,  /* consumer: reads their rings empty, makes what handlers hold */
    WRITING,   /* the old writers end */
    SETTLING,  /* consumer: forgets the old lanes */
    RELEASING, /* loader: what was kept of the old sources; their sinks are closed */
    OVER,
    UNDOING,   /* loader: of a new graph that does not come to run */
    GIVING_UP, /* its writers end */
    FAILED,
};

/* ---- before ---------------------------------------------------------------------------------- */

/* A ring has one reader, and until the switch that is the old source. */
static int explain_busy(const struct graph *old, const struct graph *next, struct error *error)
{
    for (uint32_t i = 0; i < next->n_sources; i++) {
        const char *name = next->sources[i].source->name;

        if (graph_is_own(next->sources[i].share) && graph_find_source(old, name))
            return error_set(
                error, -EBUSY,
                "source %s has changed, but its ring is still being read with the previous "
                "settings; restart the daemon (records that come meanwhile stay in the ring)",
                name);
    }
    return -EBUSY;
}

/* For the rings of those sources, too, that both graphs have. */
static int make_room(struct graph *next, struct error *error)
{
    int result = graph_make_room_for_rings(next);

    return result == -ENOSPC
               ? error_set(error, result, "there are more than %d rings in total", GRAPH_RINGS_MAX)
           : result < 0 ? error_set(error, result, "out of memory")
                        : 0;
}

int switch_prepare(const struct engine *engine, struct graph *next, struct error *error)
{
    int result = lifecycle_open_sinks(next, false, error);

    if (result == 0)
        result = lifecycle_load(next, error);
    if (result == 0)
        result = rings_open(next, error);
    if (result == -EBUSY)
        return explain_busy(engine->graph, next, error);
    return result < 0 ? result : make_room(next, error);
}

static int job_undo(void *data)
{
    lifecycle_undo(data);
    return 0;
}

void switch_discard(struct engine *engine, struct graph *next)
{
    loader_call(&engine->loader, job_undo, next);
    graph_free(next);
}

/* ---- asking other threads -------------------------------------------------------------------- */

/* True: the loader has done it. At the stop it may still be at what that has asked for. */
static bool loader_did(struct change *change, loader_job job, void *data)
{
    struct engine *engine = change->engine;
    int result;

    if (!change->asked && !loader_wait(&engine->loader, 0, &result))
        return false;
    if (!change->asked)
        loader_begin(&engine->loader, job, data, engine->on_event, engine->on_event_data);
    change->asked = true;
    if (loader_busy(&engine->loader))
        return false;
    change->asked = false;
    return true;
}

static void ask_consumer(struct change *change, void (*run)(void *data), bool waits_for_poster)
{
    struct engine *engine = change->engine;

    change->asked = true;
    change->task = (struct task){.run = run,
                                 .data = change,
                                 .on_change = engine->on_event,
                                 .on_change_data = engine->on_event_data,
                                 .waits_for_poster = waits_for_poster};
    consumer_post(&engine->consumer, &change->task);
}

/* True: the consumer thread has done it, or there is none any more. */
static bool consumer_did(struct change *change, void (*run)(void *data))
{
    if (!change->asked && !change->engine->consumer_runs) {
        run(change);
        return true;
    }
    if (!change->asked)
        ask_consumer(change, run, false);
    if (task_state(&change->task) != TASK_DONE)
        return false;
    change->asked = false;
    return true;
}

static int job_attach(void *data)
{
    struct change *change = data;

    lifecycle_follow(change->next, change->old);
    change->result = lifecycle_attach(change->next, &change->error);
    return change->result;
}

static int job_detach(void *data)
{
    const struct change *change = data;

    lifecycle_take_over(change->next, change->old);
    lifecycle_detach(change->old);
    lifecycle_read_lost(change->old);
    return 0;
}

static int job_release(void *data)
{
    lifecycle_release(data);
    lifecycle_close_sinks(data);
    return 0;
}

/* ---- books ----------------------------------------------------------------------------------- */

static struct graph_pipeline *find_pipeline(struct graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->n_pipelines; i++)
        if (strcmp(graph->pipelines[i].name, name) == 0)
            return &graph->pipelines[i];
    return NULL;
}

/* A pipeline's books go on in the next one of its name; what has none keeps the sum over all right.
 * As often as somebody wants to read them: until old has ended, they grow. */
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
        next->past_arrived += counter_get(&old->sinks[i]->lane.forwarded);
}

void switch_refresh_books(const struct engine *engine)
{
    const struct change *change = engine->change;

    if (change && change->old && engine->graph == change->next)
        hand_on_books(change);
}

static void tell_dropped(const struct graph *old)
{
    for (uint32_t i = 0; i < old->n_sinks; i++)
        if (lane_dropped(&old->sinks[i]->lane) > 0)
            log_about(LOG_LEVEL_WARNING, "sink", old->sinks[i]->name,
                      "has ended; it dropped %" PRIu64 " of %" PRIu64 " events",
                      lane_dropped(&old->sinks[i]->lane),
                      counter_get(&old->sinks[i]->lane.forwarded));
}

/* A changed sink of a kind that exists once writes only after the old one was closed. */
static void hold_sinks(const struct graph *next, const struct graph *old)
{
    for (uint32_t i = 0; i < next->n_sinks; i++)
        for (uint32_t j = 0; j < old->n_sinks; j++)
            if (graph_is_own(&next->sinks[i]->share) && next->sinks[i]->ops->once &&
                old->sinks[j]->ops == next->sinks[i]->ops)
                atomic_store(&next->sinks[i]->writer.held, true);
}

static void release_sinks(const struct graph *next)
{
    for (uint32_t i = 0; i < next->n_sinks; i++)
        atomic_store(&next->sinks[i]->writer.held, false);
}

/* ---- to the new graph ------------------------------------------------------------------------ */

static enum phase step_attaching(struct change *change)
{
    if (!change->asked && change->result < 0) /* see start_new() */
        return UNDOING;
    if (!loader_did(change, job_attach, change))
        return ATTACHING;
    return change->result < 0 ? UNDOING : MEETING;
}

static enum phase step_meeting(struct change *change)
{
    struct engine *engine = change->engine;

    if (!change->asked) {
        ask_consumer(change, change_take, true);
        change->deadline =
            engine->consumer_runs ? clock_monotonic() + SWITCH_MEET_S * ns_per_second : 0;
    }
    if (task_state(&change->task) == TASK_POSTED) {
        if (clock_monotonic() < change->deadline ||
            !consumer_cancel(&engine->consumer, &change->task))
            return MEETING;
        change->asked = false;
        change->result =
            error_set(&change->error, -EBUSY,
                      "the consumer thread did not finish its batch within %d s", SWITCH_MEET_S);
        return UNDOING;
    }
    task_let_run(&change->task);
    change->asked = false;
    if (change->result < 0)
        return UNDOING;
    graph_drop_shared(change->old);
    engine->graph = change->next;
    hand_on_books(change);
    change->begun = clock_monotonic();
    change->deadline = change->begun + STOP_LIMIT_S * ns_per_second;
    return DETACHING;
}

/* ---- the end of the old one ------------------------------------------------------------------ */

static enum phase step_detaching(struct change *change)
{
    return loader_did(change, job_detach, change) ? DRAINING : DETACHING;
}

static void post_losses(struct change *change)
{
    const struct graph *old = change->old;
    int64_t now = clock_monotonic();

    change->all_posted = true;
    for (uint32_t i = 0; i < old->n_sources; i++)
        for (uint32_t j = 0; j < old->sources[i].source->n_streams; j++) {
            struct input *input = &old->sources[i].inputs[j];

            if (!graph_is_own(old->sources[i].share))
                continue;
            loss_report_post(input, now, now);
            change->all_posted &= loss_report_all_posted(input);
        }
}

static enum phase step_draining(struct change *change)
{
    int64_t now = clock_monotonic();

    if (now >= change->deadline)
        lifecycle_give_up(change->old);
    if (!change->asked) {
        if (now < change->look_at)
            return DRAINING;
        post_losses(change);
        change->forced = now >= change->deadline + FORCE_AFTER_S * ns_per_second;
    }
    if (!consumer_did(change, change_end))
        return DRAINING;
    change->look_at = now + LOOK_NS;
    if (!change->over)
        return DRAINING;
    if (change->unmade > 0)
        log_warning("%" PRIu64 " ended pipelines had records that their sinks did not accept; "
                    "these records were dropped",
                    change->unmade);
    lifecycle_finish_writers(change->old);
    return WRITING;
}

static enum phase step_writing(struct change *change)
{
    return lifecycle_end_writers(change->old, change->deadline) ? SETTLING : WRITING;
}

static enum phase step_settling(struct change *change)
{
    struct graph *old = change->old;

    if (!consumer_did(change, change_settle) || !change->settled)
        return SETTLING;
    for (uint32_t i = 0; i < old->n_inputs; i++)
        commit_acknowledged(old->inputs[i]);
    return RELEASING;
}

static enum phase step_releasing(struct change *change)
{
    if (!loader_did(change, job_release, change->old))
        return RELEASING;
    release_sinks(change->next);
    hand_on_books(change);
    tell_dropped(change->old);
    graph_free(TAKE_PTR(change->old));
    return OVER;
}

/* ---- no new one ------------------------------------------------------------------------------ */

static enum phase step_undoing(struct change *change)
{
    if (!loader_did(change, job_undo, change->next))
        return UNDOING;
    lifecycle_finish_writers(change->next);
    return GIVING_UP;
}

static enum phase step_giving_up(struct change *change)
{
    if (!lifecycle_end_writers(change->next, 0))
        return GIVING_UP;
    graph_free(TAKE_PTR(change->next));
    return FAILED;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static enum phase (*const steps[])(struct change *change) = {
    [ATTACHING] = step_attaching,
    [MEETING] = step_meeting,
    [DETACHING] = step_detaching,
    [DRAINING] = step_draining,
    [WRITING] = step_writing,
    [SETTLING] = step_settling,
    [RELEASING] = step_releasing,
    [OVER] = NULL,
    [UNDOING] = step_undoing,
    [GIVING_UP] = step_giving_up,
    [FAILED] = NULL,
};

static int start_new(struct change *change)
{
    struct resolver *resolver = change->next->common->resolver;
    struct engine *engine = change->engine;
    int result;

    hold_sinks(change->next, change->old);
    result = lifecycle_start_writers(change->next, &engine->consumer, engine_on_gone, engine);
    if (result == 0 && resolver_wanted(resolver) && !resolver_runs(resolver))
        result = resolver_start(resolver);
    if (result == 0)
        result = consumer_parts_init(&change->both, change->next, change->old);
    if (result == 0)
        result = consumer_parts_init(&change->rest, change->next, NULL);
    return result < 0 ? error_set(&change->error, result, "cannot start the threads: %s",
                                  strerror(-result))
                      : 0;
}

int switch_begin(struct engine *engine, struct graph *next, struct error *error)
{
    struct change *change = calloc(1, sizeof(*change));

    if (!change)
        return error_set(error, -ENOMEM, "out of memory");
    *change = (struct change){.engine = engine, .old = engine->graph, .next = next};
    change->result = start_new(change);
    engine->change = change;
    return 0;
}

static void forget(struct engine *engine)
{
    consumer_parts_deinit(&engine->change->both);
    consumer_parts_deinit(&engine->change->rest);
    free(TAKE_PTR(engine->change));
}

enum switch_news switch_step(struct engine *engine, struct error *error)
{
    struct change *change = engine->change;
    int phase;

    if (!change)
        return SWITCH_NONE;
    do {
        phase = change->phase;
        if (steps[phase])
            change->phase = steps[phase](change);
    } while (change->phase != phase);
    if (phase == FAILED) {
        *error = change->error;
        forget(engine);
        return SWITCH_FAILED;
    }
    if (!change->told && engine->graph == change->next) {
        change->told = true;
        return SWITCH_TAKEN;
    }
    if (phase != OVER)
        return SWITCH_NONE;
    forget(engine);
    return SWITCH_OVER;
}

uint64_t switch_pause(const struct engine *engine)
{
    const struct change *change = engine->change;

    if (!change)
        return 0;
    return change->begun > 0 && clock_monotonic() - change->begun > LATE_S * ns_per_second
               ? LATE_LOOK_NS
               : LOOK_NS;
}

/* ---- at the daemon's stop -------------------------------------------------------------------- */

static bool steps_until(struct engine *engine, int64_t deadline)
{
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    struct error error;

    while (engine->change && clock_monotonic() < deadline)
        if (switch_step(engine, &error) == SWITCH_NONE)
            nanosleep(&pause, NULL);
    return !engine->change;
}

static bool is_meeting(const struct engine *engine)
{
    return engine->change && engine->change->phase == MEETING && engine->change->asked;
}

/* A meeting that nobody has come to by now does not take place, nor one that was asked for on the
 * way and to which nobody has come by the end: nobody will look for the consumer thread there. */
bool switch_wait_until_over(struct engine *engine)
{
    struct error error;

    if (is_meeting(engine))
        engine->change->deadline = 0;
    steps_until(engine, clock_monotonic() + SWITCH_FINISH_S * ns_per_second);
    while (is_meeting(engine)) {
        engine->change->deadline = 0;
        switch_step(engine, &error);
    }
    return !engine->change;
}

bool switch_end_without_consumer(struct engine *engine, int64_t deadline)
{
    struct change *change = engine->change;

    if (change && change->asked &&
        consumer_cancel(&engine->consumer, &change->task)) /* nobody comes any more */
        change->asked = false;
    return steps_until(engine, deadline);
}
