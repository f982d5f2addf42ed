// SPDX-License-Identifier: Apache-2.0

/* Random streams through an aggregate, turn by turn as the consumer does it, against a plain
 * reference: random order, gaps, stalls before and within a turn, clock steps, hops, lateness,
 * several keys, bogus times, captures of several boots. Rows and books must be equal, no row of a
 * window that ended may wait for another record, and no turn may come without a reason.
 *
 *     windows [SECONDS]     SEED=... repeats one stream; prints how many streams and records */

#include "aggregate/window.h"

#include <inttypes.h>

#include "soak/windows_reference.h"
#include "unit/aggregate/support.h"

enum { RECORDS_MAX = 3000, TURN_MADE = 16, TURN_BATCHES = 64, WALL_BASE = 1700000000 };

struct stream {
    uint64_t state; /* of the random numbers */
    struct plan plan;
    uint32_t keys, count;
    int64_t gap;       /* between records, about */
    int64_t disorder;  /* how far back a record's time goes, at the most */
    int64_t real;      /* CLOCK_MONOTONIC */
    int64_t true_wall; /* what the wall clock is off by */
    int64_t refreshed; /* when the reader looked at that last */
    uint32_t boot;
    int64_t recorded; /* of a capture: CLOCK_MONOTONIC there */
    struct hit hits[RECORDS_MAX];
    int64_t read_by[RECORDS_MAX]; /* of a capture; INT64_MAX: unknown */
    int64_t known_by;             /* the same of the records that are written now */
    uint32_t boots[RECORDS_MAX];
    int64_t walls[RECORDS_MAX]; /* true_wall */
    uint32_t written, read;
    int64_t next; /* when the next record is written */
};

static struct stream stream;
static struct reference reference;
static struct reference_row rows[REFERENCE_ROWS];
static uint32_t n_rows;
static struct driven driven;
static uint64_t stream_seed, streams_done, records_done;
static double seconds = 2;

static uint64_t draw(uint64_t below)
{
    return random_next(&stream.state) % below;
}

static bool one_in(uint64_t times)
{
    return draw(times) == 0;
}

/* ---- a stream -------------------------------------------------------------------------------- */

static void choose_plan(void)
{
    static const int64_t hops[] = {SECOND / 1000, SECOND / 100, SECOND, 5 * SECOND};
    struct plan *plan = &stream.plan;
    uint64_t length = one_in(2) ? 1 : one_in(10) ? 64 : 2 + draw(5);

    *plan = (struct plan){.by = one_in(5) ? BY_ARRIVAL : one_in(2) ? BY_KTIME : BY_UNIX};
    plan->hop = hops[draw(4)];
    plan->every = (int64_t)length * plan->hop;
    plan->aligned = one_in(3);
    if (plan->by != BY_ARRIVAL && one_in(2))
        plan->late = (int64_t)draw((uint64_t)(one_in(4) ? 60 : 3) * (uint64_t)plan->hop);
    plan->replayed = plan->by != BY_ARRIVAL && one_in(4);
    if (!one_in(5))
        return;
    plan->gap = plan->hop;
    plan->hop = plan->every = 0;
    plan->aligned = false;
}

static void choose_known_by(void)
{
    stream.known_by = one_in(2) ? INT64_MAX : stream.next + 1000000 * SECOND;
}

static void choose_stream(void)
{
    struct plan *plan = &stream.plan;
    int64_t unit = plan->gap ? plan->gap : plan->hop;

    stream.keys = 1 + (uint32_t)draw(REFERENCE_KEYS);
    stream.count = 1 + (uint32_t)draw(one_in(4) ? RECORDS_MAX : 300);
    if (plan->every > 8 * plan->hop)
        stream.count = 1 + stream.count % 200;
    stream.gap = 1 + (one_in(3) ? 2 * unit : unit / (1 + (int64_t)draw(300)));
    stream.disorder = one_in(3) ? 0 : 1 + (int64_t)draw((uint64_t)(plan->late + unit) * 2);
    stream.real = 1000 * SECOND + (int64_t)draw(1000000) * SECOND;
    stream.recorded = plan->replayed ? (int64_t)(1000 + draw(10000000)) * SECOND : stream.real;
    stream.next = stream.recorded;
    stream.true_wall = WALL_BASE * SECOND + (int64_t)draw((uint64_t)SECOND);
    choose_known_by();
    hit_wall = (struct wall_offset){.offset = stream.true_wall, .replayed = plan->replayed};
    if (plan->replayed)
        hit_wall.here = (int64_t)draw(UINT64_C(1) << 60);
}

static bool may_step(void)
{
    return (stream.plan.by == BY_UNIX || stream.plan.aligned) && !stream.plan.gap;
}

static void maybe_step_clock(void)
{
    int64_t most = one_in(2) ? 7200 * SECOND : SECOND / 3;

    if (may_step() && one_in(50))
        stream.true_wall += (int64_t)draw(2 * (uint64_t)most) - most;
    if (stream.plan.replayed && one_in(400)) {
        stream.boot++;
        stream.next = stream.recorded = (int64_t)(1000 + draw(1000)) * SECOND;
        choose_known_by();
        stream.true_wall += (int64_t)draw(1000) * SECOND;
    }
}

static uint64_t bogus(void)
{
    static const uint64_t times[] = {0, 1, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};

    /* where a capture does not know what is from the future, one such record ends all */
    return times[draw(stream.plan.replayed && stream.known_by == INT64_MAX ? 2 : 5)];
}

/* Writes the next record at its time. */
static void write_one(void)
{
    struct hit *hit = &stream.hits[stream.written];
    int64_t back = stream.disorder && one_in(3) ? (int64_t)draw((uint64_t)stream.disorder) : 0;

    maybe_step_clock();
    stream.recorded = stream.next;
    *hit = (struct hit){.ktime = (uint64_t)(stream.next - back),
                        .wall = (uint64_t)(stream.next - back + stream.true_wall),
                        .latency = draw(1000),
                        .pid = (uint32_t)draw(stream.keys)};
    if (one_in(20) && stream.plan.hop) /* exactly on a boundary */
        hit->ktime -= hit->ktime % (uint64_t)stream.plan.hop;
    if (one_in(200))
        hit->ktime = hit->wall = bogus();
    stream.read_by[stream.written] = stream.known_by;
    stream.boots[stream.written] = stream.boot;
    stream.walls[stream.written] = stream.true_wall;
    stream.written++;
    stream.next += (int64_t)draw(2 * (uint64_t)stream.gap);
    if (one_in(100))
        stream.next += (int64_t)draw(
            4 * (uint64_t)(stream.plan.every + stream.plan.gap + stream.plan.late + SECOND / 1000));
}

/* A capture's are all there. */
static void write_until_now(void)
{
    while (
        stream.written < stream.count &&
        (stream.plan.replayed ? stream.written < stream.read + 2000 : stream.next <= stream.real))
        write_one();
}

/* ---- turns ----------------------------------------------------------------------------------- */

static struct clocks clocks_of(int64_t now)
{
    return (struct clocks){now, hit_wall.offset,
                           stream.plan.replayed ? hit_wall.latest : stream.real, hit_wall.boot};
}

static bool is_unread(void)
{
    return stream.plan.replayed ? stream.read < stream.count : stream.read < stream.written;
}

/* Processes some records, of a capture those under one clock. False: there are none, or it has to
 * wait. */
static bool read_batch(int64_t now)
{
    uint32_t most = stream.written - stream.read, count = 1;
    const struct hit *hits = &stream.hits[stream.read];
    uint32_t boot;
    int64_t wall;

    if (most == 0 || driven.opened.handler->waits)
        return false;
    boot = stream.boots[stream.read];
    wall = stream.walls[stream.read];
    most = most > HANDLER_BATCH_MAX ? HANDLER_BATCH_MAX : most;
    most = one_in(2) ? most : 1 + (uint32_t)draw(most);
    while (count < most && stream.boots[stream.read + count] == boot &&
           (!stream.plan.replayed || stream.walls[stream.read + count] == wall))
        count++;
    if (stream.plan.replayed) {
        hit_wall.offset = wall;
        hit_wall.boot = boot;
        hit_wall.latest = stream.read_by[stream.read];
    }
    for (uint32_t i = 0; i < count; i++) {
        struct clocks clocks = clocks_of(now);

        reference_record(&reference, &clocks,
                         stream.plan.by == BY_UNIX ? hits[i].wall : hits[i].ktime, hits[i].pid,
                         hits[i].latency);
    }
    hit_now = stream.real;
    drive_records(&driven, hits, count, now);
    stream.read += count;
    assert_int_equal(driven.tally.late, reference.late);
    return true;
}

/* True: rows were made, or records read. */
static bool turn(void)
{
    uint64_t before = driven.tally.emitted + stream.read;
    int64_t now = stream.real;
    struct clocks clocks;

    if (!stream.plan.replayed && (one_in(3) || now - stream.refreshed >= SECOND)) {
        hit_wall.offset = stream.true_wall;
        stream.refreshed = now;
    }
    clocks = clocks_of(now);
    driven.opened.handler->records_wait = is_unread();
    reference_turn(&reference, &clocks, is_unread());
    for (uint32_t i = 0; i < TURN_MADE && drive_step(&driven, now, false); i++)
        ;
    for (uint32_t i = 0; i < TURN_BATCHES && read_batch(now); i++) {
        if (!one_in(50))
            continue;
        stream.real += (int64_t)draw(one_in(3) ? 3 * (uint64_t)SECOND : (uint64_t)stream.gap);
        write_until_now(); /* somebody held the batch up */
    }
    return driven.tally.emitted + stream.read > before;
}

static int64_t due(void)
{
    return driven.opened.handler->ops->due(driven.opened.handler);
}

/* As the consumer, until there is nothing to do. */
static void settle(void)
{
    uint32_t idle = 0;

    do {
        idle = turn() ? 0 : idle + 1;
        assert_in_range(idle, 0, 3); /* it spins */
    } while (stream.read < stream.written || due() <= stream.real);
    if (!stream.plan.gap)
        assert_int_equal(driven.tally.emitted, reference.n_rows);
}

/* Sleeps until something comes or is due, or stands still for longer. */
static void pass_time(void)
{
    int64_t until = stream.written < stream.count ? stream.next : stream.real;
    bool stalled = one_in(30);

    if (stream.plan.replayed)
        until = stream.real + (int64_t)draw((uint64_t)SECOND);
    if (!stalled && due() < until)
        until = due();
    if (stalled)
        until += (int64_t)draw(
            3 * (uint64_t)(stream.plan.every + stream.plan.gap + stream.plan.late + SECOND));
    if (until > stream.real)
        stream.real = until;
    write_until_now();
}

/* ---- what came out --------------------------------------------------------------------------- */

static void keep_row(void *data, const struct batch *batch, uint32_t index)
{
    (void)data;
    assert_true(n_rows < REFERENCE_ROWS);
    assert_false(row_integer(batch, "_other", index));
    rows[n_rows++] = (struct reference_row){
        .start = (int64_t)row_integer(batch, "_start", index),
        .end = (int64_t)row_integer(batch, "_end", index),
        .key = (uint32_t)row_integer(batch, "pid", index),
        .partial = row_integer(batch, "_partial", index),
        .cell = {row_integer(batch, "n", index), row_integer(batch, "sum", index),
                 row_integer(batch, "first", index), row_integer(batch, "last", index)}};
}

static int compare_rows(const void *one, const void *other)
{
    const struct reference_row *a = one, *b = other;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    if (a->cell.count != b->cell.count)
        return a->cell.count < b->cell.count ? -1 : 1;
    return a->cell.sum < b->cell.sum ? -1 : a->cell.sum > b->cell.sum;
}

static void expect_row(const struct reference_row *row, const struct reference_row *wanted)
{
    assert_int_equal(row->start, wanted->start);
    assert_int_equal(row->end, wanted->end);
    assert_int_equal(row->key, wanted->key);
    /* of a session that was not put out yet when its clock was set, nobody knows if it was over */
    if (!stream.plan.gap || stream.boot == 0)
        assert_int_equal(row->partial, wanted->partial);
    assert_int_equal(row->cell.count, wanted->cell.count);
    assert_int_equal(row->cell.sum, wanted->cell.sum);
    assert_int_equal(row->cell.first, wanted->cell.first);
    assert_int_equal(row->cell.last, wanted->cell.last);
}

static void expect_counter(void *data, const struct row *row, uint64_t value)
{
    (void)data;
    if (strcmp(row->name, "ahead") == 0)
        assert_int_equal(value, reference.ahead);
    if (strcmp(row->name, "windows_missed") == 0)
        assert_int_equal(value, reference.missed);
    if (strcmp(row->name, "overflowed") == 0)
        assert_int_equal(value, 0);
}

static void expect_all(void)
{
    assert_int_equal(driven.tally.in, stream.count);
    assert_int_equal(driven.tally.late, reference.late);
    assert_int_equal(driven.tally.failed, 0);
    assert_int_equal(driven.tally.aggregated, stream.count - reference.late);
    aggregate_ops.rows(driven.opened.handler, expect_counter, NULL);
    assert_int_equal(n_rows, reference.n_rows);
    qsort(rows, n_rows, sizeof(*rows), compare_rows);
    qsort(reference.rows, n_rows, sizeof(*rows), compare_rows);
    for (uint32_t i = 0; i < n_rows; i++)
        expect_row(&rows[i], &reference.rows[i]);
}

/* ---- streams --------------------------------------------------------------------------------- */

static void open_stream(uint64_t seed)
{
    const struct plan *plan = &stream.plan;
    char window[200], by[100] = "", config[400];

    memset(&stream, 0, sizeof(stream));
    stream.state = seed;
    choose_plan();
    choose_stream();
    reference_begin(&reference, plan);
    n_rows = 0;
    if (plan->by != BY_ARRIVAL)
        snprintf(by, sizeof(by), ", by: %s, late: %" PRId64 "ns",
                 plan->by == BY_UNIX ? "wall" : "ktime", plan->late);
    if (plan->gap)
        snprintf(window, sizeof(window), "gap: %" PRId64 "ns%s", plan->gap, by);
    else
        snprintf(window, sizeof(window), "every: %" PRId64 "ns, hop: %" PRId64 "ns%s%s",
                 plan->every, plan->hop, by, plan->aligned ? ", align: true" : "");
    /* as many groups as there are keys: they must do */
    snprintf(config, sizeof(config),
             "{window: {%s}, by: pid, groups: %u, values: {n: count(), sum: sum(latency), first: "
             "first(latency), last: last(latency)}}",
             window, stream.keys);
    drive_open(&driven, config, keep_row, NULL);
}

static void run_stream(uint64_t seed)
{
    struct clocks clocks;

    open_stream(seed);
    while (stream.read < stream.count) {
        pass_time();
        if (one_in(3))
            settle();
        else
            turn();
    }
    settle();
    clocks = clocks_of(stream.real);
    driven.opened.handler->records_wait = false;
    reference_end(&reference, &clocks);
    drive_end(&driven, stream.real);
    expect_all();
    drive_close(&driven);
}

static void random_streams(void **state)
{
    const char *given = getenv("SEED");
    int64_t end = clock_monotonic() + (int64_t)(seconds * 1e9);

    (void)state;
    stream_seed = given ? strtoull(given, NULL, 0) : (uint64_t)clock_realtime();
    reference.rows = calloc(REFERENCE_ROWS, sizeof(*reference.rows));
    assert_non_null(reference.rows);
    do {
        run_stream(++stream_seed);
        streams_done++;
        records_done += stream.count;
    } while (!given && clock_monotonic() < end);
    free(reference.rows);
}

/* Also after a failure. */
static int print_done(void **state)
{
    (void)state;
    printf("windows: %" PRIu64 " streams, %" PRIu64 " records; the last one: SEED=%" PRIu64 "\n",
           streams_done, records_done, stream_seed - 1);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(random_streams, print_done),
    };

    if (argc > 1)
        seconds = strtod(argv[1], NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
