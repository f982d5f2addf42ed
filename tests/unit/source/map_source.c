// SPDX-License-Identifier: Apache-2.0

/* What can be said of a map that is not there: all but its types, unless the config brings them. */

#include "source/kind.h"

#include "unit/source/support.h"

static void types_that_the_config_brings(void **state)
{
    struct config_tree *tree;
    struct source *source = accept_source("m:\n"
                                          "  map: /sys/fs/bpf/agent/events\n"
                                          "  types_from: @/kinds.bpf.o\n"
                                          "  select: header.kind\n"
                                          "  types: {EVEN: struct even, ODD: struct odd}\n"
                                          "  order: header.time\n"
                                          "  recheck: 10ms\n",
                                          &tree);

    (void)state;
    assert_int_equal(source->n_streams, 1);
    assert_string_equal(source->streams->name, "events");
    assert_int_equal(source->streams->n_types, 2);
    assert_true(source->streams->ordered);
    assert_int_equal(source->streams->ring_size, 0); /* not known yet */
    assert_null(source_program(source, 0));
    source_free(source);
    config_tree_free(tree);
}

static void a_size_that_cannot_be_chosen(void **state)
{
    (void)state;
    refuse_source("m:\n"
                  "  map: /sys/fs/bpf/agent/events\n"
                  "  layout: struct event { int pid; };\n"
                  "  ring_size: 4MiB\n",
                  "t.yaml:4:14: m.ring_size: the size of an existing ring cannot be changed; "
                  "remove ring_size\n");
}

static void keys_of_other_sources(void **state)
{
    (void)state;
    refuse_source("m:\n"
                  "  map: /sys/fs/bpf/agent/events\n"
                  "  constants: {a: 1}\n",
                  "t.yaml:3:3: m.constants: unknown key; allowed are map, recheck, type, select, "
                  "types, as, types_from, layout, lost, sequence, order, hold, ring_size\n");
    refuse_source("m:\n"
                  "  map: \"\"\n",
                  "t.yaml:2:8: m.map: expected a name, found \"\"\n");
}

static void a_map_that_is_not_there(void **state)
{
    struct config_tree *tree = load("m: {map: /nowhere/at/all}");
    struct source *source = NULL;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(source_open(tree->root->first, &diag, &source), -ENOENT);
    expect_messages(&diag, "t.yaml:1:10: m.map: cannot open /nowhere/at/all: No such file or "
                           "directory\n");
    config_tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_that_the_config_brings),
        cmocka_unit_test(a_size_that_cannot_be_chosen),
        cmocka_unit_test(keys_of_other_sources),
        cmocka_unit_test(a_map_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
