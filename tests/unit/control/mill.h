// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A whole daemon without a kernel: a graph from a config, fake rings, real lanes, real writer and
 * consumer threads. The test is the producer and the sink. */

#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/health.h"
#include "control/snapshot.h"
#include "pipeline/engine.h"
#include "ring/fake.h"
#include "unit/config/support.h"

enum { MILL_RING = 64 * 1024 };

#define MILL_SECOND INT64_C(1000000000)

/* A sink of the tests: takes all, or fails, or blocks. */
struct mill_sink {
    struct sink base;
    _Atomic int failure; /* -errno to give; 0: takes all */
    atomic_bool block;
};

struct mill {
    struct config_tree *tree;
    struct graph *graph;
    struct fake *fake; /* of source 0 */
    struct engine engine;
    struct mill_sink sink;
    struct snapshot snapshot;
    struct health_limits limits;
    struct health health;
    int64_t ahead; /* ns that the test's clock is ahead of the real one */
};

static inline enum sink_state mill_write(struct sink *base, const char *bytes, size_t size,
                                         struct sink_outcome *outcome)
{
    struct mill_sink *sink = (struct mill_sink *)base;
    int failure = atomic_load(&sink->failure);

    (void)bytes;
    while (atomic_load(&sink->block))
        usleep(1000);
    return sink_written(outcome, failure ? failure : (ssize_t)size, NULL);
}

static const struct sink_ops mill_sink_ops = {.name = "mill", .write = mill_write};

static inline void mill_ignore(void *data)
{
    (void)data;
}

static inline void mill_start_writer(struct mill *mill)
{
    struct graph_sink *sink = mill->graph->sinks[0];

    mill->sink.base.ops = &mill_sink_ops;
    sink->ops = &mill_sink_ops;
    sink->sink = &mill->sink.base;
    assert_int_equal(waker_init(&sink->writer.waker), 0);
    assert_int_equal(lane_init(&sink->lane, CONSUMER_ROOM, 1, LANE_BLOCK, &sink->writer.waker,
                               consumer_on_room, &mill->engine.consumer),
                     0);
    sink->writer.name = sink->name;
    sink->writer.sink = sink->sink;
    sink->writer.lanes = &sink->lane;
    sink->writer.n_lanes = 1;
    sink->writer.on_gone = mill_ignore;
    assert_int_equal(writer_start(&sink->writer), 0);
    sink->written = true;
}

/* One source `exec` on a fake ring, one pipeline `all`, one sink `out`; threads do not run yet, so
 * that a test may still change the graph. */
static inline void mill_init(struct mill *mill)
{
    struct ringmill_ring *ring;
    struct diag diag;

    memset(mill, 0, sizeof(*mill));
    diag_init(&diag);
    mill->tree = load("version: 1\n"
                      "sources: {exec: {builtin: exec}}\n"
                      "sinks: {out: {type: stdout}}\n"
                      "pipelines: {all: {from: exec, handlers: [{filter: pid != 7}, {limit: "
                      "{count: 1000000}}, {forward: out}]}}\n");
    assert_int_equal(graph_build(mill->tree, &diag, &mill->graph), 0);
    assert_int_equal(fake_new(MILL_RING, 0, &mill->fake), 0);
    assert_int_equal(fake_open(mill->fake, NULL, NULL, &ring), 0);
    assert_int_equal(graph_add_ring(mill->graph, mill->graph->inputs[0], ring), 0);
    mill->engine.graph = mill->graph;
    mill->limits = (struct health_limits){.stuck_after = 10 * MILL_SECOND,
                                          .busy_head = 10 * MILL_SECOND,
                                          .sink_grace = 30 * MILL_SECOND,
                                          .max_loss_rate = 100};
    health_init(&mill->health, &mill->limits);
}

static inline void mill_start(struct mill *mill)
{
    struct error error;

    assert_int_equal(consumer_init(&mill->engine.consumer, mill->graph, &error), 0);
    mill->engine.consumer.on_exhausted = mill_ignore;
    mill_start_writer(mill);
    assert_int_equal(consumer_start(&mill->engine.consumer), 0);
    mill->engine.consumer_runs = true;
    assert_int_equal(snapshot_init(&mill->snapshot, mill->graph), 0);
}

/* engine_stop() without a loader thread: drains, ends the threads. */
static inline void mill_stop(struct mill *mill)
{
    if (mill->engine.consumer_runs)
        engine_stop(&mill->engine);
}

static inline void mill_deinit(struct mill *mill)
{
    mill_stop(mill);
    snapshot_deinit(&mill->snapshot);
    engine_deinit(&mill->engine);
    graph_free(mill->graph);
    fake_free(mill->fake);
    config_tree_free(mill->tree);
}

/* The beginning of an exec record: ktime and pid; what is missing is null. */
static inline void mill_produce(struct mill *mill, uint32_t pid)
{
    struct {
        uint64_t ktime;
        uint32_t pid;
        uint32_t rest;
    } sample = {(uint64_t)clock_monotonic(), pid, 0};

    assert_int_equal(fake_write(mill->fake, &sample, sizeof(sample), 0), 0);
}

static inline void mill_see(struct mill *mill)
{
    snapshot_take(&mill->snapshot, &mill->engine.consumer, clock_monotonic() + mill->ahead);
}

/* A look of the daemon's, at a time of the test's. */
static inline void mill_look(struct mill *mill)
{
    mill_see(mill);
    health_look(&mill->health, &mill->snapshot);
}

/* Until the consumer sleeps: time that passes in no time must find it at rest or at work as real
 * time would. */
static inline void mill_rest(struct mill *mill)
{
    for (int i = 0; i < 20000; i++) {
        mill_see(mill);
        if (mill->snapshot.asleep)
            return;
        usleep(1000);
    }
    fail_msg("20 s were not enough");
}

/* Until all that was produced has been acknowledged, and the consumer sleeps. */
static inline void mill_settle(struct mill *mill)
{
    for (int i = 0; i < 20000; i++) {
        mill_see(mill);
        if (mill->snapshot.quiet && mill->snapshot.sources[0].rings.used == 0 &&
            mill->snapshot.sinks[0].in_flight == 0)
            return;
        usleep(1000);
    }
    fail_msg("20 s were not enough");
}
