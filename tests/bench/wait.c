// SPDX-License-Identifier: Apache-2.0
/* What a reader costs the program it traces: a BPF program writes 120-byte records on one CPU, a
 * reader on the other waits for them; libbpf's poll loop and this reader take turns.
 *
 *     full-speed  the producer's time per record, what it lost, the consumer's CPU and sleeps
 *     1k          1,000 records/s: the time from just before submit to the view, median
 *     idle        voluntary context switches in 10 s without records
 *
 *     bench-wait [--json] [--rounds N] [--records N] [--idle SECONDS] */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/options.h"
#include "bench/report.h"
#include "fill.h"
#include "fill.skel.h"
#include "ring/ring.h"

enum {
    ROUNDS_MAX = 99,
    RING_SIZE = 4 << 20,
    CHUNK = 1 << 16, /* records per BPF_PROG_RUN */
    LATENCIES_MAX = 1 << 16,
};

enum peer { LIBBPF, RINGMILL, PEERS };

/* One reader at work in a thread of its own. */
struct consumer {
    enum peer peer;
    int fd;
    bool timed; /* records carry their time */
    atomic_bool ready;
    atomic_bool stop;
    struct ringmill_reader *reader;
    uint64_t records;
    uint64_t sum;
    uint64_t switches; /* voluntary */
    double cpu;        /* seconds */
    size_t n_latencies;
    double latencies[LATENCIES_MAX];
};

struct outcome {
    double producer; /* ns per record */
    double lost;     /* records per million */
    double cpu;      /* percent */
    double switches; /* per million records */
};

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static inline void consume(struct consumer *consumer, const struct fill_record *record)
{
    consumer->records++;
    consumer->sum += record->number;
    if (consumer->timed && consumer->n_latencies < LATENCIES_MAX)
        consumer->latencies[consumer->n_latencies++] = (double)(ring_now() - record->time);
}

static int on_record(void *context, void *sample, size_t length __attribute__((unused)))
{
    consume(context, sample);
    return 0;
}

static void consume_with_libbpf(struct consumer *consumer)
{
    struct ring_buffer *buffer = ring_buffer__new(consumer->fd, on_record, consumer, NULL);

    if (!buffer)
        err(1, "ring_buffer__new");
    atomic_store(&consumer->ready, true);
    while (!atomic_load(&consumer->stop))
        ring_buffer__poll(buffer, -1);
    ring_buffer__consume(buffer);
    ring_buffer__free(buffer);
}

static void consume_with_ringmill(struct consumer *consumer)
{
    struct ringmill_batch batch;

    atomic_store(&consumer->ready, true);
    do {
        while (ringmill_reader_next_batch(consumer->reader, &batch) > 0) {
            for (uint32_t i = 0; i < batch.count; i++)
                consume(consumer, batch.views[i].data);
            ringmill_ring_commit(batch.ring, batch.end);
        }
    } while (ringmill_reader_wait(consumer->reader, RINGMILL_FOREVER) == RINGMILL_READY);
}

static void *run_consumer(void *argument)
{
    struct consumer *consumer = argument;
    struct rusage before, after;

    pin(1);
    getrusage(RUSAGE_THREAD, &before);
    if (consumer->peer == LIBBPF)
        consume_with_libbpf(consumer);
    else
        consume_with_ringmill(consumer);
    getrusage(RUSAGE_THREAD, &after);
    consumer->switches = (uint64_t)(after.ru_nvcsw - before.ru_nvcsw);
    consumer->cpu = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
                    (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                    (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6 +
                    (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
    return NULL;
}

static void open_reader(struct consumer *consumer)
{
    struct ringmill_ring_options options = {
        .size = sizeof(options), .flags = RINGMILL_RING_NO_LOCK, .recheck = RINGMILL_OFF};
    struct ringmill_error reason;
    struct ringmill_ring *ring;

    if (ringmill_ring_open(consumer->fd, &options, &reason, &ring) < 0 ||
        ringmill_reader_new(NULL, &reason, &consumer->reader) < 0)
        errx(1, "%s", reason.text);
    if (ringmill_reader_add(consumer->reader, ring, NULL) < 0)
        errx(1, "cannot add the ring");
    ringmill_reader_release(consumer->reader);
}

static void start(struct consumer *consumer, pthread_t *thread)
{
    if (consumer->peer == RINGMILL)
        open_reader(consumer);
    if (pthread_create(thread, NULL, run_consumer, consumer) != 0)
        errx(1, "pthread_create");
    while (!atomic_load(&consumer->ready))
        sched_yield();
}

static void produce(struct fill_bpf *program, uint32_t records)
{
    LIBBPF_OPTS(bpf_test_run_opts, options);

    program->bss->request.count = records;
    if (bpf_prog_test_run_opts(bpf_program__fd(program->progs.fill), &options) < 0)
        err(1, "BPF_PROG_RUN");
}

static void prepare(struct fill_bpf *program, bool stamp)
{
    program->bss->request = (struct fill_request){.seed = 1, .kind = FILL_120, .stamp = stamp};
    program->bss->result = (struct fill_result){0};
}

static void stop(struct fill_bpf *program, struct consumer *consumer, pthread_t thread)
{
    uint64_t expected = program->bss->result.written;

    atomic_store(&consumer->stop, true);
    if (consumer->peer == LIBBPF) {
        produce(program, 1); /* libbpf has no other way to be woken */
    } else {
        struct timespec pause = {.tv_nsec = 20000000};

        nanosleep(&pause, NULL);
        ringmill_reader_close(consumer->reader);
    }
    pthread_join(thread, NULL);
    ringmill_reader_free(consumer->reader);
    if (consumer->records < expected)
        errx(1, "a consumer saw %llu of %llu records", (unsigned long long)consumer->records,
             (unsigned long long)expected);
}

static struct outcome run_full_speed(struct fill_bpf *program, enum peer peer, uint32_t records)
{
    static struct consumer consumer;
    struct outcome outcome;
    uint64_t begin, ns = 0;
    pthread_t thread;

    consumer = (struct consumer){.peer = peer, .fd = bpf_map__fd(program->maps.ring)};
    prepare(program, false);
    start(&consumer, &thread);
    begin = ring_now();
    for (uint32_t done = 0; done < records; done += CHUNK)
        produce(program, CHUNK);
    ns = ring_now() - begin;
    double attempts = (double)(program->bss->result.written + program->bss->result.lost);
    outcome.lost = (double)program->bss->result.lost / attempts * 1e6;
    outcome.producer = (double)ns / attempts;
    stop(program, &consumer, thread);
    outcome.cpu = consumer.cpu / ((double)ns / 1e9) * 100;
    outcome.switches = (double)consumer.switches / attempts * 1e6;
    return outcome;
}

static double run_slow(struct fill_bpf *program, enum peer peer, uint32_t records)
{
    static struct consumer consumer;
    struct timespec next;
    pthread_t thread;

    consumer =
        (struct consumer){.peer = peer, .fd = bpf_map__fd(program->maps.ring), .timed = true};
    prepare(program, true);
    start(&consumer, &thread);
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (uint32_t i = 0; i < records; i++) {
        next.tv_nsec += 1000000;
        if (next.tv_nsec >= 1000000000) {
            next.tv_nsec -= 1000000000;
            next.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        produce(program, 1);
    }
    stop(program, &consumer, thread);
    return report_median(consumer.latencies, consumer.n_latencies) / 1000;
}

static double run_idle(struct fill_bpf *program, enum peer peer, unsigned seconds)
{
    static struct consumer consumer;
    struct timespec nap = {.tv_sec = seconds};
    pthread_t thread;

    consumer = (struct consumer){.peer = peer, .fd = bpf_map__fd(program->maps.ring)};
    prepare(program, false);
    start(&consumer, &thread);
    nanosleep(&nap, NULL);
    stop(program, &consumer, thread);
    /* falling asleep once, to be stopped, is no wake-up without a reason */
    return consumer.switches ? (double)consumer.switches - 1 : 0;
}

static void add_row(struct report *report, const char *name, const char *unit, double values[PEERS],
                    double spread, double floor)
{
    struct report_row *row = report_add(report, unit, "wait/%s", name);

    row->value = values[RINGMILL];
    row->spread = spread;
    report_peer(row, "libbpf", (values[LIBBPF] + floor) / (values[RINGMILL] + floor));
}

static void add_full_speed(struct report *report, struct outcome outcomes[PEERS][ROUNDS_MAX],
                           size_t rounds)
{
    static const struct {
        const char *name, *unit;
        size_t offset;
        double floor; /* added to both sides, so that nothing against nothing is 1 */
    } columns[] = {
        {"full-speed/producer", "ns/record", offsetof(struct outcome, producer), 0},
        {"full-speed/lost", "per million", offsetof(struct outcome, lost), 1},
        {"full-speed/consumer-cpu", "percent", offsetof(struct outcome, cpu), 0},
        {"full-speed/sleeps", "per million records", offsetof(struct outcome, switches), 1},
    };

    for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++) {
        double medians[PEERS], values[ROUNDS_MAX];
        double spread = 0;

        for (int peer = 0; peer < PEERS; peer++) {
            for (size_t i = 0; i < rounds; i++)
                memcpy(&values[i], (char *)&outcomes[peer][i] + columns[c].offset, sizeof(double));
            medians[peer] = report_median(values, rounds);
            spread = report_spread(values, rounds);
        }
        add_row(report, columns[c].name, columns[c].unit, medians, spread, columns[c].floor);
    }
}

static void run_all(struct fill_bpf *program, struct report *report, size_t rounds,
                    uint32_t records, unsigned idle)
{
    static struct outcome outcomes[PEERS][ROUNDS_MAX];
    double latencies[PEERS][ROUNDS_MAX], medians[PEERS], spread = 0;

    for (size_t i = 0; i < rounds; i++)
        for (int peer = 0; peer < PEERS; peer++)
            outcomes[peer][i] = run_full_speed(program, (enum peer)peer, records);
    add_full_speed(report, outcomes, rounds);
    for (size_t i = 0; i < rounds; i++)
        for (int peer = 0; peer < PEERS; peer++)
            latencies[peer][i] = run_slow(program, (enum peer)peer, 500);
    for (int peer = 0; peer < PEERS; peer++) {
        medians[peer] = report_median(latencies[peer], rounds);
        spread = report_spread(latencies[peer], rounds);
    }
    add_row(report, "1k/latency-p50", "us", medians, spread, 0);
    for (int peer = 0; peer < PEERS; peer++)
        medians[peer] = run_idle(program, (enum peer)peer, idle);
    add_row(report, "idle/wakeups", "per run", medians, 0, 1);
}

static struct fill_bpf *load(void)
{
    struct fill_bpf *program = fill_bpf__open();

    if (!program)
        err(1, "open the BPF object");
    bpf_map__set_max_entries(program->maps.ring, RING_SIZE);
    if (fill_bpf__load(program))
        err(1, "load the BPF program");
    return program;
}

int main(int argc, char **argv)
{
    static struct report report = {.bench = "wait"};
    struct fill_bpf *program;
    uint64_t rounds = 9, records = 4 << 20, idle = 10;
    bool json = false;
    const struct bench_option options[] = {
        {"json", .flag = &json},
        {"rounds", "N", .number = &rounds, .most = ROUNDS_MAX},
        {"records", "N", .number = &records, .most = UINT32_MAX},
        {"idle", "SECONDS", .number = &idle, .most = UINT32_MAX},
        {0},
    };

    bench_options_read(argc, argv, options);
    program = load();
    pin(0);
    run_all(program, &report, rounds, (uint32_t)records, (unsigned)idle);
    report_print(&report, json);
    fill_bpf__destroy(program);
    return 0;
}
