// SPDX-License-Identifier: Apache-2.0
#include "sink/table_histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above before it */
#include <cmocka.h>
#include <locale.h>
#include <string.h>

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    assert_non_null(value);
    return value;
}

/* Two rows over the same buckets: a bucket that only one has is a gap in the other. */
static void same_buckets(void **state)
{
    json_t *one =
        parse("[{\"le\":1,\"count\":8},{\"le\":4,\"count\":1},{\"le\":null,\"count\":3}]");
    json_t *other = parse("[{\"le\":2,\"count\":1000}]");
    struct table_histogram histogram = {0};
    struct table_cell cell;

    (void)state;
    table_histogram_widen(&histogram, other);
    table_histogram_widen(&histogram, one);
    assert_int_equal(histogram.n_bounds, 4);
    table_histogram_draw(&histogram, one, &cell);
    assert_string_equal(cell.text, "\xe2\x96\x88 \xe2\x96\x81\xe2\x96\x83");
    assert_int_equal(cell.width, 4);
    table_histogram_draw(&histogram, other, &cell);
    assert_string_equal(cell.text, " \xe2\x96\x88  ");
    table_histogram_label(&histogram, &cell);
    assert_string_equal(cell.text, "1..inf");
    json_decref(one);
    json_decref(other);
}

/* More buckets than columns: neighbours share one, and none is lost. */
static void many_buckets(void **state)
{
    struct table_histogram histogram = {0};
    struct table_cell cell;
    json_t *list = json_array();

    (void)state;
    for (int i = 0; i < 2 * TABLE_HISTOGRAM_BUCKETS_MAX; i++)
        json_array_append_new(list, json_pack("{s:i,s:i}", "le", i, "count", 1));
    assert_true(table_histogram_is(list));
    table_histogram_widen(&histogram, list);
    assert_int_equal(histogram.n_bounds, TABLE_HISTOGRAM_BUCKETS_MAX);
    table_histogram_draw(&histogram, list, &cell);
    assert_int_equal(cell.width, TABLE_HISTOGRAM_WIDTH_MAX);
    assert_null(strchr(cell.text, ' '));
    json_decref(list);
}

static void other_values(void **state)
{
    json_t *none = parse("[]"), *top = parse("[{\"value\":1,\"count\":2}]");
    struct table_histogram histogram = {0};
    struct table_cell cell;

    (void)state;
    assert_false(table_histogram_is(none));
    assert_false(table_histogram_is(top));
    assert_false(table_histogram_is(NULL));
    table_histogram_draw(&histogram, none, &cell);
    assert_string_equal(cell.text, "");
    json_decref(none);
    json_decref(top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_buckets),
        cmocka_unit_test(many_buckets),
        cmocka_unit_test(other_values),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
