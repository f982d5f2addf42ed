// SPDX-License-Identifier: Apache-2.0

/* What is told without PCRE2 is what PCRE2 would have said. */

#include "expr/prefilter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expr/expr.h"
#include "expr/pattern.h"

static void say(char *at, const struct literals *literals)
{
    *at = '\0';
    for (uint32_t i = 0; i < literals->n; i++)
        at += sprintf(at, "%s%.*s", i ? " " : "", literals->lengths[i], literals->bytes[i]);
}

static void expect(const char *pattern, bool whole, const char *heads, const char *tails)
{
    struct text text = {pattern, (uint32_t)strlen(pattern)};
    struct prefilter prefilter;
    char said[2 * LITERALS_MAX * LITERAL_MAX];

    prefilter_read(&text, &prefilter);
    assert_int_equal(prefilter.whole, whole);
    say(said, &prefilter.heads);
    assert_string_equal(said, heads);
    say(said, &prefilter.tails);
    assert_string_equal(said, tails);
}

static void outlines(void **state)
{
    (void)state;
    expect("^/tmp/", true, "/tmp/", "/tmp/");
    expect("^/var/(log|www)/.*\\.(html|log)$", true, "/var/log/ /var/www/", ".html .log");
    expect("^(?:a|b)(c|d)e$", true, "ace ade bce bde", "ace ade bce bde");
    expect(".*foo.*", true, "foo", "foo");
    expect("foo.*bar", true, "foo", "bar");
    expect("foo.*bar.*baz", false, "foo", "baz");
    expect("^/proc/\\d+/status$", false, "/proc/", "/status");
    expect("x[]|)(]y", false, "x", "y");
    expect("x[^[:alpha:][:^digit:]][[:]y", false, "x", "y");
    expect("ab?c{2}d", false, "a", "d");
    expect("a(b(c|d))e", false, "a", "e");
    expect("a\\d+b", false, "a", "b");
    expect("a(?=b)c", false, "a", "c");
    expect("a(?!b|c)", false, "a", "");
    expect("a|b", false, "", "");
    expect("(?i)a", false, "", "");
    expect("(*UTF)a", false, "", "");
    expect("a\\x41", false, "", "");
    expect("\\Qa\\E", false, "", "");
    expect("(a|b)(a|b)(a|b)(a|b)", false, "aaa aab aba abb baa bab bba bbb", "a b");
}

/* ---- against PCRE2 --------------------------------------------------------------------------- */

#ifdef __SANITIZE_ADDRESS__
enum { PATTERNS = 60000 }; /* twenty times as slow */
#else
enum { PATTERNS = 300000 };
#endif
enum { TEXTS = 20 };

static uint64_t seed = 88172645463325252; /* or the argument */

static uint32_t draw(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 11) % below);
}

static const char *const pieces[] = {
    "a",
    "b",
    "ab",
    "/",
    "\\.",
    "\\/",
    ".",
    ".*",
    ".*",
    ".*?",
    ".*+",
    ".+",
    "^",
    "^",
    "$",
    "$",
    "(a|b)",
    "(ab|b)",
    "(a|)",
    "(?:a|b",
    "(?:/)",
    ")",
    "(",
    "|",
    "[ab]",
    "[^a]",
    "[]a]",
    "[^]a|(]",
    "[\\]b]",
    "[",
    "]",
    "?",
    "*",
    "+",
    "{2}",
    "{1,2}",
    "{,2}",
    "{0}",
    "{",
    "}",
    "\\d",
    "\\w+",
    "\\b",
    "\\x61",
    "\\Qa",
    "\\E",
    "(?i)",
    "(?i:A)",
    "(?=a)",
    "(?!b)",
    "(?>a)",
    "(?<=a)",
    "(a(b|/))",
    "(a)*",
    "(?#|)",
    "\\n",
    "\\$",
    "(?s)",
    "(?m)",
    "(?x) a ",
    "\\A",
    "\\z",
    "\\Z",
    "\\1",
    "[[:alpha:]]",
    "[[:a]",
    "[[:^alpha:]a]",
    "[a[:b]",
    "(?|a|b)",
    "\\K",
    "A",
    "\\c(",
    "(?<n>a)",
};

static void draw_pattern(char *pattern)
{
    uint32_t n = draw(7);

    *pattern = '\0';
    if (draw(3) == 0)
        strcat(pattern, "^");
    for (uint32_t i = 0; i < n; i++)
        strcat(pattern, pieces[draw(sizeof(pieces) / sizeof(*pieces))]);
    if (draw(3) == 0)
        strcat(pattern, "$");
}

static uint32_t draw_text(char *text)
{
    static const char letters[] = "aaabb//.A1\n";
    uint32_t length = draw(9);

    for (uint32_t i = 0; i < length; i++)
        text[i] = letters[draw(sizeof(letters) - 1)];
    return length;
}

static void says_what_pcre2_says(void **state)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    uint32_t compiled = 0, whole = 0, decided = 0;

    (void)state;
    pattern_forbid_jit(true);
    for (int i = 0; i < PATTERNS; i++) {
        char spelling[128], wrong[PATTERN_ERROR_MAX], bytes[16];
        struct expr *owner = calloc(1, sizeof(*owner));
        struct pattern *pattern;
        struct prefilter prefilter;
        struct text text;
        PCRE2_SIZE place;
        uint32_t at;
        int code;
        pcre2_code *alone;

        draw_pattern(spelling);
        text = (struct text){spelling, (uint32_t)strlen(spelling)};
        alone = pcre2_compile((PCRE2_SPTR)spelling, text.length, 0, &code, &place, NULL);
        if (!alone || pattern_new(owner, &text, wrong, &at, &pattern) != 0) {
            assert_null(alone);
            expr_free(owner);
            continue;
        }
        compiled++;
        prefilter_read(&text, &prefilter);
        whole += prefilter.whole;
        decided += !prefilter.whole && (prefilter.anchored || prefilter.ended);
        for (int k = 0; k < TEXTS; k++) {
            struct text subject = {bytes, draw_text(bytes)};
            int result = pcre2_match(alone, (PCRE2_SPTR)bytes, subject.length, 0, 0, data, NULL);

            if (pattern_match(pattern, &subject) != (result >= 0 ? PATTERN_YES : PATTERN_NO))
                fail_msg("%s and \"%.*s\": PCRE2 says %d", spelling, (int)subject.length, bytes,
                         result);
        }
        pcre2_code_free(alone);
        expr_free(owner);
    }
    pcre2_match_data_free(data);
    pattern_forbid_jit(false);
    assert_true(compiled > PATTERNS / 4 && whole > 1000 && decided > 1000);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outlines),
        cmocka_unit_test(says_what_pcre2_says),
    };

    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
