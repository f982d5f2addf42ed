// SPDX-License-Identifier: Apache-2.0

/* Configs that are built instead of loaded: they read as those of a file do, and messages name the
 * option that a node is made from. */

#include "config/tree.h"

#include "config/setting.h"
#include "support.h"

static struct config_tree *build(void)
{
    struct config_tree *tree = config_tree_new("command line");
    struct config_node *root, *sink, *list;

    assert_non_null(tree);
    root = config_add_root(tree);
    sink = config_add(config_add(root, CONFIG_MAP, "sinks", NULL), CONFIG_MAP, "out", "--format");
    config_add_text(sink, "type", "", NULL);
    config_add_text(sink, "path", "a.b: \"c\" {#&*", "--path a.b");
    config_add_number(sink, "limit", UINT64_MAX, NULL);
    list = config_add(root, CONFIG_LIST, "list", NULL);
    config_add_text(list, NULL, "null", NULL);
    config_add(list, CONFIG_MAP, NULL, "--by");
    assert_false(tree->is_incomplete);
    return tree;
}

static void reads_as_a_loaded_one(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = build();
    const struct config_node *out = config_map_get(config_map_get(tree->root, "sinks"), "out");
    const struct config_node *list = config_map_get(tree->root, "list");
    char path[CONFIG_PATH_MAX];

    (void)state;
    assert_int_equal(tree->root->count, 2);
    assert_int_equal(out->count, 3);
    assert_string_equal(config_map_get(out, "path")->text, "a.b: \"c\" {#&*");
    assert_int_equal(config_map_get(out, "path")->length, 13);
    assert_string_equal(config_map_get(out, "limit")->text, "18446744073709551615");
    assert_false(config_node_is_null(config_map_get(out, "type")));
    assert_false(config_node_is_null(config_node_at(list, 0)));
    assert_int_equal(config_node_at(list, 1)->kind, CONFIG_MAP);
    config_node_path(config_node_at(list, 1), path, sizeof(path));
    assert_string_equal(path, "list[1]");
}

static void messages_name_the_label(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = build();
    const struct config_node *out = config_map_get(config_map_get(tree->root, "sinks"), "out");
    struct diag diag;

    (void)state;
    diag_init(&diag);
    diag_add(&diag, config_map_get(tree->root, "list"), "without a label");
    diag_add_key(&diag, config_map_get(out, "type"), "its parent's");
    diag_add_inside(&diag, config_map_get(out, "path"), 3, "its own: \"%s\"", "x");
    diag_add(&diag, config_node_at(config_map_get(tree->root, "list"), 1), "of an entry");
    expect_messages(&diag, "--by: of an entry\n"
                           "--format: its parent's\n"
                           "--path a.b: its own: \"x\"\n"
                           "    a.b: \"c\" {#&*\n"
                           "       ^\n"
                           "command line: list: without a label\n");
}

static void a_label_is_one_line(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = config_tree_new("t");
    struct config_node *root = config_add_root(tree);
    struct diag diag;

    (void)state;
    diag_init(&diag);
    diag_add(&diag, config_add_text(root, "a", "", "--as a\nb"), "wrong");
    diag_add(&diag, config_add_text(root, "b", "", ""), "alone");
    expect_messages(&diag, "alone\n--as a\\x0ab: wrong\n");
}

static void nothing_is_added_to_nothing(void **state)
{
    (void)state;
    assert_null(config_add(NULL, CONFIG_MAP, "key", NULL));
    assert_null(config_add_text(NULL, "key", "text", "label"));
    assert_null(config_add_number(NULL, "key", 1, NULL));
}

struct target {
    const char *text;
    uint64_t size;
};

static void is_bound_as_a_loaded_one(void **state)
{
    static const struct setting settings[] = {
        {.name = "text", .type = SETTING_TEXT, .offset = offsetof(struct target, text)},
        {.name = "size", .type = SETTING_SIZE, .offset = offsetof(struct target, size)},
        {0},
    };
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = config_tree_new("t");
    struct config_node *root = config_add_root(tree);
    struct target target;
    struct diag diag;

    (void)state;
    config_add_text(root, "text", "a", "--text");
    config_add_text(root, "size", "4KiB", "--size");
    diag_init(&diag);
    assert_int_equal(setting_bind(settings, root, &target, &diag), 0);
    assert_string_equal(target.text, "a");
    assert_int_equal(target.size, 4096);
    config_add_text(root, "sise", "4", "--sise");
    assert_int_equal(setting_bind(settings, root, &target, &diag), 1);
    expect_messages(&diag, "--sise: unknown key; allowed are text, size; did you mean \"size\"?\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_as_a_loaded_one),    cmocka_unit_test(messages_name_the_label),
        cmocka_unit_test(a_label_is_one_line),      cmocka_unit_test(nothing_is_added_to_nothing),
        cmocka_unit_test(is_bound_as_a_loaded_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
