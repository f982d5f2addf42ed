// SPDX-License-Identifier: Apache-2.0
/* What it costs to filter a full ring: this reader by batch with a compiled expression, the same
 * predicate written in C inside a libbpf callback (hand-c), and a straightforward tree-walking
 * evaluator there (tree-walk).
 *
 * Each drain is of records that a BPF program has just written. The contestants take turns within
 * each round; a row is a median over rounds. All must keep the same records: a checksum over their
 * numbers, in order, decides. The rows NAME/evaluation leave the ring out: the same records, again
 * and again, from the CPU's caches.
 *
 *     bench-filter [--json] [--rounds N] [--size BYTES] [--only NAME] */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <getopt.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report.h"
#include "bench/walker.h"
#include "event.h"
#include "event.skel.h"
#include "expr/expr.h"
#include "ring/ring.h"

enum { ROUNDS_MAX = 99, LISTED = 1000, NETWORKS = 100, TEXT_MAX = 16384 };
enum { CACHED = 1024, CACHED_TURNS = 200, BATCH = 32 };
enum contestant { OURS, HAND, WALK, CONTESTANTS };

struct tally {
    uint64_t records;
    uint64_t kept;
    uint64_t checksum; /* over the numbers of those kept, in order */
};

struct bench {
    struct event_bpf *program;
    struct ring_buffer *libbpf_hand;
    struct ring_buffer *libbpf_walk;
    struct ringmill_reader *reader;
    struct ringmill_ring *ring;
    bool (*hand)(const struct event *event, size_t length);
    const struct walker *walker;
    struct tally tally;
};

static struct field fields[] = {
    {.name = "number", .kind = FIELD_UINT, .offset = offsetof(struct event, number), .size = 8},
    {.name = "pid", .kind = FIELD_UINT, .offset = offsetof(struct event, pid), .size = 4},
    {.name = "uid", .kind = FIELD_UINT, .offset = offsetof(struct event, uid), .size = 4},
    {.name = "saddr",
     .kind = FIELD_UINT,
     .meaning = MEANING_IPV4,
     .offset = offsetof(struct event, saddr),
     .size = 4},
    {.name = "latency", .kind = FIELD_UINT, .offset = offsetof(struct event, latency), .size = 8},
    {.name = "comm", .kind = FIELD_CHARS, .offset = offsetof(struct event, comm), .size = 16},
    {.name = "path", .kind = FIELD_CHARS, .offset = offsetof(struct event, path)},
};
static struct schema schema = {.type_name = "struct event",
                               .size = EVENT_HEAD,
                               .n_fields = sizeof(fields) / sizeof(*fields),
                               .fields = fields};
enum { NUMBER, PID, UID, SADDR, LATENCY, COMM, PATH };

/* ---- the predicates, by hand ----------------------------------------------------------------- */

static int64_t listed[LISTED]; /* ascending */
static struct walker_network networks[NETWORKS];
static pcre2_code *code;
static pcre2_match_data *match_data;
#define PATTERN "^/var/(log|www)/.*\\.(html|log)$"

static bool hand_int_eq(const struct event *event, size_t length)
{
    return length >= EVENT_HEAD && event->pid == 4242;
}

static bool hand_five_terms(const struct event *event, size_t length)
{
    return length >= EVENT_HEAD && event->pid > 500 && event->uid != 33 &&
           event->latency >= 200000 && strncmp(event->comm, "nginx", sizeof(event->comm)) == 0 &&
           length >= EVENT_HEAD + 9 && strncmp(event->path, "/var/www/", 9) == 0;
}

static bool hand_regex(const struct event *event, size_t length)
{
    return length >= EVENT_HEAD &&
           pcre2_match(code, (PCRE2_SPTR)event->path, strnlen(event->path, length - EVENT_HEAD), 0,
                       0, match_data, NULL) >= 0;
}

static int compare_integers(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return a < b ? -1 : a > b;
}

static bool hand_list(const struct event *event, size_t length)
{
    int64_t pid = event->pid;

    return length >= EVENT_HEAD &&
           bsearch(&pid, listed, LISTED, sizeof(*listed), compare_integers) != NULL;
}

static bool hand_networks(const struct event *event, size_t length)
{
    uint32_t address = ntohl(event->saddr);

    if (length < EVENT_HEAD)
        return false;
    for (int i = 0; i < NETWORKS; i++) {
        if ((address & networks[i].mask) == networks[i].address)
            return true;
    }
    return false;
}

/* ---- and as expressions and trees ------------------------------------------------------------ */

struct shape {
    const char *name;
    char text[TEXT_MAX];
    bool (*hand)(const struct event *event, size_t length);
    const struct walker *walker;
};

/* in file scope these live for ever */
#define FIELD_NODE(index)   (&(const struct walker){.kind = WALKER_FIELD, .field = &fields[index]})
#define INTEGER_NODE(value) (&(const struct walker){.kind = WALKER_INTEGER, .integer = value})
#define TEXT_NODE(value) \
    (&(const struct walker){.kind = WALKER_TEXT, .text = {value, sizeof(value) - 1}})
#define NODE(of, a, b) (&(const struct walker){.kind = of, .left = a, .right = b})

static const struct walker *const int_eq = NODE(WALKER_EQ, FIELD_NODE(PID), INTEGER_NODE(4242));
static const struct walker *const five_terms =
    NODE(WALKER_AND, NODE(WALKER_GT, FIELD_NODE(PID), INTEGER_NODE(500)),
         NODE(WALKER_AND, NODE(WALKER_NE, FIELD_NODE(UID), INTEGER_NODE(33)),
              NODE(WALKER_AND, NODE(WALKER_GE, FIELD_NODE(LATENCY), INTEGER_NODE(200000)),
                   NODE(WALKER_AND, NODE(WALKER_EQ, FIELD_NODE(COMM), TEXT_NODE("nginx")),
                        NODE(WALKER_STARTS, FIELD_NODE(PATH), TEXT_NODE("/var/www/"))))));
static struct walker match_node = {.kind = WALKER_MATCH, .left = FIELD_NODE(PATH)};
static const struct walker list_node = {
    .kind = WALKER_LIST, .left = FIELD_NODE(PID), .integers = listed, .n = LISTED};
static const struct walker networks_node = {
    .kind = WALKER_NETWORKS, .left = FIELD_NODE(SADDR), .networks = networks, .n = NETWORKS};

enum { INT_EQ, FIVE_TERMS, REGEX, LIST, CIDR, SHAPES };
static struct shape shapes[SHAPES] = {
    {.name = "int-eq", .text = "pid == 4242", .hand = hand_int_eq},
    {.name = "five-terms",
     .text = "pid > 500 && uid != 33 && latency >= 200us && comm == \"nginx\" && "
             "startswith(path, \"/var/www/\")",
     .hand = hand_five_terms},
    {.name = "regex",
     .text = "path =~ \"^/var/(log|www)/.*\\\\.(html|log)$\"",
     .hand = hand_regex,
     .walker = &match_node},
    {.name = "list-1000", .hand = hand_list, .walker = &list_node},
    {.name = "cidr-100", .hand = hand_networks, .walker = &networks_node},
};

static uint64_t draw(uint64_t *seed)
{
    uint64_t x = *seed;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *seed = x;
    return x >> 11;
}

static void make_list(void)
{
    char *at = shapes[LIST].text;
    uint64_t seed = 88172645463325252;

    for (int i = 0; i < LISTED; i++)
        listed[i] = 32 * i + (int64_t)(draw(&seed) % 32);
    at += sprintf(at, "pid in [");
    for (int i = 0; i < LISTED; i++)
        at += sprintf(at, "%s%lld", i ? "," : "", (long long)listed[i]);
    sprintf(at, "]");
}

static void make_networks(void)
{
    char *at = shapes[CIDR].text, text[INET_ADDRSTRLEN];
    uint64_t seed = 362436069;

    at += sprintf(at, "saddr in [");
    for (int i = 0; i < NETWORKS; i++) {
        unsigned bits = 12 + (unsigned)(draw(&seed) % 17); /* /12 to /28 */
        uint32_t raw;

        networks[i].mask = ~UINT32_C(0) << (32 - bits);
        networks[i].address = (uint32_t)draw(&seed) & networks[i].mask;
        raw = htonl(networks[i].address);
        at += sprintf(at, "%s%s/%u", i ? ", " : "", inet_ntop(AF_INET, &raw, text, sizeof(text)),
                      bits);
    }
    sprintf(at, "]");
}

static void make_pattern(void)
{
    PCRE2_SIZE at;
    int error;

    code = pcre2_compile((PCRE2_SPTR)PATTERN, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
    if (!code || pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) != 0)
        errx(1, "the regular expression does not compile");
    match_data = pcre2_match_data_create_from_pattern(code, NULL);
    walker_set_pattern(&match_node, PATTERN);
}

static void make_shapes(void)
{
    shapes[INT_EQ].walker = int_eq;
    shapes[FIVE_TERMS].walker = five_terms;
    make_list();
    make_networks();
    make_pattern();
}

/* ---- drains ---------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void keep(struct tally *tally,
                                                       const struct event *event)
{
    tally->kept++;
    tally->checksum = tally->checksum * 5 + event->number;
}

static int on_hand(void *context, void *sample, size_t length)
{
    struct bench *bench = context;

    bench->tally.records++;
    if (bench->hand(sample, length))
        keep(&bench->tally, sample);
    return 0;
}

static int on_walk(void *context, void *sample, size_t length)
{
    struct bench *bench = context;
    const struct ringmill_view view = {.data = sample, .length = (uint32_t)length};

    bench->tally.records++;
    if (walker_holds(bench->walker, &view))
        keep(&bench->tally, sample);
    return 0;
}

static void drain_ours(struct bench *bench, struct expr *expr)
{
    static struct batch batch = {.schema = &schema};
    struct ringmill_batch leased;

    while (ringmill_reader_next_batch(bench->reader, &leased) > 0) {
        batch.views = leased.views;
        batch.count = leased.count;
        batch_select_all(&batch);
        expr_select(expr, &batch);
        bench->tally.records += leased.count;
        for (uint32_t k = 0; k < batch.selected; k++)
            keep(&bench->tally, batch.views[batch.selection[k]].data);
        ringmill_ring_commit(leased.ring, leased.end);
    }
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

static double drain(struct bench *bench, enum contestant who, const struct shape *shape,
                    struct expr *expr, uint64_t records)
{
    uint64_t start;

    bench->tally = (struct tally){0};
    bench->hand = shape->hand;
    bench->walker = shape->walker;
    resync(bench->ring);
    start = ring_now();
    if (who == OURS)
        drain_ours(bench, expr);
    else
        ring_buffer__consume(who == HAND ? bench->libbpf_hand : bench->libbpf_walk);
    double ns = (double)(ring_now() - start);
    if (bench->tally.records != records)
        errx(1, "contestant %d saw %llu of %llu records", who,
             (unsigned long long)bench->tally.records, (unsigned long long)records);
    return ns / (double)records;
}

static void add_row(struct report *report, const struct shape *shape, const char *what,
                    double times[][ROUNDS_MAX], size_t rounds)
{
    struct report_row *row = report_add(report, "records/s", "filter/%s/%s", shape->name, what);
    double medians[CONTESTANTS];

    for (int who = 0; who < CONTESTANTS; who++)
        medians[who] = report_median(times[who], rounds);
    row->value = 1e9 / medians[OURS];
    row->spread = row->value * report_spread(times[OURS], rounds) / medians[OURS];
    report_peer(row, "hand-c", medians[HAND] / medians[OURS]);
    report_peer(row, "tree-walk", medians[WALK] / medians[OURS]);
}

static void run_shape(struct bench *bench, struct report *report, const struct shape *shape,
                      bool mixed, size_t rounds)
{
    static double times[CONTESTANTS][ROUNDS_MAX];
    const struct expr_scope scope = {.schema = &schema};
    struct expr_error error;
    struct expr *expr;

    if (expr_compile(shape->text, &scope, &error, &expr) < 0)
        errx(1, "%s: column %u: %s", shape->name, error.column, error.text);
    for (size_t round = 0; round < rounds; round++) {
        struct tally first = {0};

        for (int i = 0; i < CONTESTANTS; i++) {
            enum contestant who = (enum contestant)((i + round) % CONTESTANTS);
            uint64_t records = fill(bench, mixed, 88172645463325252 + round);

            times[who][round] = drain(bench, who, shape, expr, records);
            if (i == 0)
                first = bench->tally;
            if (first.checksum != bench->tally.checksum || first.kept != bench->tally.kept)
                errx(1, "%s: contestant %d keeps other records", shape->name, who);
        }
    }
    expr_free(expr);
    add_row(report, shape, mixed ? "mixed" : "128", times, rounds);
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

static uint64_t evaluate_ours(struct expr *expr)
{
    static struct batch batch = {.schema = &schema, .count = BATCH};
    uint64_t kept = 0;

    for (uint32_t i = 0; i < CACHED; i += BATCH) {
        batch.views = cached_views + i;
        batch_select_all(&batch);
        expr_select(expr, &batch);
        kept += batch.selected;
    }
    return kept;
}

static uint64_t evaluate_one_by_one(const struct shape *shape, bool hand)
{
    uint64_t kept = 0;

    for (uint32_t i = 0; i < CACHED; i++)
        kept += hand ? shape->hand(&cached[i], sizeof(*cached))
                     : walker_holds(shape->walker, &cached_views[i]);
    return kept;
}

static void run_evaluation(struct report *report, const struct shape *shape, size_t rounds)
{
    static double times[CONTESTANTS][ROUNDS_MAX];
    const struct expr_scope scope = {.schema = &schema};
    struct expr_error error;
    struct expr *expr;

    if (expr_compile(shape->text, &scope, &error, &expr) < 0)
        errx(1, "%s: column %u: %s", shape->name, error.column, error.text);
    for (size_t round = 0; round < rounds; round++) {
        uint64_t kept[CONTESTANTS] = {0};

        for (int who = 0; who < CONTESTANTS; who++) {
            uint64_t start = ring_now();

            for (int turn = 0; turn < CACHED_TURNS; turn++)
                kept[who] +=
                    who == OURS ? evaluate_ours(expr) : evaluate_one_by_one(shape, who == HAND);
            times[who][round] = (double)(ring_now() - start) / CACHED / CACHED_TURNS;
        }
        if (kept[HAND] != kept[OURS] || kept[WALK] != kept[OURS])
            errx(1, "%s: the contestants keep different records", shape->name);
    }
    expr_free(expr);
    add_row(report, shape, "evaluation", times, rounds);
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
    int fd;

    bench->program = event_bpf__open();
    if (!bench->program)
        err(1, "open the BPF object");
    bpf_map__set_max_entries(bench->program->maps.ring, size);
    name_things(&bench->program->bss->request);
    if (event_bpf__load(bench->program))
        err(1, "load the BPF program");
    fd = bpf_map__fd(bench->program->maps.ring);
    bench->libbpf_hand = ring_buffer__new(fd, on_hand, bench, NULL);
    bench->libbpf_walk = ring_buffer__new(fd, on_walk, bench, NULL);
    if (!bench->libbpf_hand || !bench->libbpf_walk)
        err(1, "ring_buffer__new");
    if (ringmill_ring_open(fd, &ring_options, &reason, &bench->ring) < 0 ||
        ringmill_reader_new(NULL, &reason, &bench->reader) < 0)
        errx(1, "%s", reason.text);
    if (ringmill_reader_add(bench->reader, bench->ring, NULL) < 0)
        errx(1, "cannot add the ring");
    ringmill_reader_set_deadline(bench->reader, RINGMILL_NOW);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"size", required_argument, NULL, 's'},
                                            {"only", required_argument, NULL, 'o'},
                                            {0}};
    static struct report report = {.bench = "filter"};
    static struct bench bench;
    size_t rounds = 9;
    uint32_t size = 1 << 28;
    const char *only = NULL;
    bool json = false;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'j')
            json = true;
        else if (c == 'r')
            rounds = strtoul(optarg, NULL, 10);
        else if (c == 's')
            size = (uint32_t)strtoul(optarg, NULL, 10);
        else if (c == 'o')
            only = optarg;
        else
            errx(2, "usage: bench-filter [--json] [--rounds N] [--size BYTES] [--only NAME]");
    }
    if (rounds < 1 || rounds > ROUNDS_MAX)
        errx(2, "--rounds: allowed are 1 to %d", ROUNDS_MAX);
    make_shapes();
    open_all(&bench, size);
    cache_records(&bench);
    for (int i = 0; i < SHAPES; i++) {
        if (only && strcmp(only, shapes[i].name) != 0)
            continue;
        run_shape(&bench, &report, &shapes[i], false, rounds);
        run_shape(&bench, &report, &shapes[i], true, rounds);
        run_evaluation(&report, &shapes[i], rounds);
    }
    report_print(&report, json);
    return 0;
}
