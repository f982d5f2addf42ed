// SPDX-License-Identifier: Apache-2.0

/* The rows themselves, and what is printed from them. */

#include "control/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/snapshot.h"

static bool is_row(const struct counter_row *row)
{
    return row->key || row->family.name;
}

static void each_name_is_used_once(void **state)
{
    (void)state;
    for (const struct counter_row *row = counter_rows; is_row(row); row++)
        for (const struct counter_row *other = counter_rows; other < row; other++) {
            if (row->family.name && other->family.name)
                assert_string_not_equal(row->family.name, other->family.name);
            if (row->key && other->key && row->owner == other->owner)
                assert_string_not_equal(row->key, other->key);
        }
}

static void a_name_ends_in_its_unit(void **state)
{
    (void)state;
    for (const struct counter_row *row = counter_rows; is_row(row); row++) {
        const char *name = row->family.name, *unit = row->family.unit;

        if (!name || !*unit)
            continue;
        assert_true(strlen(name) > strlen(unit));
        assert_string_equal(name + strlen(name) - strlen(unit), unit);
    }
}

static void unknown_numbers_are_null(void **state)
{
    struct input_snapshot input = {.lost = 3, .produced = 12, .produced_known = true};
    json_t *object = counters_add_json(json_object(), COUNTER_OF_LOSS, &input);

    (void)state;
    assert_int_equal(json_object_size(object), 2);
    assert_int_equal(json_integer_value(json_object_get(object, "produced")), 12);
    assert_true(json_is_null(json_object_get(object, "lost")));
    json_decref(object);
    assert_null(counters_add_json(NULL, COUNTER_OF_LOSS, &input));
}

static uint64_t overlap;

static bool read_input(const void *data, const struct counter_row *row, uint64_t *ret)
{
    if (row->owner == COUNTER_OF_LOSS || row->owner == COUNTER_OF_STOP)
        return counter_read(row, data, ret);
    *ret = strcmp(row->key ? row->key : "", "overlap") == 0 ? overlap : 1;
    return true;
}

static void expect_books(const struct input_snapshot *input, const char *expected)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);

    assert_non_null(file);
    counters_print_books(COUNTER_OF_LOSS, COUNTER_OF_SOURCE, read_input, input, file);
    fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

static void books_say_what_is_unknown_and_what_is_left(void **state)
{
    struct input_snapshot input = {
        .lost = 3, .lost_known = true, .produced = 5, .produced_known = true, .unread_known = true};

    (void)state;
    expect_books(&input, "produced 5 = seen 1 + discarded 1 + lost 3; skipped 1");
    input.unread = 2;
    expect_books(&input, "produced 5 = seen 1 + discarded 1 + lost 3 + unread 2; skipped 1");
    input.unread = 0;
    overlap = 4;
    expect_books(&input, "produced 5 = seen 1 + discarded 1 + overlap 4 + lost 3; skipped 1");
    overlap = 0;
    input.unread_known = input.produced_known = input.lost_known = false;
    expect_books(&input, "produced unknown = seen 1 + discarded 1 + lost unknown + unread unknown; "
                         "skipped 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_is_used_once),
        cmocka_unit_test(a_name_ends_in_its_unit),
        cmocka_unit_test(unknown_numbers_are_null),
        cmocka_unit_test(books_say_what_is_unknown_and_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
