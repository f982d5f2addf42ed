// SPDX-License-Identifier: Apache-2.0

/* Where counters are, by their types, and what their figures say. Those in maps take a kernel:
 * tests/live. */

#include "source/lost.h"

#include <errno.h>

#include "base/clock.h"
#include "unit/source/support.h"

static struct lost_counter find(void **state, const char *what)
{
    struct field_values *numbers = *state;
    struct lost_counter counter = {0};
    struct error error = {0};

    if (lost_find(numbers->object->plan, what, &error, &counter) < 0)
        fail_msg("%s", error.text);
    return counter;
}

static void a_variable(void **state)
{
    struct lost_counter counter = find(state, "dropped");

    assert_string_equal(counter.map, ".bss");
    assert_true(counter.is_section);
    assert_int_equal(counter.size, 8);
    assert_int_equal(counter.count, 1);
    assert_int_equal(counter.offset % 8, 0);
}

static void a_member_and_an_array(void **state)
{
    struct lost_counter counter = find(state, "stats.calls"), array = find(state, "stats.dropped");

    assert_int_equal(counter.size, 4);
    assert_int_equal(array.size, 8);
    assert_int_equal(array.count, 2);
    assert_int_equal(array.offset, counter.offset + 8);
}

static void a_map(void **state)
{
    struct lost_counter counter = find(state, "misses");

    assert_string_equal(counter.map, "misses");
    assert_false(counter.is_section);
    assert_int_equal(counter.size, 4);
    assert_int_equal(counter.offset, 0);
}

static void refuse_counter(void **state, const char *what, int code, const char *text)
{
    struct field_values *numbers = *state;
    struct lost_counter counter = {.size = 77};
    struct error error = {0};

    assert_int_equal(lost_find(numbers->object->plan, what, &error, &counter), code);
    assert_string_equal(error_join(&error), text);
    assert_int_equal(counter.size, 77);
}

static void what_cannot_count(void **state)
{
    refuse_counter(state, "table", -EINVAL,
                   "map \"table\" is not an array; a counter must be in a map of type ARRAY or "
                   "PERCPU_ARRAY, or in a global variable");
    refuse_counter(state, "numbers", -EINVAL,
                   "map \"numbers\" is not an array; a counter must be in a map of type ARRAY or "
                   "PERCPU_ARRAY, or in a global variable");
    refuse_counter(state, "stats", -EINVAL,
                   "\"stats\" cannot be a counter: it must be an integer of 32 or 64 bits, or an "
                   "array of them");
    refuse_counter(state, "dropped.x", -EINVAL,
                   "\"dropped.x\" cannot be a counter: it must be an integer of 32 or 64 bits, "
                   "or an array of them");
    refuse_counter(state, "stats.calls.x", -EINVAL,
                   "\"stats.calls.x\" cannot be a counter: it must be an integer of 32 or 64 "
                   "bits, or an array of them");
}

static void what_is_not_there(void **state)
{
    refuse_counter(state, "stats.droped", -ENOENT,
                   "\"stats.droped\": no member is named \"droped\"");
    refuse_counter(state, "droped", -ENOENT,
                   "the object has no array and no global variable named \"droped\"; allowed are "
                   "misses, dropped, stats, sequence; did you mean \"dropped\"?");
    refuse_counter(state, "", -ENOENT,
                   "the object has no array and no global variable named \"\"; allowed are misses, "
                   "dropped, stats, sequence");
}

static void the_default(void **state)
{
    struct field_values *numbers = *state;
    struct lost_counter counter = {0};

    assert_false(lost_find_default(numbers->object->plan, "numbers", &counter));
}

/* ---- reading: a counter in memory, as that of a section is ----------------------------------- */

enum { CPUS = 3 };

static void start(struct lost_counter *counter, void *memory, uint32_t size, uint32_t count)
{
    *counter = (struct lost_counter){
        .map = ".bss",
        .is_section = true,
        .size = size,
        .count = count,
        .memory = memory,
        .per_second_max = LOST_PER_SECOND_MAX,
        .last_at = clock_monotonic(),
    };
    for (uint32_t i = 0; i < count; i++)
        counter->last += size == 4 ? ((uint32_t *)memory)[i] : ((uint64_t *)memory)[i];
}

static void expect_lost(struct lost_counter *counter, uint64_t records, uint64_t resets)
{
    struct lost_count count = {0};

    assert_int_equal(lost_read(counter, "test", &count), 0);
    assert_int_equal(count.records, records);
    assert_int_equal(count.resets, resets);
}

static void counters_wrap(void **state)
{
    uint32_t small = UINT32_MAX - 9, each[CPUS] = {UINT32_MAX, UINT32_MAX - 1, 7};
    uint64_t large = UINT64_MAX - 9, sums[2] = {UINT64_MAX, UINT64_MAX - 1};
    struct lost_counter counter;

    (void)state;
    start(&counter, &small, sizeof(small), 1);
    small = 5;
    expect_lost(&counter, 15, 0);
    small = 6;
    expect_lost(&counter, 16, 0);
    start(&counter, &large, sizeof(large), 1);
    large = 5;
    expect_lost(&counter, 15, 0);
    start(&counter, each, sizeof(each[0]), CPUS);
    for (int i = 0; i < CPUS; i++)
        each[i] += 10;
    expect_lost(&counter, 30, 0);
    start(&counter, sums, sizeof(sums[0]), 2);
    sums[0] += 10;
    sums[1] += 10;
    expect_lost(&counter, 20, 0);
}

static void a_counter_that_is_set_back(void **state)
{
    uint64_t large = 100;
    uint32_t small = 100, each[CPUS] = {100, 200, 300};
    struct lost_counter counter;

    (void)state;
    start(&counter, &large, sizeof(large), 1);
    large = 105;
    expect_lost(&counter, 5, 0);
    large = 0;
    expect_lost(&counter, 5, 1);
    large = 3;
    expect_lost(&counter, 8, 1);
    start(&counter, &small, sizeof(small), 1);
    small = 0;
    expect_lost(&counter, 0, 1);
    small = 2;
    expect_lost(&counter, 2, 1);
    start(&counter, each, sizeof(each[0]), CPUS);
    each[1] = 0;
    expect_lost(&counter, 0, 1);
    each[0]++;
    expect_lost(&counter, 1, 1);
}

static void a_counter_that_leaps(void **state)
{
    uint64_t large = 1;
    uint32_t small = 1;
    struct lost_counter counter;

    (void)state;
    start(&counter, &large, sizeof(large), 1);
    large = UINT64_C(1) << 62;
    expect_lost(&counter, 0, 1);
    large += 4;
    expect_lost(&counter, 4, 1);
    start(&counter, &small, sizeof(small), 1);
    small = UINT32_C(1) << 30;
    expect_lost(&counter, 0, 1);
}

/* What was not looked at for long may have grown much. */
static void the_time_since_the_last_look_counts(void **state)
{
    uint64_t large = 5 * LOST_PER_SECOND_MAX;
    uint32_t small = 0;
    struct lost_counter counter;

    (void)state;
    start(&counter, &large, sizeof(large), 1);
    lost_resume(&counter, 0, clock_monotonic() - INT64_C(3600) * 1000000000);
    expect_lost(&counter, 5 * LOST_PER_SECOND_MAX, 0);
    start(&counter, &small, sizeof(small), 1);
    lost_resume(&counter, 1, clock_monotonic() - INT64_C(3600) * 1000000000);
    expect_lost(&counter, 0, 1);
}

static void between_two_daemons(void **state)
{
    int64_t before = clock_monotonic() - INT64_C(1000000000);
    uint32_t small = 0;
    struct lost_counter counter;

    (void)state;
    start(&counter, &small, sizeof(small), 1);
    assert_int_equal(lost_between(&counter, 7, before, 12), 5);
    assert_int_equal(lost_between(&counter, UINT32_MAX, before, 4), 5);
    assert_int_equal(lost_between(&counter, 12, before, 7), 0);
}

/* Of records that another one has. */
static void what_is_forgotten_does_not_count(void **state)
{
    uint64_t large = 10;
    struct lost_counter counter;

    (void)state;
    start(&counter, &large, sizeof(large), 1);
    large = 15;
    assert_int_equal(lost_forget(&counter), 0);
    expect_lost(&counter, 0, 0);
    large = 17;
    expect_lost(&counter, 2, 0);
}

static void a_counter_that_was_not_started(void **state)
{
    struct lost_counter counter = {.map = ".bss", .is_section = true, .size = 8, .count = 1};
    struct lost_count count = {.records = 7};

    (void)state;
    assert_int_equal(lost_read(&counter, "test", &count), -ENODATA);
    assert_int_equal(count.records, 7);
    lost_stop(&counter);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup_numbers, teardown_numbers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_variable),
        TEST(a_member_and_an_array),
        TEST(a_map),
        TEST(what_cannot_count),
        TEST(what_is_not_there),
        TEST(the_default),
        cmocka_unit_test(counters_wrap),
        cmocka_unit_test(a_counter_that_is_set_back),
        cmocka_unit_test(a_counter_that_leaps),
        cmocka_unit_test(the_time_since_the_last_look_counts),
        cmocka_unit_test(between_two_daemons),
        cmocka_unit_test(what_is_forgotten_does_not_count),
        cmocka_unit_test(a_counter_that_was_not_started),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
