// SPDX-License-Identifier: Apache-2.0
/* The behaviours that other ring readers' tests assert, one test each, on the fake ring and, where
 * it makes sense, on a real one.
 *
 *     ring-checklist fake|live [check_NN_...] */
// clang-format off
#include <err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ring/fake.h"
#include "ring/ring.h"
#include "ring/source.h"

#define MS        UINT64_C(1000000)
#define NO_WAKEUP 1

static bool live;

/* n bytes: 1, 2, ... n. */
static void write_bytes(struct source *source, uint32_t n, int flags)
{
    uint8_t bytes[64];

    for (uint32_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i + 1);
    assert_true(source_write(source, bytes, n, flags));
}

static void assert_bytes(const void *data, size_t length, uint32_t n)
{
    const uint8_t *bytes = data;

    assert_int_equal(length, n);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(bytes[i], i + 1);
}

static bool write_number(struct source *source, uint64_t number, int flags)
{
    return source_write(source, &number, sizeof(number), flags);
}

static uint64_t number_of(const struct ringmill_view *view)
{
    uint64_t number;

    assert_int_equal(view->length, sizeof(number));
    memcpy(&number, view->data, sizeof(number));
    return number;
}

static int next(struct ringmill_reader *reader, struct ringmill_view *view)
{
    return ringmill_reader_next(reader, view);
}

static void check_01_a_sample_is_read_exactly(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_ring *ring;
    struct ringmill_reader *reader = source_reader(source, &ring);
    struct ringmill_view view;

    (void)state;
    assert_int_equal(ringmill_ring_available(ring), 0);
    assert_int_equal(ringmill_ring_size(ring), 4096);
    write_bytes(source, 5, 0);
    assert_int_equal(ringmill_ring_available(ring), 16);
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    assert_bytes(view.data, view.length, 5);
    assert_int_equal(ringmill_ring_remaining(ring, &view), 0);
    ringmill_reader_free(reader);
    source_free(source);
}

static void check_02_a_discarded_sample_never_comes(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_ring *ring;
    struct ringmill_reader *reader = source_reader(source, &ring);
    struct ringmill_view view;

    (void)state;
    write_bytes(source, 5, 0);
    assert_true(source_discard(source, 10, 0));
    write_bytes(source, 15, 0);
    assert_int_equal(ringmill_ring_available(ring), 16 + 24 + 24);
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    assert_bytes(view.data, view.length, 5);
    assert_int_equal(ringmill_ring_remaining(ring, &view), 48);
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    assert_bytes(view.data, view.length, 15);
    assert_int_equal(ringmill_ring_remaining(ring, &view), 0);
    ringmill_reader_free(reader);
    source_free(source);
}

static void check_03_every_even_sample_is_discarded(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_reader *reader = source_reader(source, NULL);
    struct ringmill_counters counters;
    struct ringmill_view view;

    (void)state;
    for (uint32_t n = 5; n <= 25; n += 5) {
        if (n % 10 == 0)
            assert_true(source_discard(source, n, 0));
        else
            write_bytes(source, n, 0);
    }
    for (uint32_t n = 5; n <= 25; n += 10) {
        assert_int_equal(next(reader, &view), RINGMILL_READY);
        assert_bytes(view.data, view.length, n);
    }
    ringmill_reader_set_deadline(reader, RINGMILL_NOW);
    assert_int_equal(next(reader, &view), RINGMILL_DEADLINE);
    ringmill_reader_counters(reader, &counters);
    assert_int_equal(counters.records, 3);
    assert_int_equal(counters.discards, 2);
    ringmill_reader_free(reader);
    source_free(source);
}

struct delayed {
    struct ringmill_reader *reader;
};

static void *close_later(void *argument)
{
    struct delayed *delayed = argument;

    usleep(150000);
    ringmill_reader_close(delayed->reader);
    return NULL;
}

static void check_04_close_ends_a_blocked_read(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_record record = {0};
    struct ringmill_reader *reader;
    struct delayed delayed = {0};
    struct ringmill_view view;
    pthread_t thread;
    uint64_t begin;

    (void)state;
    write_bytes(source, 5, 0);
    reader = source_reader(source, NULL);
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    assert_bytes(view.data, view.length, 5);
    delayed.reader = reader;
    begin = ring_now();
    assert_int_equal(pthread_create(&thread, NULL, close_later, &delayed), 0);
    assert_int_equal(next(reader, &view), RINGMILL_CLOSED);
    pthread_join(thread, NULL);
    assert_true(ring_now() - begin >= 100 * MS);
    ringmill_reader_close(reader);
    assert_int_equal(next(reader, &view), RINGMILL_CLOSED);
    assert_int_equal(ringmill_reader_read(reader, &record), RINGMILL_CLOSED);
    assert_int_equal(ringmill_reader_wait(reader, RINGMILL_FOREVER), RINGMILL_CLOSED);
    assert_null(record.data);
    ringmill_reader_free(reader);
    source_free(source);
}

static void check_05_a_deadline_still_gives_what_is_there(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_ring *ring;
    struct ringmill_reader *reader = source_reader(source, &ring);
    struct ringmill_record record = {0};

    (void)state;
    write_bytes(source, 5, NO_WAKEUP);
    write_bytes(source, 7, NO_WAKEUP);
    assert_int_equal(ringmill_ring_available(ring), 32);
    ringmill_reader_set_deadline(reader, ring_now());
    assert_int_equal(ringmill_reader_read(reader, &record), RINGMILL_READY);
    assert_bytes(record.data, record.length, 5);
    assert_int_equal(record.remaining, 16);
    assert_int_equal(ringmill_ring_available(ring), 16);
    assert_int_equal(ringmill_reader_read(reader, &record), RINGMILL_READY);
    assert_bytes(record.data, record.length, 7);
    assert_int_equal(record.remaining, 0);
    assert_int_equal(ringmill_reader_read(reader, &record), RINGMILL_DEADLINE);
    free(record.data);
    ringmill_reader_free(reader);
    source_free(source);
}

static void check_06_flush_gives_what_is_there_then_says_so_once(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_reader *reader = source_reader(source, NULL);
    struct ringmill_view view;

    (void)state;
    write_bytes(source, 5, NO_WAKEUP);
    write_bytes(source, 7, NO_WAKEUP);
    ringmill_reader_flush(reader);
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    assert_bytes(view.data, view.length, 5);
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    assert_bytes(view.data, view.length, 7);
    assert_int_equal(next(reader, &view), RINGMILL_FLUSHED);
    ringmill_reader_set_deadline(reader, RINGMILL_NOW);
    assert_int_equal(next(reader, &view), RINGMILL_DEADLINE);
    ringmill_reader_free(reader);
    source_free(source);
}

static void check_07_deadlines_past_and_far(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_reader *reader = source_reader(source, NULL);
    struct delayed delayed = {.reader = reader};
    struct ringmill_view view;
    pthread_t thread;

    (void)state;
    ringmill_reader_set_deadline(reader, ring_now() - MS);
    assert_int_equal(next(reader, &view), RINGMILL_DEADLINE);
    assert_int_equal(next(reader, &view), RINGMILL_DEADLINE);
    ringmill_reader_set_deadline(reader, RINGMILL_FOREVER - 1);
    assert_int_equal(pthread_create(&thread, NULL, close_later, &delayed), 0);
    assert_int_equal(next(reader, &view), RINGMILL_CLOSED);
    pthread_join(thread, NULL);
    ringmill_reader_free(reader);
    source_free(source);
}

static void check_08_read_after_close_touches_nothing(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_reader *reader = source_reader(source, NULL);
    struct ringmill_view view;

    (void)state;
    write_bytes(source, 5, 0);
    write_bytes(source, 7, 0);
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    ringmill_reader_close(reader);
    assert_int_equal(next(reader, &view), RINGMILL_CLOSED);
    assert_bytes(view.data, view.length, 5); /* still mapped until the reader is freed */
    ringmill_reader_free(reader);
    source_free(source);
}

static void write_and_read(struct source *source, struct ringmill_reader *reader, uint64_t records)
{
    struct ringmill_view view;
    uint64_t lost = 0, seen = 0;

    for (uint64_t i = 0; i < records; i++)
        lost += !write_number(source, i, 0);
    ringmill_reader_flush(reader);
    while (next(reader, &view) == RINGMILL_READY)
        assert_int_equal(number_of(&view), seen++);
    assert_int_equal(seen + lost, records);
    if (records <= 255)
        assert_int_equal(lost, 0);
    if (!source_is_live(source))
        assert_int_equal(fake_lost(source_fake(source)), lost);
}

static void check_09_from_empty_to_eight_times_full(void **state)
{
    static const uint64_t counts[] = {0, 1, 128, 255, 8 * 256};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct source *source = source_new(live, 4096, 0);
        struct ringmill_ring *ring;
        struct ringmill_reader *reader = source_reader(source, &ring);

        write_and_read(source, reader, counts[i]);
        assert_int_equal(ringmill_ring_available(ring), 0);
        ringmill_reader_free(reader);
        source_free(source);
    }
}

static void check_10_short_samples_keep_their_length(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_reader *reader = source_reader(source, NULL);
    uint8_t buffer[8];
    size_t length = 0;

    (void)state;
    write_bytes(source, 2, 0);
    write_bytes(source, 8, 0);
    assert_int_equal(ringmill_reader_read_into(reader, buffer, sizeof(buffer), &length), 0);
    assert_bytes(buffer, length, 2);
    assert_int_equal(ringmill_reader_read_into(reader, buffer, 7, &length), -EMSGSIZE);
    assert_int_equal(length, 8);
    assert_int_equal(ringmill_reader_read_into(reader, buffer, sizeof(buffer), &length), 0);
    assert_bytes(buffer, length, 8);
    ringmill_reader_free(reader);
    source_free(source);
}

enum { WRITERS = 4, PER_WRITER = 5000 };

struct writer {
    struct source *source;
    uint64_t first;
    uint64_t lost;
    bool even_only; /* odd ones are discarded */
    bool retry;
    atomic_bool ended;
};

static void *run_writer(void *argument)
{
    struct writer *writer = argument;

    for (uint64_t i = 0; i < PER_WRITER; i++) {
        uint64_t number = writer->first + i;

        while (!(number % 2 && writer->even_only ? source_discard(writer->source, 8, 0)
                                                 : write_number(writer->source, number, 0))) {
            if (!writer->retry) {
                writer->lost++;
                break;
            }
            sched_yield();
        }
    }
    atomic_store(&writer->ended, true);
    return NULL;
}

static bool all_ended(const struct writer *writers, size_t n)
{
    while (n > 0 && atomic_load(&writers[n - 1].ended))
        n--;
    return n == 0;
}

/* Lets the writers run and reads beside them. Returns the records seen. */
static uint64_t read_beside(struct source *source, struct writer *writers, size_t n,
                            struct ringmill_counters *ret_counters)
{
    struct ringmill_reader *reader = source_reader(source, NULL);
    uint64_t last[WRITERS] = {0}, seen = 0;
    pthread_t threads[WRITERS];
    struct ringmill_view view;

    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_writer, &writers[i]), 0);
    for (bool ended = false;;) {
        int outcome;

        ringmill_reader_set_deadline(reader, ended ? RINGMILL_NOW : ring_now() + 20 * MS);
        outcome = next(reader, &view);
        if (outcome == RINGMILL_READY) {
            uint64_t number = number_of(&view);
            uint64_t who = number / 1000000;

            assert_true(number + 1 > last[who]);
            if (writers[who].even_only)
                assert_int_equal(number % 2, 0);
            last[who] = number + 1;
            seen++;
            continue;
        }
        assert_int_equal(outcome, RINGMILL_DEADLINE);
        if (ended)
            break;
        ended = all_ended(writers, n); /* what they wrote before that is still read */
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    ringmill_reader_counters(reader, ret_counters);
    ringmill_reader_free(reader);
    return seen;
}

static void check_11_parallel_writers_balance(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct writer writers[WRITERS];
    struct ringmill_counters counters;
    uint64_t seen, lost = 0;

    (void)state;
    for (uint64_t i = 0; i < WRITERS; i++)
        writers[i] = (struct writer){.source = source, .first = i * 1000000, .even_only = true};
    seen = read_beside(source, writers, WRITERS, &counters);
    for (size_t i = 0; i < WRITERS; i++)
        lost += writers[i].lost;
    assert_int_equal(seen + counters.discards + lost, WRITERS * PER_WRITER);

    writers[0] = (struct writer){.source = source, .even_only = true, .retry = true};
    seen = read_beside(source, writers, 1, &counters);
    assert_int_equal(seen, PER_WRITER / 2);
    assert_int_equal(counters.discards, PER_WRITER / 2);
    source_free(source);
}

/* Two records a round, the second of which is to be committed in the very moment in which the
 * reader has published the position behind the first and looks whether that was all. Both sides
 * spin until then, and whoever came late goes a little earlier in the next round, which keeps the
 * two at that moment. No other edge may come to the rescue: the first record sends none, and one
 * that was not slept for is taken off. */
enum {
    DUEL_DITHER = 64,
    DUEL_STORES = 32,
    DUEL_COLD = 64 << 20,
};
#define DUEL_TIME (1500 * MS)
#define DUEL_LOST (300000 * MS) /* an edge that has not come by then does not come */

struct duel {
    struct source *source;
    atomic_uint round; /* the reader waits for the records of this one; 0: not yet, UINT_MAX: end */
    atomic_uint done;  /* the last round whose records are written */
    atomic_int lead;   /* turns of a loop by which the writer goes first; below 0: the reader */
    uint8_t *cold;     /* DUEL_COLD bytes that are in no cache */
};

static void pin_to_cpu(unsigned nth)
{
    cpu_set_t allowed, one;

    assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
    CPU_ZERO(&one);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed) && nth-- == 0)
            CPU_SET(cpu, &one);
    assert_int_equal(pthread_setaffinity_np(pthread_self(), sizeof(one), &one), 0);
}

static void pause_briefly(unsigned turns)
{
    for (volatile unsigned left = turns; left > 0; left--)
        ;
}

static void *write_pairs(void *argument)
{
    struct duel *duel = argument;
    unsigned round, done = 0;
    int lead;

    pin_to_cpu(1);
    while ((round = atomic_load(&duel->round)) != UINT_MAX) {
        if (round == done)
            continue;
        write_number(duel->source, 2 * (uint64_t)round, NO_WAKEUP);
        lead = atomic_load(&duel->lead);
        pause_briefly(lead < 0 ? (unsigned)-lead : 0);
        write_number(duel->source, 2 * (uint64_t)round + 1, 0);
        atomic_store(&duel->done, done = round);
    }
    return NULL;
}

/* Stores that miss each cache: those that follow wait in this CPU's store buffer behind them. */
static void stall_stores(uint8_t *cold, unsigned round)
{
    uint32_t at = round * 2654435761U;

    for (unsigned i = 0; i < DUEL_STORES; i++) {
        at = at * 1664525 + 1013904223;
        cold[(at >> 6) % (DUEL_COLD / 64) * 64] = (uint8_t)i;
    }
}

static void hesitate(struct duel *duel, unsigned round)
{
    int lead = atomic_load(&duel->lead);

    pause_briefly((lead > 0 ? (unsigned)lead : 0) + round * 37 % DUEL_DITHER);
    stall_stores(duel->cold, round);
}

static uint64_t edges_of(const struct ringmill_ring *ring)
{
    struct ringmill_counters counters;

    ringmill_ring_counters(ring, &counters);
    return counters.wakeups;
}

/* Whether the reader was told of the second record, however late. */
static bool read_pair(struct duel *duel, struct ringmill_reader *reader, unsigned round)
{
    struct ringmill_batch batch;
    uint64_t edges = 0;
    int n;

    for (uint32_t seen = 0; seen < 2; seen += batch.count) {
        while ((n = ringmill_reader_next_batch(reader, &batch)) == 0)
            if (seen > 0 &&
                ringmill_reader_wait(reader, ring_now() + DUEL_LOST) == RINGMILL_DEADLINE)
                return false;
        assert_true(n > 0);
        for (uint32_t i = 0; i < batch.count; i++)
            assert_int_equal(number_of(&batch.views[i]), 2 * (uint64_t)round + seen + i);
        if (seen == 0) {
            edges = edges_of(batch.ring);
            hesitate(duel, round);
        }
        ringmill_ring_commit(batch.ring, batch.end);
    }
    atomic_fetch_add(&duel->lead, edges_of(batch.ring) != edges ? 1 : -1);
    assert_int_equal(ringmill_reader_wait(reader, RINGMILL_NOW), RINGMILL_DEADLINE);
    return true;
}

static void check_12_edge_triggered_on_two_cpus_never_hangs(void **state)
{
    struct ringmill_reader_options options = {.size = sizeof(options), .max_latency = RINGMILL_OFF};
    struct duel duel = {.source = NULL};
    struct ringmill_reader *reader;
    uint64_t begin = ring_now();
    bool told = true;
    unsigned round = 0;
    cpu_set_t before;
    pthread_t thread;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    if (CPU_COUNT(&before) < 2)
        errx(77, "skipped: this needs two CPUs"); /* seen by ctest, as cmocka's skip() is not */
    duel.source = source_new(live, 4096, 0);
    duel.cold = malloc(DUEL_COLD);
    assert_non_null(duel.cold);
    memset(duel.cold, 1, DUEL_COLD);
    /* no recheck, no naps: nothing but edges can wake it */
    assert_int_equal(ringmill_reader_new(&options, NULL, &reader), 0);
    assert_int_equal(ringmill_reader_add(reader, source_open(duel.source), NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_pairs, &duel), 0);
    pin_to_cpu(0);
    while (told && ring_now() - begin < DUEL_TIME) {
        atomic_store(&duel.round, ++round);
        told = read_pair(&duel, reader, round);
    }
    atomic_store(&duel.round, UINT_MAX);
    pthread_join(thread, NULL);
    pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
    print_message("%u messages\n", 2 * round);
    if (!told)
        fail_msg("round %u: the wake-up for its second record was lost", round);
    ringmill_reader_free(reader);
    source_free(duel.source);
    free(duel.cold);
}

static int reopen_pinned(const char *path)
{
    int fd = bpf_obj_get(path);

    assert_true(fd >= 0);
    return fd;
}

static void check_13_a_reopened_ring_goes_on_where_it_was(void **state)
{
    static const char folder[] = "/sys/fs/bpf";
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_reader *reader;
    struct ringmill_view view;
    char path[64];
    int fd;

    (void)state;
    for (uint64_t i = 0; i < 4; i++)
        assert_true(write_number(source, i, 0));
    reader = source_reader(source, NULL);
    for (uint64_t i = 0; i < 3; i++) /* the third one is out when the reader goes away */
        assert_int_equal(next(reader, &view), RINGMILL_READY);
    ringmill_reader_free(reader);
    if (live) {
        snprintf(path, sizeof(path), "%s/ringmill-test-%d", folder, (int)getpid());
        assert_int_equal(bpf_obj_pin(source_map_fd(source), path), 0);
        fd = reopen_pinned(path);
        unlink(path);
        assert_int_equal(ringmill_open(fd, NULL, &reader), 0);
        close(fd);
    } else {
        reader = source_reader(source, NULL);
    }
    for (uint64_t i = 4; i < 6; i++)
        assert_true(write_number(source, i, 0));
    for (uint64_t i = 2; i < 6; i++) {
        assert_int_equal(next(reader, &view), RINGMILL_READY);
        assert_int_equal(number_of(&view), i);
    }
    ringmill_reader_set_deadline(reader, RINGMILL_NOW);
    assert_int_equal(next(reader, &view), RINGMILL_DEADLINE);
    ringmill_reader_free(reader);
    source_free(source);
}

static void check_14_a_busy_head_is_reported_and_waited_for(void **state)
{
    struct source *source = source_new(false, 4096, 0);
    struct ringmill_reader *reader = source_reader(source, NULL);
    struct ringmill_counters before, after;
    struct ringmill_view view;
    uint64_t begin = ring_now();
    void *sample;

    (void)state;
    sample = fake_reserve(source_fake(source), 8);
    assert_true(write_number(source, 2, 0));
    ringmill_reader_set_deadline(reader, ring_now() + 20 * MS);
    assert_int_equal(next(reader, &view), RINGMILL_DEADLINE);
    ringmill_reader_counters(reader, &before);
    assert_true(before.busy_since >= begin && before.busy_since <= ring_now());
    assert_true(before.wakeups <= 2); /* not spun on */
    ringmill_reader_set_deadline(reader, RINGMILL_FOREVER);
    *(uint64_t *)sample = 1;
    fake_submit(source_fake(source), sample, 0);
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    assert_int_equal(number_of(&view), 1);
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    ringmill_reader_counters(reader, &after);
    assert_int_equal(after.busy_since, 0);
    fake_reserve(source_fake(source), 8);
    ringmill_reader_close(reader);
    assert_int_equal(next(reader, &view), RINGMILL_CLOSED);
    ringmill_reader_free(reader);
    source_free(source);
}

static void check_15_corruption_is_refused_or_reported(void **state)
{
    static const uint32_t lengths[] = {9, 4096, 0x3fffffff};
    struct fake *fake;

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct source *source = source_new(false, 4096, 0);
        struct ringmill_ring *ring;
        struct ringmill_reader *reader = source_reader(source, &ring);
        struct ringmill_view view;

        assert_true(write_number(source, 1, 0));
        fake_set_header(source_fake(source), 0, lengths[i]);
        assert_int_equal(next(reader, &view), -EBADMSG);
        assert_int_equal(ringmill_ring_health(ring, NULL), -EBADMSG);
        ringmill_reader_free(reader);
        source_free(source);
    }
    for (uint64_t bad = 1; bad <= 3; bad++) {
        struct ringmill_ring *ring;

        assert_int_equal(fake_new(4096, 8192, &fake), 0);
        if (bad == 1)
            fake_set_producer(fake, 8184); /* behind the consumer */
        if (bad == 2)
            fake_set_producer(fake, 8196); /* unaligned */
        if (bad == 3)
            fake_set_producer(fake, 8192 + 4104); /* more than a ring ahead */
        assert_int_equal(fake_open(fake, NULL, NULL, &ring), -EBADMSG);
        fake_free(fake);
    }
}

static void write_around(uint64_t start)
{
    struct source *source = source_new(false, 4096, start);
    struct ringmill_reader *reader = source_reader(source, NULL);
    static uint8_t largest[4096 - 16];
    struct ringmill_view view;

    memset(largest, 7, sizeof(largest));
    for (uint32_t n = 0; n < 300; n++) {
        write_bytes(source, n % 64, 0);
        assert_int_equal(next(reader, &view), RINGMILL_READY);
        assert_bytes(view.data, view.length, n % 64);
    }
    ringmill_reader_set_deadline(reader, RINGMILL_NOW);
    assert_int_equal(next(reader, &view), RINGMILL_DEADLINE);
    assert_int_equal(fake_write(source_fake(source), largest, sizeof(largest), 0), 0);
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    assert_int_equal(view.length, sizeof(largest));
    assert_memory_equal(view.data, largest, sizeof(largest));
    assert_null(fake_reserve(source_fake(source), 4096 - 8));
    ringmill_reader_free(reader);
    source_free(source);
}

static void check_16_wraps_and_the_largest_record(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_reader *reader = source_reader(source, NULL);
    struct ringmill_view view;

    (void)state;
    /* 64-byte records meet the end exactly, 24-byte ones span it */
    for (uint64_t i = 0; i < 1000; i++) {
        write_bytes(source, i < 500 ? 56 : 12, 0);
        assert_int_equal(next(reader, &view), RINGMILL_READY);
        assert_bytes(view.data, view.length, i < 500 ? 56 : 12);
    }
    ringmill_reader_free(reader);
    source_free(source);
    write_around(0);
    write_around((UINT64_C(1) << 32) - 2048);
    write_around(UINT64_C(0) - 2048);
    write_around(UINT64_C(0) - 8);
}

static void check_17_a_lease_given_back_gives_the_same_again(void **state)
{
    struct source *source = source_new(live, 4096, 0);
    struct ringmill_ring *ring;
    struct ringmill_reader *reader = source_reader(source, &ring);
    struct ringmill_batch batch;
    uint64_t available, expected = 0;

    (void)state;
    for (uint64_t i = 0; i < 10; i++)
        assert_true(write_number(source, i, 0));
    available = ringmill_ring_available(ring);
    assert_int_equal(ringmill_reader_next_batch(reader, &batch), 10);
    ringmill_reader_release(reader);
    assert_int_equal(ringmill_ring_available(ring), available);
    for (uint64_t i = 10; i < 12; i++)
        assert_true(write_number(source, i, 0));
    while (ringmill_reader_next_batch(reader, &batch) > 0)
        for (uint32_t i = 0; i < batch.count; i++)
            assert_int_equal(number_of(&batch.views[i]), expected++);
    assert_int_equal(expected, 12);
    assert_int_equal(ringmill_ring_available(ring), available + 32);
    ringmill_reader_free(reader);
    source_free(source);
}

static void check_18_a_quiet_ring_is_served_within_a_turn(void **state)
{
    struct ringmill_reader_options options = {.size = sizeof(options), .budget_records = 64};
    struct source *hot = source_new(live, 65536, 0), *quiet = source_new(live, 4096, 0);
    struct ringmill_ring *rings[] = {source_open(hot), source_open(quiet)};
    struct ringmill_reader *reader;
    struct ringmill_view view;
    uint64_t position = 0;

    (void)state;
    assert_int_equal(ringmill_reader_new(&options, NULL, &reader), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ringmill_reader_add(reader, rings[i], NULL), 0);
    for (uint64_t i = 0; i < 1000; i++)
        assert_true(write_number(hot, i, 0));
    assert_int_equal(next(reader, &view), RINGMILL_READY);
    assert_true(write_number(quiet, 1, 0));
    for (position = 1; position < 1000; position++) {
        assert_int_equal(next(reader, &view), RINGMILL_READY);
        if (ringmill_reader_ring(reader) == rings[1])
            break;
    }
    assert_int_equal(position, 64);
    ringmill_reader_free(reader);
    source_free(hot);
    source_free(quiet);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_01_a_sample_is_read_exactly),
        cmocka_unit_test(check_02_a_discarded_sample_never_comes),
        cmocka_unit_test(check_03_every_even_sample_is_discarded),
        cmocka_unit_test(check_04_close_ends_a_blocked_read),
        cmocka_unit_test(check_05_a_deadline_still_gives_what_is_there),
        cmocka_unit_test(check_06_flush_gives_what_is_there_then_says_so_once),
        cmocka_unit_test(check_07_deadlines_past_and_far),
        cmocka_unit_test(check_08_read_after_close_touches_nothing),
        cmocka_unit_test(check_09_from_empty_to_eight_times_full),
        cmocka_unit_test(check_10_short_samples_keep_their_length),
        cmocka_unit_test(check_11_parallel_writers_balance),
        cmocka_unit_test(check_12_edge_triggered_on_two_cpus_never_hangs),
        cmocka_unit_test(check_13_a_reopened_ring_goes_on_where_it_was),
        cmocka_unit_test(check_14_a_busy_head_is_reported_and_waited_for),
        cmocka_unit_test(check_15_corruption_is_refused_or_reported),
        cmocka_unit_test(check_16_wraps_and_the_largest_record),
        cmocka_unit_test(check_17_a_lease_given_back_gives_the_same_again),
        cmocka_unit_test(check_18_a_quiet_ring_is_served_within_a_turn),
    };

    live = argc > 1 && strcmp(argv[1], "live") == 0;
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
