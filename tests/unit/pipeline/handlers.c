// SPDX-License-Identifier: Apache-2.0
#include "pipeline/handlers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "filter/filter.h"
#include "forward/forward.h"
#include "shape/limit.h"

static void finds_each_handler_by_its_name(void **state)
{
    (void)state;
    assert_ptr_equal(handler_find("filter"), &filter_ops);
    assert_ptr_equal(handler_find("limit"), &limit_ops);
    assert_ptr_equal(handler_find("forward"), &forward_ops);
    for (const struct handler_ops *const *kind = handler_kinds; *kind; kind++)
        assert_ptr_equal(handler_find((*kind)->name), *kind);
}

static void finds_nothing_else(void **state)
{
    (void)state;
    assert_null(handler_find("filte"));
    assert_null(handler_find("Filter"));
    assert_null(handler_find(""));
}

/* Two handlers may share a row of the books, but none writes into what came in. */
static void each_row_is_complete(void **state)
{
    (void)state;
    for (const struct handler_ops *const *kind = handler_kinds; *kind; kind++) {
        assert_non_null((*kind)->doc);
        assert_non_null((*kind)->open);
        assert_non_null((*kind)->process);
        assert_non_null((*kind)->close);
        assert_true((int)(*kind)->removes >= (int)BOOK_FIRST_OUT);
        assert_true((*kind)->removes < BOOK_ROWS);
        assert_int_equal((*kind)->forwards, (*kind)->removes == BOOK_FORWARDED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_handler_by_its_name),
        cmocka_unit_test(finds_nothing_else),
        cmocka_unit_test(each_row_is_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
