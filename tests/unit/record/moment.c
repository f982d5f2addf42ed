// SPDX-License-Identifier: Apache-2.0
#include "record/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void has_an_end(void **state)
{
    static const struct wall_offset wall = {.offset = 1000, .slept = 10};
    const struct field ktime = {.meaning = MEANING_KTIME, .size = 8};
    const struct field boottime = {.meaning = MEANING_BOOTTIME, .size = 8};
    const struct field before = {.meaning = MEANING_KTIME, .size = 8, .is_signed = true};

    (void)state;
    assert_int_equal(moment_wall(&wall, &ktime, 5), 1005);
    assert_int_equal(moment_wall(&wall, &boottime, 5), 995);
    assert_int_equal(moment_wall(&wall, &before, (uint64_t)-5), 995);
    /* the wall clock has no date for the sum, which unsigned ns since 1970 say */
    assert_true(moment_wall(&wall, &ktime, INT64_MAX) == (UINT64_C(1) << 63) + 999);
    assert_true(moment_wall(&wall, &ktime, UINT64_C(1) << 63) == MOMENT_NEVER);
    assert_true(moment_wall(&wall, &ktime, UINT64_MAX) == MOMENT_NEVER);
    assert_true(moment_wall(&wall, &boottime, UINT64_MAX) == MOMENT_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
