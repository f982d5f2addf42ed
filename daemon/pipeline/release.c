// SPDX-License-Identifier: Apache-2.0

#include "pipeline/release.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "pipeline/engine.h"

struct order {
    struct engine *engine;
    const char *name;
    struct source *source; /* that runs; NULL: it is about orphans */
    struct error *error;
};

static int job_orphans(void *data)
{
    const struct order *order = data;

    return orphans_end(&order->engine->orphans, order->name, order->error);
}

static int job_detach(void *data)
{
    source_detach(((const struct order *)data)->source);
    return 0;
}

static int job_release(void *data)
{
    source_release(((const struct order *)data)->source);
    return 0;
}

static struct source *find_running(const struct engine *engine, const char *name)
{
    for (uint32_t i = 0; name && i < engine->graph->n_sources; i++) {
        struct source *source = engine->graph->sources[i].source;

        if (strcmp(source->name, name) == 0 && source->kept)
            return source;
    }
    return NULL;
}

/* Also what was read and not acknowledged is still in there. */
static bool is_drained(const struct engine *engine, const struct source *source)
{
    for (uint32_t i = 0; i < engine->graph->n_rings; i++)
        if (engine->graph->rings[i]->input->source == source &&
            ringmill_ring_available(engine->graph->rings[i]->handle) > 0)
            return false;
    return true;
}

static int release_running(struct order *order)
{
    int64_t deadline = clock_monotonic() + RELEASE_DRAIN_MS * INT64_C(1000000);
    const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
    struct engine *engine = order->engine;

    loader_call(&engine->loader, job_detach, order);
    while (!is_drained(engine, order->source) && clock_monotonic() < deadline) {
        consumer_wake(&engine->consumer);
        nanosleep(&pause, NULL);
    }
    if (is_drained(engine, order->source))
        loader_call(&engine->loader, job_release, order);
    else
        log_about(
            LOG_LEVEL_WARNING, "source", order->source->name,
            "the programs are detached, but not all records in its rings were delivered in time; "
            "records not delivered when the daemon stops stay there for its next start");
    log_about(LOG_LEVEL_INFO, "source", order->source->name, "released: no more records will come");
    return 1;
}

int release(struct engine *engine, const char *name, struct error *error)
{
    struct order order = {engine, name, find_running(engine, name), error};
    int result;

    if (order.source)
        return release_running(&order);
    result = loader_call(&engine->loader, job_orphans, &order);
    if (result == 0 && name)
        return error_set(error, -ENOENT, "no kept source is named \"%s\"", name);
    return result;
}
