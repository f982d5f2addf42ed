// SPDX-License-Identifier: Apache-2.0

/* Why this order at the end: programs first, so that nothing is added; then the rings, whose
 * records were promised; then the lanes. A sink that takes nothing would hold that up for ever, so
 * after ENGINE_STOP_LIMIT_S its writer gives up: what it still gets is dropped and counted, the
 * consumer finds room again, and the rest of the way is the usual one. */

#include "pipeline/engine.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/capabilities.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/resolver.h"
#include "base/thread.h"
#include "pipeline/launch.h"
#include "pipeline/losses.h"
#include "pipeline/switch.h"

enum { JOIN_STEP_NS = 10 * 1000 * 1000 };

struct job {
    struct engine *engine;
    struct error *error;
};

/* ---- on the loader thread -------------------------------------------------------------------- */

static int job_load(void *data)
{
    struct job *job = data;

    return launch_load(job->engine->graph, job->error);
}

static int job_limit(void *data)
{
    (void)data;
    return capabilities_keep_loader();
}

static int job_attach(void *data)
{
    struct job *job = data;

    return launch_attach(job->engine->graph, job->error);
}

/* A start that fails leaves what it found as it was. */
static bool leaves(const struct engine *engine, const struct source *source)
{
    return source->kept && (engine->leave || (!engine->started && source->adopted));
}

static int job_detach(void *data)
{
    struct engine *engine = data;

    for (uint32_t i = 0; i < engine->graph->n_sources; i++)
        if (!leaves(engine, engine->graph->sources[i].source))
            source_detach(engine->graph->sources[i].source);
    return 0;
}

static int job_release(void *data)
{
    struct engine *engine = data;

    for (uint32_t i = 0; i < engine->graph->n_sources; i++) {
        struct source *source = engine->graph->sources[i].source;

        if (leaves(engine, source))
            source_leave(source);
        else
            source_release(source);
    }
    return 0;
}

/* What cannot be read stays as it was. */
static int job_orphans(void *data)
{
    struct engine *engine = data;

    for (uint32_t i = 0; i < engine->graph->n_sources; i++)
        if (engine->graph->sources[i].source->pin_folder)
            orphans_add_folder(&engine->orphans, engine->graph->sources[i].source->pin_folder);
    orphans_tell(&engine->orphans);
    return 0;
}

static int job_lost(void *data)
{
    launch_read_lost(data);
    return 0;
}

/* ---- events from other threads --------------------------------------------------------------- */

static void on_exhausted(void *data)
{
    struct engine *engine = data;

    atomic_store(&engine->exhausted, true);
    engine->on_event(engine->on_event_data);
}

void engine_on_gone(void *data)
{
    struct engine *engine = data;

    engine->on_event(engine->on_event_data);
}

bool engine_wants_stop(const struct engine *engine)
{
    uint32_t left = 0;

    if (atomic_load(&engine->exhausted))
        return true;
    for (uint32_t i = 0; i < engine->graph->n_sinks; i++) {
        const struct graph_sink *sink = engine->graph->sinks[i];

        if (!sink->written)
            continue;
        if (!atomic_load(&sink->writer.gone))
            left++;
        else if (sink->ops->ends_daemon)
            return true;
    }
    return left == 0;
}

bool engine_gave_up(const struct engine *engine)
{
    for (uint32_t i = 0; i < engine->graph->n_sinks; i++)
        if (atomic_load(&engine->graph->sinks[i]->writer.given_up) &&
            lane_dropped(&engine->graph->sinks[i]->lane) > 0)
            return true;
    return false;
}

/* ---- start ----------------------------------------------------------------------------------- */

static int load_sources(struct engine *engine, struct error *error)
{
    struct job job = {engine, error};
    int result = loader_start(&engine->loader);

    if (result < 0)
        return error_set(error, result, "cannot start a thread: %s", strerror(-result));
    engine->loader_runs = true;
    result = loader_call(&engine->loader, job_load, &job);
    if (result == 0 && loader_call(&engine->loader, job_limit, NULL) < 0)
        log_warning("the loader thread cannot give up its other capabilities");
    return result;
}

static int start_threads(struct engine *engine, struct error *error)
{
    int result;

    if (capabilities_drop() < 0)
        log_warning("cannot give up capabilities; all threads keep them");
    thread_setup_interrupt();
    signal(SIGPIPE, SIG_IGN); /* a sink without a reader is an error of that sink */
    result = launch_writers(engine->graph, &engine->consumer, engine_on_gone, engine);
    if (result == 0 && resolver_wanted(engine->graph->common->resolver))
        result = resolver_start(engine->graph->common->resolver);
    if (result == 0)
        result = consumer_start(&engine->consumer);
    if (result < 0)
        return error_set(error, result, "cannot start the threads: %s", strerror(-result));
    engine->consumer_runs = true;
    return 0;
}

/* Where records wait in a ring that was kept, a sink that cannot be opened is tried again, as it is
 * at run time: without this process they would wait longer, and their programs could not go on. */
static int open_sinks(struct engine *engine, struct error *error)
{
    bool waits = false;
    int result;

    for (uint32_t i = 0; i < engine->graph->n_sources; i++)
        waits |= engine->graph->sources[i].source->found;
    result = launch_open_sinks(engine->graph, waits, error);
    engine->sinks_failed = result < 0;
    return result;
}

int engine_start(struct engine *engine, struct graph *graph, void (*on_event)(void *data),
                 void *data, struct error *error)
{
    struct job job = {engine, error};
    int result;

    memset(engine, 0, sizeof(*engine));
    engine->graph = graph;
    engine->on_event = on_event;
    engine->on_event_data = data;
    engine->consumer.on_exhausted = on_exhausted;
    engine->consumer.on_exhausted_data = engine;
    result = load_sources(engine, error);
    if (result == 0)
        result = open_sinks(engine, error);
    if (result == 0)
        result = consumer_init(&engine->consumer, graph, error);
    if (result == 0)
        result = start_threads(engine, error);
    if (result == 0)
        resolver_wait(graph->common->resolver); /* the first records have names, too */
    if (result == 0)
        result = loader_call(&engine->loader, job_attach, &job);
    if (result == 0)
        result = loader_call(&engine->loader, job_orphans, engine);
    engine->started = result == 0;
    return result;
}

/* ---- while it runs --------------------------------------------------------------------------- */

/* False: some of what is known to be lost cannot be posted yet. */
static bool post_losses(struct engine *engine, int64_t before)
{
    struct graph *graph = engine->graph;
    bool posted = false, all = true;

    for (uint32_t i = 0; i < graph->n_streams; i++) {
        posted |= losses_post(graph->streams[i], before, clock_monotonic());
        all &= losses_all_posted(graph->streams[i]);
    }
    if (posted)
        consumer_wake(&engine->consumer);
    return all;
}

void engine_refresh_lost(struct engine *engine)
{
    int64_t before = clock_monotonic();

    if (loader_busy(&engine->loader))
        return; /* what was lost meanwhile is seen by the next look */
    loader_call(&engine->loader, job_lost, engine->graph);
    post_losses(engine, before);
}

void engine_reopen_sinks(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->graph->n_sinks; i++)
        if (engine->graph->sinks[i]->written)
            writer_reopen(&engine->graph->sinks[i]->writer);
}

/* ---- stop ------------------------------------------------------------------------------------ */

static void stop_consumer(struct engine *engine, int64_t deadline)
{
    bool drain = false;

    if (!engine->consumer_runs)
        return;
    do {
        if (!drain && post_losses(engine, clock_monotonic())) {
            drain = true;
            consumer_drain(&engine->consumer);
        }
        if (clock_monotonic() >= deadline)
            launch_give_up(engine->graph);
    } while (!consumer_join(&engine->consumer, JOIN_STEP_NS));
    engine->consumer_runs = false;
}

static void leave_streams(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->graph->n_streams; i++) {
        struct graph_stream *stream = engine->graph->streams[i];

        stream->left = leaves(engine, stream->source);
    }
}

void engine_stop(struct engine *engine)
{
    int64_t deadline = clock_monotonic() + ENGINE_STOP_LIMIT_S * INT64_C(1000000000);

    if (engine->loader_runs) {
        leave_streams(engine);
        loader_call(&engine->loader, job_detach, engine);
        engine_refresh_lost(engine); /* before the rings are drained: its events go out, too */
    }
    stop_consumer(engine, deadline);
    if (engine->graph) /* else it was never started */
        launch_end_writers(engine->graph, deadline);
    if (engine->consumer.reader)
        consumer_settle(&engine->consumer);
    switch_conclude(engine);
    if (engine->graph)
        resolver_stop(engine->graph->common->resolver);
    if (engine->loader_runs) {
        loader_call(&engine->loader, job_release, engine);
        loader_stop(&engine->loader);
        engine->loader_runs = false;
    }
}

void engine_deinit(struct engine *engine)
{
    consumer_deinit(&engine->consumer);
    orphans_deinit(&engine->orphans);
}
