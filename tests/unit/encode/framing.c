// SPDX-License-Identifier: Apache-2.0
#include "encode/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void lines_end_in_a_newline(void **state)
{
    static const char bytes[] = "one\n\nthree\nfou";
    size_t size = 4;

    (void)state;
    assert_int_equal(framing_next(FRAMING_LINES, bytes, sizeof(bytes) - 1), 4);
    assert_int_equal(framing_next(FRAMING_LINES, bytes + 4, sizeof(bytes) - 5), 1);
    assert_int_equal(framing_next(FRAMING_LINES, bytes + 11, 3), 0);
    assert_int_equal(framing_next(FRAMING_LINES, bytes, 0), 0);
    assert_int_equal(framing_count(FRAMING_LINES, bytes, sizeof(bytes) - 1), 3);
    assert_ptr_equal(framing_strip(FRAMING_LINES, bytes, &size), bytes);
    assert_int_equal(size, 3);
}

static void a_prefix_counts_what_follows(void **state)
{
    static const char bytes[] = "\3\0\0\0abc\0\0\0\0\2\0\0\0x";
    size_t size = 7;

    (void)state;
    assert_int_equal(framing_next(FRAMING_PREFIXED, bytes, 16), 7);
    assert_int_equal(framing_next(FRAMING_PREFIXED, bytes + 7, 9), 4);
    assert_int_equal(framing_next(FRAMING_PREFIXED, bytes + 11, 5), 0);
    assert_int_equal(framing_next(FRAMING_PREFIXED, bytes, 3), 0);
    assert_int_equal(framing_count(FRAMING_PREFIXED, bytes, 16), 2);
    assert_ptr_equal(framing_strip(FRAMING_PREFIXED, bytes, &size), bytes + 4);
    assert_int_equal(size, 3);
}

/* The largest length there is must not wrap around. */
static void a_hostile_prefix_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(framing_next(FRAMING_PREFIXED, "\377\377\377\377abcd", 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_in_a_newline),
        cmocka_unit_test(a_prefix_counts_what_follows),
        cmocka_unit_test(a_hostile_prefix_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
