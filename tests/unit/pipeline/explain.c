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
           "    offset     size  type                   name            reads as\n"
           "         0        8  __u64                  ktime           ktime\n"
           "         8        4  __u32                  pid             u32\n"
           "        12        4  __u32                  ppid            u32\n"
           "        16        4  __u32                  uid             uid\n"
           "        20        4  __u32                  gid             gid\n"
           "        24       16  char[16]               comm            text\n"
           "        40        8  __u64                  cgroup_id       cgroup_id\n"
           "        48        4  struct ringmill_text   filename        text\n"
           "        52        4  struct ringmill_texts  args            list of texts\n"
           "        56        1  _Bool                  args_truncated  bool\n"
           "source ends: struct exit_event, ring of 4 KiB\n"
           "    offset     size  type      name         reads as\n"
           "         0        8  __u64     ktime        ktime\n"
           "         8        4  __u32     pid          u32\n"
           "        12        4  __u32     ppid         u32\n"
           "        16        4  __u32     uid          uid\n"
           "        20        4  __u32     gid          gid\n"
           "        24       16  char[16]  comm         text\n"
           "        40        8  __u64     cgroup_id    cgroup_id\n"
           "        48        8  __u64     lifetime_ns  u64\n"
           "        56        4  __s32     exit_code    s32\n"
           "        60        4  __u32     signal       u32\n"
           "        64        1  _Bool     core_dumped  bool\n"
           "pipeline lives: at-most-once\n"
           "  programs > filter > limit > forward\n"
           "  ends > filter > limit > forward\n"
           "pipeline rest: at-most-once\n"
           "  ends > forward\n"
           "sink out: stdout, json\n"
           "sink log: file, json\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_everything_means),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
