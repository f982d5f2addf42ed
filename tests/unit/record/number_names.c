// SPDX-License-Identifier: Apache-2.0

#include "record/number_names.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "record/kernel_names.h"

static void named(const struct number_set *set, int64_t number, const char *expected)
{
    const char *name = number_set_name(set, number);

    assert_non_null(name);
    assert_string_equal(name, expected);
}

static void errors(void **state)
{
    static const int64_t none[] = {0, 41, 58, 200, 4095, 4096, INT64_MAX, INT64_MIN, -4096};

    (void)state;
    named(&kernel_errors, -512, "ERESTARTSYS");
    named(&kernel_errors, 524, "ENOTSUPP");
    for (int number = 1; number < 512; number++) {
        const char *name = number_set_name(&kernel_errors, number);
        const char *known = strerrorname_np(number);

        assert_ptr_equal(number_set_name(&kernel_errors, -number), name);
        assert_int_equal(name != NULL, known != NULL);
        if (name && number != EOPNOTSUPP && number != EAGAIN)
            assert_string_equal(name, known);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
        assert_null(number_set_name(&kernel_errors, none[i]));
}

static void signals(void **state)
{
    char expected[16];

    (void)state;
    for (int number = 1; number < 32; number++) {
        snprintf(expected, sizeof(expected), "SIG%s",
                 number == SIGIO ? "IO" : sigabbrev_np(number));
        named(&kernel_signals, number, expected);
    }
    assert_null(number_set_name(&kernel_signals, 0));
    assert_null(number_set_name(&kernel_signals, 34));
    assert_null(number_set_name(&kernel_signals, -9));
}

/* Those that the C library knows have the same numbers there; these exist everywhere. */
static void system_calls(void **state)
{
    (void)state;
    named(&kernel_syscalls, SYS_read, "read");
    named(&kernel_syscalls, SYS_openat, "openat");
    named(&kernel_syscalls, SYS_exit_group, "exit_group");
    named(&kernel_syscalls, SYS_clone3, "clone3");
    assert_null(number_set_name(&kernel_syscalls, kernel_syscalls.n_numbers));
    assert_null(number_set_name(&kernel_syscalls, INT64_MAX));
}

static void others(void **state)
{
    (void)state;
    named(&kernel_capabilities, 21, "CAP_SYS_ADMIN");
    named(&kernel_capabilities, 0, "CAP_CHOWN");
    named(&kernel_capabilities, 40, "CAP_CHECKPOINT_RESTORE");
    named(&kernel_families, 0, "AF_UNSPEC");
    named(&kernel_families, 2, "AF_INET");
    named(&kernel_families, 10, "AF_INET6");
    named(&kernel_protocols, 6, "tcp");
    named(&kernel_protocols, 17, "udp");
    named(&kernel_protocols, 58, "icmpv6");
    named(&kernel_tcp_states, 1, "TCP_ESTABLISHED");
    named(&kernel_tcp_states, 12, "TCP_NEW_SYN_RECV");
    assert_null(number_set_name(&kernel_tcp_states, 13));
}

static void flags(const struct number_set *set, uint64_t bits, const char *expected)
{
    char text[NUMBER_TEXT_MAX];
    uint32_t length = number_set_put_flags(set, bits, UINT64_MAX, text);

    if (length != strlen(expected) || memcmp(text, expected, length) != 0)
        fail_msg("0x%llx is %.*s, not %s", (unsigned long long)bits, (int)length, text, expected);
}

static void sets_of_flags(void **state)
{
    const uint64_t vfork = CLONE_VM | CLONE_VFORK | SIGCHLD;

    (void)state;
    flags(&kernel_open_flags, 0, "O_RDONLY");
    flags(&kernel_open_flags, O_WRONLY | O_CREAT, "O_WRONLY|O_CREAT");
    flags(&kernel_open_flags, O_RDWR | O_CLOEXEC, "O_RDWR|O_CLOEXEC");
    flags(&kernel_open_flags, O_CREAT | 0x40000000, "O_RDONLY|O_CREAT|0x40000000");
    flags(&kernel_open_flags, O_SYNC, "O_RDONLY|O_SYNC");
    flags(&kernel_open_flags, O_DSYNC, "O_RDONLY|O_DSYNC");
    flags(&kernel_open_flags, O_TMPFILE | O_RDWR, "O_RDWR|O_TMPFILE");
    flags(&kernel_open_flags, O_DIRECTORY, "O_RDONLY|O_DIRECTORY");
    flags(&kernel_tcp_flags, 0x12, "SYN|ACK");
    flags(&kernel_tcp_flags, 0, "");
    flags(&kernel_mmap_prot, PROT_NONE, "PROT_NONE");
    flags(&kernel_mmap_prot, PROT_READ | PROT_EXEC, "PROT_READ|PROT_EXEC");
    flags(&kernel_mmap_flags, MAP_PRIVATE | MAP_ANONYMOUS, "MAP_PRIVATE|MAP_ANONYMOUS");
    flags(&kernel_mmap_flags, 3, "MAP_SHARED_VALIDATE");
    flags(&kernel_clone_flags, vfork, "CLONE_VM|CLONE_VFORK|SIGCHLD");
    flags(&kernel_clone_flags, UINT64_C(0x200000000), "CLONE_INTO_CGROUP");
    flags(&kernel_clone_flags, 0x80, "CLONE_NEWTIME");
    flags(&kernel_capability_sets, 1 << 21 | 1, "CAP_CHOWN|CAP_SYS_ADMIN");
    flags(&kernel_capability_sets, UINT64_C(1) << 63 | 1, "CAP_CHOWN|0x8000000000000000");
    flags(&kernel_capability_sets, UINT64_C(1) << 63, "");
}

/* The text says all bits of each value, once. */
static void all_bits_are_said(void **state)
{
    static const struct number_set *const sets[] = {&kernel_open_flags,  &kernel_tcp_flags,
                                                    &kernel_mmap_prot,   &kernel_mmap_flags,
                                                    &kernel_clone_flags, &kernel_capability_sets};
    unsigned short dice[3] = {1, 2, 3};

    (void)state;
    for (int i = 0; i < 60000; i++) {
        const struct number_set *set = sets[i % 6];
        uint64_t bits = (uint64_t)nrand48(dice) << 33 ^ (uint64_t)nrand48(dice), said = 0;
        char text[NUMBER_TEXT_MAX + 1], *rest = text, *word;

        bits &= (uint64_t)nrand48(dice) << 33 ^ (uint64_t)nrand48(dice);
        text[number_set_put_flags(set, bits, UINT64_MAX, text)] = '\0';
        while ((word = strsep(&rest, "|")) && *word) {
            struct enum_name value = {0};

            if (*word == '0')
                value.value = (int64_t)strtoull(word, NULL, 16);
            else
                assert_true(number_set_find(set, word, strlen(word), &value));
            assert_int_equal(said & (uint64_t)value.value, 0);
            said |= (uint64_t)value.value;
        }
        assert_true(said == bits || said == 0);
    }
}

/* However long an enum's names are: what has no room is in the number. */
static void long_names_do_not_overflow(void **state)
{
    char name[600];
    struct enum_name names[] = {{name, 1}, {name, 2}, {"SHORT", 4}};
    const struct field field = {.kind = FIELD_ENUM, .names = names, .n_names = 3};
    const struct number_set set = number_set_of_enum(&field);
    char text[NUMBER_TEXT_MAX];
    uint32_t length;

    (void)state;
    memset(name, 'N', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    length = number_set_put_flags(&set, UINT64_MAX, UINT64_MAX, text);
    assert_int_equal(length, 599 + strlen("|SHORT|0xfffffffffffffffa"));
    assert_memory_equal(text + 599, "|SHORT|0xfffffffffffffffa", length - 599);
}

/* Each meaning's names come back by number_set_find(). */
static void names_are_found(void **state)
{
    (void)state;
    for (int meaning = 0; meaning < MEANING_COUNT; meaning++) {
        const struct number_set *set = number_set_of((enum field_meaning)meaning);
        struct enum_name name, found;
        uint32_t at = 0;

        while (set && number_set_next(set, &at, &name)) {
            assert_true(number_set_find(set, name.name, strlen(name.name), &found));
            assert_int_equal(found.value, name.value);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors),
        cmocka_unit_test(signals),
        cmocka_unit_test(system_calls),
        cmocka_unit_test(others),
        cmocka_unit_test(sets_of_flags),
        cmocka_unit_test(all_bits_are_said),
        cmocka_unit_test(long_names_do_not_overflow),
        cmocka_unit_test(names_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
