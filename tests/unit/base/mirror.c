// SPDX-License-Identifier: Apache-2.0
#include "base/mirror.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void what_goes_round_lies_in_one_piece(void **state)
{
    struct mirror mirror;

    (void)state;
    assert_int_equal(mirror_init(&mirror, 5000), 0);
    assert_int_equal(mirror.size % (size_t)sysconf(_SC_PAGESIZE), 0);
    assert_true(mirror.size >= 5000);
    memcpy(mirror.bytes + mirror.size - 3, "abcdef", 6);
    assert_memory_equal(mirror.bytes, "def", 3);
    memcpy(mirror.bytes, "DEF", 3);
    assert_memory_equal(mirror.bytes + mirror.size - 3, "abcDEF", 6);
    mirror_deinit(&mirror);
    assert_null(mirror.bytes);
    mirror_deinit(&mirror);
}

static void what_there_is_no_room_for_is_refused(void **state)
{
    struct mirror mirror;

    (void)state;
    assert_true(mirror_init(&mirror, (size_t)1 << 60) < 0);
    assert_null(mirror.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_round_lies_in_one_piece),
        cmocka_unit_test(what_there_is_no_room_for_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
