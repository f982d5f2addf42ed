// SPDX-License-Identifier: Apache-2.0

/* How deep and how long an expression may be. */

#include "expr/eval.h"

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
            assert_string_equal(error.text,
                                "operators and ( may stand at most 32 deep inside each other");
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

static char *repeated(const char *piece, size_t times)
{
    size_t length = strlen(piece);
    char *text = malloc(length * times + 16);

    for (size_t i = 0; i < times; i++)
        memcpy(text + i * length, piece, length);
    strcpy(text + times * length, "done");
    return text;
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
