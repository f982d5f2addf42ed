// SPDX-License-Identifier: Apache-2.0
#include "source/record_lengths.h"

#include "unit/source/support.h"

static struct record_lengths read_lengths(const char *path, const char *ring, bool is_only)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    struct record_lengths lengths;
    size_t size;

    assert_int_equal(elf_read(path, NULL, &bytes, &size), 0);
    record_lengths_read(bytes, size, ring, is_only, &lengths);
    return lengths;
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

/* The ring comes out of a map of rings, so it may be any. */
static void a_call_whose_ring_is_not_clear(void **state)
{
    struct record_lengths lengths = read_lengths(TEST_OBJECTS "/streams.bpf.o", "small", false);

    (void)state;
    assert_int_equal(lengths.count, 1);
    assert_true(lengths.varies);
    lengths = read_lengths(TEST_OBJECTS "/streams.bpf.o", "shards", true);
    assert_int_equal(lengths.count, 1);
    assert_false(lengths.varies);
}

static void no_elf(void **state)
{
    struct record_lengths lengths;

    (void)state;
    record_lengths_read("garbage", 7, "numbers", true, &lengths);
    assert_int_equal(lengths.count, 0);
    assert_false(lengths.varies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_length),
        cmocka_unit_test(a_length_for_each_call),
        cmocka_unit_test(a_call_whose_ring_is_not_clear),
        cmocka_unit_test(no_elf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
