// SPDX-License-Identifier: Apache-2.0

#include "base/id_name.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

struct seen {
    char text[256];
    uint32_t most;
};

static bool note(void *data, uint64_t id, const char *name)
{
    struct seen *seen = data;

    sprintf(seen->text + strlen(seen->text), "%s=%d ", name, (int)id);
    return --seen->most > 0;
}

static void reads_local_files(void **state)
{
    static const char lines[] =
        "root:x:0:0:root:/root:/bin/sh\n+nis::::::\n# a comment\n:x:1:\nbroken:x\n"
        "wide:x:4294967295:\nword:x:y:\nlast:x:7:";
    struct seen seen = {.most = 100};
    char path[] = "/tmp/ringmill-passwd.XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_int_equal(write(fd, lines, sizeof(lines) - 1), sizeof(lines) - 1);
    close(fd);
    id_name_local(path, note, &seen);
    assert_string_equal(seen.text, "root=0 last=7 ");
    seen = (struct seen){.most = 1};
    id_name_local(path, note, &seen);
    assert_string_equal(seen.text, "root=0 ");
    unlink(path);
    id_name_local(path, note, &seen); /* and does nothing */
}

static bool is_ours(void *data, uint64_t uid, uint64_t gid)
{
    *(bool *)data |= uid == geteuid() && gid == getegid();
    return true;
}

static void sees_processes(void **state)
{
    bool found = false;

    (void)state;
    id_name_processes(is_ours, &found);
    assert_true(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_root),
        cmocka_unit_test(finds_nobody),
        cmocka_unit_test(reads_local_files),
        cmocka_unit_test(sees_processes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
