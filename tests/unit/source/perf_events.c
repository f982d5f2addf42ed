// SPDX-License-Identifier: Apache-2.0

/* Which lengths of records are known before the kernel has padded them. */

#include "source/perf_events.h"

#include "unit/source/support.h"

static void assert_lengths(const char *config, const struct record_lengths *calls,
                           const uint32_t *wanted, uint32_t n_wanted)
{
    struct perf_events *events = perf_events_new();
    struct config_tree *tree;
    struct source *source = accept_source(config, &tree);

    assert_non_null(events);
    assert_int_equal(perf_events_note_lengths(events, calls, source->streams), 0);
    assert_int_equal(events->n_lengths, n_wanted);
    for (uint32_t i = 0; i < n_wanted; i++)
        assert_int_equal(events->lengths[i], wanted[i]);
    perf_events_free(events);
    source_free(source);
    config_tree_free(tree);
}

#define CALLS "  object: @/perf_arrays.bpf.o\n  attach: {interface: lo}\n"

static void by_calls(void **state)
{
    (void)state;
    assert_lengths("s:\n" CALLS "  rings: {calls: {type: short_call}}\n",
                   &(struct record_lengths){.list = {16, 24}, .count = 2},
                   (const uint32_t[]){16, 24}, 2);
}

static void by_types(void **state)
{
    static const char two[] =
        "s:\n" CALLS "  rings: {calls: {select: kind, types: {2: long_call, 1: "
        "short_call}}}\n";

    (void)state;
    assert_lengths(two, &(struct record_lengths){.list = {16}, .count = 1, .varies = true},
                   (const uint32_t[]){16, 24}, 2);
    assert_lengths(two, &(struct record_lengths){0}, (const uint32_t[]){16, 24}, 2);
}

/* Nothing may be cut off what goes on to the end of a record. */
static void unknown_ones(void **state)
{
    (void)state;
    assert_lengths("s:\n" CALLS "  layout: struct open { __u64 a; char rest[]; };\n"
                   "  rings: {calls: {type: open}}\n",
                   &(struct record_lengths){.varies = true}, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_calls),
        cmocka_unit_test(by_types),
        cmocka_unit_test(unknown_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
