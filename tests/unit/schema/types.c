// SPDX-License-Identifier: Apache-2.0
#include "schema/types.h"

#include <bpf/btf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KERNEL "/sys/kernel/btf/vmlinux"

static char *read_file(const char *path, size_t *ret_size)
{
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY);
    struct stat status;
    char *bytes;

    assert_int_equal(fstat(fd, &status), 0);
    bytes = malloc((size_t)status.st_size);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
    *ret_size = (size_t)status.st_size;
    return bytes;
}

static void check(const char *path, bool btf, bool dwarf, bool bpf)
{
    struct types *types = NULL;
    struct error error;

    if (types_open(path, &error, &types) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(types->btf != NULL, btf);
    assert_int_equal(types->has_dwarf, dwarf);
    assert_int_equal(types->is_bpf, bpf);
    types_free(types);
}

static void says_what_a_file_has(void **state)
{
    (void)state;
    check(OBJECTS ".bpf.o", true, true, true);
    check(OBJECTS "-btf.bpf.o", true, false, true);
    check(OBJECTS "-dwarf.bpf.o", false, true, true);
    check(OBJECTS "-none.bpf.o", false, false, true);
    check("/proc/self/exe", false, true, false); /* tests are compiled with -g */
}

static void raw_btf_of_the_kernel(void **state)
{
    struct types *types = NULL;

    (void)state;
    if (access(KERNEL, R_OK) != 0)
        errx(77, "skipped: the kernel has no BTF to read"); /* ctest does not see cmocka's skip() */
    assert_int_equal(types_open(KERNEL, NULL, &types), 0);
    assert_null(types->elf);
    assert_true(btf__find_by_name_kind(types->btf, "task_struct", BTF_KIND_STRUCT) > 0);
    types_free(types);
}

static void refuse(const void *bytes, size_t size, const char *text)
{
    struct types *types = NULL;
    struct error error = {0};

    assert_int_equal(types_open_memory(bytes, size, &error, &types), -EINVAL);
    assert_string_equal(error.text, text);
    assert_null(types);
}

static void what_is_no_file_of_types(void **state)
{
    (void)state;
    refuse("", 0, "it is neither an ELF file nor raw BTF");
    refuse("#!/bin/sh\n", 10, "it is neither an ELF file nor raw BTF");
    refuse("\x7f"
           "ELF",
           4, "it is a damaged ELF file, possibly truncated");
    refuse("\x9f\xeb\x01", 3, "its BTF is damaged");
    refuse("\xeb\x9f\x01", 3, "its BTF has the byte order of another machine");
}

/* However short it is cut: a sentence, or what is left. */
static void an_object_cut_short(void **state)
{
    size_t size;
    _cleanup_(cleanup_free) char *bytes = read_file(OBJECTS ".bpf.o", &size);

    (void)state;
    for (size_t length = 4; length < size; length += 7) {
        _cleanup_(cleanup_free) char *exact = malloc(length);
        struct types *types = NULL;
        struct error error = {0};

        memcpy(exact, bytes, length);
        assert_int_equal(types_open_memory(exact, length, &error, &types), -EINVAL);
        assert_string_equal(error.text, "it is a damaged ELF file, possibly truncated");
    }
}

static void of_the_other_byte_order(void **state)
{
    size_t size;
    _cleanup_(cleanup_free) char *bytes = read_file(OBJECTS ".bpf.o", &size);

    (void)state;
    bytes[5] = bytes[5] == 1 ? 2 : 1;
    refuse(bytes, size, "it has the byte order of another machine");
}

static void paths_stand_in_front(void **state)
{
    struct types *types = NULL;
    struct error error;

    (void)state;
    assert_int_equal(types_open("/nowhere/at.all", &error, &types), -ENOENT);
    assert_string_equal(error.text, "/nowhere/at.all: cannot be opened: No such file or directory");
    assert_int_equal(types_open("/", &error, &types), -EINVAL);
    assert_string_equal(error.text, "/: it is not a regular file");
}

static void free_accepts_null(void **state)
{
    (void)state;
    types_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_a_file_has),     cmocka_unit_test(raw_btf_of_the_kernel),
        cmocka_unit_test(what_is_no_file_of_types), cmocka_unit_test(an_object_cut_short),
        cmocka_unit_test(of_the_other_byte_order),  cmocka_unit_test(paths_stand_in_front),
        cmocka_unit_test(free_accepts_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
