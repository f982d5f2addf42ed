// SPDX-License-Identifier: Apache-2.0
#include "enrich/grid.h"

#include "unit/enrich/support.h"

/* The cells in brackets, a line for each row; the names come first. */
static void expect(const char *bytes, const char *expected)
{
    struct grid *grid = NULL;
    struct error error = {0};
    char text[400] = "";

    if (grid_load(write_file("x.csv", bytes), &error, &grid) < 0)
        fail_msg("%s", error.text);
    for (uint32_t i = 0; i < grid->n_columns; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "[%.*s]",
                 (int)grid->names[i].length, grid->names[i].bytes);
    for (uint32_t row = 0; row < grid->n_rows; row++) {
        strcat(text, "\n");
        for (uint32_t i = 0; i < grid->n_columns; i++) {
            const struct grid_cell *cell = grid_cell(grid, row, i);

            assert_int_equal(cell->type, CELL_TEXT);
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "[%.*s]",
                     (int)cell->text.length, cell->text.bytes);
        }
    }
    assert_string_equal(text, expected);
    grid_free(grid);
}

static void refuse_csv(const char *bytes, const char *expected)
{
    struct grid *grid = NULL;
    struct error error = {0};

    assert_int_equal(grid_load(write_file("x.csv", bytes), &error, &grid), -EINVAL);
    assert_null(grid);
    assert_string_equal(error.text, expected);
}

static void reads_what_rfc_4180_says(void **state)
{
    (void)state;
    expect("a,b\n1,2\n", "[a][b]\n[1][2]");
    expect("a,b\r\n1,2\r\n3,4", "[a][b]\n[1][2]\n[3][4]");
    expect("a\n", "[a]");
    expect("a\n\n", "[a]\n[]");
    expect("a,b\n,\n x , y\n", "[a][b]\n[][]\n[ x ][ y]");
    expect("\"a\",\"b,c\"\n\"1\"\"2\",\"\"\n", "[a][b,c]\n[1\"2][]");
    expect("a,b\n\"two\nlines\",\"\"\"\"\n", "[a][b]\n[two\nlines][\"]");
    expect("a,b\n\"x\r\ny\",z\r\n", "[a][b]\n[x\r\ny][z]");
    expect("a,b\n1,\xc3\xa4\n", "[a][b]\n[1][\xc3\xa4]");
    expect("\xef\xbb\xbf\"a\",b\n1,2\n", "[a][b]\n[1][2]");
    expect("a\nx\ry\n", "[a]\n[x\ry]"); /* a CR alone ends nothing */
}

static void refuses_all_else(void **state)
{
    (void)state;
    refuse_csv("", "it is empty; the first line must name the columns");
    refuse_csv("\xef\xbb\xbf", "it is empty; the first line must name the columns");
    refuse_csv("a,b,a\n1,2,3\n", "line 1: duplicate column a");
    refuse_csv("a,b\n1\n", "line 2: it has fewer fields than line 1 has names");
    refuse_csv("a,b\n1,2\n1,2,3\n", "line 3: it has more fields than line 1 has names");
    refuse_csv("a,b\n\"x\ny\",1\n1\n", "line 4: it has fewer fields than line 1 has names");
    refuse_csv(
        "a,b\n1,x\"y\"\n",
        "line 2: a quote is inside an unquoted field; quote the whole field and double the quote");
    refuse_csv("a,b\n1,\"x\"y\n", "line 2: text after the closing quote of a field");
    refuse_csv("a,b\n1,\"x\n\n", "line 2: a quoted field has no closing quote");
}

static void binary_files(void **state)
{
    struct grid *grid = NULL;
    struct error error = {0};

    (void)state;
    assert_int_equal(grid_load(write_bytes("x.csv", "a\n\0\n", 4), &error, &grid), -EINVAL);
    assert_string_equal(error.text, "it is not a text file: it contains a NUL byte");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_rfc_4180_says),
        cmocka_unit_test(refuses_all_else),
        cmocka_unit_test(binary_files),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
