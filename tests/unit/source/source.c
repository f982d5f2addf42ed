// SPDX-License-Identifier: Apache-2.0
#include "source/source.h"

#include "unit/config/support.h"
#include "unit/source/builtin_names.h"

/* config is what stands behind "exec: " in `sources:`. */
static void refuse_source(const char *config, const char *expected)
{
    struct source *source = NULL;
    struct config_tree *tree;
    struct diag diag;
    char text[256];

    diag_init(&diag);
    snprintf(text, sizeof(text), "exec: %s\n", config);
    tree = load(text);
    assert_int_equal(source_open(tree->root->first, &diag, &source), -EINVAL);
    assert_null(source);
    expect_messages(&diag, expected);
    config_tree_free(tree);
}

static void refuse_builtin(const char *config, const char *name, const char *rest)
{
    char message[1024];

    snprintf(message, sizeof(message),
             "t.yaml:1:17: exec.builtin: unknown built-in source \"%s\"; allowed are %s%s\n", name,
             builtin_names(), rest);
    refuse_source(config, message);
}

static void unknown_programs(void **state)
{
    (void)state;
    refuse_builtin("{builtin: exce}", "exce", "; did you mean \"exec\"?");
    refuse_builtin("{builtin: network}", "network", "");
    refuse_source("{builtin: \"\"}", "t.yaml:1:17: exec.builtin: expected a name, found \"\"\n");
    refuse_source("{builtin: [exec]}",
                  "t.yaml:1:17: exec.builtin: expected a name, found a list\n");
    refuse_source("{builtin: }",
                  "t.yaml:1:8: exec.builtin: the value is missing; expected a name\n");
}

static void ring_sizes(void **state)
{
    (void)state;
    refuse_source("{builtin: exec, ring_size: 12KiB}",
                  "t.yaml:1:34: exec.ring_size: the ring size must be a power of two and a "
                  "multiple of the page size, such as 4MiB\n");
    refuse_source("{builtin: exec, ring_size: 4097}",
                  "t.yaml:1:34: exec.ring_size: the ring size must be a power of two and a "
                  "multiple of the page size, such as 4MiB\n");
    refuse_source(
        "{builtin: exec, ring_size: 2KiB}",
        "t.yaml:1:34: exec.ring_size: expected a size from 4KiB to 2GiB, found \"2KiB\"\n");
    refuse_source("{builtin: exec, ring_size: 0}",
                  "t.yaml:1:34: exec.ring_size: expected a size from 4KiB to 2GiB, found \"0\"\n");
    refuse_source(
        "{builtin: exec, ring_size: 4GiB}",
        "t.yaml:1:34: exec.ring_size: expected a size from 4KiB to 2GiB, found \"4GiB\"\n");
    refuse_source("{builtin: exec, ring_size: 4MB}",
                  "t.yaml:1:34: exec.ring_size: expected a size from 4KiB to 2GiB, found \"4MB\"; "
                  "units are B, KiB, MiB and GiB\n");
    refuse_source("{builtin: exec, ring_size: -4096}",
                  "t.yaml:1:34: exec.ring_size: expected a size from 4KiB to 2GiB, found "
                  "\"-4096\"; units are B, KiB, MiB and GiB\n");
}

static void other_mistakes(void **state)
{
    (void)state;
    refuse_source("", "t.yaml:1:1: exec: the value is missing; expected a map\n");
    refuse_source("exec", "t.yaml:1:7: exec: expected a map, found a text\n");
    refuse_source("{}", "t.yaml:1:7: exec: the source does not say where records come from; add "
                        "one of the keys builtin, object, map, capture\n");
    refuse_source(
        "{map: x, object: /y}",
        "t.yaml:1:8: exec.map: \"object\" and \"map\" cannot be used together in one source\n");
    refuse_source("{bultin: exec}",
                  "t.yaml:1:8: exec.bultin: unknown key; a source needs one of the keys builtin, "
                  "object, map, capture; did you mean \"builtin\"?\n");
    refuse_source("{builtin: exec, rnig_size: 4MiB}",
                  "t.yaml:1:23: exec.rnig_size: unknown key; allowed are builtin, ring_size, "
                  "own_events, pid, cgroup, container, failed, keep, "
                  "on_change, pin_folder; did "
                  "you mean \"ring_size\"?\n");
    refuse_builtin("{builtin: exce, ring_size: 5000}", "exce",
                   "; did you mean \"exec\"?\n"
                   "t.yaml:1:34: exec.ring_size: the ring size must be a power of two and a "
                   "multiple of the page size, such as 4MiB");
}

static void opens(const char *config, const char *name, const char *type, uint32_t ring_size)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(config);
    struct source *source = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(source_open(tree->root->first, &diag, &source), 0);
    assert_string_equal(source->name, name);
    assert_string_equal(source->streams->types->schema->type_name, type);
    assert_non_null(schema_find(source->streams->types->schema, "pid"));
    if (ring_size > 0)
        assert_int_equal(source->streams->ring_size, ring_size);
    source_free(source);
    expect_messages(&diag, "");
}

static void built_in_programs(void **state)
{
    (void)state;
    opens("a: {builtin: exec}", "a", "struct exec_event", 0);
    opens("b: {builtin: exit, ring_size: 4096}", "b", "struct exit_event", 4096);
    opens("c: {builtin: open, ring_size: 8MiB}", "c", "struct open_event", 8 << 20);
    opens("d: {builtin: open, ring_size: 2GiB}", "d", "struct open_event", UINT32_C(1) << 31);
}

static void free_accepts_null(void **state)
{
    (void)state;
    source_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_programs),  cmocka_unit_test(ring_sizes),
        cmocka_unit_test(other_mistakes),    cmocka_unit_test(built_in_programs),
        cmocka_unit_test(free_accepts_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
