// SPDX-License-Identifier: Apache-2.0
#include "encode/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void finds(void **state)
{
    char names[ENCODER_NAMES_MAX];
    size_t n = 0;

    (void)state;
    for (; encoder_name(n); n++)
        assert_string_equal(encoder_find(encoder_name(n))->name, encoder_name(n));
    assert_true(n >= 1);
    assert_null(encoder_find("jason"));
    assert_null(encoder_find(""));
    encoder_names(names);
    assert_memory_equal(names, "json", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
