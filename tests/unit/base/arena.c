// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void pieces_are_zeroed_and_aligned(void **state)
{
    struct arena arena = {0};

    (void)state;
    for (size_t size = 1; size < 100; size++) {
        unsigned char *piece = arena_take(&arena, 3, size);

        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < 3 * size; i++)
            assert_int_equal(piece[i], 0);
        memset(piece, 0xff, 3 * size);
    }
    arena_deinit(&arena);
    arena_deinit(&arena);
}

static void texts_end(void **state)
{
    struct arena arena = {0};

    (void)state;
    assert_string_equal(arena_take_text(&arena, "comm, uid", 4), "comm");
    assert_string_equal(arena_take_text(&arena, "", 0), "");
    arena_deinit(&arena);
}

static void too_much_is_refused(void **state)
{
    struct arena arena = {0};

    (void)state;
    assert_null(arena_take(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_take(&arena, SIZE_MAX, 1));
    assert_null(arena.blocks);
    arena_deinit(&arena);
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
