// SPDX-License-Identifier: Apache-2.0
#include "sink/table_layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above before it */
#include <cmocka.h>
#include <locale.h>
#include <string.h>

static void take_line(void *data, uint32_t number, const char *text)
{
    (void)number;
    strcat(data, text);
    strcat(data, "\n");
}

static void expect(const struct table_layout *layout, uint32_t width, uint32_t height,
                   const char *text)
{
    char lines[4096] = "";

    table_layout_draw(layout, (struct table_layout_room){width, height}, take_line, lines);
    assert_string_equal(lines, text);
}

static void add(struct table_layout *layout, const char *comm, int n, double p99)
{
    table_layout_add(layout, json_pack("{s:s,s:s,s:s,s:s?,s:i,s:f,s:b}", "source", "open", "_start",
                                       "2026-11-22T22:51:30.5Z00000", "_end",
                                       "2026-11-22T22:51:40.123456789Z", "comm", comm, "number_of",
                                       n, "p99", p99, "_other", comm == NULL));
}

/* From wide to narrow: first texts and names give way, then columns; numbers stay whole. */
static void widths(void **state)
{
    struct table_layout layout = {0};

    (void)state;
    add(&layout, "a-program-with-a-name", 1234, 0.5);
    add(&layout, "cron", 7, 17);
    add(&layout, NULL, 3, 1);
    expect(&layout, 0, 0,
           "3 rows: 2026-11-22 22:51:30 to 22:51:40 UTC\n"
           "comm                   number_of  p99\n"
           "a-program-with-a-name       1234  0.5\n"
           "cron                           7   17\n"
           "(other)                        3    1\n");
    expect(&layout, 24, 0,
           "3 rows: 2026-11-22 22:5\xe2\x80\xa6\n"
           "comm      number_of  p99\n"
           "a-progr\xe2\x80\xa6       1234  0.5\n"
           "cron              7   17\n"
           "(other)           3    1\n");
    expect(&layout, 15, 0,
           "3 rows: 2026-1\xe2\x80\xa6\n"
           "comm      num\xe2\x80\xa6\n"
           "a-progr\xe2\x80\xa6  1234\n"
           "cron         7\n"
           "(other)      3\n");
    table_layout_clear(&layout);
}

static void heights(void **state)
{
    struct table_layout layout = {.lost = 12};

    (void)state;
    add(&layout, "a", 2, 1);
    add(&layout, "b", 1, 1);
    expect(&layout, 0, 3,
           "2 rows, 1 shown, 12 lost: 2026-11-22 22:51:30 to 22:51:40 UTC\n"
           "comm  number_of  p99\n"
           "a             2    1\n");
    expect(&layout, 20, 1, "2 rows, 0 shown, 12\xe2\x80\xa6\n");
    for (uint32_t i = 0; i < TABLE_ROWS_MAX; i++)
        add(&layout, "c", 1, 1);
    assert_int_equal(layout.n_rows, TABLE_ROWS_MAX);
    assert_int_equal(layout.left_out, 2);
    table_layout_clear(&layout);
    assert_int_equal(layout.left_out, 0);
}

static void other_events(void **state)
{
    struct table_layout layout = {0};

    (void)state;
    table_layout_add(&layout, json_pack("{s:s,s:i}", "time", "x", "pid", 1));
    table_layout_add(&layout, json_pack("{s:s}", "comm", "cron"));
    assert_null(table_layout_window(layout.rows[0]));
    expect(&layout, 0, 0,
           "2 rows\n"
           "time  pid\n"
           "x       1\n"
           "-       -\n");
    table_layout_clear(&layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths),
        cmocka_unit_test(heights),
        cmocka_unit_test(other_events),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
