// SPDX-License-Identifier: Apache-2.0

/* What handlers know of a ring with two types: struct even {header, half} and struct odd {header,
 * number, address, narrow}. */

#include "pipeline/build.h"
#include "unit/config/support.h"

static struct config_tree *load_handlers(const char *handlers)
{
    char text[4096];

    snprintf(text, sizeof(text),
             "version: 1\nsources:\n  kinds: {object: %s/kinds.bpf.o, select: header.kind, types: "
             "{EVEN: struct even, ODD: struct odd}}\nsinks: {out: {type: stdout}}\npipelines:\n"
             "  p: {from: kinds, handlers: [\n%s\n  ]}\n",
             TEST_OBJECTS, handlers);
    return load(text);
}

static void refuse_handlers(const char *handlers, const char *expected)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load_handlers(handlers);
    struct graph *graph = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(graph_build(tree, &diag, &graph), -EINVAL);
    expect_messages(&diag, expected);
}

/* expected: the names of the handlers of each chain, if it is given. */
static void take_handlers(const char *handlers, const char *expected)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load_handlers(handlers);
    _cleanup_(cleanup_graph_free) struct graph *graph = NULL;
    struct diag diag;

    diag_init(&diag);
    graph_build(tree, &diag, &graph);
    expect_messages(&diag, "");
    assert_non_null(graph);
    assert_int_equal(graph->n_chains, 3); /* and what is unknown */
    for (int i = 0; expected && i < 2; i++) {
        const struct chain *chain = graph->chains[i];
        char name[CHAIN_NAME_MAX], names[1024] = "";

        for (uint32_t k = 0; k < chain->n_handlers; k++)
            strcat(strcat(names, k ? " " : ""), chain_handler_name(chain, k, name));
        assert_string_equal(names, expected);
    }
}

static void a_name_that_one_type_has_is_known_to_all(void **state)
{
    (void)state;
    take_handlers("{filter: half > 1 || number > 1}, {forward: out}", "filter forward");
    refuse_handlers("{filter: third > 1}, {forward: out}",
                    "t.yaml:7:10: pipelines.p.handlers[0].filter: no record type has a field "
                    "third; the fields are header, half, number, address, narrow\n"
                    "    third > 1\n"
                    "    ^\n");
}

/* Behind a step, all types have what came out of it. */
static void names_are_those_of_the_step_before(void **state)
{
    (void)state;
    take_handlers("{select: {rename: {half: part}}}, {filter: part > 1}, {forward: out}", NULL);
    take_handlers("{select: {rename: {number: whole}}}, {filter: whole > 1}, {forward: out}", NULL);
    take_handlers("{select: {compute: {twice: number * 2}, keep: half}}, "
                  "{select: {rename: {twice: double}}}, {filter: double > 1}, {forward: out}",
                  NULL);
}

static void what_was_dropped_everywhere_is_unknown(void **state)
{
    (void)state;
    refuse_handlers("{select: {drop: header}}, {filter: header.sequence > 1}, {forward: out}",
                    "t.yaml:7:36: pipelines.p.handlers[1].filter: no record type has a field "
                    "header; the fields are half, number, address, narrow\n"
                    "    header.sequence > 1\n"
                    "    ^\n");
    refuse_handlers("{select: {rename: {number: half}}}, {filter: number > 1}, {forward: out}",
                    "t.yaml:7:46: pipelines.p.handlers[1].filter: no record type has a field "
                    "number; the fields are header, half, address, narrow\n"
                    "    number > 1\n"
                    "    ^\n");
}

static void branches_know_what_comes_into_them(void **state)
{
    (void)state;
    take_handlers(
        "{select: {rename: {number: whole}}},\n"
        "{tee: {handlers: [{select: {rename: {whole: all}}}, {filter: all > 1}, {forward: "
        "out}]}},\n"
        "{filter: whole > 1},\n"
        "{route: [{when: whole == 3, handlers: [{select: {rename: {whole: three}}}, "
        "{filter: three == 3}, {forward: out}]},\n"
        "         {handlers: [{filter: whole != 3}, {forward: out}]}]}",
        "select tee tee.select tee.filter tee.forward filter route route[0].select "
        "route[0].filter route[0].forward route[1].filter route[1].forward");
    refuse_handlers("{tee: {handlers: [{select: {rename: {number: whole}}}, {forward: out}]}},\n"
                    "{filter: whole > 1}, {forward: out}",
                    "t.yaml:8:10: pipelines.p.handlers[1].filter: no record type has a field "
                    "whole; the fields are header, half, number, address, narrow\n"
                    "    whole > 1\n"
                    "    ^\n");
}

/* Nobody knows what would have come out of a step that is refused. */
static void a_mistake_has_no_messages_in_its_wake(void **state)
{
    (void)state;
    refuse_handlers("{select: {rename: {numbr: whole}}}, {filter: whole > 1}, {forward: out}",
                    "t.yaml:7:27: pipelines.p.handlers[0].select.rename.numbr: no record type has "
                    "a field numbr; did you mean number?\n");
    refuse_handlers(
        "{selct: {rename: {number: whole}}}, {filter: whole > 1}, {forward: nowhere}",
        "t.yaml:7:2: pipelines.p.handlers[0].selct: unknown handler; allowed are filter, limit, "
        "sample, dedup, select, redact, enrich, tee, route, aggregate, forward; did you mean "
        "\"select\"?\n"
        "t.yaml:7:68: pipelines.p.handlers[2].forward: unknown sink; allowed are out\n");
}

static void what_changes_no_fields_hides_no_other_mistake(void **state)
{
    (void)state;
    refuse_handlers("{filter: numbr > 1}, {filter: haf > 1}, {forward: out}",
                    "t.yaml:7:10: pipelines.p.handlers[0].filter: no record type has a field "
                    "numbr; did you mean number?\n"
                    "    numbr > 1\n"
                    "    ^\n"
                    "t.yaml:7:31: pipelines.p.handlers[1].filter: no record type has a field haf; "
                    "did you mean half?\n"
                    "    haf > 1\n"
                    "    ^\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_one_type_has_is_known_to_all),
        cmocka_unit_test(names_are_those_of_the_step_before),
        cmocka_unit_test(what_was_dropped_everywhere_is_unknown),
        cmocka_unit_test(branches_know_what_comes_into_them),
        cmocka_unit_test(a_mistake_has_no_messages_in_its_wake),
        cmocka_unit_test(what_changes_no_fields_hides_no_other_mistake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
