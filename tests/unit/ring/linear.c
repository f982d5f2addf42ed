// SPDX-License-Identifier: Apache-2.0
/* Memory that is read as a ring: what a reader sees is what lies there, up to where it was
 * published, and never a byte beyond. */
#include "ring/linear.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring/layout.h"

enum { START = 24, RECORDS = 100 };

struct fixture {
    uint8_t *memory; /* the last byte of the records is the last one before a guard page */
    uint64_t end;
    uint64_t ends[RECORDS]; /* where each record ends */
    struct ringmill_reader *reader;
    struct ringmill_ring *ring;
};

static uint64_t put(uint8_t *memory, uint64_t at, uint32_t length, uint32_t flags, uint8_t fill)
{
    uint32_t header[2] = {length | flags, 7};

    memcpy(memory + at, header, sizeof(header));
    memset(memory + at + 8, fill, length);
    return at + layout_span(length);
}

static uint32_t length_of(uint32_t i)
{
    return (i * 37) % 301;
}

/* Every fifth one is discarded. */
static int set_up(void **state)
{
    static struct fixture fixture;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 16 * page;
    uint64_t total = START, at;
    uint8_t *area;

    fixture = (struct fixture){0};
    for (uint32_t i = 0; i < RECORDS; i++)
        total += layout_span(length_of(i));
    area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(area, MAP_FAILED);
    assert_int_equal(mprotect(area + size - page, page, PROT_NONE), 0);
    assert_true(total < size - page);
    fixture.memory = area + size - page - total;
    fixture.end = total;
    at = START;
    for (uint32_t i = 0; i < RECORDS; i++) {
        at = put(fixture.memory, at, length_of(i), i % 5 == 4 ? LAYOUT_DISCARD : 0, (uint8_t)i);
        fixture.ends[i] = at;
    }
    *state = &fixture;
    return 0;
}

static void open_ring(struct fixture *fixture, uint64_t published)
{
    struct linear linear = {fixture->memory, START, published, fixture->end, "a capture of some"};
    struct ringmill_ring_options options = {.size = sizeof(options), .recheck = RINGMILL_OFF};

    assert_int_equal(linear_open(&linear, &options, NULL, &fixture->ring), 0);
    assert_int_equal(ringmill_reader_new(NULL, NULL, &fixture->reader), 0);
    assert_int_equal(ringmill_reader_add(fixture->reader, fixture->ring, NULL), 0);
    ringmill_reader_set_deadline(fixture->reader, RINGMILL_NOW);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *guard = fixture->memory + fixture->end;

    ringmill_reader_free(fixture->reader);
    munmap(guard - 15 * page, 16 * page);
    return 0;
}

/* Reads what is readable, from record `first` on; returns the next one. */
static uint32_t expect_records(struct fixture *fixture, uint32_t first)
{
    struct ringmill_view view;

    while (ringmill_reader_next(fixture->reader, &view) == RINGMILL_READY) {
        const uint8_t *data = view.data;

        first += first % 5 == 4;
        assert_int_equal(view.length, length_of(first));
        assert_int_equal(ringmill_view_end(&view), fixture->ends[first]);
        for (uint32_t i = 0; i < view.length; i++)
            assert_int_equal(data[i], (uint8_t)first);
        first++;
    }
    return first;
}

static void all_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_counters counters;

    open_ring(fixture, fixture->end);
    assert_int_equal(expect_records(fixture, 0), RECORDS - 1); /* the last one is a discarded one */
    ringmill_ring_counters(fixture->ring, &counters);
    assert_int_equal(counters.records, RECORDS / 5 * 4);
    assert_int_equal(counters.discards, 0);
    assert_int_equal(ringmill_ring_position(fixture->ring), fixture->end);
    assert_int_equal(linear_committed(fixture->ring), fixture->end);
    assert_int_equal(ringmill_ring_available(fixture->ring), 0);
    assert_int_equal(ringmill_ring_health(fixture->ring, NULL), 0);
}

static void piece_by_piece(void **state)
{
    struct fixture *fixture = *state;
    uint32_t next = 0;

    open_ring(fixture, START);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_NOW), RINGMILL_DEADLINE);
    for (uint32_t i = 0; i < RECORDS; i++) {
        linear_publish(fixture->ring, fixture->ends[i]);
        next = expect_records(fixture, next);
        assert_int_equal(next, i % 5 == 4 ? i : i + 1);
    }
    assert_int_equal(linear_committed(fixture->ring), fixture->end);
}

static void publishing_wakes(void **state)
{
    struct fixture *fixture = *state;

    open_ring(fixture, START);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_NOW), RINGMILL_DEADLINE);
    ringmill_reader_set_deadline(fixture->reader, RINGMILL_FOREVER);
    linear_publish(fixture->ring, fixture->ends[0]);
    assert_int_equal(ringmill_reader_wait(fixture->reader, RINGMILL_FOREVER), RINGMILL_READY);
}

static void a_length_beyond_the_end_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view views[RECORDS];

    put(fixture->memory, fixture->ends[2], 64, 0, 3); /* in place of record 3, to begin with */
    memcpy(fixture->memory + fixture->ends[2], &(uint32_t){1 << 20}, 4);
    open_ring(fixture, fixture->end);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, RECORDS), 3);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, RECORDS), -EBADMSG);
    assert_int_equal(ringmill_ring_health(fixture->ring, NULL), -EBADMSG);
}

static void rewinds(void **state)
{
    struct fixture *fixture = *state;
    struct ringmill_view views[10];

    open_ring(fixture, fixture->end);
    assert_int_equal(ringmill_ring_take(fixture->ring, views, 10), 10);
    assert_int_equal(ringmill_ring_commit(fixture->ring, views[5].position), 0);
    ringmill_ring_rewind(fixture->ring);
    assert_int_equal(expect_records(fixture, 6), RECORDS - 1);
}

static void positions_that_cannot_be(void **state)
{
    static const uint8_t memory[64] __attribute__((aligned(8)));
    const struct linear wrong[] = {
        {memory, 8, 0, 64, "x"}, {memory, 0, 64, 56, "x"},    {memory, 4, 8, 64, "x"},
        {memory, 0, 8, 63, "x"}, {memory + 1, 0, 8, 56, "x"}, {memory, 0, 0, 0, "x"},
    };
    struct ringmill_ring *ring;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(linear_open(&wrong[i], NULL, NULL, &ring), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_at_once),      TEST(piece_by_piece),
        TEST(publishing_wakes), TEST(a_length_beyond_the_end_is_corrupt),
        TEST(rewinds),          cmocka_unit_test(positions_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
