// SPDX-License-Identifier: Apache-2.0
#include "base/printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void characters_are_measured(void **state)
{
    (void)state;
    assert_int_equal(printable_length("a"), 1);
    assert_int_equal(printable_length("~"), 1);
    assert_int_equal(printable_length("\xc2\xa0"), 2);
    assert_int_equal(printable_length("\xdf\xbf"), 2);
    assert_int_equal(printable_length("\xe0\xa0\x80"), 3);
    assert_int_equal(printable_length("\xe2\x80\x8d"), 3); /* joins the parts of some characters */
    assert_int_equal(printable_length("\xef\xbf\xbf"), 3);
    assert_int_equal(printable_length("\xf0\x90\x80\x80"), 4);
    assert_int_equal(printable_length("\xf4\x8f\xbf\xbf"), 4);
}

static void commands_are_not_printable(void **state)
{
    static const char *const commands[] = {
        "",
        "\n",
        "\x1b",
        "\x7f",
        "\xc2\x80",
        "\xc2\x9f",
        "\xd8\x9c",     /* U+061C */
        "\xe2\x80\x8e", /* U+200E */
        "\xe2\x80\x8f",
        "\xe2\x80\xa8", /* U+2028 */
        "\xe2\x80\xae",
        "\xe2\x81\xa6", /* U+2066 */
        "\xe2\x81\xa9",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        assert_int_equal(printable_length(commands[i]), 0);
}

static void what_is_not_utf8_is_not_printable(void **state)
{
    static const char *const wrong[] = {
        "\x80",
        "\xc1\xbf",
        "\xc3",
        "\xc3(",
        "\xe2\x82",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80", /* a surrogate */
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xff",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(printable_length(wrong[i]), 0);
}

static void all_characters_of_a_text_count(void **state)
{
    (void)state;
    assert_true(printable(""));
    assert_true(printable("gr\xc3\xb6\xc3\x9f"
                          "e_1"));
    assert_false(printable("gr\xc3\xb6\xc3"));
    assert_false(printable("a\nb"));
    assert_false(printable("pid\xe2\x80\xae"));
}

static void others_are_replaced_byte_by_byte(void **state)
{
    char text[] = "by \x1b[2J\xc2\x9b\xe2\x80\xaegr\xc3\xb6\xc3\x9f"
                  "e\xff\n\tnext";

    (void)state;
    printable_make(text);
    assert_string_equal(text, "by ?[2J?????gr\xc3\xb6\xc3\x9f"
                              "e?\n\tnext");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_measured),
        cmocka_unit_test(commands_are_not_printable),
        cmocka_unit_test(what_is_not_utf8_is_not_printable),
        cmocka_unit_test(all_characters_of_a_text_count),
        cmocka_unit_test(others_are_replaced_byte_by_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
