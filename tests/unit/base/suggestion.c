// SPDX-License-Identifier: Apache-2.0
#include "base/suggestion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* NULL: no candidate is near enough. */
static const char *find(const char *name, const char *const *candidates)
{
    static struct suggestion suggestion;

    suggestion_init(&suggestion, name);
    for (; *candidates; candidates++)
        suggestion_offer(&suggestion, *candidates);
    return *suggestion.best ? suggestion.best : NULL;
}

#define CANDIDATES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void finds_slips_of_the_finger(void **state)
{
    const char *const *keys = CANDIDATES("type", "format", "path", "overflow", "ring_size");

    (void)state;
    assert_string_equal(find("typ", keys), "type");
    assert_string_equal(find("tpye", keys), "type");
    assert_string_equal(find("types", keys), "type");
    assert_string_equal(find("formt", keys), "format");
    assert_string_equal(find("over-flow", keys), "overflow");
    assert_string_equal(find("ring-size", keys), "ring_size");
    assert_string_equal(find("RingSize", keys), "ring_size");
    assert_string_equal(find("PATH", keys), "path");
}

static void leaves_strangers_alone(void **state)
{
    (void)state;
    assert_null(find("sinks", CANDIDATES("sources", "pipelines")));
    assert_null(find("a", CANDIDATES("b", "c")));
    assert_null(find("", CANDIDATES("a", "type")));
    assert_null(find("typ", CANDIDATES("")));
}

static void prefers_the_nearer_then_the_first(void **state)
{
    (void)state;
    assert_string_equal(find("formats", CANDIDATES("former", "format")), "format");
    assert_string_equal(find("cat", CANDIDATES("car", "can")), "car");
}

static void swaps_cost_one(void **state)
{
    struct suggestion suggestion;

    (void)state;
    suggestion_init(&suggestion, "fliter");
    suggestion_offer(&suggestion, "filter");
    assert_int_equal(suggestion.distance, 1);
}

static void long_names_are_never_suggested(void **state)
{
    char name[SUGGESTION_NAME_MAX + 2];
    char candidate[SUGGESTION_NAME_MAX + 2];

    (void)state;
    memset(name, 'x', sizeof(name));
    memset(candidate, 'x', sizeof(candidate));
    name[SUGGESTION_NAME_MAX] = candidate[SUGGESTION_NAME_MAX] = '\0';
    assert_string_equal(find(name, CANDIDATES(candidate)), candidate);
    name[SUGGESTION_NAME_MAX] = 'x';
    name[SUGGESTION_NAME_MAX + 1] = '\0';
    assert_null(find(name, CANDIDATES(candidate)));
    assert_null(find(candidate, CANDIDATES(name)));
}

static const char *refuse(struct suggestion *suggestion, const char *name,
                          const char *const *candidates)
{
    suggestion_init(suggestion, name);
    for (; *candidates; candidates++)
        suggestion_offer(suggestion, *candidates);
    return suggestion_words(suggestion);
}

static void lists_what_is_allowed(void **state)
{
    struct suggestion suggestion;

    (void)state;
    assert_string_equal(refuse(&suggestion, "x", CANDIDATES("json")), "allowed are json");
    assert_string_equal(refuse(&suggestion, "x", CANDIDATES("json", "text", "raw")),
                        "allowed are json, text, raw");
}

static void names_what_was_probably_meant(void **state)
{
    struct suggestion suggestion;

    (void)state;
    assert_string_equal(refuse(&suggestion, "jsno", CANDIDATES("text", "json")),
                        "allowed are text, json; did you mean \"json\"?");
}

static void says_that_there_are_none(void **state)
{
    struct suggestion suggestion;

    (void)state;
    assert_string_equal(refuse(&suggestion, "x", CANDIDATES(NULL)), "none are defined");
}

/* Names as long as the nearest can be; the last one is the nearest and comes after the cut. */
static void long_lists_are_cut_but_the_nearest_is_named(void **state)
{
    char names[40][SUGGESTION_NAME_MAX + 1];
    struct suggestion suggestion;
    const char *text;
    size_t room;

    (void)state;
    for (int i = 0; i < 40; i++) {
        memset(names[i], 'a' + i % 26, SUGGESTION_NAME_MAX);
        names[i][SUGGESTION_NAME_MAX - 2] = (char)('0' + i / 10);
        names[i][SUGGESTION_NAME_MAX - 1] = (char)('0' + i % 10);
        names[i][SUGGESTION_NAME_MAX] = '\0';
    }
    suggestion_init(&suggestion, names[39]);
    for (int i = 0; i < 40; i++)
        suggestion_offer(&suggestion, names[i]);
    text = suggestion_words(&suggestion);
    room = strlen(text);
    assert_true(room < SUGGESTION_WORDS_MAX);
    assert_memory_equal(text, "allowed are aaaa", 16);
    assert_non_null(strstr(text, names[12]));
    assert_null(strstr(text, names[13]));
    assert_non_null(strstr(text, "12, ...; did you mean \""));
    assert_memory_equal(strstr(text, "mean \"") + 6, names[39], SUGGESTION_NAME_MAX);
    assert_string_equal(text + room - 2, "\"?");
}

static void names_the_nearest_or_a_few(void **state)
{
    struct suggestion suggestion;

    (void)state;
    refuse(&suggestion, "pidd", CANDIDATES("uid", "pid", "comm"));
    assert_string_equal(suggestion_or_list(&suggestion, "there are", 2), "did you mean pid?");
    assert_string_equal(suggestion_question(&suggestion), "; did you mean \"pid\"?");
    refuse(&suggestion, "other", CANDIDATES("uid", "pid", "comm"));
    assert_string_equal(suggestion_or_list(&suggestion, "there are", 2), "there are uid, pid, ...");
    assert_string_equal(suggestion_or_list(&suggestion, "there are", 3),
                        "there are uid, pid, comm");
    assert_string_equal(suggestion_question(&suggestion), "");
    refuse(&suggestion, "x", CANDIDATES(NULL));
    assert_string_equal(suggestion_or_list(&suggestion, "there are", 3), "none are defined");
}

static void takes_parts_of_texts(void **state)
{
    struct suggestion suggestion;

    (void)state;
    suggestion_init_part(&suggestion, "fliter and more", 6);
    suggestion_offer_part(&suggestion, "filter: x", 6);
    assert_string_equal(suggestion.best, "filter");
    assert_string_equal(suggestion.list, "filter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_slips_of_the_finger),
        cmocka_unit_test(leaves_strangers_alone),
        cmocka_unit_test(prefers_the_nearer_then_the_first),
        cmocka_unit_test(swaps_cost_one),
        cmocka_unit_test(long_names_are_never_suggested),
        cmocka_unit_test(lists_what_is_allowed),
        cmocka_unit_test(names_what_was_probably_meant),
        cmocka_unit_test(says_that_there_are_none),
        cmocka_unit_test(long_lists_are_cut_but_the_nearest_is_named),
        cmocka_unit_test(names_the_nearest_or_a_few),
        cmocka_unit_test(takes_parts_of_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
