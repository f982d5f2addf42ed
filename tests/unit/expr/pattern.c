// SPDX-License-Identifier: Apache-2.0

/* Regular expressions with the JIT and without: the same matches, the same limits, and no match
 * that takes long. */

#include "expr/pattern.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expr/expr.h"

static struct pattern *make(struct expr **ret_owner, const char *text)
{
    char wrong[PATTERN_ERROR_MAX];
    struct text bytes = {text, (uint32_t)strlen(text)};
    struct pattern *pattern = NULL;
    uint32_t at;

    *ret_owner = calloc(1, sizeof(**ret_owner));
    if (pattern_new(*ret_owner, &bytes, wrong, &at, &pattern) != 0)
        fail_msg("%s: %s", text, wrong);
    return pattern;
}

static enum pattern_result match(const char *text, const char *subject, uint32_t length)
{
    struct expr *owner;
    struct pattern *pattern = make(&owner, text);
    struct text bytes = {subject, length};
    enum pattern_result result = pattern_match(pattern, &bytes);

    expr_free(owner);
    return result;
}

struct row {
    const char *pattern;
    const char *yes, *no; /* what matches, and what does not */
};

static const struct row rows[] = {
    {"", "x", NULL},
    {"^", "", NULL},
    {"abc", "xabcx", "ab"},
    {"^abc", "abcd", "xabc"},
    {"^abc$", "abc", "abcd"},
    {"^abc?", "ab", "a"},
    {"^abc*d", "abd", "abcx"},
    {"^ab{0,2}c", "ac", "abbbc"},
    {"^a\\.b", "a.b", "axb"},
    {"^/var/(log|www)/", "/var/www/x", "/var/lib/x"},
    {"^a|b", "xb", "xa"},
    {"^ab|^cd", "cd", "xcd"},
    {"^a[|)]b|c", "xc", "xa"},
    {"^a(x|y)z|q", "q", "ax"},
    {"(?i)ABC", "xabc", "ab"},
    {"^x(?#|)y", "xy", "x"},
    {"^\\Qa|b\\E", "a|b", "b"},
    {"^ab\\E?c", "ac", "bc"},
    {"^a\\|b", "a|b", "b"},
    {"^[]|]x", "|x", "x"},
    {"[[:digit:]]+$", "a42", "42a"},
    {"\\d\\s\\w", "1 x", "1x"},
    {"^a\\x62", "ab", "ax"},
    {"^(?:ab)?c", "c", "ab"},
    {"a\\\\b", "a\\b", "ab"},
};

static void the_same_matches(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct row *row = &rows[i];

        pattern_forbid_jit(*state != NULL);
        if (match(row->pattern, row->yes, (uint32_t)strlen(row->yes)) != PATTERN_YES)
            fail_msg("%s does not match %s", row->pattern, row->yes);
        if (row->no && match(row->pattern, row->no, (uint32_t)strlen(row->no)) != PATTERN_NO)
            fail_msg("%s matches %s", row->pattern, row->no);
    }
    pattern_forbid_jit(false);
}

static void prefixes_are_known(void **state)
{
    static const struct {
        const char *pattern, *prefix;
        bool all;
    } known[] = {
        {"^/tmp/", "/tmp/", true}, {"^/tmp/.*x", "/tmp/", false},
        {"^abc?", "ab", false},    {"abc", "", false},
        {"^a|b", "", false},       {"^ab(c|d)", "ab", false},
        {"^a\\.b$", "a.b", false}, {"x.y", "", false},
        {"^(?i)ab", "", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        struct expr *owner;
        struct pattern *pattern = make(&owner, known[i].pattern);
        bool all;
        struct text prefix = pattern_prefix(pattern, &all);

        assert_int_equal(prefix.length, strlen(known[i].prefix));
        assert_memory_equal(prefix.bytes, known[i].prefix, prefix.length);
        assert_int_equal(all, known[i].all);
        expr_free(owner);
    }
}

/* What backtracks for ever is stopped, and so is what would look at too much. */
static void limits(void **state)
{
    static const char *const slow[] = {"(x+x+)+[yz]", "(x*)*[yz]", "^(([a-z])+.)+[A-Z]([a-z])+$",
                                       "(.*)(.*)(.*)(.*)(.*)[0-9]"};
    static char subject[PATTERN_TEXT_MAX + 1];

    memset(subject, 'x', sizeof(subject));
    pattern_forbid_jit(*state != NULL);
    for (size_t i = 0; i < sizeof(slow) / sizeof(*slow); i++)
        assert_int_equal(match(slow[i], subject, PATTERN_TEXT_MAX), PATTERN_LIMIT);
    assert_int_equal(match("x$", subject, PATTERN_TEXT_MAX), PATTERN_YES);
    assert_int_equal(match(".x$", subject, PATTERN_TEXT_MAX + 1), PATTERN_LIMIT);
    assert_int_equal(match(".y$", subject, PATTERN_TEXT_MAX + 1), PATTERN_NO);
    assert_int_equal(match("x$", subject, PATTERN_TEXT_MAX + 1), PATTERN_YES);
    assert_int_equal(match("^y.", subject, PATTERN_TEXT_MAX + 1), PATTERN_NO);
    assert_int_equal(match("xx", subject, PATTERN_TEXT_MAX + 1), PATTERN_YES);
    pattern_forbid_jit(false);
}

static void mistakes(void **state)
{
    struct expr *owner = calloc(1, sizeof(*owner));
    char wrong[PATTERN_ERROR_MAX];
    struct text text = {"a(b", 3};
    struct pattern *pattern = NULL;
    uint32_t at = 0;

    (void)state;
    assert_int_equal(pattern_new(owner, &text, wrong, &at, &pattern), -EINVAL);
    assert_int_equal(at, 3);
    assert_string_equal(wrong, "missing closing parenthesis");
    assert_null(pattern);
    expr_free(owner);
}

int main(void)
{
    static int without = 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_matches),
        cmocka_unit_test_prestate(the_same_matches, &without),
        cmocka_unit_test(prefixes_are_known),
        cmocka_unit_test(limits),
        cmocka_unit_test_prestate(limits, &without),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
