// SPDX-License-Identifier: Apache-2.0
/* What it costs to filter a full ring: this reader by batch with a compiled expression, the same
 * predicate written in C inside a libbpf callback (hand-c), and a straightforward tree-walking
 * evaluator there (tree-walk). More say where the time goes: the predicate written in C over this
 * reader's batches (hand-c-batch), both readers with nothing to do (libbpf-alone, reader-alone),
 * and a loop that knows of no records and reads a word of each of the ring's cache lines
 * (each-line).
 *
 * Each drain is of records that a BPF program has just written. The contestants take turns within
 * each round; a row is a median over rounds, of the thread's CPU time. All must keep the same
 * records: a checksum over their numbers, in order, decides. The rows NAME/evaluation leave the
 * ring out: the same records, again and again, from the CPU's caches.
 *
 *     bench-filter [--json] [--rounds N] [--size BYTES] [--only NAME] */
#include <bpf/bpf.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/filter_shapes.h"
#include "bench/options.h"
#include "bench/report.h"
#include "event.h"
#include "event.skel.h"
#include "expr/expr.h"
#include "ring/ring.h"

enum { ROUNDS_MAX = 99 };
enum { CACHED = 1024, CACHED_TURNS = 200, BATCH = 32 };
enum contestant {
    OURS,
    HAND,
    WALK,
    HAND_BATCH,
    LIBBPF_ALONE,
    READER_ALONE,
    EACH_LINE,
    CONTESTANTS
};

static const char *const names[CONTESTANTS] = {[HAND] = "hand-c",
                                               [WALK] = "tree-walk",
                                               [HAND_BATCH] = "hand-c-batch",
                                               [LIBBPF_ALONE] = "libbpf-alone",
                                               [READER_ALONE] = "reader-alone",
                                               [EACH_LINE] = "each-line"};

struct bench {
    struct event_bpf *program;
    struct ringmill_reader *reader;
    struct ringmill_ring *ring;
    struct ring_buffer *rings[CONTESTANTS]; /* libbpf's */
    const struct filter_shape *shape;
    struct expr *expr;
    struct filter_tally tally;
    double times[CONTESTANTS][ROUNDS_MAX]; /* ns per record */
};

/* Of this thread alone: others want the CPU, too. */
static double cpu_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ---- drains ---------------------------------------------------------------------------------- */

static int on_walk(void *context, void *sample, size_t length)
{
    struct bench *bench = context;
    const struct ringmill_view view = {.data = sample, .length = (uint32_t)length};

    bench->tally.records++;
    if (walker_holds(bench->shape->walker, &view))
        filter_keep(&bench->tally, sample);
    return 0;
}

static int on_nothing(void *context, void *sample, size_t length)
{
    (void)sample;
    (void)length;
    ((struct bench *)context)->tally.records++;
    return 0;
}

/* Each maps the ring anew, and touches its pages for the first time in a round that is thrown away.
 */
static void map_rings(struct bench *bench)
{
    int fd = bpf_map__fd(bench->program->maps.ring);

    bench->rings[HAND] = ring_buffer__new(fd, bench->shape->on_record, &bench->tally, NULL);
    bench->rings[WALK] = ring_buffer__new(fd, on_walk, bench, NULL);
    bench->rings[LIBBPF_ALONE] = ring_buffer__new(fd, on_nothing, bench, NULL);
    if (!bench->rings[HAND] || !bench->rings[WALK] || !bench->rings[LIBBPF_ALONE])
        err(1, "ring_buffer__new");
}

static void unmap_rings(struct bench *bench)
{
    for (int who = 0; who < CONTESTANTS; who++) {
        ring_buffer__free(bench->rings[who]);
        bench->rings[who] = NULL;
    }
}

static void select_ours(struct bench *bench, const struct ringmill_batch *leased)
{
    static struct batch batch = {.schema = &filter_schema};

    batch.views = leased->views;
    batch.count = leased->count;
    batch_select_all(&batch);
    expr_select(bench->expr, &batch);
    bench->tally.records += leased->count;
    for (uint32_t k = 0; k < batch.selected; k++)
        filter_keep(&bench->tally, batch.views[batch.selection[k]].data);
}

static void drain_reader(struct bench *bench, enum contestant who)
{
    struct ringmill_batch leased;

    while (ringmill_reader_next_batch(bench->reader, &leased) > 0) {
        if (who == OURS)
            select_ours(bench, &leased);
        else if (who == HAND_BATCH)
            bench->shape->on_batch(&bench->tally, leased.views, leased.count);
        else
            bench->tally.records += leased.count;
        ringmill_ring_commit(leased.ring, leased.end);
    }
}

static void drain_lines(struct bench *bench, uint64_t records)
{
    const struct map *map = &bench->ring->map;
    uint64_t end = atomic_load(map->producer);

    for (uint64_t at = atomic_load(map->consumer); at < end; at += 64)
        (void)*(const volatile uint64_t *)(map->data + (at & (map->size - 1)));
    atomic_store(map->consumer, end);
    bench->tally.records = records; /* it sees none */
}

/* Other contestants have moved the consumer position: start again from there. */
static void resync(struct ringmill_ring *ring)
{
    uint64_t position = atomic_load(ring->map.consumer);

    ring->committed = ring->given = ring->counted = position;
    ring->walk.position = ring->walk.limit = position;
}

/* Fills the ring and returns how many records are in it. */
static uint64_t fill(struct bench *bench, bool mixed, uint64_t seed)
{
    struct event_request *request = &bench->program->bss->request;
    LIBBPF_OPTS(bpf_test_run_opts, options);

    request->seed = seed;
    request->mixed = mixed;
    request->count = 1 << 23;
    if (bpf_prog_test_run_opts(bpf_program__fd(bench->program->progs.fill), &options) < 0)
        err(1, "BPF_PROG_RUN");
    return request->written;
}

/* ns per record */
static double drain(struct bench *bench, enum contestant who, uint64_t records)
{
    double start;

    bench->tally = (struct filter_tally){0};
    resync(bench->ring);
    start = cpu_now();
    if (bench->rings[who])
        ring_buffer__consume(bench->rings[who]);
    else if (who == EACH_LINE)
        drain_lines(bench, records);
    else
        drain_reader(bench, who);
    start = cpu_now() - start;
    if (bench->tally.records != records)
        errx(1, "contestant %d saw %llu of %llu records", who,
             (unsigned long long)bench->tally.records, (unsigned long long)records);
    return start / (double)records;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void add_row(struct bench *bench, struct report *report, const char *what, int contestants,
                    size_t rounds)
{
    struct report_row *row =
        report_add(report, "records/s", "filter/%s/%s", bench->shape->name, what);
    double ours = report_median(bench->times[OURS], rounds);

    row->value = 1e9 / ours;
    row->spread = row->value * report_spread(bench->times[OURS], rounds) / ours;
    for (int who = HAND; who < contestants; who++)
        report_peer(row, names[who], report_median(bench->times[who], rounds) / ours);
}

static void run_drains(struct bench *bench, struct report *report, bool mixed, size_t rounds)
{
    for (size_t round = 0; round <= rounds; round++) {
        struct filter_tally first = {0};

        for (int i = 0; i < CONTESTANTS; i++) {
            enum contestant who = (enum contestant)((i + round) % CONTESTANTS);
            uint64_t records = fill(bench, mixed, 88172645463325252 + round);

            bench->times[who][round ? round - 1 : 0] = drain(bench, who, records);
            if (who >= LIBBPF_ALONE)
                continue; /* it keeps none */
            if (first.records == 0)
                first = bench->tally;
            if (first.checksum != bench->tally.checksum || first.kept != bench->tally.kept)
                errx(1, "%s: contestant %d keeps other records", bench->shape->name, who);
        }
    }
    add_row(bench, report, mixed ? "mixed" : "128", CONTESTANTS, rounds);
}

/* ---- evaluation alone ------------------------------------------------------------------------ */

static struct event cached[CACHED];
static struct ringmill_view cached_views[CACHED];

/* Out of the ring, which is left empty. */
static void cache_records(struct bench *bench)
{
    struct ringmill_batch leased;
    uint32_t used = 0;

    fill(bench, false, 88172645463325252);
    resync(bench->ring);
    while (ringmill_reader_next_batch(bench->reader, &leased) > 0) {
        for (uint32_t i = 0; i < leased.count && used < CACHED; i++)
            memcpy(&cached[used++], leased.views[i].data, sizeof(*cached));
        ringmill_ring_commit(leased.ring, leased.end);
    }
    for (uint32_t i = 0; i < CACHED; i++)
        cached_views[i] = (struct ringmill_view){.data = &cached[i], .length = sizeof(*cached)};
}

static void evaluate(struct bench *bench, enum contestant who)
{
    for (uint32_t i = 0; i < CACHED; i += BATCH) {
        const struct ringmill_batch batch = {.views = cached_views + i, .count = BATCH};

        if (who == OURS)
            select_ours(bench, &batch);
        else if (who == HAND)
            bench->shape->on_batch(&bench->tally, batch.views, BATCH);
        for (uint32_t k = 0; who == WALK && k < BATCH; k++)
            on_walk(bench, &cached[i + k], sizeof(*cached));
    }
}

static void run_evaluation(struct bench *bench, struct report *report, size_t rounds)
{
    for (size_t round = 0; round < rounds; round++) {
        uint64_t checksums[CONTESTANTS];

        for (enum contestant who = OURS; who <= WALK; who++) {
            double start = cpu_now();

            bench->tally = (struct filter_tally){0};
            for (int turn = 0; turn < CACHED_TURNS; turn++)
                evaluate(bench, who);
            bench->times[who][round] = (cpu_now() - start) / CACHED / CACHED_TURNS;
            checksums[who] = bench->tally.checksum;
        }
        if (checksums[HAND] != checksums[OURS] || checksums[WALK] != checksums[OURS])
            errx(1, "%s: the contestants keep different records", bench->shape->name);
    }
    add_row(bench, report, "evaluation", WALK + 1, rounds);
}

static void run_shape(struct bench *bench, struct report *report, const struct filter_shape *shape,
                      size_t rounds)
{
    const struct expr_scope scope = {.schema = &filter_schema};
    struct expr_error error;

    bench->shape = shape;
    if (expr_compile(shape->text, &scope, &error, &bench->expr) < 0)
        errx(1, "%s: column %u: %s", shape->name, error.column, error.text);
    map_rings(bench);
    run_drains(bench, report, false, rounds);
    run_drains(bench, report, true, rounds);
    unmap_rings(bench);
    run_evaluation(bench, report, rounds);
    expr_free(bench->expr);
}

static void name_things(struct event_request *request)
{
    static const char *const comms[EVENT_COMMS] = {"nginx", "postgres", "sshd",         "cron",
                                                   "bash",  "python3",  "redis-server", "systemd"};
    static const char *const paths[EVENT_PATHS] = {"/var/www/html/index.html",
                                                   "/var/log/nginx/access.log",
                                                   "/etc/passwd",
                                                   "/etc/ld.so.cache",
                                                   "/usr/lib/libc.so.6",
                                                   "/proc/self/status",
                                                   "/tmp/x",
                                                   "/var/www/app.py",
                                                   "/var/lib/pg/base/1/2663",
                                                   "/dev/null",
                                                   "/home/u/.bashrc",
                                                   "/usr/bin/python3",
                                                   "/run/systemd/notify",
                                                   "/sys/fs/cgroup/cpu.stat",
                                                   "/var/log/syslog",
                                                   "/usr/share/zoneinfo/UTC"};

    for (int i = 0; i < EVENT_COMMS; i++)
        strncpy(request->comms[i], comms[i], EVENT_COMM - 1);
    for (int i = 0; i < EVENT_PATHS; i++)
        strncpy(request->paths[i], paths[i], EVENT_PATH - 1);
}

static void open_all(struct bench *bench, uint32_t size)
{
    struct ringmill_ring_options ring_options = {
        .size = sizeof(ring_options), .flags = RINGMILL_RING_NO_LOCK, .recheck = RINGMILL_OFF};
    struct ringmill_error reason;

    bench->program = event_bpf__open();
    if (!bench->program)
        err(1, "open the BPF object");
    bpf_map__set_max_entries(bench->program->maps.ring, size);
    name_things(&bench->program->bss->request);
    if (event_bpf__load(bench->program))
        err(1, "load the BPF program");
    if (ringmill_ring_open(bpf_map__fd(bench->program->maps.ring), &ring_options, &reason,
                           &bench->ring) < 0 ||
        ringmill_reader_new(NULL, &reason, &bench->reader) < 0)
        errx(1, "%s", reason.text);
    if (ringmill_reader_add(bench->reader, bench->ring, NULL) < 0)
        errx(1, "cannot add the ring");
    ringmill_reader_set_deadline(bench->reader, RINGMILL_NOW);
}

int main(int argc, char **argv)
{
    static struct report report = {.bench = "filter"};
    static struct bench bench;
    uint64_t rounds = 9, size = 1 << 28;
    const char *only = NULL;
    bool json = false;
    const struct bench_option options[] = {
        {"json", .flag = &json},
        {"rounds", "N", .number = &rounds, .most = ROUNDS_MAX},
        {"size", "BYTES", .number = &size, .most = UINT32_MAX},
        {"only", "NAME", .text = &only},
        {0},
    };

    bench_options_read(argc, argv, options);
    filter_make_shapes();
    open_all(&bench, (uint32_t)size);
    cache_records(&bench);
    for (int i = 0; i < FILTER_SHAPES; i++)
        if (!only || strcmp(only, filter_shapes[i].name) == 0)
            run_shape(&bench, &report, &filter_shapes[i], rounds);
    report_print(&report, json);
    return 0;
}
