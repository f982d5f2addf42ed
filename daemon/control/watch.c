// SPDX-License-Identifier: Apache-2.0

/* Rates are made here once a second and not at each request, so that they do not depend on who asks
 * how often. */

#include "control/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "pipeline/engine.h"
#include "pipeline/switch.h"

enum { LOSS_LINES = 1, LOSS_LINES_S = 10 };

/* Rates are of at least so many ns. A look that was late is followed by one on time, perhaps a
 * moment later: in a moment, a few records are many per second. */
#define RATE_NS_MIN INT64_C(500000000)

int watch_init(struct watch *watch, struct engine *engine, const struct control_options *options)
{
    memset(watch, 0, sizeof(*watch));
    watch->engine = engine;
    watch->options = options;
    watch->losses = (struct log_limit){.lines = LOSS_LINES, .seconds = LOSS_LINES_S};
    watch->skips = watch->losses;
    watch->forgettings = watch->losses;
    watch->started_at = clock_monotonic();
    watch->silence_reported = !isatty(STDERR_FILENO);
    watch->started = clock_realtime();
    watch->generation = 1;
    health_init(&watch->health, &options->health);
    if (snapshot_init(&watch->snapshot, engine->graph) < 0)
        return -ENOMEM;
    watch_refresh(watch);
    health_follow(&watch->health, &watch->snapshot);
    return 0;
}

void watch_deinit(struct watch *watch)
{
    snapshot_deinit(&watch->snapshot);
    snapshot_deinit(&watch->next);
}

static void rate_update(struct rate *rate, uint64_t total, double seconds)
{
    rate->per_second = seconds > 0 ? (double)(total - rate->total) / seconds : 0;
    rate->total = total;
}

static uint64_t next_power(uint64_t bytes)
{
    uint64_t power = 1;

    while (power < bytes)
        power *= 2;
    return power;
}

/* A header for each record; what rounds it up to 8 bytes is not known, and not much. */
static void look_at_ring(struct ring_watch *ring, const struct ring_snapshot *counts,
                         double seconds)
{
    const uint64_t header = 8;
    double needed;

    rate_update(&ring->bytes, counts->counters.bytes + header * counts->counters.records, seconds);
    needed = ring->bytes.per_second * WATCH_RESTART_S;
    if (ring->small || needed <= (double)counts->size)
        return;
    ring->small = true;
    log_about(LOG_LEVEL_WARNING, "source", counts->ring->input->source->name,
              "the ring %s of %" PRIu64 " KiB receives %.0f KiB/s, so a restart of %d s would fill "
              "it and lose records; set ring_size to %" PRIu64 " KiB or more",
              counts->ring->name, counts->size / 1024, ring->bytes.per_second / 1024,
              WATCH_RESTART_S, next_power((uint64_t)needed) / 1024);
}

static void update_rates(struct watch *watch, double seconds)
{
    const struct snapshot *snapshot = &watch->snapshot;

    for (uint32_t i = 0; i < snapshot->graph->n_sources; i++) {
        rate_update(&watch->records[i], snapshot->sources[i].rings.counters.records, seconds);
        rate_update(&watch->lost[i], snapshot->sources[i].inputs.lost, seconds);
    }
    for (uint32_t i = 0; i < snapshot->graph->n_rings; i++)
        look_at_ring(&watch->rings[i], &snapshot->rings[i], seconds);
    for (uint32_t i = 0; i < snapshot->graph->n_sinks; i++)
        rate_update(&watch->delivered[i], snapshot->sinks[i].delivered, seconds);
}

static void tell_losses(struct watch *watch)
{
    uint64_t lost = snapshot_lost(&watch->snapshot);
    uint64_t omitted = watch->losses.omitted;

    if (lost == watch->lost_reported)
        return;
    log_write_limited(&watch->losses, LOG_LEVEL_WARNING, NULL, NULL,
                      "%" PRIu64
                      " records were lost since the previous such line because a ring was "
                      "full; filter more, increase ring_size, or use a faster sink",
                      lost - watch->lost_reported);
    if (watch->losses.omitted <= omitted)
        watch->lost_reported = lost;
}

static void tell_skipped(struct watch *watch)
{
    uint64_t skipped = snapshot_skipped(&watch->snapshot);
    uint64_t omitted = watch->skips.omitted;

    if (skipped == watch->skipped_reported)
        return;
    log_write_limited(
        &watch->skips, LOG_LEVEL_WARNING, NULL, NULL,
        "the kernel skipped %" PRIu64
        " runs of BPF programs since the previous such line, because a program was interrupted or "
        "preempted on that CPU, or a kprobe missed a call; these runs wrote no records",
        skipped - watch->skipped_reported);
    if (watch->skips.omitted <= omitted)
        watch->skipped_reported = skipped;
}

static void tell_forgotten(struct watch *watch)
{
    uint64_t forgotten = snapshot_forgotten(&watch->snapshot);
    uint64_t omitted = watch->forgettings.omitted;

    if (forgotten == watch->forgotten_reported)
        return;
    log_write_limited(
        &watch->forgettings, LOG_LEVEL_WARNING, NULL, NULL,
        "%" PRIu64 " sockets, flows or queries were forgotten since the previous such line, "
        "because a table of a built-in source was full; set sockets, flows or queries "
        "of that source higher",
        forgotten - watch->forgotten_reported);
    if (watch->forgettings.omitted <= omitted)
        watch->forgotten_reported = forgotten;
}

/* A hint for a user who sees no events: printed once. */
static void tell_silent(struct watch *watch)
{
    const struct snapshot *snapshot = &watch->snapshot;

    if (watch->silence_reported ||
        snapshot->time - watch->started_at < WATCH_SILENT_S * INT64_C(1000000000))
        return;
    watch->silence_reported = true;
    for (uint32_t i = 0; i < snapshot->graph->n_sources; i++) {
        const struct source *source = snapshot->graph->sources[i].source;

        if (source->if_silent && snapshot->sources[i].rings.counters.records == 0)
            log_about(LOG_LEVEL_INFO, "source", source->name, "no record in %d s; %s",
                      WATCH_SILENT_S, source->if_silent);
    }
}

/* Once for each handler: it is a matter of the config, and the count is in status. */
static void tell_slow(struct chain *chain)
{
    char name[CHAIN_NAME_MAX];

    for (uint32_t i = 0; i < chain->n_handlers; i++) {
        if (chain->told_slow[i] || counter_get(&chain->accounts[i].slow) == 0)
            continue;
        chain->told_slow[i] = true;
        log_about(LOG_LEVEL_WARNING, "pipeline", chain->pipeline->name,
                  "the handler %s, number %" PRIu32 ", held a batch of source %s for %.0f ms; its "
                  "budget is %.0f ms",
                  chain_handler_name(chain, i, name), i + 1, chain->type->input->source->name,
                  (double)counter_get(&chain->accounts[i].slowest) / 1e6,
                  (double)chain->budget / 1e6);
    }
}

/* While a graph before it ends, some events are in its books only. */
void watch_refresh(struct watch *watch)
{
    switch_refresh_books(watch->engine);
    snapshot_take(&watch->snapshot, &watch->engine->consumer, clock_monotonic());
    watch->snapshot.quiet &= !watch->engine->change;
}

int watch_expect(struct watch *watch, const struct graph *next)
{
    snapshot_deinit(&watch->next); /* of a graph that did not come to run */
    return snapshot_init(&watch->next, next);
}

/* Rates are those of the time from here to the next look. */
void watch_follow(struct watch *watch)
{
    watch->generation++;
    snapshot_deinit(&watch->snapshot);
    watch->snapshot = watch->next;
    memset(&watch->next, 0, sizeof(watch->next));
    memset(watch->records, 0, sizeof(watch->records));
    memset(watch->lost, 0, sizeof(watch->lost));
    memset(watch->rings, 0, sizeof(watch->rings));
    memset(watch->delivered, 0, sizeof(watch->delivered));
    watch_refresh(watch);
    update_rates(watch, 0);
    watch->rated_at = watch->snapshot.time;
    watch->lost_reported = snapshot_lost(&watch->snapshot);
    watch->skipped_reported = snapshot_skipped(&watch->snapshot);
    watch->forgotten_reported = snapshot_forgotten(&watch->snapshot);
    health_follow(&watch->health, &watch->snapshot);
}

void watch_look(struct watch *watch)
{
    int64_t took;

    engine_refresh_lost(watch->engine);
    watch_refresh(watch);
    took = watch->snapshot.time - (watch->rated_at ? watch->rated_at : watch->started_at);
    if (took >= RATE_NS_MIN) {
        watch->rated_at = watch->snapshot.time;
        update_rates(watch, (double)took / 1e9);
    }
    tell_losses(watch);
    tell_skipped(watch);
    tell_forgotten(watch);
    tell_silent(watch);
    for (uint32_t i = 0; i < watch->snapshot.graph->n_chains; i++)
        tell_slow(watch->snapshot.graph->chains[i]);
    health_look(&watch->health, &watch->snapshot);
}
