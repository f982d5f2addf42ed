// SPDX-License-Identifier: Apache-2.0
#include "source/kernel_symbols.h"

#include "unit/source/support.h"

static void functions_are_found_by_name(void **state)
{
    const char *const names[] = {"do_nothing_of_the_kind", "schedule"};
    struct kernel_symbol symbols[2];

    (void)state;
    assert_int_equal(kernel_symbols_find(names, 2, symbols), 0);
    assert_int_equal(symbols[0].count, 0);
    assert_string_equal(symbols[0].copy, "");
    assert_int_equal(symbols[1].count, 1);
}

static void a_function_that_is_not_there(void **state)
{
    struct error error = {0};

    (void)state;
    assert_int_equal(kernel_symbol_require("do_nothing_of_the_kind", &error), -ENOTSUP);
    assert_string_equal(error.text,
                        "this kernel has no function \"do_nothing_of_the_kind\": it has another "
                        "name there, or the compiler has inlined it");
    assert_int_equal(kernel_symbol_require("schedule", &error), 0);
}

/* As tracefs has them; a kernel without ftrace has no such file. */
static struct kernel_functions find_in_file(const char *pattern, bool modules)
{
    static char lines[] = "vfs_write\n"
                          "__ftrace_invalid_address___16\n"
                          "vfs_read\n"
                          "do_one [some_module]\n"
                          "vfs_read\n"
                          "do_two\n";
    struct kernel_functions functions = {0};
    FILE *file = fmemopen(lines, sizeof(lines) - 1, "r");

    assert_non_null(file);
    assert_int_equal(kernel_functions_read(file, pattern, modules, &functions), 0);
    fclose(file);
    return functions;
}

static void patterns_find_each_name_once(void **state)
{
    struct kernel_functions functions = find_in_file("*", true);

    (void)state;
    assert_int_equal(functions.count, 4);
    assert_int_equal(functions.twice, 1);
    for (size_t i = 1; i < functions.count; i++)
        assert_true(strcmp(functions.names[i - 1], functions.names[i]) < 0);
    kernel_functions_deinit(&functions);
    functions = find_in_file("do_*", false);
    assert_int_equal(functions.count, 1);
    assert_string_equal(functions.names[0], "do_two");
    kernel_functions_deinit(&functions);
    functions = find_in_file("do_nothing_of_the_kind*", true);
    assert_int_equal(functions.count, 0);
    kernel_functions_deinit(&functions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_found_by_name),
        cmocka_unit_test(a_function_that_is_not_there),
        cmocka_unit_test(patterns_find_each_name_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
