// SPDX-License-Identifier: Apache-2.0

/* Which maps become streams. */

#include "source/object_rings.h"

#include <bpf/libbpf.h>

#include "source/perf_events.h"

#include "unit/source/support.h"

static void all_rings_by_default(void **state)
{
    struct config_tree *tree;
    struct source *source = accept_source("n:\n"
                                          "  object: @/numbers.bpf.o\n"
                                          "  type: struct number\n"
                                          "  ring_size: 64KiB\n",
                                          &tree);

    (void)state;
    assert_int_equal(source->n_streams, 1);
    assert_string_equal(source->streams->name, "numbers");
    assert_int_equal(source->streams->ring_size, 64 << 10);
    assert_int_equal(source->streams->n_rings, 1);
    source_free(source);
    config_tree_free(tree);
}

static const struct object_ring *find_ring(const struct source *source, const char *name)
{
    const struct object_source *object = source->state;

    for (uint32_t i = 0; i < object->n_rings; i++)
        if (strcmp(object->rings[i].name, name) == 0 && strcmp(source->streams[i].name, name) == 0)
            return &object->rings[i];
    return NULL;
}

/* The rings that stand in "filled" from the start are no streams of their own. */
static void maps_of_rings(void **state)
{
    struct config_tree *tree;
    struct source *source = accept_source("s:\n"
                                          "  object: @/shards.bpf.o\n"
                                          "  layout: struct number { __u64 time; int number; };\n",
                                          &tree);
    const struct object_ring *filled, *empty;

    (void)state;
    assert_int_equal(source->n_streams, 3);
    assert_non_null(find_ring(source, "keyed"));
    empty = find_ring(source, "empty");
    filled = find_ring(source, "filled");
    assert_int_equal(empty->n_inner_maps, 0);
    assert_int_equal(empty->template_size, 64 << 10);
    assert_int_equal(filled->n_inner_maps, 2);
    assert_string_equal(filled->inner_maps[0], "first");
    assert_string_equal(filled->inner_maps[1], "second");
    source_free(source);
    config_tree_free(tree);
}

/* An array that programs only read is a stream when it is named. */
static void perf_event_arrays(void **state)
{
    struct config_tree *tree;
    struct source *source = accept_source("s:\n"
                                          "  object: @/perf_arrays.bpf.o\n"
                                          "  attach: {interface: lo}\n"
                                          "  layout: struct number { __u64 time; };\n",
                                          &tree);
    const struct object_ring *calls = find_ring(source, "calls");

    (void)state;
    assert_int_equal(source->n_streams, 2);
    assert_non_null(calls);
    assert_non_null(find_ring(source, "packets"));
    assert_non_null(calls->perf);
    assert_true(source->streams[0].perf && source->streams[0].counted);
    assert_int_equal(source->streams[0].ring_size, PERF_RING_DEFAULT_SIZE);
    assert_int_equal(bpf_map__max_entries(calls->map), libbpf_num_possible_cpus());
    source_free(source);
    config_tree_free(tree);
    source =
        accept_source("s:\n"
                      "  object: @/perf_arrays.bpf.o\n"
                      "  attach: {interface: lo}\n"
                      "  rings: {counters: {layout: \"struct n { int a; };\", ring_size: 8KiB}}\n",
                      &tree);
    assert_int_equal(source->n_streams, 1);
    assert_int_equal(source->streams[0].ring_size, 8 << 10);
    source_free(source);
    config_tree_free(tree);
}

static void rings_by_name(void **state)
{
    struct config_tree *tree;
    struct source *source =
        accept_source("s:\n"
                      "  object: @/shards.bpf.o\n"
                      "  layout: struct number { __u64 time; int number; };\n"
                      "  rings: {keyed: {order: time, hold: 2ms, ring_size: 8KiB}, first: }\n",
                      &tree);

    (void)state;
    assert_int_equal(source->n_streams, 2);
    assert_string_equal(source->streams[0].name, "keyed");
    assert_true(source->streams[0].ordered);
    assert_true(source->streams[0].order_hold == 2000000);
    assert_int_equal(source->streams[0].ring_size, 8 << 10);
    assert_string_equal(source->streams[1].name, "first");
    assert_false(source->streams[1].ordered);
    source_free(source);
    config_tree_free(tree);
}

static void names_that_are_no_rings(void **state)
{
    (void)state;
    refuse_source(
        "n:\n"
        "  object: @/numbers.bpf.o\n"
        "  rings: {numers: , table: }\n",
        "t.yaml:3:11: n.rings.numers: the object has no ring \"numers\"; its rings are numbers "
        "(number); set rings: {numbers: {}}\n"
        "t.yaml:3:21: n.rings.table: map \"table\" is a hash map, not a ring buffer; the rings are "
        "numbers (number)\n");
    refuse_source(
        "n:\n"
        "  object: @/numbers.bpf.o\n"
        "  rings: {}\n",
        "t.yaml:3:10: n.rings: expected 1 to 64 rings, as in rings: {events: {}}; found none\n");
    refuse_source(
        "n:\n"
        "  object: @/numbers.bpf.o\n"
        "  rings: numbers\n",
        "t.yaml:3:10: n.rings: expected 1 to 64 rings, as in rings: {events: {}}; found a text\n");
}

static void keys_that_could_be_of_any_ring(void **state)
{
    (void)state;
    refuse_source("s:\n"
                  "  object: @/shards.bpf.o\n"
                  "  type: struct number\n"
                  "  lost: x\n",
                  "t.yaml:3:9: s.type: the object has several rings: filled, empty, keyed; "
                  "set rings: {filled: {type: struct number}}\n"
                  "t.yaml:4:9: s.lost: the object has several rings: filled, empty, keyed; "
                  "set rings: {filled: {lost: x}}\n");
}

static void sizes(void **state)
{
    (void)state;
    refuse_source("n:\n"
                  "  object: @/numbers.bpf.o\n"
                  "  rings: {numbers: {type: struct number, ring_size: 12KiB}}\n",
                  "t.yaml:3:53: n.rings.numbers.ring_size: the ring size must be a power of two "
                  "and a multiple of the page size, such as 4MiB\n");
}

static void an_order_of_one_ring(void **state)
{
    (void)state;
    refuse_source(
        "n:\n"
        "  object: @/numbers.bpf.o\n"
        "  type: struct number\n"
        "  order: ktime\n",
        "t.yaml:4:10: n.order: order is only for a map of rings and for a perf event array; "
        "\"numbers\" is a single ring, whose records are in order already\n");
}

static void objects_without_rings(void **state)
{
    (void)state;
    refuse_source("n:\n"
                  "  object: @/ringless.bpf.o\n",
                  "t.yaml:2:3: n: the BPF object has no ring buffer (BPF_MAP_TYPE_RINGBUF), "
                  "and none of its programs writes to its perf event array\n");
}

static void rings_that_overwrite(void **state)
{
    (void)state;
    refuse_source("n:\n"
                  "  object: @/overwriting.bpf.o\n"
                  "  layout: struct number { int number; };\n",
                  "t.yaml:2:3: n: ring \"events\" overwrites unread records (BPF_F_RB_OVERWRITE), "
                  "so they cannot be read in place; remove that flag\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_rings_by_default),
        cmocka_unit_test(maps_of_rings),
        cmocka_unit_test(perf_event_arrays),
        cmocka_unit_test(rings_by_name),
        cmocka_unit_test(names_that_are_no_rings),
        cmocka_unit_test(keys_that_could_be_of_any_ring),
        cmocka_unit_test(sizes),
        cmocka_unit_test(an_order_of_one_ring),
        cmocka_unit_test(objects_without_rings),
        cmocka_unit_test(rings_that_overwrite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
