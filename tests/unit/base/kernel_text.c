// SPDX-License-Identifier: Apache-2.0

#include "base/kernel_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int file_of(const char *text)
{
    char path[] = "/tmp/kernel_text.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static struct kernel_text *read_text(const char *text)
{
    struct kernel_text *symbols = kernel_text_new();
    int fd = file_of(text);

    assert_non_null(symbols);
    assert_int_equal(kernel_text_read(symbols, fd), 0);
    close(fd);
    return symbols;
}

static void found(const struct kernel_text *symbols, uint64_t address, const char *expected)
{
    char name[128];
    int length = kernel_text_find(symbols, address, name, sizeof(name));

    if (!expected) {
        assert_int_equal(length, -ENOENT);
        return;
    }
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(name, expected, (size_t)length);
}

static void nearest_before(void **state)
{
    struct kernel_text *symbols = read_text("ffffffff81000000 T _stext\n"
                                            "ffffffff81000000 T _text\n"
                                            "ffffffff81000100 t vfs_read\n"
                                            "ffffffff81000300 D some_data\n"
                                            "ffffffffc0001000 t late\t[module]\n"
                                            "ffffffffc0000000 t early\t[module]\n"
                                            "no line\n"
                                            "ffffffffc0002000 t bpf_prog_6deef7357e7b4530\t[bpf]");
    char name[4];

    (void)state;
    assert_false(kernel_text_are_hidden(symbols));
    found(symbols, UINT64_C(0xffffffff80ffffff), NULL);
    found(symbols, 0, NULL);
    found(symbols, UINT64_C(0xffffffff81000000), "_stext+0x0");
    found(symbols, UINT64_C(0xffffffff810000ff), "_stext+0xff");
    found(symbols, UINT64_C(0xffffffff8100011f), "vfs_read+0x1f");
    found(symbols, UINT64_C(0xffffffff81000300), NULL); /* data */
    found(symbols, UINT64_C(0xffffffffc0000010), "early+0x10 [module]");
    found(symbols, UINT64_C(0xffffffffc0001010), "late+0x10 [module]");
    found(symbols, UINT64_C(0xffffffffc0002001), "bpf_prog_6deef7357e7b4530+0x1 [bpf]");
    found(symbols, UINT64_C(0xffffffffc0202001), NULL); /* too far */
    found(symbols, UINT64_MAX, NULL);
    assert_int_equal(kernel_text_find(symbols, UINT64_C(0xffffffff8100011f), name, sizeof(name)),
                     -ENOENT);
    kernel_text_free(symbols);
}

static void hidden_or_none(void **state)
{
    static const char *const texts[] = {"", "\n\n", "zz T a", "0", "0 T", "0 T ", "12 T"};
    struct kernel_text *symbols = read_text("0000000000000000 T _text\n"
                                            "0000000000000000 t vfs_read\n");

    (void)state;
    assert_true(kernel_text_are_hidden(symbols));
    found(symbols, 0, NULL);
    found(symbols, 16, NULL);
    kernel_text_free(symbols);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        symbols = read_text(texts[i]);
        assert_false(kernel_text_are_hidden(symbols));
        found(symbols, 16, NULL);
        kernel_text_free(symbols);
    }
    kernel_text_free(NULL);
}

/* What cannot be read leaves what was there. */
static void read_again(void **state)
{
    struct kernel_text *symbols = read_text("1000 T one\n");
    int fd = file_of("2000 T two\n");

    (void)state;
    assert_true(kernel_text_read(symbols, -1) < 0);
    found(symbols, 0x1001, "one+0x1");
    assert_int_equal(kernel_text_read(symbols, fd), 0);
    assert_int_equal(kernel_text_read(symbols, fd), 0); /* from its beginning */
    found(symbols, 0x1001, NULL);
    found(symbols, 0x2001, "two+0x1");
    close(fd);
    kernel_text_free(symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_before),
        cmocka_unit_test(hidden_or_none),
        cmocka_unit_test(read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
