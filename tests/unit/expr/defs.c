// SPDX-License-Identifier: Apache-2.0
#include "expr/defs.h"

#include "expr/expr.h"
#include "unit/config/support.h"
#include "unit/expr/sample.h"

static void refuse_defs(const char *text, const char *expected)
{
    _cleanup_(cleanup_expr_defs_free) struct expr_defs *defs = NULL;
    struct config_tree *tree = load(text);
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(expr_defs_new(tree->root->first, &diag, &defs), 0);
    assert_non_null(defs);
    expect_messages(&diag, expected);
    config_tree_free(tree);
}

/* Which of the four kinds of records the condition holds for. */
static void expect_holds(const char *defs_text, const char *condition, const char *expected)
{
    _cleanup_(cleanup_expr_defs_free) struct expr_defs *defs = NULL;
    struct config_tree *tree = load(defs_text);
    struct expr_scope scope = sample_scope;
    static struct sample_batch all;
    struct expr_error error;
    struct expr *expr = NULL;
    char holds[SAMPLE_KINDS + 1] = "0000";
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(expr_defs_new(tree->root->first, &diag, &defs), 0);
    expect_messages(&diag, "");
    scope.defs = defs;
    if (expr_compile(condition, &scope, &error, &expr) < 0)
        fail_msg("%s: column %u: %s", condition, error.column, error.text);
    sample_batch_init(&all);
    expr_select(expr, &all.batch);
    for (uint32_t i = 0; i < all.batch.selected; i++)
        holds[all.batch.selection[i]] = '1';
    assert_string_equal(holds, expected);
    expr_free(expr);
    config_tree_free(tree);
}

static void stand_for_conditions_and_values(void **state)
{
    static const char text[] = "defs:\n"
                               "  ours: net.state == TCP_CLOSE && small\n"
                               "  small: u8 < limit * 2\n"
                               "  limit: 3 + 1\n"
                               "  state: net.state\n"
                               "  creates: flags & O_CREAT\n"
                               "  u16: 5\n";

    (void)state;
    expect_holds(text, "ours", "1000");
    expect_holds(text, "!ours", "0111");
    expect_holds(text, "small || flag", "1111");
    expect_holds(text, "u8 == limit + 1", "1001");
    expect_holds(text, "state == TCP_CLOSE", "1000");
    expect_holds(text, "state in [TCP_CLOSE, TCP_SYN_SENT]", "1000");
    expect_holds(text, "creates", "1100");
    expect_holds(text, "u8 == u16", "1001"); /* before the field of that name */
    expect_holds(text, "has(state) && len(comm) == limit", "1000");
}

static void mistakes_point_into_them(void **state)
{
    struct config_tree *tree =
        load("defs:\n  a: b && true\n  b: u8 == nothing_there\n  c: u8 + 1\n");
    _cleanup_(cleanup_expr_defs_free) struct expr_defs *defs = NULL;
    struct expr_scope scope = sample_scope;
    struct expr_error error;
    struct expr *expr = NULL;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(expr_defs_new(tree->root->first, &diag, &defs), 0);
    scope.defs = defs;
    assert_int_equal(expr_compile("flag || a", &scope, &error, &expr), -EINVAL);
    assert_ptr_equal(error.def, &defs->defs[1]);
    assert_int_equal(error.column, 6);
    assert_int_equal(expr_compile("flag || c", &scope, &error, &expr), -EINVAL);
    assert_ptr_equal(error.def, &defs->defs[2]);
    assert_string_equal(
        error.text,
        "u8 + 1 is an integer, not a condition; compare it with ==, !=, <, <=, > or >=");
    assert_int_equal(expr_compile("c == \"x\"", &scope, &error, &expr), -EINVAL);
    assert_null(error.def);
    assert_string_equal(error.text,
                        "c is a number and \"x\" is text; compare with a number, as in c == 0");
    assert_int_equal(expr_compile("c", &scope, &error, &expr), -EINVAL);
    assert_non_null(error.def);
    expect_messages(&diag, "");
    config_tree_free(tree);
}

static void refuses_what_is_no_expression(void **state)
{
    (void)state;
    refuse_defs("defs: [a]\n",
                "t.yaml:1:7: defs: expected a map of expressions by name, found a list\n");
    refuse_defs("defs:\n  a: [x]\n",
                "t.yaml:2:6: defs.a: expected an expression, as in uid == 0\n");
    refuse_defs("defs:\n  a: ~\n", "t.yaml:2:6: defs.a: expected an expression, as in uid == 0\n");
    refuse_defs("defs:\n  a: u8 ==\n",
                "t.yaml:2:11: defs.a: expected a field or a constant, but the expression ends\n"
                "    u8 ==\n"
                "         ^\n");
    refuse_defs("defs:\n  5a: true\n  in: true\n  a-b: true\n",
                "t.yaml:2:3: defs.5a: a name has 1 to 64 letters, digits and _, does not begin "
                "with a digit and is not true, false, null or in\n"
                "t.yaml:3:3: defs.in: a name has 1 to 64 letters, digits and _, does not begin "
                "with a digit and is not true, false, null or in\n"
                "t.yaml:4:3: defs.a-b: a name has 1 to 64 letters, digits and _, does not begin "
                "with a digit and is not true, false, null or in\n");
}

static void refuses_circles(void **state)
{
    (void)state;
    refuse_defs("defs:\n  a: a\n", "t.yaml:2:6: defs.a: circular definition: a uses itself\n"
                                   "    a\n"
                                   "    ^\n");
    refuse_defs("defs:\n  a: x && b\n  b: c || d\n  c: d\n  d: y && a\n",
                "t.yaml:5:11: defs.d: circular definition: d uses a, which leads back to d\n"
                "    y && a\n"
                "         ^\n");
}

/* What is used again and again counts each time. */
static void are_bounded(void **state)
{
    char text[2048] = "defs:\n  d0: u8 == 1 || u8 == 2\n";
    _cleanup_(cleanup_expr_defs_free) struct expr_defs *defs = NULL;
    struct expr_scope scope = sample_scope;
    struct config_tree *tree;
    struct expr_error error;
    struct expr *expr = NULL;
    struct diag diag;

    (void)state;
    for (int i = 1; i < 20; i++)
        sprintf(text + strlen(text), "  d%d: d%d || d%d\n", i, i - 1, i - 1);
    diag_init(&diag);
    tree = load(text);
    assert_int_equal(expr_defs_new(tree->root->first, &diag, &defs), 0);
    scope.defs = defs;
    assert_int_equal(expr_compile("d19", &scope, &error, &expr), -EINVAL);
    assert_string_equal(error.text, "an expression has at most 4096 operands and operators");
    assert_int_equal(expr_compile("d5", &scope, &error, &expr), 0);
    expr_free(expr);
    expect_messages(&diag, "");
    config_tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stand_for_conditions_and_values),
        cmocka_unit_test(mistakes_point_into_them),
        cmocka_unit_test(refuses_what_is_no_expression),
        cmocka_unit_test(refuses_circles),
        cmocka_unit_test(are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
