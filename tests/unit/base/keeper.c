// SPDX-License-Identifier: Apache-2.0
#include "base/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void pieces_are_zeroed_and_aligned(void **state)
{
    struct keeper keeper = {0};

    (void)state;
    for (size_t size = 1; size < 100; size++) {
        unsigned char *piece = keeper_take(&keeper, 3, size);

        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < 3 * size; i++)
            assert_int_equal(piece[i], 0);
        memset(piece, 0xff, 3 * size);
    }
    keeper_deinit(&keeper);
    keeper_deinit(&keeper);
}

static void texts_end(void **state)
{
    struct keeper keeper = {0};

    (void)state;
    assert_string_equal(keeper_take_text(&keeper, "comm, uid", 4), "comm");
    assert_string_equal(keeper_take_text(&keeper, "", 0), "");
    keeper_deinit(&keeper);
}

static void too_much_is_refused(void **state)
{
    struct keeper keeper = {0};

    (void)state;
    assert_null(keeper_take(&keeper, SIZE_MAX / 2, 3));
    assert_null(keeper_take(&keeper, SIZE_MAX, 1));
    assert_null(keeper.blocks);
    keeper_deinit(&keeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_and_aligned),
        cmocka_unit_test(texts_end),
        cmocka_unit_test(too_much_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
