// SPDX-License-Identifier: Apache-2.0
#include "sink/spark.h"

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
    struct spark spark = {0};
    struct cell cell;

    (void)state;
    spark_widen(&spark, other);
    spark_widen(&spark, one);
    assert_int_equal(spark.n_bounds, 4);
    spark_draw(&spark, one, &cell);
    assert_string_equal(cell.text, "\xe2\x96\x88 \xe2\x96\x81\xe2\x96\x83");
    assert_int_equal(cell.width, 4);
    spark_draw(&spark, other, &cell);
    assert_string_equal(cell.text, " \xe2\x96\x88  ");
    spark_label(&spark, &cell);
    assert_string_equal(cell.text, "1..inf");
    json_decref(one);
    json_decref(other);
}

/* More buckets than columns: neighbours share one, and none is lost. */
static void many_buckets(void **state)
{
    struct spark spark = {0};
    struct cell cell;
    json_t *list = json_array();

    (void)state;
    for (int i = 0; i < 2 * SPARK_BUCKETS_MAX; i++)
        json_array_append_new(list, json_pack("{s:i,s:i}", "le", i, "count", 1));
    assert_true(spark_is(list));
    spark_widen(&spark, list);
    assert_int_equal(spark.n_bounds, SPARK_BUCKETS_MAX);
    spark_draw(&spark, list, &cell);
    assert_int_equal(cell.width, SPARK_WIDTH_MAX);
    assert_null(strchr(cell.text, ' '));
    json_decref(list);
}

static void other_values(void **state)
{
    json_t *none = parse("[]"), *top = parse("[{\"value\":1,\"count\":2}]");
    struct spark spark = {0};
    struct cell cell;

    (void)state;
    assert_false(spark_is(none));
    assert_false(spark_is(top));
    assert_false(spark_is(NULL));
    spark_draw(&spark, none, &cell);
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
