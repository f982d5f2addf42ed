// SPDX-License-Identifier: Apache-2.0

/* One filter and one forward over a fake ring, round after round, for callgrind: only what
 * consumer_read() runs is counted, which is all that the consumer thread does for a record from the
 * ring's page to the chunk. The test is producer and writer in between.
 *
 *     bench-counted EXPRESSION ROUNDS     prints how many records went through */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/load.h"
#include "pipeline/consumer.h"
#include "ring/fake.h"

enum { RING_BYTES = 1024 * 1024, ROUND_RECORDS = 2048 };

/* As bpf/exec.bpf.c begins its records; the texts behind it are empty. */
struct sample {
    uint64_t ktime;
    uint32_t pid, ppid, uid, gid;
    uint64_t rest[8];
};

static void ignore_room(void *data)
{
    (void)data;
}

static struct graph *build(const char *expression)
{
    struct config_tree *tree = NULL;
    struct graph *graph = NULL;
    struct diag diag;
    char text[1024];
    int length = snprintf(text, sizeof(text),
                          "version: 1\nsources: {exec: {builtin: exec}}\nsinks: {out: {type: "
                          "stdout}}\npipelines: {all: {from: exec, handlers: [{filter: '%s'}, "
                          "{forward: out}]}}\n",
                          expression);

    diag_init(&diag);
    if (config_load_text("bench", text, (size_t)length, &diag, &tree) != 0 ||
        graph_build(tree, &diag, &graph) != 0) {
        diag_print(&diag, stderr);
        exit(1);
    }
    return graph;
}

static void produce(struct fake *fake)
{
    struct sample sample = {.ktime = (uint64_t)clock_monotonic(), .ppid = 1, .uid = 1000};

    for (uint32_t i = 0; i < ROUND_RECORDS; i++) {
        sample.pid = i % 10;
        if (fake_write(fake, &sample, sizeof(sample), 0) < 0)
            errx(1, "the ring is full");
    }
}

static void take_chunks(struct lane *lane)
{
    struct chunk *chunk;

    while ((chunk = lane_take(lane)))
        lane_give_back(lane, chunk, chunk->events, false);
    lane_make_room(lane);
}

int main(int argc, char **argv)
{
    struct consumer consumer = {0};
    struct ringmill_ring *ring;
    struct waker waker;
    struct graph *graph;
    struct error error;
    struct fake *fake;
    int rounds = argc == 3 ? atoi(argv[2]) : 0;

    if (rounds < 1)
        errx(2, "usage: %s EXPRESSION ROUNDS", argv[0]);
    graph = build(argv[1]);
    if (fake_new(RING_BYTES, 0, &fake) < 0 || fake_open(fake, NULL, NULL, &ring) < 0 ||
        waker_init(&waker) < 0 ||
        lane_init(&graph->sinks[0]->lane, CONSUMER_ROOM, 1, LANE_BLOCK, &waker, ignore_room, NULL) <
            0)
        errx(1, "cannot set up");
    if (graph_add_ring(graph, graph->inputs[0], ring) < 0)
        errx(1, "cannot set up");
    if (consumer_init(&consumer, graph, &error) < 0)
        errx(1, "%s", error.text);
    for (int i = 0; i < rounds; i++) {
        produce(fake);
        while (consumer_read(&consumer))
            ;
        take_chunks(&graph->sinks[0]->lane);
    }
    printf("%lu\n", (unsigned long)rounds * ROUND_RECORDS);
    return 0;
}
