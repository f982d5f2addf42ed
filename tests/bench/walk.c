// SPDX-License-Identifier: Apache-2.0
/* What it costs to walk a full ring: libbpf with a copying callback, libbpf in place, this reader
 * by iterator and by batch, and a loop that knows every address beforehand (the machine's limit).
 *
 * Each drain is of records that a BPF program has just written, so that all start from the same
 * caches. The contestants take turns within each round; a row is a median over rounds. All must
 * come to the same checksum over record numbers.
 *
 *     bench-walk [--json] [--rounds N] [--size BYTES] [--only NAME] */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/options.h"
#include "bench/report.h"
#include "fill.h"
#include "fill.skel.h"
#include "ring/ring.h"

enum { ROUNDS_MAX = 99, COPY_MAX = 4096 };

enum contestant { COPY, INPLACE, ITERATE, BATCH, LIMIT, CONTESTANTS };

struct shape {
    const char *name;
    enum fill_kind kind;
    uint32_t lengths[4]; /* a mix, or four times the same */
};

static const struct shape shapes[] = {
    {"128", FILL_128, {128, 128, 128, 128}},
    {"512", FILL_512, {512, 512, 512, 512}},
    {"1024", FILL_1024, {1024, 1024, 1024, 1024}},
    {"2048", FILL_2048, {2048, 2048, 2048, 2048}},
    {"mix-small", FILL_MIX_SMALL, {56, 120, 248, 504}},
    {"mix-large", FILL_MIX_LARGE, {248, 760, 1272, 2040}},
};

struct tally {
    uint64_t records;
    uint64_t checksum; /* over record numbers, in order */
    uint64_t sum;      /* of payloads; keeps the compiler honest */
};

struct bench {
    struct fill_bpf *program;
    struct ring_buffer *libbpf_copy;
    struct ring_buffer *libbpf_inplace;
    struct ringmill_reader *reader;
    struct ringmill_ring *ring;
    uint8_t *draws; /* the limit's foreknowledge: which length each record has */
    bool whole;     /* sum the payload, or touch 8 bytes */
    struct tally tally;
    uint8_t copy[COPY_MAX];
};

static inline __attribute__((always_inline)) void consume(struct tally *tally, const void *sample,
                                                          uint32_t length, bool whole)
{
    const uint64_t *words = sample;

    tally->records++;
    tally->checksum = tally->checksum * 5 + words[0];
    if (!whole)
        return;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < length / 8; i++)
        sum += words[i];
    tally->sum += sum;
}

static int on_copy(void *context, void *sample, size_t length)
{
    struct bench *bench = context;

    memcpy(bench->copy, sample, length);
    consume(&bench->tally, bench->copy, (uint32_t)length, bench->whole);
    return 0;
}

static int on_inplace(void *context, void *sample, size_t length)
{
    struct bench *bench = context;

    consume(&bench->tally, sample, (uint32_t)length, bench->whole);
    return 0;
}

static inline __attribute__((always_inline)) void iterate_as(struct bench *bench, bool whole)
{
    struct tally tally = {0};
    struct ringmill_view view;

    while (ringmill_reader_next(bench->reader, &view) == RINGMILL_READY)
        consume(&tally, view.data, view.length, whole);
    bench->tally = tally;
}

static inline __attribute__((always_inline)) void batch_as(struct bench *bench, bool whole)
{
    struct tally tally = {0};
    struct ringmill_batch batch;

    while (ringmill_reader_next_batch(bench->reader, &batch) > 0) {
        for (uint32_t i = 0; i < batch.count; i++)
            consume(&tally, batch.views[i].data, batch.views[i].length, whole);
        ringmill_ring_commit(batch.ring, batch.end);
    }
    bench->tally = tally;
}

static inline __attribute__((always_inline)) void
limit_as(struct bench *bench, const uint32_t *lengths, uint64_t records, bool whole)
{
    const uint8_t *data = bench->ring->map.data;
    uint64_t mask = bench->ring->map.size - 1;
    uint64_t position = atomic_load(bench->ring->map.consumer);
    const uint8_t *draws = bench->draws;
    struct tally tally = {0};
    uint64_t headers = 0;

    for (uint64_t i = 0; i < records; i++) {
        uint32_t length = lengths[draws[i]];
        const uint8_t *at = data + (position & mask);

        headers += *(const volatile uint32_t *)at;
        consume(&tally, at + LAYOUT_HEADER, length, whole);
        position += layout_span(length);
    }
    tally.sum += headers;
    atomic_store(bench->ring->map.consumer, position);
    bench->tally = tally;
}

static uint64_t draw(uint64_t *seed)
{
    uint64_t x = *seed;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *seed = x;
    return x >> 33;
}

/* Fills the ring and returns how many records are in it. */
static uint64_t fill(struct bench *bench, const struct shape *shape, uint64_t seed)
{
    struct fill_request *request = &bench->program->bss->request;
    struct fill_result *result = &bench->program->bss->result;
    LIBBPF_OPTS(bpf_test_run_opts, options);
    uint64_t written;

    *request =
        (struct fill_request){.seed = seed, .kind = shape->kind, .count = 1 << 23, .until_full = 1};
    memset(result, 0, sizeof(*result));
    if (bpf_prog_test_run_opts(bpf_program__fd(bench->program->progs.fill), &options) < 0)
        err(1, "BPF_PROG_RUN");
    written = result->written;
    for (uint64_t i = 0; i < written; i++)
        bench->draws[i] = (uint8_t)(draw(&seed) & 3);
    return written;
}

/* Other contestants have moved the consumer position: start again from there. */
static void resync(struct ringmill_ring *ring)
{
    uint64_t position = atomic_load(ring->map.consumer);

    ring->committed = ring->given = ring->counted = position;
    ring->walk.position = ring->walk.limit = position;
}

static double drain(struct bench *bench, enum contestant who, const struct shape *shape,
                    uint64_t records)
{
    uint64_t start;

    bench->tally = (struct tally){0};
    resync(bench->ring);
    start = ring_now();
    switch (who) {
    case COPY:
        ring_buffer__consume(bench->libbpf_copy);
        break;
    case INPLACE:
        ring_buffer__consume(bench->libbpf_inplace);
        break;
    case ITERATE:
        bench->whole ? iterate_as(bench, true) : iterate_as(bench, false);
        break;
    case BATCH:
        bench->whole ? batch_as(bench, true) : batch_as(bench, false);
        break;
    default:
        bench->whole ? limit_as(bench, shape->lengths, records, true)
                     : limit_as(bench, shape->lengths, records, false);
    }
    double ns = (double)(ring_now() - start);
    if (bench->tally.records != records)
        errx(1, "contestant %d saw %llu of %llu records", who,
             (unsigned long long)bench->tally.records, (unsigned long long)records);
    return ns / (double)records;
}

static void add_row(struct report *report, const struct shape *shape, const char *how, bool whole,
                    enum contestant who, double times[][ROUNDS_MAX], size_t rounds)
{
    struct report_row *row =
        report_add(report, "ns/record", "walk/%s/%s/%s", shape->name, how, whole ? "sum" : "touch");

    row->value = report_median(times[who], rounds);
    row->spread = report_spread(times[who], rounds);
    report_peer(row, "libbpf-copy", report_median(times[COPY], rounds) / row->value);
    report_peer(row, "libbpf-inplace", report_median(times[INPLACE], rounds) / row->value);
    report_peer(row, "limit", report_median(times[LIMIT], rounds) / row->value);
}

static void run_shape(struct bench *bench, struct report *report, const struct shape *shape,
                      bool whole, size_t rounds)
{
    static double times[CONTESTANTS][ROUNDS_MAX];

    bench->whole = whole;
    for (size_t round = 0; round < rounds; round++) {
        uint64_t checksum = 0;

        for (int i = 0; i < CONTESTANTS; i++) {
            enum contestant who = (enum contestant)((i + round) % CONTESTANTS);
            uint64_t records = fill(bench, shape, 88172645463325252 + round);

            times[who][round] = drain(bench, who, shape, records);
            if (i == 0)
                checksum = bench->tally.checksum;
            if (checksum != bench->tally.checksum)
                errx(1, "%s: the checksum of contestant %d differs", shape->name, who);
        }
    }
    add_row(report, shape, "iterate", whole, ITERATE, times, rounds);
    add_row(report, shape, "batch", whole, BATCH, times, rounds);
}

static void open_all(struct bench *bench, uint32_t size)
{
    struct ringmill_ring_options ring_options = {
        .size = sizeof(ring_options), .flags = RINGMILL_RING_NO_LOCK, .recheck = RINGMILL_OFF};
    struct ringmill_error reason;
    int fd;

    bench->program = fill_bpf__open();
    if (!bench->program)
        err(1, "open the BPF object");
    bpf_map__set_max_entries(bench->program->maps.ring, size);
    if (fill_bpf__load(bench->program))
        err(1, "load the BPF program");
    fd = bpf_map__fd(bench->program->maps.ring);
    bench->libbpf_copy = ring_buffer__new(fd, on_copy, bench, NULL);
    bench->libbpf_inplace = ring_buffer__new(fd, on_inplace, bench, NULL);
    if (!bench->libbpf_copy || !bench->libbpf_inplace)
        err(1, "ring_buffer__new");
    if (ringmill_ring_open(fd, &ring_options, &reason, &bench->ring) < 0 ||
        ringmill_reader_new(NULL, &reason, &bench->reader) < 0)
        errx(1, "%s", reason.text);
    if (ringmill_reader_add(bench->reader, bench->ring, NULL) < 0)
        errx(1, "cannot add the ring");
    ringmill_reader_set_deadline(bench->reader, RINGMILL_NOW);
    bench->draws = malloc(1 << 23);
    if (!bench->draws)
        err(1, "malloc");
}

int main(int argc, char **argv)
{
    static struct report report = {.bench = "walk"};
    static struct bench bench;
    uint64_t rounds = 9, size = 1 << 30;
    const char *only = NULL;
    bool json = false, touch = false;
    const struct bench_option options[] = {
        {"json", .flag = &json},
        {"rounds", "N", .number = &rounds, .most = ROUNDS_MAX},
        {"size", "BYTES", .number = &size, .most = UINT32_MAX},
        {"only", "SHAPE", .text = &only},
        {"touch", .flag = &touch},
        {0},
    };

    bench_options_read(argc, argv, options);
    open_all(&bench, (uint32_t)size);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (only && strcmp(only, shapes[i].name) != 0)
            continue;
        run_shape(&bench, &report, &shapes[i], false, rounds);
        if (!touch)
            run_shape(&bench, &report, &shapes[i], true, rounds);
    }
    report_print(&report, json);
    return 0;
}
