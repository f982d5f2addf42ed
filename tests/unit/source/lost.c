// SPDX-License-Identifier: Apache-2.0

/* Where counters are, by their types. Reading them takes a kernel: tests/live. */

#include "source/lost.h"

#include "unit/source/support.h"

static struct lost_counter find(void **state, const char *what)
{
    struct numbers *numbers = *state;
    struct lost_counter counter = {0};
    struct error error = {""};

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
    struct numbers *numbers = *state;
    struct lost_counter counter = {.size = 77};
    struct error error = {""};

    assert_int_equal(lost_find(numbers->object->plan, what, &error, &counter), code);
    assert_string_equal(error.text, text);
    assert_int_equal(counter.size, 77);
}

static void what_cannot_count(void **state)
{
    refuse_counter(state, "table", -EINVAL,
                   "map \"table\" is no array: counters stand in maps of type ARRAY and "
                   "PERCPU_ARRAY, and in global variables");
    refuse_counter(state, "numbers", -EINVAL,
                   "map \"numbers\" is no array: counters stand in maps of type ARRAY and "
                   "PERCPU_ARRAY, and in global variables");
    refuse_counter(state, "stats", -EINVAL,
                   "\"stats\" cannot count: that takes integers of 32 or 64 bits, or an array of "
                   "such");
    refuse_counter(state, "dropped.x", -EINVAL,
                   "\"dropped.x\" cannot count: that takes integers of 32 or 64 bits, or an array "
                   "of such");
    refuse_counter(state, "stats.calls.x", -EINVAL,
                   "\"stats.calls.x\" cannot count: that takes integers of 32 or 64 bits, or an "
                   "array of such");
}

static void what_is_not_there(void **state)
{
    refuse_counter(state, "stats.droped", -ENOENT,
                   "\"stats.droped\": there is no member \"droped\"");
    refuse_counter(state, "droped", -ENOENT,
                   "the object has no array and no global variable called \"droped\"; allowed are "
                   "misses, dropped, stats, sequence; did you mean \"dropped\"?");
    refuse_counter(
        state, "", -ENOENT,
        "the object has no array and no global variable called \"\"; allowed are misses, "
        "dropped, stats, sequence");
}

static void the_default(void **state)
{
    struct numbers *numbers = *state;
    struct lost_counter counter = {0};

    assert_false(lost_find_default(numbers->object->plan, "numbers", &counter));
}

static void without_a_counter_nothing_is_lost(void **state)
{
    struct lost_counter counter = {.fd = -1};
    uint64_t lost = 7;

    (void)state;
    assert_int_equal(lost_read(&counter, &lost), 0);
    assert_int_equal(lost, 0);
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
        cmocka_unit_test(without_a_counter_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
