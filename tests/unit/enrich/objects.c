// SPDX-License-Identifier: Apache-2.0
#include "enrich/grid.h"

#include "unit/enrich/support.h"

static void refuse_json(const char *text, const char *expected)
{
    struct grid *grid = NULL;
    struct error error = {0};

    assert_int_equal(grid_load(write_file("x.json", text), &error, &grid), -EINVAL);
    assert_null(grid);
    assert_string_equal(error.text, expected);
}

static void columns_are_those_of_all_objects(void **state)
{
    struct grid *grid = NULL;
    struct error error;

    (void)state;
    assert_int_equal(
        grid_load(write_file("x.json", "[{\"a\": 1, \"b\": 2.5}, {}, {\"c\": \"x\", \"a\": null}]"),
                  &error, &grid),
        0);
    assert_int_equal(grid->n_columns, 3);
    assert_int_equal(grid->n_rows, 3);
    assert_int_equal(grid_find(grid, "a"), 0);
    assert_int_equal(grid_find(grid, "c"), 2);
    assert_int_equal(grid_find(grid, "d"), 3);
    assert_int_equal(grid_cell(grid, 0, 0)->type, CELL_INTEGER);
    assert_int_equal(grid_cell(grid, 0, 1)->type, CELL_FLOAT);
    assert_int_equal(grid_cell(grid, 0, 2)->type, CELL_NULL);
    assert_int_equal(grid_cell(grid, 1, 0)->type, CELL_NULL);
    assert_int_equal(grid_cell(grid, 2, 0)->type, CELL_NULL);
    assert_int_equal(grid_cell(grid, 2, 2)->type, CELL_TEXT);
    grid_free(grid);
}

static void an_empty_list_is_an_empty_table(void **state)
{
    struct grid *grid = NULL;
    struct error error;

    (void)state;
    assert_int_equal(grid_load(write_file("x.json", "[]"), &error, &grid), 0);
    assert_int_equal(grid->n_rows, 0);
    grid_free(grid);
}

static void refuses(void **state)
{
    (void)state;
    refuse_json("{}", "it must be a JSON list of objects, as in [{\"uid\": 0}]");
    refuse_json("[{}, 5]", "entry 1 is not an object");
    refuse_json(
        "[{\"a\": 1}, {\"a\": [1]}]",
        "entry 1: a is a list or an object; only text, numbers, true, false and null are allowed");
    refuse_json("[{\"a\": 1, \"a\": 2}]", "line 1: duplicate object key near '\"a\"'");
    refuse_json("[\n{\n", "line 3: string or '}' expected near end of file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_those_of_all_objects),
        cmocka_unit_test(an_empty_list_is_an_empty_table),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
