// SPDX-License-Identifier: Apache-2.0

/* Every record a new key, for so many seconds, through a whole consumer, with metrics and sketches
 * besides: memory must stay at its bound, no turn may put out more than its slices, and no record
 * may be missing from the rows.
 *
 *     hostile-keys SECONDS     prints memory, the longest pause, and what became of the records
 *
 * A pause is a turn of the consumer: while it lasts no other ring is read. Its bound is a number of
 * rows and of batches, which is checked; what that is in time depends on the machine, and is
 * printed: so many nanoseconds a row, and so what all slices of a turn take. */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/load.h"
#include "pipeline/consumer.h"
#include "ring/fake.h"

enum { RING_BYTES = 1024 * 1024, ROUND_RECORDS = 2048, GROWTH_MAX = 2 * 1024 * 1024 };

/* What a run comes to is 30 MiB; without a bound each key would take more than 100 bytes, of which
 * there are millions. A run of minutes is also held against its own first third. */
enum { MEMORY_MAX = 64 * 1024 * 1024, LONG_RUN_S = 60 };

/* As bpf/exec.bpf.c begins its records; the texts behind it are empty. */
struct sample {
    uint64_t ktime;
    uint32_t pid, ppid, uid, gid;
    uint64_t rest[8];
};

static const char config[] =
    "version: 1\n"
    "sources: {exec: {builtin: exec}}\n"
    "sinks: {out: {type: stdout}}\n"
    "pipelines:\n"
    "  other: {from: exec, handlers: [{aggregate: {window: 100ms, by: [pid, ppid], groups: 20000, "
    "expose: {label_sets: 1000}, values: {n: count(), users: 'distinct(uid, 0.1)'}}}, {forward: "
    "out}]}\n"
    "  evict: {from: exec, handlers: [{aggregate: {window: 250ms, by: [pid, ppid], groups: 5000, "
    "overflow: evict, emit: sketches, values: {n: count(), p: 'quantile(uid, 0.9, 0.02, 256)'}}}, "
    "{forward: out}]}\n";

static void ignore_room(void *data)
{
    (void)data;
}

static struct graph *build(void)
{
    struct config_tree *tree = NULL;
    struct graph *graph = NULL;
    struct diag diag;

    diag_init(&diag);
    if (config_load_text("soak", config, sizeof(config) - 1, &diag, &tree) != 0 ||
        graph_build(tree, &diag, &graph) != 0) {
        diag_print(&diag, stderr);
        exit(1);
    }
    return graph;
}

static void produce(struct fake *fake, uint64_t *next)
{
    struct sample sample = {.ktime = (uint64_t)clock_monotonic(), .uid = 1000};

    for (uint32_t i = 0; i < ROUND_RECORDS; i++) {
        sample.pid = (uint32_t)*next;
        sample.ppid = (uint32_t)(*next >> 32);
        if (fake_write(fake, &sample, sizeof(sample), 0) < 0)
            return; /* a paused ring */
        (*next)++;
    }
}

static void take_chunks(struct lane *lane)
{
    struct chunk *chunk;

    while ((chunk = lane_take(lane)))
        lane_give_back(lane, chunk, chunk->events, false);
    lane_make_room(lane);
}

static uint64_t resident(void)
{
    unsigned long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (!file || fscanf(file, "%lu %lu", &size, &pages) != 2)
        err(1, "/proc/self/statm");
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static double thread_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct soak {
    struct consumer consumer;
    struct graph *graph;
    struct fake *fake;
    uint64_t made, most_made; /* in a turn, by one pipeline */
    double longest;           /* turn: seconds of the thread's own time */
    double plain;             /* the longest one that made no rows */
    double making;            /* all that made some, together */
    uint64_t rows, turns;     /* of those */
};

static uint64_t emitted(const struct graph *graph, uint32_t pipeline)
{
    struct book_totals totals;

    graph_books(graph, &graph->pipelines[pipeline], &totals);
    return totals.rows[BOOK_EMITTED];
}

static bool turn(struct soak *soak)
{
    uint64_t before[2] = {emitted(soak->graph, 0), emitted(soak->graph, 1)}, rows = 0;
    double start = thread_seconds(), took;
    bool more = consumer_read(&soak->consumer);

    took = thread_seconds() - start;
    soak->longest = took > soak->longest ? took : soak->longest;
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t made = emitted(soak->graph, i) - before[i];

        rows += made;
        soak->most_made = made > soak->most_made ? made : soak->most_made;
    }
    if (rows == 0)
        soak->plain = took > soak->plain ? took : soak->plain;
    else
        soak->making += took;
    soak->rows += rows;
    soak->turns += rows > 0;
    take_chunks(&soak->graph->sinks[0]->lane);
    consumer_resume(&soak->consumer);
    return more;
}

static void check(const struct soak *soak, uint64_t records)
{
    for (uint32_t i = 0; i < 2; i++) {
        const struct graph_pipeline *pipeline = &soak->graph->pipelines[i];
        struct book_totals totals;

        graph_books(soak->graph, pipeline, &totals);
        printf("%s: seen %lu, aggregated %lu, rows %lu\n", pipeline->name,
               (unsigned long)totals.rows[BOOK_SEEN], (unsigned long)totals.rows[BOOK_AGGREGATED],
               (unsigned long)totals.rows[BOOK_EMITTED]);
        if (!books_balance(&totals) || totals.rows[BOOK_SEEN] != records ||
            totals.rows[BOOK_AGGREGATED] != records)
            errx(1, "the books do not add up");
    }
    if (soak->most_made > CONSUMER_TURN_MADE * HANDLER_MADE_MAX)
        errx(1, "a turn made %lu rows", (unsigned long)soak->most_made);
}

static void print_pause(const struct soak *soak)
{
    const uint32_t most = CONSUMER_TURN_MADE * HANDLER_MADE_MAX;
    double row = soak->rows > 0 ? soak->making / (double)soak->rows : 0;

    printf("longest pause: %.3f ms; %.3f ms in a turn without rows\n", soak->longest * 1e3,
           soak->plain * 1e3);
    printf("bound: %d slices of %d rows for each pipeline, so %u rows in a turn; there were %lu at "
           "the most\n",
           CONSUMER_TURN_MADE, HANDLER_MADE_MAX, most, (unsigned long)soak->most_made);
    printf("at %.0f ns a row, the records of its turn included, 2 pipelines' slices are %.3f ms\n",
           row * 1e9, 2 * most * row * 1e3);
}

int main(int argc, char **argv)
{
    static struct soak soak;
    uint64_t next = 1, settled = 0, highest = 0;
    struct ringmill_ring *ring;
    struct waker waker;
    struct error error;
    int seconds = argc == 2 ? atoi(argv[1]) : 0;
    int64_t begin = clock_monotonic();

    if (seconds < 1)
        errx(2, "usage: %s SECONDS", argv[0]);
    soak.graph = build();
    if (fake_new(RING_BYTES, 0, &soak.fake) < 0 || fake_open(soak.fake, NULL, NULL, &ring) < 0 ||
        waker_init(&waker) < 0 ||
        lane_init(&soak.graph->sinks[0]->lane, CONSUMER_ROOM, soak.graph->copies[0], LANE_BLOCK,
                  &waker, ignore_room, NULL) < 0 ||
        graph_add_ring(soak.graph, soak.graph->inputs[0], ring) < 0)
        errx(1, "cannot set up");
    if (consumer_init(&soak.consumer, soak.graph, &error) < 0)
        errx(1, "%s", error.text);
    for (int64_t now = begin; now - begin < seconds * INT64_C(1000000000);
         now = clock_monotonic()) {
        uint64_t memory;

        produce(soak.fake, &next);
        turn(&soak);
        memory = resident();
        if (now - begin < seconds * INT64_C(1000000000) / 3)
            settled = memory > settled ? memory : settled;
        highest = memory > highest ? memory : highest;
    }
    while (turn(&soak))
        ;
    printf("memory: %lu KiB in the first third, %lu KiB at the most\n",
           (unsigned long)settled / 1024, (unsigned long)highest / 1024);
    print_pause(&soak);
    check(&soak, next - 1);
    if (highest > MEMORY_MAX || (seconds >= LONG_RUN_S && highest > settled + GROWTH_MAX))
        errx(1, "memory grew");
    return 0;
}
