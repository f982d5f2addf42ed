// SPDX-License-Identifier: Apache-2.0

#include "encode/kernel_names.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

static void check(struct text got, const char *expected)
{
    assert_non_null(got.bytes);
    assert_int_equal(got.length, strlen(expected));
    assert_memory_equal(got.bytes, expected, got.length);
}

static void errors(void **state)
{
    static const int64_t none[] = {0, 41, 58, 200, 4095, 4096, INT64_MAX, INT64_MIN, -4096};

    (void)state;
    check(kernel_names_errno(ENOENT), "ENOENT");
    check(kernel_names_errno(-ENOENT), "ENOENT");
    check(kernel_names_errno(EAGAIN), "EAGAIN");
    check(kernel_names_errno(-512), "ERESTARTSYS");
    check(kernel_names_errno(524), "ENOTSUPP");
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
        assert_null(kernel_names_errno(none[i]).bytes);
}

/* Those that the C library knows have the same numbers there; these exist everywhere. */
static void system_calls(void **state)
{
    uint32_t count = 0;

    (void)state;
    check(kernel_names_syscall(SYS_read), "read");
    check(kernel_names_syscall(SYS_openat), "openat");
    check(kernel_names_syscall(SYS_execve), "execve");
    check(kernel_names_syscall(SYS_exit_group), "exit_group");
    check(kernel_names_syscall(SYS_bpf), "bpf");
    check(kernel_names_syscall(SYS_clone3), "clone3");
    assert_null(kernel_names_syscall(UINT64_MAX).bytes);
    assert_null(kernel_names_syscall(kernel_names_syscall_count).bytes);
    for (uint32_t i = 0; i < kernel_names_syscall_count; i++) {
        struct text text = kernel_names_syscall(i);

        count += text.bytes != NULL;
        assert_int_equal(text.length, text.bytes ? strlen(text.bytes) : 0);
    }
    assert_true(count > 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors),
        cmocka_unit_test(system_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
