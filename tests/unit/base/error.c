// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void set_returns_the_code_and_replaces(void **state)
{
    struct error error = {0};

    (void)state;
    assert_int_equal(error_set(&error, -ENOENT, "no %s, %d of it", "bread", 2), -ENOENT);
    assert_string_equal(error.text, "no bread, 2 of it");
    assert_int_equal(error_set(&error, -EPERM, "no"), -EPERM);
    assert_string_equal(error.text, "no");
}

static void nobody_wants_the_sentence(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, -EPERM, "unheard"), -EPERM);
    error_prefix(NULL, "unheard");
    error_append(NULL, "unheard");
    error_hint(NULL, "unheard");
    error_hint_setting(NULL, "type", "unheard");
}

static void prefix_puts_words_in_front(void **state)
{
    struct error error = {0};

    (void)state;
    error_set(&error, -EPERM, "not allowed");
    error_prefix(&error, "source %s", "exec");
    error_prefix(&error, "start");
    assert_string_equal(error.text, "start: source exec: not allowed");
}

static void prefix_of_nothing(void **state)
{
    struct error error = {0};

    (void)state;
    error_prefix(&error, "source");
    assert_string_equal(error.text, "source: ");
}

static void hints_are_apart_until_joined(void **state)
{
    struct error error = {0};

    (void)state;
    error_set(&error, -ENOENT, "no type \"evnt\"");
    assert_string_equal(error_join(&error), "no type \"evnt\"");
    error_hint(&error, "did you mean \"event\"?");
    error_hint(&error, "set %s: to a file", "types_from");
    error_prefix(&error, "source");
    error_append(&error, " (searched: %s)\n    more", "BTF");
    assert_string_equal(error.text, "source: no type \"evnt\" (searched: BTF)\n    more");
    assert_string_equal(error_join(&error),
                        "source: no type \"evnt\" (searched: BTF); did you mean \"event\"?; set "
                        "types_from: to a file\n    more");
    assert_string_equal(error.hint, "");
    error_hint_setting(&error, "type", "event");
    error_set(&error, -ENOENT, "which type?");
    assert_string_equal(error.hint, ""); /* that of another sentence */
    assert_null(error.hint_key);
    error_hint_setting(&error, "type", "%s", "event");
    assert_string_equal(error_join(&error), "which type?; set type: event");
}

static void long_hints_are_cut(void **state)
{
    char text[2 * ERROR_TEXT_MAX];
    struct error error;

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    error_set(&error, -EINVAL, "%s\n", text + ERROR_TEXT_MAX + 20);
    for (int i = 0; i < 3; i++)
        error_hint(&error, "%s", text + ERROR_TEXT_MAX + 900);
    for (int i = 0; i < 3; i++)
        error_hint(&error, "%s", text);
    assert_int_equal(strlen(error.hint), ERROR_HINT_MAX - 1);
    assert_int_equal(strlen(error_join(&error)), ERROR_TEXT_MAX - 1);
}

static void long_sentences_are_cut(void **state)
{
    char text[2 * ERROR_TEXT_MAX];
    struct {
        struct error error;
        char behind[8];
    } guarded;

    (void)state;
    memset(&guarded, '#', sizeof(guarded));
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(error_set(&guarded.error, -E2BIG, "%s", text), -E2BIG);
    assert_int_equal(strlen(guarded.error.text), ERROR_TEXT_MAX - 1);
    error_prefix(&guarded.error, "abc");
    assert_int_equal(strlen(guarded.error.text), ERROR_TEXT_MAX - 1);
    assert_memory_equal(guarded.error.text, "abc: xx", 7);
    error_prefix(&guarded.error, "%s", text); /* a prefix that leaves no room at all */
    assert_int_equal(strlen(guarded.error.text), ERROR_TEXT_MAX - 1);
    assert_int_equal(strspn(guarded.error.text, "x"), ERROR_TEXT_MAX - 1);
    assert_memory_equal(guarded.behind, "########", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_returns_the_code_and_replaces),
        cmocka_unit_test(nobody_wants_the_sentence),
        cmocka_unit_test(prefix_puts_words_in_front),
        cmocka_unit_test(prefix_of_nothing),
        cmocka_unit_test(hints_are_apart_until_joined),
        cmocka_unit_test(long_hints_are_cut),
        cmocka_unit_test(long_sentences_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
