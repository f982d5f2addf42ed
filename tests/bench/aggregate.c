// SPDX-License-Identifier: Apache-2.0

/* ./dev bench aggregate [--only CASE] [--json]: records/s from the ring's page into the groups,
 * against what one would write by hand for libbpf: a callback that looks each record up in a uthash
 * table, called by libbpf's loop over the ring (a copy of it, since libbpf opens maps only).
 * `limit` is our reader and a loop that reads one field of each record: nobody behind that reader
 * is faster. Each reads a ring of its own on a memfd, in turns, and none is charged for filling it.
 * Time is the thread's own, so that a busy machine does not decide.
 *
 * The peer does as much, not less: the same keys, the same sums; of quantiles the same sketch,
 * since 100,000 exact lists would not fit; distinct by the same registers; the top 20 by exact
 * counts of all keys, without the sorting at the end. */

#include <bpf/libbpf.h>
#include <err.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uthash.h>

#include "aggregate/distinct.h"
#include "aggregate/quantile.h"
#include "base/clock.h"
#include "bench/options.h"
#include "bench/report.h"
#include "config/load.h"
#include "pipeline/consumer.h"
#include "pipeline/handlers.h"
#include "record/handler.h"
#include "ring/fake.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    RING_BYTES = 4 * 1024 * 1024,
    ROUND_RECORDS = 32768,
    KINDS = 16,  /* rounds with records of their own, that come again and again */
    ROUNDS = 48, /* of them, the first third warms up */
    REPEATS = 9,
    GROUPS = 100000,
    PATH_MAX_BYTES = 32,
    TOP_SHOWN = 20,
    ZIPF_KEYS = 1000000,
    SKETCH_BINS = 256,
    DISTINCT_BITS = 12,
};

struct event {
    uint64_t ktime;
    uint64_t duration;
    uint64_t key;
    uint32_t pid;
    uint32_t saddr;
    uint16_t port;
    uint16_t spare[3];
    char comm[16];
    char path[PATH_MAX_BYTES];
};

#define EVENT(member) \
    .offset = offsetof(struct event, member), .size = sizeof(((struct event *)0)->member)

static struct field event_fields[] = {
    {.name = "ktime", .kind = FIELD_UINT, .meaning = MEANING_KTIME, EVENT(ktime)},
    {.name = "duration", .kind = FIELD_UINT, EVENT(duration)},
    {.name = "key", .kind = FIELD_UINT, EVENT(key)},
    {.name = "pid", .kind = FIELD_UINT, EVENT(pid)},
    {.name = "saddr", .kind = FIELD_UINT, .meaning = MEANING_IPV4, EVENT(saddr)},
    {.name = "port", .kind = FIELD_UINT, EVENT(port)},
    {.name = "comm", .kind = FIELD_CHARS, EVENT(comm)},
    {.name = "path", .kind = FIELD_CHARS, EVENT(path)},
};

static const struct schema event_schema = {
    .type_name = "struct event",
    .size = sizeof(struct event),
    .n_fields = sizeof(event_fields) / sizeof(event_fields[0]),
    .fields = event_fields,
};

/* ---- records --------------------------------------------------------------------------------- */

static uint64_t seed = 7;

static uint64_t draw(void)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The rank of a value of a Zipf distribution with exponent 1, by its inverse. */
static uint64_t draw_zipf(uint64_t keys)
{
    double share = (double)(draw() >> 11) / (double)(UINT64_C(1) << 53);

    return (uint64_t)exp(share * log((double)keys));
}

static void fill(struct event *event)
{
    uint64_t group = draw() % GROUPS;

    memset(event, 0, sizeof(*event));
    event->ktime = 1;
    event->duration = 1000 + draw() % 1000000;
    event->key = draw_zipf(ZIPF_KEYS) * UINT64_C(0x9e3779b97f4a7c15);
    event->pid = (uint32_t)(group % 1000);
    event->saddr = (uint32_t)draw();
    event->port = (uint16_t)(draw() % 200);
    snprintf(event->comm, sizeof(event->comm), "worker-%u", (unsigned int)(draw() % 50));
    snprintf(event->path, sizeof(event->path), "/srv/data/file-%u", (unsigned int)(group / 1000));
}

/* ---- cases ----------------------------------------------------------------------------------- */

struct peer_key {
    uint32_t pid;
    char path[PATH_MAX_BYTES];
};

struct peer_group {
    UT_hash_handle hh;
    uint64_t count;
    union {
        char comm[16];
        struct peer_key key;
        uint16_t port;
        uint64_t number;
    };
    __int128 sum;
    uint64_t sketch[];
};

static struct peer_group *peer_table;
static struct quantile_shape peer_shape;
static size_t peer_bytes;

static struct peer_group *peer_get(const void *key, unsigned int length, size_t sketch)
{
    struct peer_group *group;

    HASH_FIND(hh, peer_table, key, length, group);
    if (group)
        return group;
    group = calloc(1, sizeof(*group) + sketch);
    if (!group)
        errx(1, "out of memory");
    peer_bytes += malloc_usable_size(group);
    memcpy(group->comm, key, length);
    HASH_ADD_KEYPTR(hh, peer_table, group->comm, length, group);
    return group;
}

static int peer_count(void *context, void *data, size_t size)
{
    const struct event *event = data;

    (void)context;
    (void)size;
    peer_get(event->comm, (unsigned int)strnlen(event->comm, sizeof(event->comm)), 0)->count++;
    return 0;
}

static int peer_quantile(void *context, void *data, size_t size)
{
    const struct event *event = data;
    struct peer_key key = {.pid = event->pid};
    struct peer_group *group;

    (void)context;
    (void)size;
    memcpy(key.path, event->path, sizeof(key.path));
    group = peer_get(&key, sizeof(key), quantile_size(&peer_shape));
    group->sum += event->duration;
    quantile_add(&peer_shape, (struct quantile *)group->sketch, (double)event->duration,
                 quantile_bin(&peer_shape, (double)event->duration), 1);
    return 0;
}

static int peer_distinct(void *context, void *data, size_t size)
{
    const struct event *event = data;
    struct peer_group *group = peer_get(&event->port, sizeof(event->port), 1 << DISTINCT_BITS);
    uint64_t address = event->saddr;

    (void)context;
    (void)size;
    distinct_add((uint8_t *)group->sketch, DISTINCT_BITS, XXH3_64bits(&address, sizeof(address)));
    return 0;
}

static int peer_top(void *context, void *data, size_t size)
{
    const struct event *event = data;

    (void)context;
    (void)size;
    peer_get(&event->key, sizeof(event->key), 0)->count++;
    return 0;
}

struct bench_case {
    const char *name;
    const char *config;
    ring_buffer_sample_fn peer;
    size_t touched; /* by the limit */
};

static const struct bench_case cases[] = {
    {"count-50", "{window: 1h, by: comm, values: {n: count()}}", peer_count,
     offsetof(struct event, comm)},
    {"count-50-by-ktime", "{window: {every: 1h, by: ktime}, by: comm, values: {n: count()}}",
     peer_count, offsetof(struct event, comm)},
    {"quantile-100k",
     "{window: 1h, by: [pid, path], groups: 100000, memory: 1GiB, values: {total: sum(duration), "
     "p99: 'quantile(duration, 0.99, 0.01, 256)'}}",
     peer_quantile, offsetof(struct event, path)},
    {"distinct", "{window: 1h, by: port, values: {addresses: distinct(saddr)}}", peer_distinct,
     offsetof(struct event, saddr)},
    {"top20", "{window: 1h, values: {top: 'top(key, 20)'}}", peer_top, offsetof(struct event, key)},
};

/* ---- our side -------------------------------------------------------------------------------- */

struct ours {
    struct config_tree *tree;
    struct handler *handler;
    uint64_t bytes;
    struct fake *own_ring, *peer_ring, *limit_ring;
    struct ringmill_reader *reader, *limit_reader;
};

static void note_memory(void *data, const struct row *row, uint64_t value)
{
    if (strcmp(row->name, "memory") == 0)
        *(uint64_t *)data = value;
}

static struct ringmill_reader *open_ring(struct fake **ret_ring)
{
    struct ringmill_reader_options options = {.size = sizeof(options), .batch = CONSUMER_BATCH};
    struct ringmill_reader *reader;
    struct ringmill_ring *ring;

    if (fake_new(RING_BYTES, 0, ret_ring) < 0 || fake_open(*ret_ring, NULL, NULL, &ring) < 0 ||
        ringmill_reader_new(&options, NULL, &reader) < 0 ||
        ringmill_reader_add(reader, ring, NULL) < 0)
        errx(1, "cannot set up");
    return reader;
}

static void open_ours(const struct bench_case *of, struct ours *ours)
{
    const struct handler_ops *ops = handler_find("aggregate");
    static struct wall_offset wall;
    const struct handler_host host = {
        .schema = &event_schema, .source_name = "bench", .wall = &wall};
    struct diag diag;
    char text[512];
    int length = snprintf(text, sizeof(text), "aggregate: %s\n", of->config);

    diag_init(&diag);
    if (config_load_text("bench", text, (size_t)length, &diag, &ours->tree) != 0 ||
        ops->open(ours->tree->root->first, &host, &diag, &ours->handler) != 0) {
        diag_print(&diag, stderr);
        exit(1);
    }
    ops->rows(ours->handler, note_memory, &ours->bytes);
    ours->reader = open_ring(&ours->own_ring);
    ours->limit_reader = open_ring(&ours->limit_ring);
    if (fake_new(RING_BYTES, 0, &ours->peer_ring) < 0)
        errx(1, "cannot set up");
}

/* ---- both ------------------------------------------------------------------------------------ */

static struct event *records;

static double thread_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double run_ours(struct ours *ours)
{
    double start = thread_ns();
    struct ringmill_batch taken;

    while (ringmill_reader_next_batch(ours->reader, &taken) > 0) {
        struct batch batch;

        batch.schema = &event_schema;
        batch.views = taken.views;
        batch.count = taken.count;
        batch.now = 1;
        batch.clocked = false;
        batch.late = batch.failed = 0;
        batch_select_all(&batch);
        ours->handler->ops->process(ours->handler, &batch);
        ringmill_ring_commit(taken.ring, taken.end);
    }
    return thread_ns() - start;
}

/* ringbuf_process_ring() of libbpf. */
static double run_peer(const struct ours *ours, ring_buffer_sample_fn volatile peer)
{
    uint8_t *data = fake_data(ours->peer_ring);
    unsigned long *consumer = (unsigned long *)(data - 2 * sysconf(_SC_PAGESIZE));
    unsigned long *producer = (unsigned long *)(data - sysconf(_SC_PAGESIZE));
    double start = thread_ns();
    unsigned long at = __atomic_load_n(consumer, __ATOMIC_ACQUIRE);

    while (at < __atomic_load_n(producer, __ATOMIC_ACQUIRE)) {
        uint32_t *header = (uint32_t *)(data + (at & (RING_BYTES - 1)));
        uint32_t length = __atomic_load_n(header, __ATOMIC_ACQUIRE);

        at += ((length & 0x3fffffff) + 8 + 7) / 8 * 8;
        if (!(length >> 30) && peer(NULL, header + 2, length) < 0)
            break;
        __atomic_store_n(consumer, at, __ATOMIC_RELEASE);
    }
    return thread_ns() - start;
}

static double run_limit(const struct ours *ours, size_t touched)
{
    double start = thread_ns();
    struct ringmill_batch taken;

    while (ringmill_reader_next_batch(ours->limit_reader, &taken) > 0) {
        for (uint32_t i = 0; i < taken.count; i++) {
            uint64_t word;

            memcpy(&word, (const char *)taken.views[i].data + touched, sizeof(word));
            __asm__ volatile("" : : "r"(word));
        }
        ringmill_ring_commit(taken.ring, taken.end);
    }
    return thread_ns() - start;
}

static void fill_ring(const struct ours *ours, uint32_t round)
{
    const struct event *from = &records[(size_t)(round % KINDS) * ROUND_RECORDS];

    for (uint32_t i = 0; i < ROUND_RECORDS; i++)
        if (fake_write(ours->own_ring, &from[i], sizeof(from[i]), 0) < 0 ||
            fake_write(ours->peer_ring, &from[i], sizeof(from[i]), 0) < 0 ||
            fake_write(ours->limit_ring, &from[i], sizeof(from[i]), 0) < 0)
            errx(1, "the ring is full");
}

static void free_peer(void)
{
    struct peer_group *group, *next;

    HASH_ITER(hh, peer_table, group, next)
    {
        HASH_DEL(peer_table, group);
        free(group);
    }
    peer_bytes = 0;
}

enum { OURS, PEER, LIMIT, CONTESTANTS };

struct result {
    double rates[CONTESTANTS][REPEATS];
    uint64_t bytes, peer_bytes;
};

static double run_turn(struct ours *ours, const struct bench_case *of, uint32_t contestant)
{
    return contestant == OURS   ? run_ours(ours)
           : contestant == PEER ? run_peer(ours, of->peer)
                                : run_limit(ours, of->touched);
}

static void close_ours(struct ours *ours)
{
    ours->handler->ops->close(ours->handler);
    config_tree_free(ours->tree);
    ringmill_reader_free(ours->reader);
    ringmill_reader_free(ours->limit_reader);
    fake_free(ours->own_ring);
    fake_free(ours->peer_ring);
    fake_free(ours->limit_ring);
}

/* In turns; who comes first changes. */
static void measure(const struct bench_case *of, uint32_t repeat, struct result *ret_result)
{
    double ns[CONTESTANTS] = {0};
    struct ours ours = {0};

    open_ours(of, &ours);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        fill_ring(&ours, round);
        for (uint32_t turn = 0; turn < CONTESTANTS; turn++) {
            uint32_t contestant = (round + turn) % CONTESTANTS;
            double took = run_turn(&ours, of, contestant);

            ns[contestant] += round < ROUNDS / 3 ? 0 : took;
        }
    }
    for (uint32_t i = 0; i < CONTESTANTS; i++)
        ret_result->rates[i][repeat] = 1e9 * ROUND_RECORDS * (ROUNDS - ROUNDS / 3) / ns[i];
    ret_result->bytes = ours.bytes;
    ret_result->peer_bytes = peer_bytes + (peer_table ? HASH_OVERHEAD(hh, peer_table) : 0);
    close_ours(&ours);
    free_peer();
}

static void run_case(struct report *report, const struct bench_case *of)
{
    struct result result;
    struct report_row *row;

    for (uint32_t i = 0; i < REPEATS; i++)
        measure(of, i, &result);
    row = report_add(report, "records/s", "aggregate/%s", of->name);
    row->value = report_median(result.rates[OURS], REPEATS);
    row->spread = report_spread(result.rates[OURS], REPEATS);
    report_peer(row, "uthash", row->value / report_median(result.rates[PEER], REPEATS));
    report_peer(row, "limit", row->value / report_median(result.rates[LIMIT], REPEATS));
    row = report_add(report, "bytes", "aggregate/%s memory", of->name);
    row->value = (double)result.bytes;
    report_peer(row, "uthash", (double)result.peer_bytes / (double)result.bytes);
}

int main(int argc, char **argv)
{
    const uint32_t count = KINDS * ROUND_RECORDS;
    static struct report report = {.bench = "aggregate"};
    const char *only = NULL;
    bool json = false;
    const struct bench_option options[] = {
        {"json", .flag = &json},
        {"only", "CASE", .text = &only},
        {0},
    };

    bench_options_read(argc, argv, options);
    records = calloc(count, sizeof(*records));
    if (!records)
        errx(1, "out of memory");
    for (uint32_t i = 0; i < count; i++)
        fill(&records[i]);
    peer_shape = quantile_shape(0.01, SKETCH_BINS, false);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (!only || strcmp(only, cases[i].name) == 0)
            run_case(&report, &cases[i]);
    report_print(&report, json);
    return 0;
}
