// SPDX-License-Identifier: Apache-2.0

/* A start may take seconds, nearly all of them in the kernel (its verifier). A signal that asks for
 * the end meanwhile is seen between two steps; and when a step takes longer than that, by the
 * verifier, which gives up when its thread is interrupted. */

#include "pipeline/engine.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/capabilities.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/resolver.h"
#include "base/signals.h"
#include "base/thread.h"
#include "pipeline/lifecycle.h"
#include "pipeline/loss_report.h"
#include "pipeline/stop.h"

enum {
    STEP_NS = 10 * 1000 * 1000,
    INTERRUPT_AFTER_STEPS = 100, /* a load goes on so long after a signal has asked for the end */
};

struct job {
    struct engine *engine;
    struct error *error;
};

/* ---- on the loader thread -------------------------------------------------------------------- */

static int job_load(void *data)
{
    struct job *job = data;

    return lifecycle_load(job->engine->graph, job->error);
}

static int job_limit(void *data)
{
    (void)data;
    return capabilities_keep_loader();
}

static int job_attach(void *data)
{
    struct job *job = data;

    return lifecycle_attach(job->engine->graph, job->error);
}

/* Counters that cannot be read keep their value. */
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
    lifecycle_read_lost(data);
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
    for (uint32_t i = 0; i < engine->graph->n_inputs; i++) {
        const struct input *input = engine->graph->inputs[i];

        if (input->source->ends_with_us && (input->unread > 0 || input->unread_unknown))
            return true;
    }
    for (uint32_t i = 0; i < engine->graph->n_sinks; i++)
        if (writer_gave_up(&engine->graph->sinks[i]->writer) &&
            lane_dropped(&engine->graph->sinks[i]->lane) > 0)
            return true;
    return false;
}

/* ---- start ----------------------------------------------------------------------------------- */

/* What fails after a signal has asked for the end may have failed because of that. */
static int give_way(int result, struct error *error)
{
    return result < 0 && signals_ends() > 0
               ? error_set(error, -ECANCELED, "the start was interrupted by a signal")
               : result;
}

/* Not for a job that leaves something outside of this process half done when it is interrupted. */
static int call_interruptibly(struct engine *engine, loader_job run, void *data)
{
    uint32_t steps = 0;
    int result;

    loader_begin(&engine->loader, run, data, NULL, NULL);
    while (!loader_wait(&engine->loader, STEP_NS, &result))
        if (signals_ends() > 0 && ++steps >= INTERRUPT_AFTER_STEPS)
            thread_interrupt(engine->loader.thread);
    return result;
}

/* What no kernel setting can change comes first: programs that this kernel cannot run are only a
 * consequence of its age. */
static int check_kernel(struct error *error)
{
    struct ringmill_reader *reader = NULL;
    struct ringmill_error reason;
    int result = ringmill_reader_new(NULL, &reason, &reader);

    ringmill_reader_free(reader);
    return result < 0 ? error_set(error, result, "%s", reason.text) : 0;
}

static int load_sources(struct engine *engine, struct error *error)
{
    struct job job = {engine, error};
    int result = loader_start(&engine->loader);

    if (result < 0)
        return error_set(error, result, "cannot start a thread: %s", strerror(-result));
    engine->loader_runs = true;
    result = call_interruptibly(engine, job_load, &job);
    if (result == 0 && loader_call(&engine->loader, job_limit, NULL) < 0)
        log_warning("the loader thread cannot drop the capabilities that it does not need");
    return result;
}

static int start_threads(struct engine *engine, struct error *error)
{
    int result;

    if (capabilities_drop() < 0)
        log_warning("cannot drop capabilities; all threads keep them");
    signal(SIGPIPE, SIG_IGN); /* a sink without a reader is an error of that sink */
    result = lifecycle_start_writers(engine->graph, &engine->consumer, engine_on_gone, engine);
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
    result = lifecycle_open_sinks(engine->graph, waits, error);
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
    thread_setup_interrupt();
    result = check_kernel(error);
    if (result == 0)
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
    return give_way(result, error);
}

/* ---- while it runs --------------------------------------------------------------------------- */

bool engine_post_losses(struct engine *engine, int64_t before)
{
    struct graph *graph = engine->graph;
    bool posted = false, all = true;

    for (uint32_t i = 0; i < graph->n_inputs; i++) {
        posted |= loss_report_post(graph->inputs[i], before, clock_monotonic());
        all &= loss_report_all_posted(graph->inputs[i]);
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
    engine_post_losses(engine, before);
}

void engine_reopen_sinks(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->graph->n_sinks; i++)
        if (engine->graph->sinks[i]->written)
            writer_reopen(&engine->graph->sinks[i]->writer);
}

/* ---- stop ------------------------------------------------------------------------------------ */

/* A start that fails leaves what it found as it was. */
bool engine_leaves(const struct engine *engine, const struct source *source)
{
    return source->kept && (engine->leave || (!engine->started && source->adopted));
}

void engine_stop(struct engine *engine)
{
    engine->stuck = !stop_engine(engine);
}

void engine_deinit(struct engine *engine)
{
    consumer_deinit(&engine->consumer);
    orphans_deinit(&engine->orphans);
}
