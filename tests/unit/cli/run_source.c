// SPDX-License-Identifier: Apache-2.0

/* The config entry that options become, and the option that each of its nodes names. */

#include "cli/run_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config/node.h"

enum { OPTIONS = 64 };

#define HARD "a.b\"c'd: {x} [#,&*!|%\\"

/* False: the option was refused. */
static bool give(struct run_source *source, const char *name, const char *value)
{
    struct option options[OPTIONS] = {0};

    run_source_options(options, 0, OPTIONS);
    for (const struct option *option = options; option->name; option++)
        if (strcmp(option->name, name) == 0)
            return run_source_take(source, option->val, value);
    fail_msg("no option --%s", name);
    return false;
}

static struct config_tree *build(const struct run_source *source)
{
    struct config_tree *tree = config_tree_new("command line");

    assert_non_null(tree);
    run_source_add(source, config_add_root(tree));
    assert_false(tree->is_incomplete);
    return tree;
}

/* The node at the keys, the last of which is NULL. */
static const struct config_node *node_at(const struct config_tree *tree, const char *const keys[])
{
    const struct config_node *node = tree->root;

    for (; *keys && node; keys++)
        node = config_map_get(node, *keys);
    assert_non_null(node);
    return node;
}

#define AT(tree, ...) node_at(tree, (const char *const[]){__VA_ARGS__, NULL})

static void expect(const struct config_node *node, const char *text, const char *label)
{
    assert_string_equal(node->text, text);
    assert_string_equal(config_node_label(node), label);
}

static void values_stay_as_they_are(void **state)
{
    struct run_source source = {0};
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;

    (void)state;
    assert_true(give(&source, "object", "/x/" HARD "/a.b.bpf.o"));
    assert_true(give(&source, "type", HARD));
    assert_true(give(&source, "constant", "a.b=" HARD));
    assert_true(give(&source, "constant", "c=[1, 2]"));
    assert_true(give(&source, "interface", HARD));
    assert_true(give(&source, "interface", "lo"));
    assert_int_equal(run_source_finish(&source), EXIT_CODE_OK);
    assert_string_equal(source.name, "a.b");
    tree = build(&source);
    assert_string_equal(config_node_label(AT(tree, "a.b")), "--object");
    expect(AT(tree, "a.b", "object"), "/x/" HARD "/a.b.bpf.o", "--object");
    expect(AT(tree, "a.b", "type"), HARD, "--type");
    assert_string_equal(config_node_label(AT(tree, "a.b", "constants")), "--constant");
    expect(AT(tree, "a.b", "constants", "a.b"), HARD, "--constant a.b");
    expect(config_node_at(AT(tree, "a.b", "constants", "c"), 1), "2", "--constant c[1]");
    assert_string_equal(config_node_label(AT(tree, "a.b", "attach")), "--object");
    expect(config_node_at(AT(tree, "a.b", "attach", "interface"), 0), HARD, "--interface");
    assert_int_equal(AT(tree, "a.b", "attach", "interface")->count, 2);
    run_source_deinit(&source);
}

static void keys_of_a_ring_are_below_it(void **state)
{
    struct run_source source = {0};
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;

    (void)state;
    assert_true(give(&source, "object", "/x.o"));
    assert_true(give(&source, "ring", HARD "=struct event"));
    assert_true(give(&source, "as", "saddr=ipv4"));
    assert_int_equal(run_source_finish(&source), EXIT_CODE_OK);
    tree = build(&source);
    assert_string_equal(config_node_label(AT(tree, source.name)), "--object");
    expect(AT(tree, source.name, "rings", HARD, "type"), "struct event", "--ring " HARD);
    expect(AT(tree, source.name, "rings", HARD, "as", "saddr"), "ipv4", "--as saddr");
    run_source_deinit(&source);
}

static void nothing_is_given_twice(void **state)
{
    struct run_source source = {0};

    (void)state;
    assert_true(give(&source, "object", "/x.o"));
    assert_false(give(&source, "object", "/y.o"));
    assert_true(give(&source, "constant", "a=1"));
    assert_true(give(&source, "constant", "ab=1"));
    assert_false(give(&source, "constant", "a=2"));
    assert_true(give(&source, "ring", "a"));
    assert_false(give(&source, "ring", "a=T"));
    assert_true(give(&source, "program", "a"));
    assert_true(give(&source, "program", "a"));
    assert_false(give(&source, "constant", "=1"));
    assert_false(give(&source, "constant", "a"));
    run_source_deinit(&source);
}

static void there_is_one_source(void **state)
{
    struct run_source none = {0}, two = {.builtin = "exec"}, unknown = {.builtin = "exce"};

    (void)state;
    assert_int_equal(run_source_finish(&none), EXIT_CODE_ENVIRONMENT);
    assert_true(give(&two, "map", "id:3"));
    assert_int_equal(run_source_finish(&two), EXIT_CODE_ENVIRONMENT);
    assert_int_equal(run_source_finish(&unknown), EXIT_CODE_CONFIG);
    run_source_deinit(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stay_as_they_are),
        cmocka_unit_test(keys_of_a_ring_are_below_it),
        cmocka_unit_test(nothing_is_given_twice),
        cmocka_unit_test(there_is_one_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
