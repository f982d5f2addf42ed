// SPDX-License-Identifier: Apache-2.0

/* Each way in which a file cannot be trusted, with its sentence. Only root can make one that can.
 */

#include "plugin/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static char file[128];

static int set_up(void **state)
{
    FILE *made;

    (void)state;
    strcpy(folder, "/run/ringmill-trust.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof(file), "%s/x.so", folder);
    made = fopen(file, "we");
    if (!made || fclose(made) != 0 || chmod(file, 0644) < 0)
        return -1;
    return chmod(folder, 0755);
}

static int tear_down(void **state)
{
    char link[200];

    (void)state;
    snprintf(link, sizeof(link), "%s/link", folder);
    unlink(link);
    unlink(file);
    return rmdir(folder);
}

/* FOLDER and FILE in expected stand for what they are. */
static void refuse(const char *path, const char *expected)
{
    struct error error = {0};
    char text[ERROR_TEXT_MAX];
    const char *at = strstr(expected, "FILE");

    snprintf(text, sizeof(text), "%s", expected);
    if (at)
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - expected), expected, file, at + 4);
    at = strstr(expected, "FOLDER");
    if (at)
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - expected), expected, folder, at + 6);
    assert_true(trust_check(path, &error) < 0);
    assert_string_equal(error.text, text);
}

static void trusts_what_is_roots_alone(void **state)
{
    struct error error = {0};

    (void)state;
    assert_int_equal(trust_check(file, &error), 0);
    assert_string_equal(error.text, "");
}

static void refuses_other_paths(void **state)
{
    char link[200], crooked[200];

    (void)state;
    refuse("x.so", "write the absolute path of a plug-in");
    refuse("", "write the absolute path of a plug-in");
    refuse("/run/ringmill-no-such/x.so", "/run/ringmill-no-such/x.so: No such file or directory");
    refuse(folder, "FOLDER is not a regular file");
    snprintf(link, sizeof(link), "%s/link", folder);
    assert_int_equal(symlink(file, link), 0);
    refuse(link, "the path contains a symbolic link or \"..\"; write FILE");
    snprintf(crooked, sizeof(crooked), "%s/./x.so", folder);
    refuse(crooked, "the path contains a symbolic link or \"..\"; write FILE");
}

static void refuses_what_others_own(void **state)
{
    (void)state;
    assert_int_equal(chown(file, 1234, 0), 0);
    refuse(file, "FILE belongs to user 1234; a plug-in and all folders above it must belong to "
                 "root");
    assert_int_equal(chown(file, 0, 1234), 0);
    assert_int_equal(chown(folder, 1234, 0), 0);
    refuse(file, "FOLDER belongs to user 1234; a plug-in and all folders above it must belong to "
                 "root");
}

static void refuses_what_others_can_write(void **state)
{
    (void)state;
    assert_int_equal(chmod(file, 0664), 0);
    refuse(file, "FILE is writable by its group or others; remove that with chmod go-w");
    assert_int_equal(chmod(file, 0646), 0);
    refuse(file, "FILE is writable by its group or others; remove that with chmod go-w");
    assert_int_equal(chmod(file, 0644), 0);
    assert_int_equal(chmod(folder, 01777), 0); /* sticky is not enough: who owns it can rename */
    refuse(file, "FOLDER is writable by its group or others; remove that with chmod go-w");
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILE(trusts_what_is_roots_alone),
        WITH_FILE(refuses_other_paths),
        WITH_FILE(refuses_what_others_own),
        WITH_FILE(refuses_what_others_can_write),
    };

    if (geteuid() != 0) {
        puts("skipped: only root can make files that belong to root");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
