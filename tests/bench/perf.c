// SPDX-License-Identifier: Apache-2.0
/* What it costs to read a perf event array, touching 8 bytes of each record: libbpf's perf_buffer,
 * this reader by batch, as the daemon reads, and, for records of one length, a loop that knows
 * every address beforehand (the machine's limit).
 *
 * A BPF program fills the rings of all CPUs anew before each drain, and beyond, so that some
 * records are lost each time. The contestants take turns within each round, libbpf with one array
 * and this reader with another of the same size; a row is a median over rounds. Both must come to
 * the same checksum over record numbers, and to the program's own counts of what was written and
 * what was lost.
 *
 *     bench-perf [--json] [--rounds N] [--size BYTES] */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "bench/options.h"
#include "bench/report.h"
#include "perf_fill.h"
#include "perf_fill.skel.h"
#include "ring/perf_walk.h"
#include "ring/ring.h"
#include "source/perf_events.h"
#include "source/shards.h"

enum { ROUNDS_MAX = 999, CPUS_MAX = 64 };

enum contestant { LIBBPF, BATCH, LIMIT, CONTESTANTS };

struct shape {
    const char *name;
    enum perf_fill_kind kind;
    uint32_t span; /* bytes of a record in the ring, on average */
};

static const struct shape shapes[] = {
    {"64", PERF_FILL_64, 72},
    {"128", PERF_FILL_128, 136},
    {"512", PERF_FILL_512, 520},
    {"mix", PERF_FILL_MIX, 240},
};

struct tally {
    uint64_t records;
    uint64_t checksum; /* over record numbers, whatever the order of the CPUs */
};

struct bench {
    struct perf_fill_bpf *program;
    struct perf_buffer *libbpf;
    struct perf_events *events;
    struct ringmill_reader *reader;
    struct ringmill_ring *rings[CPUS_MAX];
    uint32_t cpus;
    uint64_t size;
    struct tally tally;
    uint64_t libbpf_lost;
    uint64_t lost[2]; /* of each array, by the program */
};

static inline __attribute__((always_inline)) void consume(struct tally *tally, const void *sample)
{
    uint64_t number;

    memcpy(&number, sample, sizeof(number));
    tally->records++;
    tally->checksum += (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void on_sample(void *context, int cpu, void *data, __u32 size)
{
    struct bench *bench = context;

    (void)cpu;
    (void)size;
    consume(&bench->tally, data);
}

static void on_lost(void *context, int cpu, __u64 count)
{
    struct bench *bench = context;

    (void)cpu;
    bench->libbpf_lost += count;
}

static void take_batches(struct bench *bench)
{
    struct tally tally = {0};
    struct ringmill_batch batch;

    while (ringmill_reader_next_batch(bench->reader, &batch) > 0) {
        for (uint32_t i = 0; i < batch.count; i++)
            consume(&tally, batch.views[i].data);
        ringmill_ring_commit(batch.ring, batch.end);
    }
    bench->tally = tally;
}

/* One ring; a record about losses may come first. Gives the position behind the last record. */
static uint64_t limit_of(const struct ringmill_ring *ring, uint64_t step, struct tally *tally)
{
    const uint8_t *data = ring->map.data;
    uint64_t mask = ring->map.size - 1, position = atomic_load(ring->map.consumer);
    uint64_t end = atomic_load(ring->map.producer), headers = 0;

    while (position < end && (uint32_t)perf_load(&ring->walk, position) != PERF_RECORD_SAMPLE)
        position = perf_end(&ring->walk, position);
    for (; position < end; position += step) {
        uint32_t number[2]; /* its halves: one may be at the ring's other end */

        headers += *(const volatile uint32_t *)(data + (position & mask));
        memcpy(&number[0], data + ((position + PERF_SAMPLE_AT) & mask), sizeof(number[0]));
        memcpy(&number[1], data + ((position + PERF_SAMPLE_AT + 4) & mask), sizeof(number[1]));
        consume(tally, number);
    }
    if (headers == 0)
        errx(1, "a ring has no records");
    return end;
}

static void take_limit(struct bench *bench, uint64_t step)
{
    struct tally tally = {0};

    for (uint32_t i = 0; i < bench->cpus; i++) {
        struct ringmill_ring *ring = bench->rings[i];
        uint64_t end = limit_of(ring, step, &tally);

        atomic_store(ring->map.consumer, end);
        ring->committed = ring->given = ring->counted = end;
        ring->walk.position = ring->walk.limit = end;
    }
    bench->tally = tally;
}

/* Fills the rings of all CPUs of an array and returns the sums that a reader must come to. */
static struct tally fill(struct bench *bench, const struct shape *shape, uint32_t array,
                         uint64_t seed)
{
    struct perf_fill_request *request = &bench->program->bss->request;
    struct perf_fill_result *result = &bench->program->bss->result;
    LIBBPF_OPTS(bpf_test_run_opts, options);
    struct tally expected = {0};

    *request = (struct perf_fill_request){.seed = seed,
                                          .kind = shape->kind,
                                          .count = (uint32_t)(bench->size / shape->span * 9 / 8),
                                          .array = array};
    memset(result, 0, sizeof(*result));
    for (uint32_t cpu = 0; cpu < bench->cpus; cpu++) {
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        if (sched_setaffinity(0, sizeof(set), &set) < 0)
            err(1, "run on CPU %u", cpu);
        if (bpf_prog_test_run_opts(bpf_program__fd(bench->program->progs.fill), &options) < 0)
            err(1, "BPF_PROG_RUN");
    }
    for (uint64_t i = 0; i < result->written; i++)
        expected.checksum += (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    expected.records = result->written;
    bench->lost[array] += result->refused;
    return expected;
}

static double drain(struct bench *bench, enum contestant who, const struct shape *shape)
{
    uint64_t start;

    bench->tally = (struct tally){0};
    start = ring_now();
    if (who == LIBBPF)
        perf_buffer__consume(bench->libbpf);
    else if (who == BATCH)
        take_batches(bench);
    else
        take_limit(bench, shape->span);
    return (double)(ring_now() - start) / (double)bench->tally.records;
}

static void run_shape(struct bench *bench, struct report *report, const struct shape *shape,
                      size_t rounds)
{
    static double times[CONTESTANTS][ROUNDS_MAX];
    struct report_row *row = report_add(report, "ns/record", "perf/%s/batch/touch", shape->name);

    const size_t contestants = shape->kind == PERF_FILL_MIX ? LIMIT : CONTESTANTS;

    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < contestants; i++) {
            enum contestant who = (enum contestant)((i + round) % contestants);
            struct tally expected = fill(bench, shape, who != LIBBPF, 88172645463325252 + round);

            times[who][round] = drain(bench, who, shape);
            if (expected.records != bench->tally.records ||
                expected.checksum != bench->tally.checksum)
                errx(1, "%s: contestant %d saw %llu of %llu records, or others", shape->name, who,
                     (unsigned long long)bench->tally.records,
                     (unsigned long long)expected.records);
            if (perf_events_lost(bench->events, "bench") != bench->lost[1])
                errx(1, "%s: the program lost %llu records, and the reader counts %llu",
                     shape->name, (unsigned long long)bench->lost[1],
                     (unsigned long long)perf_events_lost(bench->events, "bench"));
        }
    row->value = report_median(times[BATCH], rounds);
    row->spread = report_spread(times[BATCH], rounds);
    report_peer(row, "perf_buffer", report_median(times[LIBBPF], rounds) / row->value);
    if (contestants == CONTESTANTS)
        report_peer(row, "limit", report_median(times[LIMIT], rounds) / row->value);
}

static void open_reader(struct bench *bench, int map_fd)
{
    struct ringmill_ring_options options = {.size = sizeof(options), .recheck = RINGMILL_OFF};
    struct shards shards = {0};
    struct ringmill_error reason;
    struct error error;

    bench->events = perf_events_new();
    if (!bench->events || perf_events_open(bench->events, map_fd, &shards, &error) < 0)
        errx(1, "%s", error_join(&error));
    if (ringmill_reader_new(NULL, &reason, &bench->reader) < 0)
        errx(1, "%s", reason.text);
    if (bench->events->n > CPUS_MAX)
        errx(1, "more than %d CPUs", CPUS_MAX);
    for (uint32_t i = 0; i < bench->events->n; i++) {
        if (perf_events_open_ring(bench->events, i, "second", bench->size, &options, &reason,
                                  &bench->rings[i]) < 0)
            errx(1, "%s", reason.text);
        if (ringmill_reader_add(bench->reader, bench->rings[i], NULL) < 0)
            errx(1, "cannot add the ring");
    }
    shards_close(&shards);
    ringmill_reader_set_deadline(bench->reader, RINGMILL_NOW);
    bench->cpus = bench->events->n;
}

static void open_all(struct bench *bench)
{
    bench->program = perf_fill_bpf__open_and_load();
    if (!bench->program)
        err(1, "open and load the BPF object");
    bench->libbpf = perf_buffer__new(bpf_map__fd(bench->program->maps.first),
                                     bench->size / (size_t)sysconf(_SC_PAGESIZE), on_sample,
                                     on_lost, bench, NULL);
    if (!bench->libbpf)
        err(1, "perf_buffer__new");
    open_reader(bench, bpf_map__fd(bench->program->maps.second));
}

int main(int argc, char **argv)
{
    static struct report report = {.bench = "perf"};
    static struct bench bench;
    uint64_t rounds = 31, size = PERF_RING_DEFAULT_SIZE;
    bool json = false;
    const struct bench_option options[] = {
        {"json", .flag = &json},
        {"rounds", "N", .number = &rounds, .most = ROUNDS_MAX},
        {"size", "BYTES", .number = &size, .most = UINT32_MAX},
        {0},
    };

    bench_options_read(argc, argv, options);
    bench.size = size;
    open_all(&bench);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        run_shape(&bench, &report, &shapes[i], rounds);
    report_print(&report, json);
    ringmill_reader_free(bench.reader);
    perf_events_free(bench.events);
    perf_buffer__free(bench.libbpf);
    perf_fill_bpf__destroy(bench.program);
    return 0;
}
