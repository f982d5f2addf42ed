// SPDX-License-Identifier: Apache-2.0

/* Why this order: programs first, so that nothing is added; then the rings, whose records were
 * promised; then the lanes. A ring is read up to where it ended when its programs were detached,
 * or, where somebody else fills it, when the stop began: it may never be empty, and its head may be
 * reserved forever. Detaching is up to the kernel, which may take its time, so the consumer goes
 * on reading meanwhile and the limit holds all the same. */

#include "pipeline/stop.h"

#include <inttypes.h>
#include <ringmill/ring.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/resolver.h"
#include "base/signals.h"
#include "pipeline/drain.h"
#include "pipeline/engine.h"
#include "pipeline/lifecycle.h"
#include "pipeline/loss_report.h"
#include "pipeline/switch.h"

#define STEP_NS   (INT64_C(10) * 1000 * 1000)
#define SECOND_NS INT64_C(1000000000)

struct stop {
    struct engine *engine;
    int64_t limit;    /* ns */
    int64_t since;    /* ns, monotonic: when the limit began to run */
    int64_t looked;   /* ns, monotonic: at the clock, last */
    uint32_t ends;    /* times that the end has been asked for so far */
    uint64_t written; /* bytes that sinks have taken so far */
};

/* ---- the clock ------------------------------------------------------------------------------- */

static uint64_t count_written(const struct graph *graph)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < graph->n_sinks; i++)
        bytes += counter_get(&graph->sinks[i]->writer.bytes);
    return bytes;
}

static void start_clock(struct stop *stop, struct engine *engine)
{
    int64_t now = clock_monotonic();

    *stop = (struct stop){
        .engine = engine,
        .limit = STOP_LIMIT_S * SECOND_NS,
        .since = now,
        .looked = now,
        .ends = signals_ends(),
        .written = count_written(engine->graph),
    };
}

/* Steps are short. A long one means that nothing of this process ran (it was paused, or its machine
 * was), so nobody could use that time. */
static void forgive_pause(struct stop *stop, int64_t now)
{
    if (now - stop->looked > SECOND_NS)
        stop->since += now - stop->looked - SECOND_NS;
    stop->looked = now;
}

/* Once per step of any wait: gives the time that the limit has been running. */
static int64_t look_at_clock(struct stop *stop)
{
    int64_t now = clock_monotonic();
    uint32_t ends = signals_ends();

    forgive_pause(stop, now);
    if (ends == 0) {
        uint64_t written = count_written(stop->engine->graph);

        if (written != stop->written)
            stop->since = now;
        stop->written = written;
    } else if (ends != stop->ends) {
        if (stop->ends == 0) {
            stop->since = now;
        } else if (now - stop->since >= SIGNALS_ONE_NS && now - stop->since < stop->limit) {
            log_warning("second signal to stop: events that cannot be written at once are dropped");
            stop->since = now - stop->limit;
        }
        stop->ends = ends;
    }
    return now - stop->since;
}

static bool reading_is_over(const struct stop *stop, int64_t age)
{
    return age >= stop->limit / 5 * 4;
}

static bool is_over(const struct stop *stop, int64_t age)
{
    return age >= stop->limit + STOP_REST_S * SECOND_NS;
}

/* ---- on the loader thread -------------------------------------------------------------------- */

static int job_detach(void *data)
{
    struct engine *engine = data;

    for (uint32_t i = 0; i < engine->graph->n_sources; i++)
        if (!engine_leaves(engine, engine->graph->sources[i].source))
            source_detach(engine->graph->sources[i].source);
    return 0;
}

static int job_release(void *data)
{
    struct engine *engine = data;

    for (uint32_t i = 0; i < engine->graph->n_sources; i++) {
        struct source *source = engine->graph->sources[i].source;

        if (engine_leaves(engine, source))
            source_leave(source);
        else
            source_release(source);
    }
    return 0;
}

/* ---- what is left ---------------------------------------------------------------------------- */

static bool is_left_alone(const struct input *input)
{
    for (uint32_t i = 0; i < input->n_rings; i++)
        if (ringmill_ring_health(input->rings[i]->handle, NULL) < 0)
            return true;
    return false;
}

static void tell_unread(const struct source_entry *entry, uint64_t records, uint64_t bytes)
{
    log_about(LOG_LEVEL_WARNING, "source", entry->source->name,
              "stop deadline reached; %" PRIu64 " records (%" PRIu64 " bytes) were not read; %s",
              records, bytes,
              entry->source->ends_with_us ? "they are lost" : "they stay in the rings");
}

static void count_unread(const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_sources; i++) {
        const struct source_entry *entry = &graph->sources[i];
        uint64_t records = 0, bytes = 0;

        for (uint32_t j = 0; j < entry->source->n_streams; j++) {
            struct input *input = &entry->inputs[j];

            input->unread = drain_count_unread(input, &bytes);
            input->unread_unknown = is_left_alone(input);
            records += input->unread;
        }
        if (records > 0)
            tell_unread(entry, records, bytes);
    }
}

/* ---- the steps ------------------------------------------------------------------------------- */

static void leave_streams(const struct engine *engine)
{
    for (uint32_t i = 0; i < engine->graph->n_inputs; i++)
        engine->graph->inputs[i]->kept_for_next =
            engine_leaves(engine, engine->graph->inputs[i]->source);
}

/* Has the loader thread run the job, after what it may have to do for a switch. False: it was not
 * done within the time. */
static bool call(struct stop *stop, loader_job job, bool (*over)(const struct stop *, int64_t))
{
    struct loader *loader = &stop->engine->loader;
    int result;

    while (!loader_wait(loader, STEP_NS, &result))
        if (over(stop, look_at_clock(stop)))
            return false;
    loader_begin(loader, job, stop->engine, NULL, NULL);
    while (!loader_wait(loader, STEP_NS, &result))
        if (over(stop, look_at_clock(stop)))
            return false;
    return true;
}

/* False: the kernel has not released them in the time that there is for reading. */
static bool detach(struct stop *stop)
{
    if (call(stop, job_detach, reading_is_over)) {
        engine_refresh_lost(stop->engine); /* before the rings are drained: told there, too */
        return true;
    }
    log_warning("the kernel has not released all programs yet; records that they still write are "
                "not read");
    return false;
}

/* After all else has ended. False: the kernel still has not released them. */
static bool detach_late(struct stop *stop)
{
    struct engine *engine = stop->engine;
    int result;

    while (!loader_wait(&engine->loader, STEP_NS, &result))
        if (is_over(stop, look_at_clock(stop))) {
            log_error("the kernel did not release all programs in time");
            return false;
        }
    engine_refresh_lost(engine);
    count_unread(engine->graph);
    return true;
}

/* False: it does not come back. */
static bool stop_consumer(struct stop *stop)
{
    struct engine *engine = stop->engine;
    bool drain = false;
    int64_t age;

    if (!engine->consumer_runs)
        return true;
    do {
        age = look_at_clock(stop);
        if (!drain &&
            (engine_post_losses(engine, clock_monotonic()) || reading_is_over(stop, age))) {
            drain = true;
            consumer_drain(&engine->consumer);
        }
        if (reading_is_over(stop, age))
            consumer_set_hurry(&engine->consumer, age < stop->limit + SECOND_NS
                                                      ? CONSUMER_READS_NO_MORE
                                                      : CONSUMER_ENDS);
        if (age >= stop->limit)
            lifecycle_give_up(engine->graph);
        if (is_over(stop, age)) {
            log_error(
                "the consumer thread did not stop in time; probably a handler does not return");
            return false;
        }
    } while (!consumer_join(&engine->consumer, STEP_NS));
    engine->consumer_runs = false;
    return true;
}

static bool stop_writers(struct stop *stop)
{
    struct graph *graph = stop->engine->graph;

    const struct timespec pause = {.tv_nsec = STEP_NS / 10};
    int64_t age = look_at_clock(stop);

    lifecycle_finish_writers(graph);
    while (!lifecycle_end_writers(graph, age >= stop->limit ? 0 : INT64_MAX)) {
        nanosleep(&pause, NULL);
        age = look_at_clock(stop);
        if (is_over(stop, age)) {
            log_error(
                "a sink's writer thread did not stop in time: it is blocked in a system call");
            return false;
        }
    }
    return true;
}

/* What was kept and is not wanted any more. */
static bool release(struct stop *stop)
{
    if (!call(stop, job_release, is_over)) {
        log_error("the kernel has not released all kept programs and rings; the next start "
                  "releases them");
        return false;
    }
    loader_stop(&stop->engine->loader);
    stop->engine->loader_runs = false;
    return true;
}

/* ---- all of it --------------------------------------------------------------------------------
 */

bool stop_engine(struct engine *engine)
{
    bool detached = true;
    struct stop stop;

    if (!engine->graph)
        return true; /* it was never started */
    start_clock(&stop, engine);
    if (engine->loader_runs) {
        leave_streams(engine);
        detached = detach(&stop);
    }
    if (!stop_consumer(&stop))
        return false;
    count_unread(engine->graph);
    if (!stop_writers(&stop))
        return false;
    if (engine->consumer.reader)
        consumer_settle(&engine->consumer);
    if (!switch_end_without_consumer(engine, stop.since + stop.limit + STOP_REST_S * SECOND_NS)) {
        log_error("a writer thread of the previous configuration did not stop in time");
        return false;
    }
    resolver_stop(engine->graph->common->resolver);
    if (engine->loader_runs)
        return (detached || detach_late(&stop)) && release(&stop);
    return true;
}
