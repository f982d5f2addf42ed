// SPDX-License-Identifier: Apache-2.0
#include "config/node.h"

#include "unit/config/support.h"

static const char *const text = "version: 1\n"
                                "pipelines:\n"
                                "  root-exec:\n"
                                "    from: [open, \"exec\"]\n"
                                "    handlers:\n"
                                "      - filter: uid == 0\n"
                                "      - forward: out\n"
                                "  \"a.b c\": ~\n";

static void finds_entries(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(text);
    const struct config_node *pipelines = config_map_get(tree->root, "pipelines");
    const struct config_node *from = config_map_get(config_map_get(pipelines, "root-exec"), "from");

    (void)state;
    assert_int_equal(tree->root->kind, CONFIG_MAP);
    assert_int_equal(tree->root->count, 2);
    assert_int_equal(from->kind, CONFIG_LIST);
    assert_int_equal(from->count, 2);
    assert_string_equal(config_node_at(from, 0)->text, "open");
    assert_false(config_node_at(from, 0)->quoted);
    assert_string_equal(config_node_at(from, 1)->text, "exec");
    assert_true(config_node_at(from, 1)->quoted);
    assert_null(config_node_at(from, 2));
    assert_null(config_map_get(tree->root, "sinks"));
    assert_null(config_map_get(from, "open"));
    assert_null(config_map_get(NULL, "open"));
    assert_string_equal(config_node_file(from), "t.yaml");
}

static void expect_path(const struct config_node *node, const char *expected)
{
    char path[CONFIG_PATH_MAX];

    config_node_path(node, path, sizeof(path));
    assert_string_equal(path, expected);
}

static void names_paths(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(text);
    const struct config_node *pipelines = config_map_get(tree->root, "pipelines");
    const struct config_node *handlers =
        config_map_get(config_map_get(pipelines, "root-exec"), "handlers");
    const struct config_node *filter = config_map_get(config_node_at(handlers, 0), "filter");
    char small[12];

    (void)state;
    expect_path(tree->root, "");
    expect_path(pipelines, "pipelines");
    expect_path(config_node_at(handlers, 1), "pipelines.root-exec.handlers[1]");
    expect_path(filter, "pipelines.root-exec.handlers[0].filter");
    expect_path(config_map_get(pipelines, "a.b c"), "pipelines.\"a.b c\"");
    for (size_t size = 4; size <= sizeof(small); size++) {
        config_node_path(filter, small, size);
        assert_int_equal(strlen(small), size - 1);
        assert_string_equal(small + size - 4, "...");
    }
}

static void knows_where_things_stand(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(text);
    const struct config_node *exec =
        config_map_get(config_map_get(tree->root, "pipelines"), "root-exec");
    const struct config_node *from = config_map_get(exec, "from");

    (void)state;
    assert_int_equal(exec->key_line, 3);
    assert_int_equal(exec->key_column, 3);
    assert_int_equal(exec->line, 4);
    assert_int_equal(exec->column, 5);
    assert_int_equal(from->key_line, 4);
    assert_int_equal(from->key_column, 5);
    assert_int_equal(from->line, 4);
    assert_int_equal(from->column, 11);
    assert_int_equal(config_node_at(from, 1)->column, 18);
    assert_int_equal(config_node_at(from, 1)->text_column, 19);
}

static void knows_whether_a_text_stands_as_it_is(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load("plain: a == b\n"
                                                                        "single: 'a b'\n"
                                                                        "doubled: 'a''b'\n"
                                                                        "escape: \"a\\tb\"\n"
                                                                        "wide: é == ü\n"
                                                                        "block: |\n"
                                                                        "  a\n"
                                                                        "folded: a\n"
                                                                        "  b\n");
    const struct config_node *root = tree->root;

    (void)state;
    assert_int_equal(config_map_get(root, "plain")->text_column, 8);
    assert_int_equal(config_map_get(root, "single")->text_column, 10);
    assert_int_equal(config_map_get(root, "doubled")->text_column, 0);
    assert_int_equal(config_map_get(root, "escape")->text_column, 0);
    assert_int_equal(config_map_get(root, "wide")->text_column, 7);
    assert_int_equal(config_map_get(root, "block")->text_column, 0);
    assert_int_equal(config_map_get(root, "folded")->text_column, 0);
    assert_string_equal(config_map_get(root, "folded")->text, "a b");
}

static void knows_missing_values(void **state)
{
    static const char *const names[] = {"nothing", "nothing", "nothing", "a text",
                                        "a text",  "a text",  "a list",  "a map"};
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree =
        load("{a: , b: ~, c: null, d: \"\", e: 'null', f: 0, g: [], h: {}}");

    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        const struct config_node *node = config_node_at(tree->root, i);

        assert_string_equal(config_node_kind_name(node), names[i]);
        assert_int_equal(config_node_is_null(node), i < 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_entries),
        cmocka_unit_test(names_paths),
        cmocka_unit_test(knows_where_things_stand),
        cmocka_unit_test(knows_whether_a_text_stands_as_it_is),
        cmocka_unit_test(knows_missing_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
