// SPDX-License-Identifier: Apache-2.0
#include "pipeline/explain.h"

#include "unit/pipeline/made.h"

/* noinline: gcc takes the stream's address of `text` for one that is used after the return. */
static __attribute__((noinline)) char *explain(const struct graph *graph)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);

    assert_non_null(file);
    explain_graph(graph, file);
    fclose(file);
    return text;
}

/* Takes the lines of fields away: which ones a built-in source has is tested with it. */
static void drop_fields(char *text)
{
    size_t kept = 0, length;

    for (size_t at = 0; text[at]; at += length) {
        length = strcspn(text + at, "\n") + 1;
        if (strncmp(text + at, "    ", 4) == 0 || strncmp(text + at, "  names: ", 9) == 0)
            continue;
        memmove(text + kept, text + at, length);
        kept += length;
    }
    text[kept] = '\0';
}

static void expect(const char *config, const char *expected)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(config);
    _cleanup_(cleanup_free) char *text = NULL;
    struct graph *graph = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(graph_build(tree, &diag, &graph), 0);
    text = explain(graph);
    assert_non_null(strstr(text, "         0        8  __u64 "));
    assert_non_null(strstr(text, "\n  names: uid_name, gid_name, "));
    drop_fields(text);
    assert_string_equal(text, expected);
    graph_free(graph);
    diag_deinit(&diag);
}

static void says_what_everything_means(void **state)
{
    (void)state;
    expect("version: 1\n"
           "sources:\n"
           "  programs: {builtin: exec, ring_size: 8MiB}\n"
           "  ends: {builtin: exit, ring_size: 4KiB}\n"
           "sinks:\n"
           "  out: {type: stdout}\n"
           "  log: {type: file, path: /x}\n"
           "pipelines:\n"
           "  lives:\n"
           "    from: [ends, programs]\n"
           "    handlers: [{filter: uid == 0}, {limit: {count: 3}}, {forward: [out, log]}]\n"
           "  rest:\n"
           "    from: ends\n"
           "    handlers: [{forward: log}]\n",
           "source programs: struct exec_event, ring of 8192 KiB\n"
           "source ends: struct exit_event, ring of 4 KiB\n"
           "pipeline lives: at-most-once\n"
           "  ends > filter > limit > forward\n"
           "  programs > filter > limit > forward\n"
           "pipeline rest: at-most-once\n"
           "  ends > forward\n"
           "sink out: stdout, json\n"
           "sink log: file, json\n");
}

/* All kinds of fields, by a schema made by hand; the built-in programs do not have them all. */
static void names_every_type(void **state)
{
    struct field fields[] = {
        {.name = "a", .kind = FIELD_UINT, .size = 1},
        {.name = "b", .kind = FIELD_UINT, .size = 8, .meaning = MEANING_KTIME},
        {.name = "c", .kind = FIELD_INT, .size = 2, .is_signed = true},
        {.name = "d", .kind = FIELD_BOOL, .size = 1},
        {.name = "e", .kind = FIELD_ENUM, .size = 4},
        {.name = "f.g", .kind = FIELD_CHARS, .size = 16},
        {.name = "h", .kind = FIELD_TEXT, .size = 4},
        {.name = "i", .kind = FIELD_TEXTS, .size = 4},
    };
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree =
        load("version: 1\nsources: {s: {builtin: exec}}\nsinks: {out: {type: stdout}}\n"
             "pipelines: {p: {from: s, handlers: [{forward: out}]}}\n");
    _cleanup_(cleanup_free) char *text = NULL;
    struct graph *graph = NULL;
    struct schema *real, made;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(graph_build(tree, &diag, &graph), 0);
    real = graph->sources[0].source->streams->types->schema;
    made = (struct schema){.type_name = "struct all", .fields = fields, .n_fields = 8};
    graph->sources[0].source->streams->types->schema = &made;
    text = explain(graph);
    graph->sources[0].source->streams->types->schema = real;
    graph_free(graph);
    diag_deinit(&diag);
    assert_non_null(strstr(text, "source s: struct all, ring of "));
    assert_string_equal(text + strcspn(text, "\n") + 1,
                        "    offset     size  type  name  reads as\n"
                        "         0        1        a     u8\n"
                        "         0        8        b     ktime\n"
                        "         0        2        c     s16\n"
                        "         0        1        d     bool\n"
                        "         0        4        e     enum\n"
                        "         0       16        f.g   text\n"
                        "         0        4        h     text\n"
                        "         0        4        i     list of texts\n"
                        "pipeline p: at-most-once\n"
                        "  s > forward\n"
                        "sink out: stdout, json\n");
}

/* Streams of their own lines, types below them by the selector's value. */
static void streams_and_types(void **state)
{
    static struct made made = {
        .streams = {
            {.n_types = 2, .n_rings = 1, .selector = STREAM_BY_FIELD},
            {.n_types = 1, .n_rings = 4, .ordered = true, .numbered = true, .hold = 1500000}}};
    _cleanup_(cleanup_free) char *text = NULL;

    (void)state;
    made_init(&made);
    text = explain(made.graph);
    assert_string_equal(text, "source made:\n"
                              "  ring rb: 2 types by kind, ring of 64 KiB\n"
                              "    1: struct a\n"
                              "        offset     size  type  name    reads as\n"
                              "             0        4        kind    u32\n"
                              "             4        4        number  u32\n"
                              "             8        8        time    u64\n"
                              "            16        4        id      u32\n"
                              "    2: struct b\n"
                              "        offset     size  type  name    reads as\n"
                              "             0        4        kind    u32\n"
                              "             4        4        number  u32\n"
                              "             8        8        time    u64\n"
                              "            16        4        id      u32\n"
                              "  ring other: struct a, 4 rings of 64 KiB, in the order of time, "
                              "held for 1.5 ms, numbered by number\n"
                              "      offset     size  type  name    reads as\n"
                              "           0        4        kind    u32\n"
                              "           4        4        number  u32\n"
                              "           8        8        time    u64\n"
                              "          16        4        id      u32\n"
                              "pipeline all: at-most-once\n"
                              "  made > forward\n"
                              "sink out: stdout, json\n");
    made_deinit(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_everything_means),
        cmocka_unit_test(names_every_type),
        cmocka_unit_test(streams_and_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
