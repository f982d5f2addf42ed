// SPDX-License-Identifier: Apache-2.0

#include "base/id_name.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void finds_root(void **state)
{
    char name[32];

    (void)state;
    assert_int_equal(id_name_user(0, name, sizeof(name)), 4);
    assert_memory_equal(name, "root", 4);
    assert_int_equal(id_name_group(0, name, sizeof(name)), 4);
    assert_memory_equal(name, "root", 4);
    assert_int_equal(id_name_user(0, name, 4), 4);
    assert_int_equal(id_name_user(0, name, 3), -ENOENT); /* does not fit */
}

static void finds_nobody(void **state)
{
    char name[32];

    (void)state;
    assert_int_equal(id_name_user(4242424, name, sizeof(name)), -ENOENT);
    assert_int_equal(id_name_group(4242424, name, sizeof(name)), -ENOENT);
    assert_int_equal(id_name_user(UINT32_MAX, name, sizeof(name)), -ENOENT);
    assert_int_equal(id_name_user(UINT64_C(1) << 32, name, sizeof(name)), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_root),
        cmocka_unit_test(finds_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
