// SPDX-License-Identifier: Apache-2.0
#include "source/record_lengths.h"

#include "unit/source/support.h"

static struct record_lengths read_of(const char *path, const char *ring, bool is_perf, bool is_only)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    struct record_lengths lengths;
    size_t size;

    assert_int_equal(elf_read(path, NULL, &bytes, &size), 0);
    record_lengths_read(bytes, size, ring, is_perf, is_only, &lengths);
    return lengths;
}

static struct record_lengths read_lengths(const char *path, const char *ring, bool is_only)
{
    return read_of(path, ring, false, is_only);
}

static void one_length(void **state)
{
    struct record_lengths lengths = read_lengths(TEST_OBJECTS "/numbers.bpf.o", "numbers", true);

    (void)state;
    assert_int_equal(lengths.count, 1);
    assert_false(lengths.varies);
}

static void a_length_for_each_call(void **state)
{
    struct record_lengths lengths = read_lengths(TEST_OBJECTS "/kinds.bpf.o", "kinds", true);

    (void)state;
    assert_int_equal(lengths.count, 2);
    assert_true(lengths.list[0] < lengths.list[1]);
    assert_false(lengths.varies);
}

/* The ring is looked up in a map of rings. */
static void a_ring_out_of_a_map(void **state)
{
    struct record_lengths lengths = read_lengths(TEST_OBJECTS "/streams.bpf.o", "small", false);

    (void)state;
    assert_int_equal(lengths.count, 1);
    assert_false(lengths.varies);
    lengths = read_lengths(TEST_OBJECTS "/streams.bpf.o", "shards", true);
    assert_int_equal(lengths.count, 1);
    assert_false(lengths.varies);
}

static void expect_one(const char *ring, uint32_t length, bool is_on_frame, const char *function)
{
    struct record_lengths lengths = read_lengths(TEST_STYLES "/calls.bpf.o", ring, false);

    assert_int_equal(lengths.count, 1);
    assert_int_equal(lengths.list[0], length);
    assert_false(lengths.varies);
    assert_int_equal(lengths.n_calls, 1);
    assert_int_equal(lengths.calls[0].is_on_frame, is_on_frame);
    assert_int_equal(lengths.calls[0].is_result, !is_on_frame && strcmp(function, "put") != 0);
    assert_string_equal(lengths.calls[0].function, function);
}

static void each_kind_of_call(void **state)
{
    (void)state;
    expect_one("dynptrs", 24, false, "mark");
    expect_one("values", 24, false, "mark");
    expect_one("functions", 24, false, "put"); /* its caller says ring and length */
    expect_one("inlines", 24, false, "mark");
    expect_one("evens", 24, true, "mark"); /* a branch says which ring */
    expect_one("odds", 24, true, "mark");
}

static void a_length_that_a_branch_decides(void **state)
{
    struct record_lengths lengths = read_lengths(TEST_STYLES "/calls.bpf.o", "lengths", false);

    (void)state;
    assert_int_equal(lengths.count, 2);
    assert_int_equal(lengths.list[0], 24);
    assert_int_equal(lengths.list[1], 32);
    assert_false(lengths.varies);
}

static void a_length_that_is_not_constant(void **state)
{
    struct record_lengths lengths = read_lengths(TEST_STYLES "/flexible.bpf.o", "events", true);

    (void)state;
    assert_true(lengths.varies);
}

static void calls_for_perf_event_arrays(void **state)
{
    static const char path[] = TEST_OBJECTS "/perf_arrays.bpf.o";
    struct record_lengths lengths = read_of(path, "calls", true, false);

    (void)state;
    assert_int_equal(lengths.count, 2);
    assert_int_equal(lengths.list[0], 16);
    assert_int_equal(lengths.list[1], 24);
    assert_false(lengths.varies);
    assert_int_equal(lengths.n_calls, 2);
    assert_true(lengths.calls[0].is_on_frame);
    lengths = read_of(path, "packets", true, false); /* bytes of the packet follow */
    assert_int_equal(lengths.count, 0);
    assert_true(lengths.varies);
    lengths = read_of(path, "counters", true, true);
    assert_int_equal(lengths.count, 0);
    assert_false(lengths.varies);
    lengths = read_of(path, "calls", false, true);
    assert_int_equal(lengths.count, 0);
}

static void no_elf(void **state)
{
    struct record_lengths lengths;

    (void)state;
    record_lengths_read("garbage", 7, "numbers", false, true, &lengths);
    assert_int_equal(lengths.count, 0);
    assert_false(lengths.varies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_length),
        cmocka_unit_test(a_length_for_each_call),
        cmocka_unit_test(a_ring_out_of_a_map),
        cmocka_unit_test(each_kind_of_call),
        cmocka_unit_test(a_length_that_a_branch_decides),
        cmocka_unit_test(a_length_that_is_not_constant),
        cmocka_unit_test(calls_for_perf_event_arrays),
        cmocka_unit_test(no_elf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
