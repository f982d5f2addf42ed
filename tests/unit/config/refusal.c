// SPDX-License-Identifier: Apache-2.0
#include "config/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *refuse(struct refusal *refusal, const char *name, const char *const *candidates)
{
    refusal_init(refusal, name);
    for (; *candidates; candidates++)
        refusal_offer(refusal, *candidates);
    return refusal_text(refusal);
}

#define CANDIDATES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void lists_what_is_allowed(void **state)
{
    struct refusal refusal;

    (void)state;
    assert_string_equal(refuse(&refusal, "x", CANDIDATES("json")), "allowed are json");
    assert_string_equal(refuse(&refusal, "x", CANDIDATES("json", "text", "raw")),
                        "allowed are json, text, raw");
}

static void names_the_nearest(void **state)
{
    struct refusal refusal;

    (void)state;
    assert_string_equal(refuse(&refusal, "jsno", CANDIDATES("text", "json")),
                        "allowed are text, json; did you mean \"json\"?");
}

static void says_that_there_are_none(void **state)
{
    struct refusal refusal;

    (void)state;
    assert_string_equal(refuse(&refusal, "x", CANDIDATES(NULL)), "none are defined");
}

/* Names as long as the nearest can be; the last one is the nearest and comes after the cut. */
static void long_lists_are_cut_but_the_nearest_is_named(void **state)
{
    char names[40][NEAREST_NAME_MAX + 1];
    struct refusal refusal;
    const char *text;
    size_t room;

    (void)state;
    for (int i = 0; i < 40; i++) {
        memset(names[i], 'a' + i % 26, NEAREST_NAME_MAX);
        names[i][NEAREST_NAME_MAX - 2] = (char)('0' + i / 10);
        names[i][NEAREST_NAME_MAX - 1] = (char)('0' + i % 10);
        names[i][NEAREST_NAME_MAX] = '\0';
    }
    refusal_init(&refusal, names[39]);
    for (int i = 0; i < 40; i++)
        refusal_offer(&refusal, names[i]);
    text = refusal_text(&refusal);
    room = strlen(text);
    assert_true(room < REFUSAL_TEXT_MAX);
    assert_memory_equal(text, "allowed are aaaa", 16);
    assert_non_null(strstr(text, names[12]));
    assert_null(strstr(text, names[13]));
    assert_non_null(strstr(text, "12, ...; did you mean \""));
    assert_memory_equal(strstr(text, "mean \"") + 6, names[39], NEAREST_NAME_MAX);
    assert_string_equal(text + room - 2, "\"?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_what_is_allowed),
        cmocka_unit_test(names_the_nearest),
        cmocka_unit_test(says_that_there_are_none),
        cmocka_unit_test(long_lists_are_cut_but_the_nearest_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
