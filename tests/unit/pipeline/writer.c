// SPDX-License-Identifier: Apache-2.0

/* Real writer threads: over a pipe, through the sink of standard output's kind (a blocking write of
 * a descriptor that is watched), and over a sink that fails on command. */

#include "pipeline/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/thread.h"

#define LONG_NS  (UINT64_C(20) * 1000 * 1000 * 1000)
#define SHORT_NS (UINT64_C(1) * 1000 * 1000)

enum { SCRIPT_MAX = 16, KEPT_MAX = 1024 * 1024 };

/* Writes into its fd, or, for as long as the script lasts, does what the script says: a negative
 * errno, or a number of bytes to accept into `kept` at the most. */
struct test_sink {
    struct sink base;
    int fd; /* -1: all is accepted into kept */
    ssize_t script[SCRIPT_MAX];
    uint32_t n_script;
    uint32_t calls;
    char *kept;
    size_t n_kept;
    bool bit_by_bit; /* takes a byte, and time */
    const char *why; /* instead of the errno's text */
    uint32_t debts;  /* so many calls of tend() until nothing is owed */
};

static enum sink_state test_write(struct sink *base, const char *bytes, size_t size,
                                  struct sink_outcome *outcome)
{
    struct test_sink *sink = (struct test_sink *)base;
    ssize_t result = (ssize_t)size;

    if (sink->bit_by_bit) {
        poll(NULL, 0, 1);
        result = 1;
    } else if (sink->calls < sink->n_script) {
        result = sink->script[sink->calls++];
        if (result > (ssize_t)size)
            result = (ssize_t)size;
    } else if (sink->fd >= 0) {
        result = write(sink->fd, bytes, size);
        result = result < 0 ? -errno : result;
    }
    if (result > 0 && sink->fd < 0 && sink->n_kept + (size_t)result <= KEPT_MAX) {
        memcpy(sink->kept + sink->n_kept, bytes, (size_t)result);
        sink->n_kept += (size_t)result;
    }
    return result == -EPIPE ? SINK_GONE : sink_written(outcome, result, sink->why);
}

static void test_watch(const struct sink *base, struct pollfd *ret)
{
    ret->fd = ((const struct test_sink *)base)->fd;
}

static const struct sink_ops test_ops = {.write = test_write, .watch = test_watch};

struct fixture {
    struct test_sink sink;
    struct lane lanes[2];
    struct writer writer;
    int ends[2];
    _Atomic uint32_t gone_calls;
    int saved_stderr;
    FILE *log;
};

static void count_gone(void *data)
{
    atomic_fetch_add(&((struct fixture *)data)->gone_calls, 1);
}

static void ignore_room(void *data)
{
    (void)data;
}

static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    signal(SIGPIPE, SIG_IGN);
    thread_setup_interrupt();
    fixture.sink = (struct test_sink){.base = {&test_ops}, .fd = -1, .kept = malloc(KEPT_MAX)};
    fixture.writer = (struct writer){.name = "out",
                                     .sink = &fixture.sink.base,
                                     .lanes = fixture.lanes,
                                     .n_lanes = 2,
                                     .on_gone = count_gone,
                                     .on_gone_data = &fixture};
    fixture.log = tmpfile();
    fixture.saved_stderr = dup(STDERR_FILENO);
    if (!fixture.sink.kept || !fixture.log || pipe2(fixture.ends, O_CLOEXEC) < 0 ||
        waker_init(&fixture.writer.waker) < 0)
        return -1;
    for (int i = 0; i < 2; i++)
        if (lane_init(&fixture.lanes[i], 32, 1, LANE_BLOCK, &fixture.writer.waker, ignore_room,
                      NULL) < 0)
            return -1;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 2; i++) {
        lane_deinit(&fixture->lanes[i]);
        if (fixture->ends[i] >= 0)
            close(fixture->ends[i]);
    }
    waker_deinit(&fixture->writer.waker);
    close(fixture->saved_stderr);
    fclose(fixture->log);
    free(fixture->sink.kept);
    return 0;
}

static void start(struct fixture *fixture)
{
    fflush(stderr);
    dup2(fileno(fixture->log), STDERR_FILENO);
    assert_int_equal(writer_start(&fixture->writer), 0);
}

/* Ends the writer, and compares what it logged. */
static void finish(struct fixture *fixture, const char *log)
{
    char text[1024] = "";
    bool joined;

    writer_finish(&fixture->writer);
    joined = writer_join(&fixture->writer, LONG_NS);
    dup2(fixture->saved_stderr, STDERR_FILENO);
    assert_true(joined);
    rewind(fixture->log);
    assert_true(fread(text, 1, sizeof(text) - 1, fixture->log) < sizeof(text));
    assert_string_equal(text, log);
}

#define GONE "ringmill: error: sink out: the reader is gone; further events are dropped\n"

/* One chunk of lines "FROM\n" to "TO - 1\n". */
static void put_chunk(struct lane *lane, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        uint32_t room;
        char *tail = lane_tail(lane, &room);

        lane_add(lane, (uint32_t)sprintf(tail, "%u\n", i), 1);
    }
    lane_hand_over(lane, LANE_ALL);
}

static void expect_counts(const struct lane *lane, uint64_t delivered, uint64_t dropped)
{
    assert_int_equal(counter_get(&lane->delivered), delivered);
    assert_int_equal(counter_get(&lane->abandoned), dropped);
    assert_int_equal(lane_in_flight(lane), 0);
}

static void expect_lines(const char *bytes, size_t size, uint32_t lines)
{
    const char *at = bytes;

    for (uint32_t i = 0; i < lines; i++) {
        char line[16];
        int length = sprintf(line, "%u\n", i);

        assert_true((size_t)(bytes + size - at) >= (size_t)length);
        assert_memory_equal(at, line, length);
        at += length;
    }
    assert_ptr_equal(at, bytes + size);
}

enum { LINES = 50 * 1000, PER_CHUNK = 500 };

struct reading {
    int fd;
    size_t used;
    char bytes[KEPT_MAX];
};

static void *read_all(void *data)
{
    struct reading *reading = data;
    ssize_t got;

    while ((got = read(reading->fd, reading->bytes + reading->used, KEPT_MAX - reading->used)) > 0)
        reading->used += (size_t)got;
    return NULL;
}

static void delivers_in_order(void **state)
{
    struct fixture *fixture = *state;
    static struct reading reading;
    pthread_t reader;

    reading = (struct reading){.fd = fixture->ends[0]};
    fixture->sink.fd = fixture->ends[1];
    start(fixture);
    assert_int_equal(pthread_create(&reader, NULL, read_all, &reading), 0);
    for (uint32_t i = 0; i < LINES; i += PER_CHUNK) {
        while (!lane_make_room(&fixture->lanes[0]))
            sched_yield();
        put_chunk(&fixture->lanes[0], i, i + PER_CHUNK);
    }
    finish(fixture, "");
    close(fixture->ends[1]);
    fixture->ends[1] = -1;
    pthread_join(reader, NULL);
    expect_lines(reading.bytes, reading.used, LINES);
    expect_counts(&fixture->lanes[0], LINES, 0);
    assert_int_equal(fixture->gone_calls, 0);
}

static void serves_all_its_lanes(void **state)
{
    struct fixture *fixture = *state;

    put_chunk(&fixture->lanes[0], 0, 1);
    put_chunk(&fixture->lanes[0], 2, 3);
    put_chunk(&fixture->lanes[1], 1, 2);
    put_chunk(&fixture->lanes[1], 3, 4);
    start(fixture);
    finish(fixture, "");
    expect_lines(fixture->sink.kept, fixture->sink.n_kept, 4); /* in turn */
    expect_counts(&fixture->lanes[0], 2, 0);
    expect_counts(&fixture->lanes[1], 2, 0);
}

static void finish_without_work(void **state)
{
    struct fixture *fixture = *state;

    start(fixture);
    finish(fixture, "");
    assert_int_equal(fixture->sink.n_kept, 0);
    assert_int_equal(fixture->gone_calls, 0);
}

static void writes_on_after_part_of_a_chunk(void **state)
{
    struct fixture *fixture = *state;
    static const ssize_t script[] = {1, 1, 7, -EINTR, 2, 1000, -EINTR, 1};

    memcpy(fixture->sink.script, script, sizeof(script));
    fixture->sink.n_script = sizeof(script) / sizeof(script[0]);
    put_chunk(&fixture->lanes[0], 0, 100);
    put_chunk(&fixture->lanes[0], 100, 1000);
    start(fixture);
    finish(fixture, "");
    expect_lines(fixture->sink.kept, fixture->sink.n_kept, 1000);
    expect_counts(&fixture->lanes[0], 1000, 0);
    assert_int_equal(fixture->gone_calls, 0);
}

/* Told once per chunk, not once per try; and what was accepted before is not written again. */
static void a_sink_that_recovers_gets_everything(void **state)
{
    struct fixture *fixture = *state;
    static const ssize_t script[] = {3, -ENOSPC, -ENOSPC, 4};

    memcpy(fixture->sink.script, script, sizeof(script));
    fixture->sink.n_script = sizeof(script) / sizeof(script[0]);
    put_chunk(&fixture->lanes[0], 0, 10);
    put_chunk(&fixture->lanes[0], 10, 20);
    start(fixture);
    finish(fixture, "ringmill: error: sink out: cannot write: No space left on device; retrying\n"
                    "ringmill: sink out: writing again\n");
    expect_lines(fixture->sink.kept, fixture->sink.n_kept, 20);
    expect_counts(&fixture->lanes[0], 20, 0);
    assert_int_equal(fixture->gone_calls, 0);
}

static void gone_in_the_middle_counts_whole_lines(void **state)
{
    struct fixture *fixture = *state;
    static const ssize_t script[] = {5, -EPIPE};

    memcpy(fixture->sink.script, script, sizeof(script));
    fixture->sink.n_script = sizeof(script) / sizeof(script[0]);
    put_chunk(&fixture->lanes[0], 0, 10); /* "0\n1\n2" */
    put_chunk(&fixture->lanes[0], 10, 20);
    put_chunk(&fixture->lanes[1], 20, 23);
    start(fixture);
    finish(fixture, GONE);
    assert_int_equal(fixture->sink.n_kept, 5);
    expect_counts(&fixture->lanes[0], 2, 18);
    expect_counts(&fixture->lanes[1], 0, 3);
    assert_int_equal(fixture->gone_calls, 1);
    assert_true(atomic_load(&fixture->writer.gone));
}

/* Nothing is being written: the descriptor alone tells. What comes later is dropped and counted. */
static void sees_an_idle_reader_leave(void **state)
{
    struct fixture *fixture = *state;

    fixture->sink.fd = fixture->ends[1];
    start(fixture);
    close(fixture->ends[0]);
    fixture->ends[0] = -1;
    while (atomic_load(&fixture->gone_calls) == 0)
        sched_yield();
    put_chunk(&fixture->lanes[0], 0, 5);
    put_chunk(&fixture->lanes[0], 5, 9);
    finish(fixture, GONE);
    expect_counts(&fixture->lanes[0], 0, 9);
    assert_int_equal(fixture->gone_calls, 1);
}

static void a_reader_that_leaves_ends_a_blocked_write(void **state)
{
    struct fixture *fixture = *state;

    fixture->sink.fd = fixture->ends[1];
    start(fixture);
    for (int i = 0; i < 5; i++) /* more than the pipe takes */
        put_chunk(&fixture->lanes[0], 0, 20 * 1000);
    close(fixture->ends[0]);
    fixture->ends[0] = -1;
    finish(fixture, GONE);
    assert_int_equal(counter_get(&fixture->lanes[0].forwarded), 100 * 1000);
    assert_true(counter_get(&fixture->lanes[0].abandoned) > 0);
    assert_int_equal(lane_in_flight(&fixture->lanes[0]), 0);
    assert_int_equal(fixture->gone_calls, 1);
}

static void give_up_ends_a_blocked_write(void **state)
{
    struct fixture *fixture = *state;
    static struct reading reading;
    uint64_t delivered, lines = 0;

    fixture->sink.fd = fixture->ends[1];
    start(fixture);
    for (int i = 0; i < 3; i++)
        put_chunk(&fixture->lanes[0], 0, 20 * 1000);
    writer_finish(&fixture->writer);
    assert_false(writer_join(&fixture->writer, SHORT_NS)); /* nobody reads */
    do
        writer_give_up(&fixture->writer);
    while (!writer_join(&fixture->writer, SHORT_NS));
    dup2(fixture->saved_stderr, STDERR_FILENO);
    delivered = counter_get(&fixture->lanes[0].delivered);
    expect_counts(&fixture->lanes[0], delivered, 60 * 1000 - delivered);
    assert_int_equal(fixture->gone_calls, 1);

    /* the books say what the reader would have found */
    reading = (struct reading){.fd = fixture->ends[0]};
    close(fixture->ends[1]);
    fixture->ends[1] = -1;
    read_all(&reading);
    for (size_t i = 0; i < reading.used; i++)
        lines += reading.bytes[i] == '\n';
    assert_int_equal(lines, delivered);
    assert_true(lines > 0);
}

static void give_up_ends_a_sink_that_keeps_failing(void **state)
{
    struct fixture *fixture = *state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    assert_true(full >= 0);
    fixture->sink.fd = full;
    put_chunk(&fixture->lanes[0], 0, 10);
    start(fixture);
    do
        writer_give_up(&fixture->writer);
    while (!atomic_load(&fixture->writer.gone) && sched_yield() == 0);
    put_chunk(&fixture->lanes[0], 10, 30);
    writer_finish(&fixture->writer);
    assert_true(writer_join(&fixture->writer, LONG_NS));
    dup2(fixture->saved_stderr, STDERR_FILENO);
    expect_counts(&fixture->lanes[0], 0, 30);
    assert_int_equal(fixture->gone_calls, 1);
    close(full);
}

/* Giving up is about what blocks; a sink that takes its events gets them. */
static void give_up_does_not_drop_what_can_be_written(void **state)
{
    struct fixture *fixture = *state;

    start(fixture);
    writer_give_up(&fixture->writer);
    put_chunk(&fixture->lanes[0], 0, 10);
    finish(fixture, "");
    expect_counts(&fixture->lanes[0], 10, 0);
    assert_int_equal(fixture->gone_calls, 0);
}

/* A reader that is slow and steady is not waited for either. */
static void give_up_ends_a_sink_that_takes_bit_by_bit(void **state)
{
    struct fixture *fixture = *state;

    fixture->sink.bit_by_bit = true;
    put_chunk(&fixture->lanes[0], 0, 20 * 1000);
    start(fixture);
    writer_finish(&fixture->writer);
    do
        writer_give_up(&fixture->writer);
    while (!writer_join(&fixture->writer, SHORT_NS));
    dup2(fixture->saved_stderr, STDERR_FILENO);
    assert_true(counter_get(&fixture->lanes[0].abandoned) > 0);
    assert_int_equal(lane_in_flight(&fixture->lanes[0]), 0);
    assert_int_equal(fixture->gone_calls, 1);
}

/* ---- sinks that are tended to ---------------------------------------------------------------- */

/* Its peer is the other end of the pipe; when that leaves, the next one is there only when told. */
static atomic_bool peer_is_there;
static _Atomic uint32_t reopened;

static enum sink_state test_tend(struct sink *base, struct sink_outcome *outcome)
{
    struct test_sink *sink = (struct test_sink *)base;
    struct pollfd peer = {.fd = sink->fd};

    if (sink->fd >= 0 && poll(&peer, 1, 0) > 0) {
        close(sink->fd);
        sink->fd = -1;
    }
    if (sink->fd >= 0 || atomic_load(&peer_is_there))
        return SINK_ACCEPTED;
    outcome->why = "nobody is there";
    outcome->due_ms = 1;
    return SINK_WAITING;
}

static void test_reopen(struct sink *base)
{
    (void)base;
    atomic_fetch_add(&reopened, 1);
}

static const struct sink_ops tended_ops = {.write = test_write,
                                           .tend = test_tend,
                                           .reopen = test_reopen,
                                           .watch = test_watch,
                                           .retry_max_ms = 60000};

static void a_peer_that_comes_back_was_not_gone(void **state)
{
    struct fixture *fixture = *state;
    char error[NOTE_TEXT_MAX];

    atomic_store(&peer_is_there, false);
    fixture->sink.base.ops = &tended_ops;
    fixture->sink.fd = fixture->ends[1];
    fixture->ends[1] = -1;
    start(fixture);
    close(fixture->ends[0]); /* the write end reports POLLERR */
    fixture->ends[0] = -1;
    while (atomic_load(&fixture->writer.retrying_since) == 0)
        sched_yield();
    note_get(&fixture->writer.last_error, error);
    assert_string_equal(error, "nobody is there");
    assert_false(atomic_load(&fixture->writer.gone));
    atomic_store(&peer_is_there, true);
    while (atomic_load(&fixture->writer.retrying_since) != 0)
        sched_yield();
    put_chunk(&fixture->lanes[0], 0, 10);
    finish(fixture, "ringmill: error: sink out: cannot write: nobody is there; retrying\n"
                    "ringmill: sink out: writing again\n");
    expect_counts(&fixture->lanes[0], 10, 0);
    assert_int_equal(fixture->gone_calls, 0);
}

/* The sink of that kind before it must be closed first. */
static void a_held_sink_is_not_called(void **state)
{
    struct fixture *fixture = *state;

    atomic_store(&fixture->writer.held, true);
    put_chunk(&fixture->lanes[0], 0, 10);
    start(fixture);
    assert_false(writer_join(&fixture->writer, 50 * SHORT_NS));
    assert_int_equal(fixture->sink.n_kept, 0);
    atomic_store(&fixture->writer.held, false);
    while (lane_in_flight(&fixture->lanes[0]) > 0)
        sched_yield();
    finish(fixture, "");
    assert_true(fixture->sink.n_kept > 0);
    expect_counts(&fixture->lanes[0], 10, 0);
}

/* At the daemon's stop its events are written all the same. */
static void finish_ends_the_hold(void **state)
{
    struct fixture *fixture = *state;

    atomic_store(&fixture->writer.held, true);
    put_chunk(&fixture->lanes[0], 0, 10);
    start(fixture);
    finish(fixture, "");
    expect_counts(&fixture->lanes[0], 10, 0);
}

static enum sink_state refuse_write(struct sink *base, const char *bytes, size_t size,
                                    struct sink_outcome *outcome)
{
    (void)base;
    (void)bytes;
    outcome->taken = size;
    outcome->refused = 3;
    outcome->why = "they are odd";
    return SINK_REFUSED;
}

static void the_sink_says_why_it_refuses(void **state)
{
    static const struct sink_ops refusing_ops = {.write = refuse_write};
    struct fixture *fixture = *state;

    fixture->sink.base.ops = &refusing_ops;
    put_chunk(&fixture->lanes[0], 0, 10);
    start(fixture);
    finish(fixture, "ringmill: warning: sink out: 3 events were dropped: they are odd\n");
    expect_counts(&fixture->lanes[0], 7, 3);
}

static void reopening_wakes_a_sleeping_writer(void **state)
{
    struct fixture *fixture = *state;

    atomic_store(&peer_is_there, true);
    atomic_store(&reopened, 0);
    fixture->sink.base.ops = &tended_ops;
    start(fixture);
    writer_reopen(&fixture->writer);
    assert_int_equal(atomic_load(&reopened), 1);
    finish(fixture, "");
}

/* Its pauses double up to a minute, and the end does not wait for them. */
static void finish_ends_a_long_pause(void **state)
{
    struct fixture *fixture = *state;

    fixture->sink.base.ops = &tended_ops;
    fixture->sink.n_script = 12;
    for (int i = 0; i < 12; i++)
        fixture->sink.script[i] = -ECONNREFUSED;
    start(fixture);
    put_chunk(&fixture->lanes[0], 0, 10);
    while (counter_get(&fixture->writer.errors) < 2)
        sched_yield();
    writer_finish(&fixture->writer);
    /* ten more failures, which would take minutes */
    assert_true(writer_join(&fixture->writer, LONG_NS));
    dup2(fixture->saved_stderr, STDERR_FILENO);
    assert_int_equal(counter_get(&fixture->writer.errors), 12);
    expect_counts(&fixture->lanes[0], 10, 0);
}

static enum sink_state settling_tend(struct sink *base, struct sink_outcome *outcome)
{
    struct test_sink *sink = (struct test_sink *)base;

    sink->debts -= sink->debts > 0;
    outcome->unsent = sink->debts;
    return SINK_ACCEPTED;
}

static const struct sink_ops settling_ops = {
    .write = test_write, .tend = settling_tend, .watch = test_watch};

static void does_not_end_before_all_was_sent_again(void **state)
{
    struct fixture *fixture = *state;

    fixture->sink.base.ops = &settling_ops;
    fixture->sink.debts = 4;
    atomic_store(&fixture->writer.finish, true);
    start(fixture);
    finish(fixture, "");
    assert_int_equal(fixture->sink.debts, 0);
    fixture->sink.debts = UINT32_MAX; /* for ever */
    start(fixture);
    writer_give_up(&fixture->writer);
    finish(fixture, "ringmill: error: sink out: stop deadline reached; events that the peer may "
                    "not have read were not sent again\n");
}

static size_t kept_at_finish;

static void note_finish(struct sink *base)
{
    kept_at_finish = ((struct test_sink *)base)->n_kept;
}

static const struct sink_ops finishing_ops = {
    .write = test_write, .watch = test_watch, .finish = note_finish};

static void the_sink_is_told_of_the_end(void **state)
{
    struct fixture *fixture = *state;

    fixture->sink.base.ops = &finishing_ops;
    start(fixture);
    put_chunk(&fixture->lanes[0], 0, 10);
    finish(fixture, "");
    expect_counts(&fixture->lanes[0], 10, 0);
    assert_true(kept_at_finish > 0);
    assert_int_equal(kept_at_finish, fixture->sink.n_kept);
}

#define WITH_WRITER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WRITER(delivers_in_order),
        WITH_WRITER(serves_all_its_lanes),
        WITH_WRITER(finish_without_work),
        WITH_WRITER(writes_on_after_part_of_a_chunk),
        WITH_WRITER(a_sink_that_recovers_gets_everything),
        WITH_WRITER(gone_in_the_middle_counts_whole_lines),
        WITH_WRITER(sees_an_idle_reader_leave),
        WITH_WRITER(a_reader_that_leaves_ends_a_blocked_write),
        WITH_WRITER(give_up_ends_a_blocked_write),
        WITH_WRITER(give_up_ends_a_sink_that_keeps_failing),
        WITH_WRITER(give_up_does_not_drop_what_can_be_written),
        WITH_WRITER(give_up_ends_a_sink_that_takes_bit_by_bit),
        WITH_WRITER(a_peer_that_comes_back_was_not_gone),
        WITH_WRITER(a_held_sink_is_not_called),
        WITH_WRITER(finish_ends_the_hold),
        WITH_WRITER(the_sink_says_why_it_refuses),
        WITH_WRITER(reopening_wakes_a_sleeping_writer),
        WITH_WRITER(finish_ends_a_long_pause),
        WITH_WRITER(does_not_end_before_all_was_sent_again),
        WITH_WRITER(the_sink_is_told_of_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
