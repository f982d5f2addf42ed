// SPDX-License-Identifier: Apache-2.0
#include "source/kernel_symbols.h"

#include "unit/source/support.h"

static void functions_are_found_by_name(void **state)
{
    const char *const names[] = {"do_nothing_of_the_kind", "schedule"};
    struct kernel_symbol symbols[2];

    (void)state;
    if (kernel_symbols_find(names, 2, symbols) < 0)
        skip(); /* not visible in this container */
    assert_int_equal(symbols[0].count, 0);
    assert_string_equal(symbols[0].copy, "");
    assert_int_equal(symbols[1].count, 1);
}

static void a_function_that_is_not_there(void **state)
{
    struct error error = {0};

    (void)state;
    if (access("/proc/kallsyms", R_OK) != 0)
        skip();
    assert_int_equal(kernel_symbol_require("do_nothing_of_the_kind", &error), -ENOTSUP);
    assert_string_equal(error.text,
                        "this kernel has no function \"do_nothing_of_the_kind\": it has another "
                        "name there, or the compiler has inlined it");
    assert_int_equal(kernel_symbol_require("schedule", &error), 0);
}

static void patterns_find_each_name_once(void **state)
{
    struct kernel_functions functions = {0};

    (void)state;
    if (kernel_functions_find("*", true, &functions) < 0)
        skip(); /* this kernel has no ftrace, or no tracefs is mounted */
    for (size_t i = 1; i < functions.count; i++)
        assert_true(strcmp(functions.names[i - 1], functions.names[i]) < 0);
    kernel_functions_deinit(&functions);
    assert_int_equal(kernel_functions_find("do_nothing_of_the_kind*", true, &functions), 0);
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
