// SPDX-License-Identifier: Apache-2.0
#include "sink/table_cell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above before it */
#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static void expect_text(const char *text, const char *shown, uint32_t width)
{
    struct table_cell cell;

    table_cell_clear(&cell);
    table_cell_add(&cell, text);
    assert_string_equal(cell.text, shown);
    assert_int_equal(cell.width, width);
}

static void nothing_moves_the_cursor(void **state)
{
    (void)state;
    expect_text("plain", "plain", 5);
    expect_text("\x1b[2J\n\t\x7f", "\\x1b[2J\\x0a\\x09\\x7f", 19);
    expect_text("\xc2\x9b", "\\x9b", 4);            /* a control character of two bytes */
    expect_text("a\xff\xc3", "a\\xff\\xc3", 9);     /* no UTF-8, and half a character */
    expect_text("\xe2\x80\xae", "\\u202e", 6);      /* from right to left */
    expect_text("\xe2\x80\xa8", "\\u2028", 6);      /* the end of a line */
    expect_text("\xe6\x97\xa5", "\xe6\x97\xa5", 2); /* a wide one */
    expect_text("e\xcc\x81", "e\xcc\x81", 1);       /* a combining one */
}

static void expect_shown(const char *json, const char *shown)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    struct table_cell cell;

    table_cell_set(&cell, value);
    assert_string_equal(cell.text, shown);
    json_decref(value);
}

static void values(void **state)
{
    (void)state;
    expect_shown("18446744073709", "18446744073709");
    expect_shown("18211.53125", "18211.5");
    expect_shown("12345678.0", "12345678");
    expect_shown("1.8446744073709552e19", "1.84467e+19");
    expect_shown("null", "-");
    expect_shown("true", "true");
    expect_shown("[]", "");
    expect_shown("[{\"value\":\"cron\",\"count\":7,\"error\":0},{\"value\":null,\"count\":1}]",
                 "cron 7, - 1");
    expect_shown("[1,2]", "1, 2");
}

static void cut(void **state)
{
    struct table_cell cell;

    (void)state;
    table_cell_clear(&cell);
    table_cell_add(&cell, "a\xe6\x97\xa5\xe6\x9c\xac");
    table_cell_cut(&cell, 5);
    assert_int_equal(cell.width, 5);
    table_cell_cut(&cell, 4); /* the second wide one has no room beside the mark */
    assert_string_equal(cell.text, "a\xe6\x97\xa5\xe2\x80\xa6");
    assert_int_equal(cell.width, 4);
    table_cell_cut(&cell, 1);
    assert_string_equal(cell.text, "\xe2\x80\xa6");
}

/* Whatever is too long ends between two characters. */
static void long_texts(void **state)
{
    char text[2 * TABLE_CELL_TEXT_MAX];
    struct table_cell cell;

    (void)state;
    for (size_t i = 0; i + 3 < sizeof(text); i += 3)
        memcpy(text + i, "\xe2\x96\x88", 4);
    table_cell_clear(&cell);
    table_cell_add(&cell, text);
    table_cell_add(&cell, "x");
    assert_int_equal(cell.length % 3, 0);
    assert_int_equal(cell.width, cell.length / 3);
    assert_true(cell.full && cell.length < TABLE_CELL_TEXT_MAX &&
                cell.length > TABLE_CELL_TEXT_MAX - 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_moves_the_cursor),
        cmocka_unit_test(values),
        cmocka_unit_test(cut),
        cmocka_unit_test(long_texts),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
