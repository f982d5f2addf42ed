// SPDX-License-Identifier: Apache-2.0
#include "record/books.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void rows_have_names(void **state)
{
    static const char *const names[] = {"seen",       "copies",       "emitted",      "filtered",
                                        "limited",    "sampled_out",  "deduplicated", "late",
                                        "aggregated", "unknown_type", "failed",       "forwarded"};

    (void)state;
    assert_int_equal(BOOK_ROWS, sizeof(names) / sizeof(names[0]));
    for (int row = 0; row < BOOK_ROWS; row++)
        assert_string_equal(book_name((enum book)row), names[row]);
}

static void sums_add_up_over_chains(void **state)
{
    struct books one = {0}, two = {0};
    struct book_totals totals = {0};

    (void)state;
    for (int row = 0; row < BOOK_ROWS; row++) {
        counter_add(&one.rows[row], (uint64_t)row + 1);
        counter_add(&two.rows[row], 100 * ((uint64_t)row + 1));
    }
    books_sum(&one, &totals);
    books_sum(&two, &totals);
    for (int row = 0; row < BOOK_ROWS; row++)
        assert_int_equal(totals.rows[row], 101 * (row + 1));
}

/* One record more in any single row, and they are off. */
static void each_row_weighs(void **state)
{
    (void)state;
    for (int row = 0; row < BOOK_ROWS; row++) {
        struct book_totals totals = {.rows = {[BOOK_SEEN] = 10,
                                              [BOOK_COPIES] = 5,
                                              [BOOK_EMITTED] = 3,
                                              [BOOK_FILTERED] = 4,
                                              [BOOK_LIMITED] = 3,
                                              [BOOK_LATE] = 1,
                                              [BOOK_AGGREGATED] = 1,
                                              [BOOK_UNKNOWN_TYPE] = 1,
                                              [BOOK_FAILED] = 2,
                                              [BOOK_FORWARDED] = 6}};

        assert_true(books_balance(&totals));
        totals.rows[row]++;
        assert_false(books_balance(&totals));
    }
}

static void nothing_balances(void **state)
{
    const struct book_totals totals = {0};

    (void)state;
    assert_true(books_balance(&totals));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_have_names),
        cmocka_unit_test(sums_add_up_over_chains),
        cmocka_unit_test(each_row_weighs),
        cmocka_unit_test(nothing_balances),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
