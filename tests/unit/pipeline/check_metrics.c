// SPDX-License-Identifier: Apache-2.0

/* Which metrics a config may ask for together. */

#include "pipeline/graph.h"
#include "unit/config/support.h"

#define HEAD                                                    \
    "version: 1\n"                                              \
    "sources: {exec: {builtin: exec}, open: {builtin: open}}\n" \
    "sinks: {out: {type: stdout}}\n"                            \
    "pipelines:\n"

static void expect(const char *text, const char *expected)
{
    struct config_tree *tree = load(text);
    struct graph *graph = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(graph_build(tree, &diag, &graph), *expected ? -EINVAL : 0);
    expect_messages(&diag, expected);
    graph_free(graph);
    config_tree_free(tree);
}

/* One entry is an aggregate for each of its sources, and one family for all of them. */
static void one_entry_may_have_several_sources(void **state)
{
    (void)state;
    expect(HEAD
           "  p: {from: [exec, open], handlers: [{aggregate: {window: 1s, by: pid, values: {n: "
           "count()}, expose: metrics}}, {forward: out}]}\n",
           "");
}

static void two_pipelines_may_not_share_a_name(void **state)
{
    (void)state;
    expect(HEAD "  a-b: {from: exec, handlers: [{aggregate: {window: 1s, values: {n: count()}, "
                "expose: metrics}}, {forward: out}]}\n"
                "  a.b: {from: exec, handlers: [{aggregate: {window: 1s, values: {n: count()}, "
                "expose: metrics}}, {forward: out}]}\n",
           "t.yaml:6:66: pipelines.\"a.b\".handlers[0].aggregate.values.n: the metric a_b_n is "
           "already defined in line 5; give one of the two aggregates a prefix, as in expose: "
           "{prefix: dns}\n");
}

static void nor_may_two_aggregates_of_one_pipeline(void **state)
{
    (void)state;
    expect(HEAD "  a: {from: exec, handlers: [{tee: {handlers: [{aggregate: {window: 1s, values: "
                "{n: count()}, "
                "expose: metrics}}, {forward: out}]}},\n"
                "    {aggregate: {window: 1s, values: {n: count()}, expose: metrics}}, {forward: "
                "out}]}\n",
           "t.yaml:6:39: pipelines.a.handlers[1].aggregate.values.n: the metric a_n is already "
           "defined in line 5; give one of the two aggregates a prefix, as in expose: {prefix: "
           "dns}\n");
    expect(HEAD "  a: {from: exec, handlers: [{tee: {handlers: [{aggregate: {window: 1s, values: "
                "{n: count()}, "
                "expose: metrics}}, {forward: out}]}},\n"
                "    {aggregate: {window: 1s, values: {n: count()}, expose: {prefix: b}}}, "
                "{forward: out}]}\n",
           "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_entry_may_have_several_sources),
        cmocka_unit_test(two_pipelines_may_not_share_a_name),
        cmocka_unit_test(nor_may_two_aggregates_of_one_pipeline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
