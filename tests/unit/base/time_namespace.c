// SPDX-License-Identifier: Apache-2.0
#include "base/time_namespace.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void reads_the_kernels_text(void **state)
{
    struct time_offsets offsets = {1, 1};

    (void)state;
    assert_int_equal(time_namespace_parse("monotonic           0         0\n"
                                          "boottime            0         0\n",
                                          &offsets),
                     0);
    assert_int_equal(offsets.monotonic, 0);
    assert_int_equal(offsets.boottime, 0);
    assert_int_equal(time_namespace_parse("monotonic      172800         7\n"
                                          "boottime          -20 999999999\n",
                                          &offsets),
                     0);
    assert_int_equal(offsets.monotonic, INT64_C(172800000000007));
    assert_int_equal(offsets.boottime, INT64_C(-19000000001));
    assert_int_equal(time_namespace_parse("another 1 2\n", &offsets), 0);
    assert_int_equal(offsets.monotonic, 0);
}

static void refuses_what_it_cannot_read(void **state)
{
    static const char *const texts[] = {"monotonic\n", "monotonic 1\n", "monotonic x 1\n",
                                        "monotonic 9223372037 0\n",
                                        "monotonic 9223372036 999999999\n"};
    struct time_offsets offsets = {1, 2};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(time_namespace_parse(texts[i], &offsets), -EINVAL);
    assert_int_equal(offsets.monotonic, 1);
    assert_int_equal(offsets.boottime, 2);
}

/* Wherever this runs, the kernel says something, or it has no such namespaces. */
static void has_its_own(void **state)
{
    struct time_offsets offsets;
    int r = time_namespace_offsets(&offsets);

    (void)state;
    assert_true(r == 0 || r == -EXDEV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_kernels_text),
        cmocka_unit_test(refuses_what_it_cannot_read),
        cmocka_unit_test(has_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
