// SPDX-License-Identifier: Apache-2.0

/* One stall causes others: if a sink is dead, lanes fill, sources pause, rings fill. So each check
 * first looks for a cause further down, and leaves the report to the check of that part:
 *
 *     ring ──▶ consumer thread and handlers ──▶ lane, writer, sink
 *      │ paused, and the sink has chunks: the sink's matter
 *      │ the consumer thread is held: the handler's matter
 *      └ the head is busy: the producer's fault, said in CHECK_RINGS */

#include "control/health.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static const char *const names[CHECKS] = {
    [CHECK_RINGS] = "rings",   [CHECK_HANDLERS] = "handlers", [CHECK_SINKS] = "sinks",
    [CHECK_LOSSES] = "losses", [CHECK_BOOKS] = "books",
};

void health_init(struct health *health, const struct health_limits *limits)
{
    memset(health, 0, sizeof(*health));
    health->limits = limits;
}

const char *health_check_name(enum check check)
{
    return names[check];
}

static uint64_t seconds_of(uint64_t ns)
{
    return ns / 1000000000;
}

__attribute__((format(printf, 3, 4))) static void complain(struct health *health, enum check check,
                                                           const char *format, ...)
{
    char *reason = health->reasons[check];
    size_t used = strlen(reason);
    va_list arguments;

    if (used > 0 && used + 2 < HEALTH_REASON_MAX)
        used += (size_t)snprintf(reason + used, HEALTH_REASON_MAX - used, "; ");
    va_start(arguments, format);
    vsnprintf(reason + used, HEALTH_REASON_MAX - used, format, arguments);
    va_end(arguments);
}

/* The check that has just failed is about a thread or memory of this process, which a restart
 * replaces. Each restart loses the records of rings that are not kept, so nothing else is a reason
 * for one: peers, disks and foreign programs are the same afterwards. */
static void note_stuck(struct health *health, bool ours)
{
    health->stuck |= ours;
}

/* For how long the counter has not changed although it should have. */
static uint64_t still_for(struct stillness *stillness, uint64_t mark, bool should_move, int64_t now)
{
    if (stillness->since == 0 || mark != stillness->mark || !should_move) {
        stillness->mark = mark;
        stillness->since = now;
    }
    return (uint64_t)(now - stillness->since);
}

/* ---- handlers -------------------------------------------------------------------------------- */

/* Which handler the consumer thread is in, as well as can be known from outside. */
static void complain_of_handler(struct health *health, const struct graph *graph, uint64_t age)
{
    for (uint32_t i = 0; i < graph->n_chains; i++) {
        const struct chain *chain = graph->chains[i];
        uint32_t current = atomic_load_explicit(&chain->current, memory_order_relaxed);
        char name[CHAIN_NAME_MAX];

        if (current == 0)
            continue;
        complain(health, CHECK_HANDLERS,
                 "the handler %s, number %u of pipeline %s, has kept a batch of source %s for "
                 "%" PRIu64 " s",
                 chain_handler_name(chain, current - 1, name), current, chain->pipeline->name,
                 chain->type->input->source->name, seconds_of(age));
        return;
    }
    complain(health, CHECK_HANDLERS, "the consumer thread has made no progress for %" PRIu64 " s",
             seconds_of(age));
}

/* True when the consumer thread is held. */
static bool check_handlers(struct health *health, const struct snapshot *snapshot)
{
    uint64_t age = still_for(&health->consumer, snapshot->steps, !snapshot->asleep, snapshot->time);

    if (age < health->limits->stuck_after)
        return age > 0;
    complain_of_handler(health, snapshot->graph, age);
    note_stuck(health, true);
    return true;
}

/* ---- rings ----------------------------------------------------------------------------------- */

/* One of its sinks has what it could write: it has no room for more, or has not acknowledged what
 * was read and so stays in the ring. */
static bool waits_for_sink(const struct ring_snapshot *counts)
{
    const struct input *input = counts->ring->input;
    bool may_wait = counts->paused || input->at_least_once;

    for (uint32_t i = 0; may_wait && i < input->n_sinks; i++)
        if (lane_chunks_out(&input->sinks[i]->lane) > 0)
            return true;
    return false;
}

/* How long records may lie there: where shards are put into order, they are held for a time. */
static uint64_t patience(const struct health *health, const struct ring_snapshot *counts)
{
    const struct stream *stream = counts->ring->input->stream;

    return health->limits->stuck_after + (stream->ordered ? stream->order_hold : 0);
}

static void check_ring(struct health *health, const struct ring_snapshot *counts, bool excused,
                       struct stillness *stillness, int64_t now)
{
    bool busy = counts->busy_since > 0;
    uint64_t mark =
        counts->counters.records + counts->counters.discards + counts->counters.publishes;
    uint64_t age = still_for(stillness, mark,
                             counts->used > 0 && !busy && !excused && !waits_for_sink(counts), now);
    const char *name = counts->ring->about;

    if (counts->corrupt) {
        struct ringmill_error reason = {""};

        ringmill_ring_health(counts->ring->handle, &reason);
        complain(health, CHECK_RINGS, "source %s: %s", name, reason.text);
        note_stuck(health, counts->ring->input->source->ends_with_us);
    } else if (busy && now - (int64_t)counts->busy_since >= (int64_t)health->limits->busy_head) {
        complain(health, CHECK_RINGS,
                 "source %s: the oldest record has been reserved and not submitted for %" PRIu64
                 " s by its BPF program",
                 name, seconds_of((uint64_t)now - counts->busy_since));
    } else if (age >= patience(health, counts)) {
        complain(health, CHECK_RINGS,
                 "source %s: %" PRIu64 " bytes wait in the ring and no record was read for %" PRIu64
                 " s",
                 name, counts->used, seconds_of(age));
        note_stuck(health, true);
    }
}

/* ---- sinks ----------------------------------------------------------------------------------- */

/* A writer that is in the sink's write() waits for the kernel, and so for a peer or a disk. */
static void check_sink(struct health *health, const struct sink_snapshot *counts,
                       struct stillness *stillness, int64_t now)
{
    uint64_t age = still_for(stillness, counts->bytes + counts->chunks + counts->dropped,
                             counts->chunks_out > 0, now);
    const char *name = counts->sink->name;
    char error[NOTE_TEXT_MAX];

    if (counts->gone) {
        complain(health, CHECK_SINKS, "sink %s: the reader is gone", name);
    } else if (counts->retrying_since > 0 &&
               now - counts->retrying_since >= (int64_t)health->limits->sink_grace) {
        note_get(&counts->sink->writer.last_error, error);
        complain(health, CHECK_SINKS, "sink %s: cannot write for %" PRIu64 " s: %s", name,
                 seconds_of((uint64_t)(now - counts->retrying_since)), error);
    } else if (age >= health->limits->sink_grace) {
        complain(health, CHECK_SINKS, "sink %s: has accepted no event for %" PRIu64 " s", name,
                 seconds_of(age));
        note_stuck(health, !counts->in_sink && counts->retrying_since == 0);
    }
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* Losses of these sources are not counted, so the check cannot pass: it is unknown. */
static void list_unknown(struct health *health, const struct snapshot *snapshot)
{
    size_t used = 0;

    health->unknown[0] = '\0';
    for (uint32_t i = 0; i < snapshot->graph->n_sources && used < HEALTH_REASON_MAX; i++)
        if (!snapshot->sources[i].inputs.lost_known)
            used += (size_t)snprintf(health->unknown + used, HEALTH_REASON_MAX - used, "%s%s",
                                     used > 0 ? ", " : "lost records are not counted for source ",
                                     snapshot->graph->sources[i].source->name);
    if (used > 0 && used < HEALTH_REASON_MAX)
        snprintf(health->unknown + used, HEALTH_REASON_MAX - used,
                 "; set lost: to a counter or sequence: to a sequence field");
}

static void check_losses(struct health *health, const struct snapshot *snapshot)
{
    const uint32_t slots = HEALTH_LOSS_SECONDS + 1;
    struct loss_mark now = {snapshot->time, snapshot_lost(snapshot), snapshot_skipped(snapshot)};
    const struct loss_mark *then;
    double seconds, rate;

    list_unknown(health, snapshot);
    health->losses[health->looks % slots] = now;
    then = &health->losses[health->looks < HEALTH_LOSS_SECONDS ? 0 : (health->looks + 1) % slots];
    health->looks++;
    seconds = (double)(now.time - then->time) / 1e9;
    if (seconds <= 0)
        return;
    rate = (double)(now.lost - then->lost) / seconds;
    if (rate > (double)health->limits->max_loss_rate)
        complain(health, CHECK_LOSSES,
                 "%.0f records/s were lost over the last %.0f s because a ring was full; "
                 "max_loss_rate is %" PRId64,
                 rate, seconds, health->limits->max_loss_rate);
    rate = (double)(now.skipped - then->skipped) / seconds;
    if (rate > (double)health->limits->max_loss_rate)
        complain(health, CHECK_LOSSES,
                 "%.0f runs/s of BPF programs were skipped by the kernel over the last %.0f s; "
                 "max_loss_rate is %" PRId64,
                 rate, seconds, health->limits->max_loss_rate);
}

/* ---- books ----------------------------------------------------------------------------------- */

static void check_books(struct health *health, const struct snapshot *snapshot)
{
    const struct graph *graph = snapshot->graph;
    uint64_t forwarded = graph->past_forwarded, arrived = graph->past_arrived;

    for (uint32_t i = 0; i < graph->n_sources; i++)
        if (snapshot->sources[i].disagrees)
            complain(health, CHECK_BOOKS,
                     "source %s: pipeline %s saw a different number of records",
                     graph->sources[i].source->name, snapshot->sources[i].disagrees->name);
    for (uint32_t i = 0; i < graph->n_pipelines; i++) {
        const struct pipeline_snapshot *counts = &snapshot->pipelines[i];

        forwarded += counts->books.rows[BOOK_FORWARDED];
        if (!books_balance(&counts->books))
            complain(health, CHECK_BOOKS, "pipeline %s: a record was counted 0 or 2 times",
                     counts->pipeline->name);
    }
    for (uint32_t i = 0; i < graph->n_sinks; i++) {
        const struct sink_snapshot *counts = &snapshot->sinks[i];

        arrived += counts->forwarded;
        if (counts->delivered + counts->dropped > counts->forwarded)
            complain(health, CHECK_BOOKS, "sink %s: more events came out than went in",
                     counts->sink->name);
    }
    if (forwarded != arrived)
        complain(health, CHECK_BOOKS,
                 "the sinks received a different number of events than the pipelines forwarded");
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static void tell_change(enum check check, const char *before, const char *now)
{
    if (before[0] == '\0' && now[0] != '\0')
        log_about(LOG_LEVEL_WARNING, "check", names[check], "bad: %s", now);
    else if (before[0] != '\0' && now[0] == '\0')
        log_about(LOG_LEVEL_INFO, "check", names[check], "good again");
}

/* Books that cannot be judged now keep their last verdict. */
static void judge(struct health *health, const struct snapshot *snapshot)
{
    const struct graph *graph = snapshot->graph;
    bool held;

    for (int check = 0; check < CHECKS; check++)
        if (check != CHECK_BOOKS || snapshot->quiet)
            health->reasons[check][0] = '\0';
    health->stuck = false;
    held = check_handlers(health, snapshot);
    for (uint32_t i = 0; i < graph->n_rings; i++)
        check_ring(health, &snapshot->rings[i], held, &health->rings[i], snapshot->time);
    for (uint32_t i = 0; i < graph->n_sinks; i++)
        check_sink(health, &snapshot->sinks[i], &health->sinks[i], snapshot->time);
    check_losses(health, snapshot);
    if (snapshot->quiet)
        check_books(health, snapshot);
}

void health_follow(struct health *health, const struct snapshot *snapshot)
{
    list_unknown(health, snapshot);
    memset(health->rings, 0, sizeof(health->rings));
    memset(health->sinks, 0, sizeof(health->sinks));
    for (uint32_t i = 0; i <= HEALTH_LOSS_SECONDS; i++)
        health->losses[i] =
            (struct loss_mark){snapshot->time, snapshot_lost(snapshot), snapshot_skipped(snapshot)};
}

void health_look(struct health *health, const struct snapshot *snapshot)
{
    char before[CHECKS];

    for (int check = 0; check < CHECKS; check++)
        before[check] = health->reasons[check][0];
    judge(health, snapshot);
    for (int check = 0; check < CHECKS; check++)
        tell_change((enum check)check, (const char[]){before[check], '\0'}, health->reasons[check]);
}

bool health_unknown(const struct health *health, enum check check)
{
    return check == CHECK_LOSSES && health->unknown[0] != '\0' && health->reasons[check][0] == '\0';
}

bool health_good(const struct health *health)
{
    for (int check = 0; check < CHECKS; check++)
        if (health->reasons[check][0] != '\0')
            return false;
    return true;
}

bool health_stuck(const struct health *health)
{
    return health->stuck;
}

const char *health_reason(const struct health *health, char *buffer, uint32_t size)
{
    for (int check = 0; check < CHECKS; check++)
        if (health->reasons[check][0] != '\0') {
            snprintf(buffer, size, "%s: %s", names[check], health->reasons[check]);
            return buffer;
        }
    return NULL;
}
