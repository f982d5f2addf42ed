// SPDX-License-Identifier: Apache-2.0

/* Each way to be unwell, made for real in a daemon without a kernel: exactly the right check turns
 * bad, and back. Only the clock is the test's own: it runs ahead instead of waiting. */

#include "control/health.h"

#include <limits.h>

#include "base/thread.h"
#include "unit/control/mill.h"

static struct mill mill;

static int set_up(void **state)
{
    (void)state;
    thread_setup_interrupt();
    mill_init(&mill);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mill_deinit(&mill);
    return 0;
}

/* One check is bad, for this reason; CHECKS: none is. */
static void expect(enum check bad, const char *reason)
{
    for (int check = 0; check < CHECKS; check++) {
        const char *found = mill.health.reasons[check];

        if (check != (int)bad && found[0])
            fail_msg("%s: %s", health_check_name((enum check)check), found);
        if (check == (int)bad && !strstr(found, reason))
            fail_msg("%s: \"%s\", expected \"%s\"", health_check_name(bad), found, reason);
    }
    assert_int_equal(health_good(&mill.health), bad == CHECKS);
}

static void pass_seconds(int seconds)
{
    mill_rest(&mill);
    mill.ahead += seconds * MILL_SECOND;
    mill_look(&mill);
}

static void well_at_work_and_at_rest(void **state)
{
    char buffer[100];

    (void)state;
    mill_start(&mill);
    mill_look(&mill);
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < 100; i++)
            mill_produce(&mill, i % 10);
        if (round == 0) { /* later the clock is ahead, and a record in the making looks old */
            mill_look(&mill);
            expect(CHECKS, "");
        }
        mill_settle(&mill);
        pass_seconds(20);
        expect(CHECKS, "");
    }
    pass_seconds(3600);
    expect(CHECKS, "");
    assert_true(mill.snapshot.quiet);
    assert_null(health_reason(&mill.health, buffer, sizeof(buffer)));
    assert_false(health_stuck(&mill.health));
    assert_int_equal(mill.snapshot.sources[0].rings.counters.records, 2000);
    assert_int_equal(mill.snapshot.sinks[0].delivered, 1800);
}

static void a_busy_head_is_the_producers_fault(void **state)
{
    char buffer[500];
    void *sample;

    (void)state;
    mill_start(&mill);
    mill_produce(&mill, 1);
    mill_settle(&mill);
    sample = fake_reserve(mill.fake, 16);
    fake_write(mill.fake, "0123456789abcdef", 16, FAKE_FORCE_WAKEUP); /* the reader looks */
    for (int i = 0; i < 20000 && mill.snapshot.rings[0].busy_since == 0; i++) {
        usleep(1000);
        mill_see(&mill);
    }
    pass_seconds(5);
    expect(CHECKS, "");
    pass_seconds(6);
    expect(CHECK_RINGS, "source exec: the oldest record has been reserved and not submitted for 1");
    assert_false(health_stuck(&mill.health)); /* a restart would find it as it is */
    assert_true(strncmp(health_reason(&mill.health, buffer, sizeof(buffer)),
                        "rings: source exec: ", 20) == 0);
    memset(sample, 0, 16);
    fake_submit(mill.fake, sample, FAKE_FORCE_WAKEUP);
    mill_settle(&mill);
    pass_seconds(1);
    expect(CHECKS, "");
}

/* Nobody looks at a paused ring, so what was last seen of its head says nothing; what lies in it
 * counts for the high-water mark all the same. */
static void a_paused_ring_has_no_busy_head(void **state)
{
    struct ring_snapshot *counts;
    void *sample;

    (void)state;
    mill_start(&mill);
    sample = fake_reserve(mill.fake, 16);
    fake_write(mill.fake, "0123456789abcdef", 16, FAKE_FORCE_WAKEUP);
    for (int i = 0; i < 20000 && mill.snapshot.rings[0].busy_since == 0; i++) {
        usleep(1000);
        mill_see(&mill);
    }
    counts = mill.snapshot.rings;
    assert_true(counts->busy_since > 0);
    atomic_store(&mill.graph->inputs[0]->paused, true);
    mill_see(&mill);
    assert_int_equal(counts->busy_since, 0);
    assert_true(counts->used > 0);
    assert_true(counts->high_water >= counts->used);
    pass_seconds(20);
    assert_false(strstr(mill.health.reasons[CHECK_RINGS], "reserved") != NULL);
    atomic_store(&mill.graph->inputs[0]->paused, false);
    fake_submit(mill.fake, sample, FAKE_FORCE_WAKEUP);
    mill_settle(&mill);
}

static void trailing_discards_are_no_waiting_records(void **state)
{
    (void)state;
    mill_start(&mill);
    mill_produce(&mill, 1);
    mill_settle(&mill);
    fake_discard(mill.fake, fake_reserve(mill.fake, 16), FAKE_FORCE_WAKEUP);
    mill_settle(&mill);
    pass_seconds(1);
    pass_seconds(60);
    expect(CHECKS, "");
}

/* Another ring only takes its place after a restart if it is ours. */
static void expect_corrupt(bool ours)
{
    ((struct source *)mill.graph->sources[0].source)->ends_with_us = ours;
    mill_start(&mill);
    mill_produce(&mill, 1);
    mill_settle(&mill);
    fake_set_header(mill.fake, fake_producer(mill.fake), 50000);
    fake_set_producer(mill.fake, fake_producer(mill.fake) + 16);
    ringmill_reader_wake(mill.engine.consumer.reader);
    for (int i = 0; i < 20000 && !mill.snapshot.sources[0].rings.corrupt; i++) {
        usleep(1000);
        mill_see(&mill);
    }
    mill_look(&mill);
    expect(CHECK_RINGS, "source exec: ");
    assert_int_equal(health_stuck(&mill.health), ours);
}

static void a_corrupt_ring(void **state)
{
    (void)state;
    expect_corrupt(true);
}

static void a_corrupt_ring_of_others(void **state)
{
    (void)state;
    expect_corrupt(false);
}

static void a_sink_that_fails(void **state)
{
    (void)state;
    mill_start(&mill);
    atomic_store(&mill.sink.failure, -ENOSPC);
    mill_produce(&mill, 1);
    while (mill.snapshot.time == 0 || mill.snapshot.sinks[0].retrying_since == 0)
        mill_see(&mill);
    mill_look(&mill);
    expect(CHECKS, "");
    assert_int_equal(mill.snapshot.sinks[0].up, 0);
    pass_seconds(31);
    expect(CHECK_SINKS, "sink out: cannot write for 31 s: No space left on device");
    assert_false(health_stuck(&mill.health)); /* a restart would only lose what waits */
    atomic_store(&mill.sink.failure, 0);
    mill_settle(&mill);
    pass_seconds(1);
    expect(CHECKS, "");
}

static void deliver_at_least_once(struct mill *of)
{
    struct input *input = of->graph->inputs[0];

    input->at_least_once = true;
    input->max_unacked = (struct unacked_limit){UINT64_MAX, 50};
    free(input->acknowledgers);
    input->acknowledgers = calloc(1, sizeof(*input->acknowledgers));
    assert_non_null(input->acknowledgers);
    input->acknowledgers[input->n_acknowledgers++] = of->graph->sinks[0];
}

/* What was read stays in the ring until the sink has acknowledged it: that is no record that nobody
 * takes. */
static void a_sink_that_does_not_acknowledge(void **state)
{
    (void)state;
    deliver_at_least_once(&mill);
    mill_start(&mill);
    atomic_store(&mill.sink.failure, -ECONNREFUSED);
    for (int i = 0; i < 5; i++)
        mill_produce(&mill, 1);
    while (mill.snapshot.time == 0 || mill.snapshot.sinks[0].retrying_since == 0)
        mill_see(&mill);
    mill_look(&mill);
    assert_true(mill.snapshot.sources[0].rings.used > 0);
    pass_seconds(20);
    expect(CHECKS, "");
    pass_seconds(20);
    expect(CHECK_SINKS, "sink out: cannot write for 40 s: Connection refused");
    assert_false(health_stuck(&mill.health));
    atomic_store(&mill.sink.failure, 0);
    mill_settle(&mill);
    pass_seconds(1);
    expect(CHECKS, "");
}

/* The lane and then the ring fill behind it, but that is not the ring's fault. */
static void a_sink_that_takes_nothing(void **state)
{
    (void)state;
    mill_start(&mill);
    atomic_store(&mill.sink.block, true);
    while (mill.snapshot.time == 0 || !mill.snapshot.sources[0].rings.paused) {
        while (fake_producer(mill.fake) - fake_consumer(mill.fake) < MILL_RING / 2)
            mill_produce(&mill, 1);
        usleep(1000);
        mill_see(&mill);
    }
    mill_look(&mill);
    pass_seconds(15);
    expect(CHECKS, "");
    pass_seconds(20);
    expect(CHECK_SINKS, "sink out: has accepted no event for 35 s");
    assert_false(health_stuck(&mill.health)); /* its peer would be the same */
    mill.snapshot.sinks[0].in_sink = false;
    health_look(&mill.health, &mill.snapshot);
    expect(CHECK_SINKS, "sink out: has accepted no event for 35 s");
    assert_true(health_stuck(&mill.health)); /* that thread is ours */
    atomic_store(&mill.sink.block, false);
    mill_settle(&mill);
    pass_seconds(1);
    expect(CHECKS, "");
}

/* ---- a handler that does not come back ------------------------------------------------------- */

static atomic_bool wedged;

static void process_wedged(struct handler *handler, struct batch *batch)
{
    (void)handler;
    (void)batch;
    while (atomic_load(&wedged))
        usleep(1000);
}

static void close_wedged(struct handler *handler)
{
    (void)handler;
}

static const struct handler_ops wedge_ops = {
    .name = "wedge", .process = process_wedged, .close = close_wedged};

static void a_wedged_handler(void **state)
{
    struct chain *chain = mill.graph->chains[0];
    static struct handler wedge = {.ops = &wedge_ops};

    (void)state;
    chain->handlers[0]->ops->close(chain->handlers[0]);
    chain->handlers[0] = &wedge;
    atomic_store(&wedged, true);
    mill_start(&mill);
    mill_produce(&mill, 1);
    while (atomic_load(&chain->current) == 0)
        usleep(1000);
    mill_produce(&mill, 1);
    mill_look(&mill);
    mill.ahead += 5 * MILL_SECOND; /* without a rest: there is none */
    mill_look(&mill);
    expect(CHECKS, "");
    mill.ahead += 6 * MILL_SECOND;
    mill_look(&mill);
    expect(CHECK_HANDLERS,
           "the handler wedge, number 1 of pipeline all, has kept a batch of source exec for 11 s");
    assert_true(health_stuck(&mill.health));
    atomic_store(&wedged, false);
    mill_settle(&mill);
    pass_seconds(1);
    expect(CHECKS, "");
    mill_stop(&mill);
}

/* ---- a handler that is slow, and comes back -------------------------------------------------- */

static atomic_int entered, let_through;

/* Takes longer than a turn is to take, and then as long as the test likes. */
static void process_gate(struct handler *handler, struct batch *batch)
{
    int number = atomic_fetch_add(&entered, 1) + 1;

    (void)handler;
    (void)batch;
    usleep(CONSUMER_TURN_NS / 1000);
    while (atomic_load(&let_through) < number)
        usleep(1000);
}

static const struct handler_ops gate_ops = {
    .name = "gate", .process = process_gate, .close = close_wedged};

static void wait_entered(int number)
{
    while (atomic_load(&entered) < number)
        usleep(1000);
}

/* Each batch takes less than stuck_after, all together take longer; nothing is acknowledged
 * meanwhile. What has come out of it goes to the sink before the next batch is over. */
static void a_slow_handler(void **state)
{
    struct chain *chain = mill.graph->chains[0];
    static struct handler gate = {.ops = &gate_ops};

    (void)state;
    chain->handlers[0]->ops->close(chain->handlers[0]);
    chain->handlers[0] = &gate;
    atomic_store(&entered, 0);
    atomic_store(&let_through, 0);
    deliver_at_least_once(&mill);
    mill_start(&mill);
    mill_produce(&mill, 1);
    wait_entered(1);
    for (int i = 0; i < 4 * CONSUMER_BATCH; i++)
        mill_produce(&mill, 1);
    for (int number = 1; number < 5; number++) {
        mill_look(&mill);
        mill.ahead += 9 * MILL_SECOND;
        mill_look(&mill);
        expect(CHECKS, "");
        atomic_store(&let_through, number);
        wait_entered(number + 1);
        do
            mill_see(&mill);
        while (mill.snapshot.sinks[0].delivered < (uint64_t)(number - 1) * CONSUMER_BATCH + 1);
    }
    atomic_store(&let_through, INT_MAX);
    mill_settle(&mill);
    expect(CHECKS, "");
    mill_stop(&mill);
}

/* ---- losses, books --------------------------------------------------------------------------- */

static void a_loss_storm(void **state)
{
    (void)state;
    mill_start(&mill);
    for (int second = 0; second < 20; second++) {
        mill.graph->inputs[0]->lost += 90;
        pass_seconds(1);
        expect(CHECKS, "");
    }
    mill.graph->inputs[0]->lost += 2000;
    pass_seconds(1);
    expect(CHECK_LOSSES, "281 records/s were lost over the last 10 s because a ring was full");
    assert_false(health_stuck(&mill.health));
    for (int second = 0; second < 11; second++)
        pass_seconds(1);
    expect(CHECKS, "");
}

static void a_storm_of_skipped_runs(void **state)
{
    (void)state;
    mill_start(&mill);
    mill.graph->sources[0].skips_known = true;
    pass_seconds(1);
    mill.graph->sources[0].skipped += 2000;
    pass_seconds(1);
    expect(CHECK_LOSSES,
           "2000 runs/s of BPF programs were skipped by the kernel over the last 1 s");
    assert_false(health_stuck(&mill.health));
    pass_seconds(20);
    pass_seconds(1);
    expect(CHECKS, "");
}

static void losses_that_nobody_counts(void **state)
{
    struct stream *stream;

    (void)state;
    mill_start(&mill);
    pass_seconds(1);
    assert_false(health_unknown(&mill.health, CHECK_LOSSES));
    stream = mill.graph->sources[0].source->streams;
    stream->counted = false;
    pass_seconds(1);
    expect(CHECKS, "");
    assert_true(health_unknown(&mill.health, CHECK_LOSSES));
    assert_false(health_unknown(&mill.health, CHECK_BOOKS));
    assert_string_equal(mill.health.unknown, "lost records are not counted for source exec; set "
                                             "lost: to a counter or sequence: to a sequence field");
    mill.graph->sources[0].skipped += 2000;
    pass_seconds(1);
    assert_false(health_unknown(&mill.health, CHECK_LOSSES)); /* what is bad is known */
    stream->counted = true;
}

static void books_that_do_not_add_up(void **state)
{
    struct books *books = &mill.graph->chains[0]->books;

    (void)state;
    mill_start(&mill);
    mill_produce(&mill, 1);
    mill_settle(&mill);
    counter_add(&books->rows[BOOK_FILTERED], 1);
    mill_look(&mill);
    expect(CHECK_BOOKS, "pipeline all: a record was counted 0 or 2 times");
    assert_false(health_stuck(&mill.health));
    counter_add(&books->rows[BOOK_COPIES], 1);
    mill_look(&mill);
    expect(CHECKS, "");
    counter_add(&books->rows[BOOK_SEEN], 1);
    counter_add(&books->rows[BOOK_FORWARDED], 1);
    mill_look(&mill);
    expect(CHECK_BOOKS, "source exec: pipeline all saw a different number of records; the sinks "
                        "received a different number of events than the pipelines forwarded");
}

/* Records fly all the time: a look may find them anywhere, and never takes that for a fault. */
static void books_are_not_judged_in_motion(void **state)
{
    uint64_t quiet = 0;

    (void)state;
    mill_start(&mill);
    for (int i = 0; i < 3000; i++) {
        while (fake_producer(mill.fake) - fake_consumer(mill.fake) < MILL_RING / 2)
            mill_produce(&mill, (uint32_t)i % 10);
        mill_look(&mill);
        quiet += mill.snapshot.quiet;
        expect(CHECKS, "");
    }
    print_message("%lu of 3000 looks were quiet\n", (unsigned long)quiet);
}

#define IN_MILL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_MILL(well_at_work_and_at_rest),
        IN_MILL(a_busy_head_is_the_producers_fault),
        IN_MILL(a_paused_ring_has_no_busy_head),
        IN_MILL(trailing_discards_are_no_waiting_records),
        IN_MILL(a_corrupt_ring),
        IN_MILL(a_corrupt_ring_of_others),
        IN_MILL(a_sink_that_fails),
        IN_MILL(a_sink_that_does_not_acknowledge),
        IN_MILL(a_sink_that_takes_nothing),
        IN_MILL(a_wedged_handler),
        IN_MILL(a_slow_handler),
        IN_MILL(a_loss_storm),
        IN_MILL(a_storm_of_skipped_runs),
        IN_MILL(losses_that_nobody_counts),
        IN_MILL(books_that_do_not_add_up),
        IN_MILL(books_are_not_judged_in_motion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
