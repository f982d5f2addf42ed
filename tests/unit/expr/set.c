// SPDX-License-Identifier: Apache-2.0

/* Each kind of set against a plain search, at sizes around where it changes its ways. */

#include "expr/set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 2000 };

static const uint32_t sizes[] = {1, 2, 7, 8, 9, 10, 100, 1000, MOST};
enum { SIZES = sizeof(sizes) / sizeof(*sizes) };

/* Members are multiples of 7, some of them twice, and what an empty slot might look like. */
static void integers(void **state)
{
    static uint64_t members[MOST];

    (void)state;
    for (int i = 0; i < SIZES; i++) {
        struct expr *owner = calloc(1, sizeof(*owner));
        uint32_t n = sizes[i];
        struct integer_set *set;

        for (uint32_t k = 0; k < n; k++)
            members[k] = k % 5 == 4 ? members[k - 1] : k < 3 ? k : UINT64_C(7) * k << (k % 50);
        set = integer_set_new(owner, members, n);
        assert_non_null(set);
        for (uint64_t value = 0; value < 3 * MOST; value++) {
            uint64_t bits = value < MOST ? members[value % n] : value << (value % 50);
            bool expected = false, few = false;

            for (uint32_t k = 0; k < n; k++)
                expected = expected || members[k] == bits;
            for (uint32_t k = 0; k < SET_FEW && set->n; k++)
                few = few || set->slots[k] == bits;
            assert_int_equal(set->n ? few : integer_set_has(set, bits), expected);
        }
        expr_free(owner);
    }
}

static void intervals(void **state)
{
    static struct interval members[MOST];

    (void)state;
    for (int i = 0; i < SIZES; i++) {
        struct expr *owner = calloc(1, sizeof(*owner));
        uint32_t n = sizes[i];
        struct interval_set *set;
        struct bit_set *bits;

        for (uint32_t k = 0; k < n; k++)
            members[k] = (struct interval){10 * k + 3, 10 * k + 3 + k % 6};
        bits = bit_set_new(owner, members, n);
        members[n - 1].highest = UINT64_MAX;
        set = interval_set_new(owner, members, n);
        assert_non_null(bits);
        assert_non_null(set);
        for (uint64_t key = 0; key < 10 * (n + 2); key++) {
            bool expected = false;

            for (uint32_t k = 0; k < n; k++)
                expected = expected || (key >= members[k].lowest && key <= members[k].highest);
            assert_int_equal(interval_set_has(set, key), expected);
            if (key < 10 * (n - 1))
                assert_int_equal(bit_set_has(bits, key), expected);
        }
        assert_false(bit_set_has(bits, 0));
        assert_false(bit_set_has(bits, 10 * n + 20));
        assert_false(bit_set_has(bits, UINT64_MAX));
        assert_true(interval_set_has(set, UINT64_MAX));
        expr_free(owner);
    }
}

static void texts(void **state)
{
    static struct text members[MOST];
    static char bytes[MOST][16];

    (void)state;
    for (int i = 0; i < SIZES; i++) {
        struct expr *owner = calloc(1, sizeof(*owner));
        uint32_t n = sizes[i];
        struct text_set *set;

        for (uint32_t k = 0; k < n; k++) {
            sprintf(bytes[k], "%u", k % 5 == 4 ? 3 * (k - 1) : 3 * k);
            members[k] = (struct text){bytes[k], (uint32_t)strlen(bytes[k])};
        }
        members[0].length = 0;
        set = text_set_new(owner, members, n);
        assert_non_null(set);
        for (uint32_t value = 0; value < 3 * n + 10; value++) {
            char shown[16];
            struct text text = {shown, (uint32_t)sprintf(shown, "%u", value)};
            bool expected = value > 0 && value < 3 * n && value % 3 == 0 && value / 3 % 5 != 4;

            assert_int_equal(text_set_has(set, &text), expected);
        }
        assert_true(text_set_has(set, &(struct text){"", 0}));
        assert_false(text_set_has(set, &(struct text){"as long as none of them", 23}));
        expr_free(owner);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(intervals),
        cmocka_unit_test(texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
