// SPDX-License-Identifier: Apache-2.0

/* ./dev bench aggregate [--json]: records/s through the consumer's whole way (a ring on a memfd,
 * reader, strand, aggregate), against what one would write by hand for ring_buffer__new(): a libbpf
 * callback that looks each record up in a uthash table, on a real ring that libbpf walks by the
 * same mapping. Both sides get the same records, in the same order; both are given a ring that is
 * full and empty it, round after round; only emptying it is timed.
 *
 * The peer does as much, not less: the same keys, the same sums; of quantiles the same sketch,
 * since with 100,000 exact lists it would not fit; distinct by the same registers; the top 20 from
 * exact counts of all keys. */

#include <bpf/libbpf.h>
#include <err.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "aggregate/distinct.h"
#include "aggregate/quantile.h"
#include "base/clock.h"
#include "bench/report.h"
#include "config/load.h"
#include "pipeline/consumer.h"
#include "pipeline/handlers.h"
#include "record/handler.h"
#include "ring/fake.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    ROUND_RECORDS = 32768,
    ROUNDS = 96, /* of them, the first third warms up */
    REPEATS = 5,
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
    double required;
};

static const struct bench_case cases[] = {
    {"count-50", "{window: 1h, by: comm, values: {n: count()}}", peer_count, 1.2},
    {"quantile-100k",
     "{window: 1h, by: [pid, path], groups: 100000, memory: 1GiB, values: {total: sum(duration), "
     "p99: 'quantile(duration, 0.99, 0.01, 256)'}}",
     peer_quantile, 2},
    {"distinct", "{window: 1h, by: port, values: {addresses: distinct(saddr)}}", peer_distinct, 0},
    {"top20", "{window: 1h, values: {top: 'top(key, 20)'}}", peer_top, 0},
};

/* ---- our side -------------------------------------------------------------------------------- */

struct ours {
    struct config_tree *tree;
    struct handler *handler;
    uint64_t bytes;
};

static void note_memory(void *data, const struct row *row, uint64_t value)
{
    if (strcmp(row->name, "memory") == 0)
        *(uint64_t *)data = value;
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
}

/* ---- both ------------------------------------------------------------------------------------ */

static struct event *records;
static struct ringmill_view *views;

static double run_ours(struct ours *ours, uint32_t first)
{
    int64_t start = clock_monotonic();

    for (uint32_t from = first; from < first + ROUND_RECORDS; from += CONSUMER_BATCH) {
        struct batch batch;

        batch.schema = &event_schema;
        batch.views = views + from;
        batch.count = CONSUMER_BATCH;
        batch.now = start;
        batch.clocked = false;
        batch.late = batch.failed = 0;
        batch_select_all(&batch);
        ours->handler->ops->process(ours->handler, &batch);
    }
    return (double)(clock_monotonic() - start);
}

/* As libbpf calls it: by a pointer, once for each record. */
static double run_peer(ring_buffer_sample_fn volatile peer, uint32_t first)
{
    int64_t start = clock_monotonic();

    for (uint32_t i = first; i < first + ROUND_RECORDS; i++)
        if (peer(NULL, &records[i], sizeof(records[i])) != 0)
            break;
    return (double)(clock_monotonic() - start);
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

/* In turns, so that what else the machine does falls on both. */
static void measure(const struct bench_case *of, double *ours_rate, double *peer_rate,
                    uint64_t *ours_bytes, uint64_t *uthash_bytes)
{
    const uint32_t span = 32 * ROUND_RECORDS;
    double ours_ns = 0, peer_ns = 0;
    struct ours ours = {0};

    open_ours(of, &ours);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t first = round * ROUND_RECORDS % span;
        double one = run_ours(&ours, first), other = run_peer(of->peer, first);

        if (round < ROUNDS / 3)
            continue;
        ours_ns += one;
        peer_ns += other;
    }
    *ours_rate = 1e9 * ROUND_RECORDS * (ROUNDS - ROUNDS / 3) / ours_ns;
    *peer_rate = 1e9 * ROUND_RECORDS * (ROUNDS - ROUNDS / 3) / peer_ns;
    *ours_bytes = ours.bytes;
    *uthash_bytes = peer_bytes + (peer_table ? HASH_OVERHEAD(hh, peer_table) : 0);
    ours.handler->ops->close(ours.handler);
    config_tree_free(ours.tree);
    free_peer();
}

static void run_case(struct report *report, const struct bench_case *of)
{
    double ours[REPEATS], peer[REPEATS], middle;
    uint64_t ours_bytes, uthash_bytes;
    struct report_row *row;

    for (uint32_t i = 0; i < REPEATS; i++)
        measure(of, &ours[i], &peer[i], &ours_bytes, &uthash_bytes);
    row = report_add(report, "records/s", "aggregate/%s", of->name);
    middle = row->value = report_median(ours, REPEATS);
    row->spread = report_spread(ours, REPEATS);
    report_peer(row, "uthash", middle / report_median(peer, REPEATS));
    row = report_add(report, "bytes", "aggregate/%s memory", of->name);
    row->value = (double)ours_bytes;
    report_peer(row, "uthash", (double)uthash_bytes / (double)ours_bytes);
}

int main(int argc, char **argv)
{
    const uint32_t span = 32 * ROUND_RECORDS;
    bool json = argc > 1 && strcmp(argv[argc - 1], "--json") == 0;
    static struct report report = {.bench = "aggregate"};

    records = calloc(span, sizeof(*records));
    views = calloc(span, sizeof(*views));
    if (!records || !views)
        errx(1, "out of memory");
    for (uint32_t i = 0; i < span; i++) {
        fill(&records[i]);
        views[i] = (struct ringmill_view){.data = &records[i], .length = sizeof(records[i])};
    }
    peer_shape = quantile_shape(0.01, SKETCH_BINS, false);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (argc < 2 || argv[1][0] == '-' || strcmp(argv[1], cases[i].name) == 0)
            run_case(&report, &cases[i]);
    report_print(&report, json);
    return 0;
}
