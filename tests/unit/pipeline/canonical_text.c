// SPDX-License-Identifier: Apache-2.0
#include "pipeline/canonical_text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/load.h"
#include "config/tree.h"

/* The identity of the entry "it" of a config. */
static char *identity(const char *text, enum identity_kind kind)
{
    struct config_tree *tree;
    struct diag diag;
    char *result;

    diag_init(&diag);
    assert_int_equal(config_load_text("test", text, strlen(text), &diag, &tree), 0);
    result = canonical_text_new(config_map_get(tree->root, "it"), kind);
    assert_non_null(result);
    config_tree_free(tree);
    diag_deinit(&diag);
    return result;
}

static bool same(const char *one, const char *other, enum identity_kind kind)
{
    char *first = identity(one, kind), *second = identity(other, kind);
    bool result = strcmp(first, second) == 0;

    free(first);
    free(second);
    return result;
}

static void layout_does_not_count(void **state)
{
    (void)state;
    assert_true(same("it: {a: 1, b: [x, y]}",
                     "# more\n\nit:\n  a: 1 # one\n  b:\n    - x\n    - y\n", IDENTITY_PIPELINE));
}

static void contents_do(void **state)
{
    static const char *const others[] = {
        "it: {a: 2, b: [x, y]}",    "it: {a: 1, b: [y, x]}", "it: {a: 1, b: [xy]}",
        "it: {a: 1, b: [x, y, z]}", "it: {a: 1, b: {x: y}}", "it: {a: 1}",
        "it: {a: 1, b: \"[x,y]\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(same("it: {a: 1, b: [x, y]}", others[i], IDENTITY_SOURCE));
}

static void definitions_that_are_used_do(void **state)
{
    const char *const own =
        "it: {filter: few && pid > 1}\n"
        "defs: {few: small || odd, small: uid < 9, odd: uid > 7, big: uid > 99}";

    (void)state;
    assert_true(same(own,
                     "it: {filter: few && pid > 1}\n"
                     "defs: {few: small || odd, small: uid < 9, odd: uid > 7, big: uid > 98}",
                     IDENTITY_PIPELINE));
    /* two steps away */
    assert_false(same(own,
                      "it: {filter: few && pid > 1}\n"
                      "defs: {few: small || odd, small: uid < 9, odd: uid > 6, big: uid > 99}",
                      IDENTITY_PIPELINE));
    /* whole words only */
    assert_true(same("it: {filter: fewer > 1}\ndefs: {few: uid > 1}",
                     "it: {filter: fewer > 1}\ndefs: {few: uid > 2}", IDENTITY_PIPELINE));
    assert_false(same("it: {a: 1}\nplugins: [/one.so]", "it: {a: 1}\nplugins: [/two.so]",
                      IDENTITY_PIPELINE));
}

static void files_do_but_for_sinks(void **state)
{
    char path[] = "/tmp/ringmill-identity.XXXXXX", text[128];
    int fd = mkstemp(path);
    char *before, *after, *sink, *later;

    (void)state;
    assert_true(fd >= 0);
    snprintf(text, sizeof(text), "it: {table: %s}", path);
    before = identity(text, IDENTITY_PIPELINE);
    sink = identity(text, IDENTITY_SINK);
    assert_int_equal(write(fd, "more", 4), 4);
    after = identity(text, IDENTITY_PIPELINE);
    later = identity(text, IDENTITY_SINK);
    assert_string_not_equal(before, after);
    assert_string_equal(sink, later);
    free(before);
    free(after);
    free(sink);
    free(later);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_does_not_count),
        cmocka_unit_test(contents_do),
        cmocka_unit_test(definitions_that_are_used_do),
        cmocka_unit_test(files_do_but_for_sinks),
    };

    return cmocka_run_group_tests_name("pipeline/canonical_text", tests, NULL, NULL);
}
