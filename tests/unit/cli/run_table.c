// SPDX-License-Identifier: Apache-2.0

/* The handler and the sink that the options of a table become, and the options that they name. */

#include "cli/run_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config/node.h"

/* The tree's root is a map of the handlers' list and the sinks. */
static struct config_tree *build(const struct run_table *table)
{
    struct config_tree *tree = config_tree_new("command line");
    struct config_node *root;

    assert_non_null(tree);
    root = config_add_root(tree);
    run_table_add_handler(table, config_add(root, CONFIG_LIST, "handlers", NULL));
    run_table_add_sink(table, config_add(root, CONFIG_MAP, "sinks", NULL));
    assert_false(tree->is_incomplete);
    return tree;
}

static const struct config_node *aggregate_of(const struct config_tree *tree)
{
    return config_map_get(config_node_at(config_map_get(tree->root, "handlers"), 0), "aggregate");
}

static const struct config_node *sink_of(const struct config_tree *tree)
{
    return config_map_get(config_map_get(tree->root, "sinks"), "stdout");
}

static void expect(const struct config_node *node, const char *text, const char *label)
{
    assert_non_null(node);
    assert_string_equal(node->text, text);
    assert_string_equal(config_node_label(node), label);
}

static void names_and_expressions(void **state)
{
    struct run_table table = {0};
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;
    const struct config_node *aggregate, *by;

    (void)state;
    assert_true(run_table_take(&table, RUN_TABLE_BY, "comm == \"a.b: {\""));
    assert_true(run_table_take(&table, RUN_TABLE_BY, "name=comm"));
    assert_true(run_table_take(&table, RUN_TABLE_VALUE, "hist(flags)"));
    assert_true(run_table_take(&table, RUN_TABLE_VALUE, "quantile(duration, 0.99)"));
    assert_true(run_table_take(&table, RUN_TABLE_WINDOW, "5s"));
    assert_false(run_table_take(&table, RUN_TABLE_WINDOW, "6s"));
    assert_true(run_table_finish(&table));
    tree = build(&table);
    aggregate = aggregate_of(tree);
    by = config_map_get(aggregate, "by");
    expect(config_node_at(by, 0), "comm == \"a.b: {\"", "--by");
    expect(config_map_get(config_node_at(by, 1), "name"), "comm", "--by");
    expect(config_map_get(config_map_get(aggregate, "values"), "quantile_duration_0_99"),
           "quantile(duration, 0.99)", "--value quantile(duration, 0.99)");
    expect(config_map_get(config_map_get(aggregate, "window"), "every"), "5s", "--window");
    expect(config_map_get(aggregate, "order"), "-quantile_duration_0_99", "--value");
    expect(config_map_get(sink_of(tree), "type"), "table", "--format");
}

static void one_table_since_the_start(void **state)
{
    struct run_table table = {0};
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;
    const struct config_node *window;

    (void)state;
    assert_true(run_table_take(&table, RUN_TABLE_BY, "comm"));
    assert_true(run_table_take(&table, RUN_TABLE_FORMAT, "js\"on"));
    assert_true(run_table_finish(&table));
    tree = build(&table);
    window = config_map_get(aggregate_of(tree), "window");
    expect(config_map_get(window, "running"), "true", "--interval");
    expect(config_map_get(config_map_get(aggregate_of(tree), "values"), "count"), "count()",
           "--value count()");
    expect(config_map_get(sink_of(tree), "format"), "js\"on", "--format");
}

static void no_table(void **state)
{
    struct run_table table = {0}, wrong = {0};
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;

    (void)state;
    assert_true(run_table_finish(&table));
    tree = build(&table);
    assert_int_equal(config_map_get(tree->root, "handlers")->count, 0);
    expect(config_map_get(sink_of(tree), "type"), "stdout", "--format");
    assert_null(config_map_get(sink_of(tree), "format"));
    assert_true(run_table_take(&wrong, RUN_TABLE_WINDOW, "5s"));
    assert_false(run_table_finish(&wrong));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_expressions),
        cmocka_unit_test(one_table_since_the_start),
        cmocka_unit_test(no_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
