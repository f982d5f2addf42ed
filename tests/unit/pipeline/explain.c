// SPDX-License-Identifier: Apache-2.0
#include "pipeline/explain.h"

#include "unit/config/support.h"

static char *explain(const struct graph *graph)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);

    assert_non_null(file);
    explain_graph(graph, file);
    fclose(file);
    return text;
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
           "  ktime: u64, a time\n"
           "  pid: u32\n"
           "  ppid: u32\n"
           "  uid: u32\n"
           "  gid: u32\n"
           "  comm: text\n"
           "  cgroup_id: u64\n"
           "  filename: text\n"
           "  args: list of texts\n"
           "  args_truncated: bool\n"
           "source ends: struct exit_event, ring of 4 KiB\n"
           "  ktime: u64, a time\n"
           "  pid: u32\n"
           "  ppid: u32\n"
           "  uid: u32\n"
           "  gid: u32\n"
           "  comm: text\n"
           "  cgroup_id: u64\n"
           "  lifetime_ns: u64\n"
           "  exit_code: s32\n"
           "  signal: u32\n"
           "  core_dumped: bool\n"
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
    assert_string_equal(text + strcspn(text, "\n") + 1, "  a: u8\n"
                                                        "  b: u64, a time\n"
                                                        "  c: s16\n"
                                                        "  d: bool\n"
                                                        "  e: enum\n"
                                                        "  f.g: text\n"
                                                        "  h: text\n"
                                                        "  i: list of texts\n"
                                                        "pipeline p: at-most-once\n"
                                                        "  s > forward\n"
                                                        "sink out: stdout, json\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_everything_means),
        cmocka_unit_test(names_every_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
