// SPDX-License-Identifier: Apache-2.0

/* How deep and how long an expression may be. */

#include "expr/eval.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr/expr.h"
#include "unit/expr/sample.h"

/* The deepest expression that is allowed, over the largest batch; one deeper is refused. */
static void deepest(void **state)
{
    static struct ringmill_view views[BATCH_MAX];
    static const struct sample zero;
    struct batch batch = {.schema = &sample_schema, .views = views, .count = BATCH_MAX};
    struct expr_error error;
    struct expr *expr = NULL;
    char *text = NULL;
    size_t size;

    (void)state;
    for (int depth = EXPR_DEPTH_MAX; depth <= EXPR_DEPTH_MAX + 1; depth++) {
        FILE *out = open_memstream(&text, &size);

        for (int i = 0; i < depth; i++)
            fputs("u8 == 0 && flag || (", out);
        fputs("u8 == 0", out);
        for (int i = 0; i < depth; i++)
            fputs(")", out);
        fclose(out);
        if (depth > EXPR_DEPTH_MAX) {
            assert_true(expr_compile(text, &sample_scope, &error, &expr) < 0);
            assert_string_equal(error.text, "operators and ( can be nested at most 32 levels deep");
            assert_int_equal(error.column, EXPR_DEPTH_MAX * 20 + 19);
        } else {
            assert_int_equal(expr_compile(text, &sample_scope, &error, &expr), 0);
            for (int i = 0; i < BATCH_MAX; i++)
                views[i] =
                    (struct ringmill_view){.data = &zero, .length = i & 1 ? sizeof(zero) : 0};
            batch_select_all(&batch);
            expr_select(expr, &batch);
            assert_int_equal(batch.selected, BATCH_MAX / 2);
            expr_free(expr);
        }
        free(text);
    }
}

static char *enclosed(const char *begin, const char *piece, size_t times, const char *end)
{
    size_t first = strlen(begin), length = strlen(piece);
    char *text = malloc(first + length * times + strlen(end) + 1);

    memcpy(text, begin, first);
    for (size_t i = 0; i < times; i++)
        memcpy(text + first + i * length, piece, length);
    strcpy(text + first + times * length, end);
    return text;
}

static char *repeated(const char *piece, size_t times)
{
    return enclosed("", piece, times, "done");
}

static void expect_limit(char *most, char *more, const char *sentence)
{
    struct expr_error error;
    struct expr *expr = NULL;

    if (expr_compile(most, &sample_scope, &error, &expr) < 0)
        fail_msg("%.60s...: %s", most, error.text);
    expr_free(expr);
    assert_int_equal(expr_compile(more, &sample_scope, &error, &expr), -EINVAL);
    assert_string_equal(error.text, sentence);
    free(most);
    free(more);
}

static void more_limits(void **state)
{
    (void)state;
    expect_limit(enclosed("u8 in [", "1,", 2047, "1]"), enclosed("u8 in [", "1,", 2048, "1]"),
                 "a list has at most 2048 elements");
    expect_limit(repeated("comm =~ \"a\" || ", 16), repeated("comm =~ \"a\" || ", 17),
                 "an expression has at most 16 regular expressions");
    expect_limit(repeated("lower(comm) == comm || ", 64), repeated("lower(comm) == comm || ", 65),
                 "at most 64 calls of lower(), upper() and net() are allowed in an expression");
    expect_limit(enclosed("comm =~ \"", "a", 4096, "\""), enclosed("comm =~ \"", "a", 4097, "\""),
                 "a regular expression has at most 4096 bytes");
    expect_limit(enclosed("", "-", 32, "u8 > 0"), enclosed("", "-", 33, "u8 > 0"),
                 "operators and ( can be nested at most 32 levels deep");
    expect_limit(enclosed("", "lower(", 32, "comm)))))))))))))))))))))))))))))))) == \"\""),
                 enclosed("", "lower(", 33, "comm"),
                 "operators and ( can be nested at most 32 levels deep");
}

static void limits(void **state)
{
    struct expr_error error;
    struct expr *expr = NULL;
    char *text = repeated(" ", EXPR_TEXT_MAX);

    (void)state;
    assert_true(expr_compile(text, &sample_scope, &error, &expr) < 0);
    assert_string_equal(error.text, "an expression has at most 16384 bytes");
    free(text);
    text = repeated("1<2&&", 2000);
    assert_true(expr_compile(text, &sample_scope, &error, &expr) < 0);
    assert_string_equal(error.text, "an expression has at most 4096 operands and operators");
    free(text);
    text = repeated("1<2&&", 1300);
    assert_int_equal(expr_compile(text, &sample_scope, &error, &expr), 0);
    expr_free(expr);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deepest),
        cmocka_unit_test(limits),
        cmocka_unit_test(more_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
