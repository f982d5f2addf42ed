// SPDX-License-Identifier: Apache-2.0

/* Types and sections lead to hooks. */

#include "source/hook.h"

#include <bpf/libbpf.h>

#include "unit/source/support.h"

static void expect_hook(const char *object_name, const char *program, const struct hook *hook)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    _cleanup_(cleanup_object_free) struct object *object = open_object(object_name, &bytes);

    assert_ptr_equal(object_find(object, program)->hook, hook);
}

static void hooks(void **state)
{
    (void)state;
    expect_hook("network", "on_xdp", &hook_xdp);
    expect_hook("network", "on_ingress", &hook_tc); /* a section that libbpf 1.1 does not know */
    expect_hook("network", "on_either", &hook_tc);
    expect_hook("network", "on_cgroup", &hook_cgroup);
    expect_hook("probes", "on_entry", &hook_uprobe);
    expect_hook("probes", "on_return", &hook_uprobe);
    expect_hook("probes", "on_marker", &hook_usdt);
    expect_hook("probes", "on_sample", &hook_perf);
    expect_hook("refused", "good", &hook_raw_tracepoint);
    expect_hook("refused", "probed", &hook_kprobe);
    expect_hook("refused", "traced", &hook_tracepoint);
    expect_hook("refused", "typed", &hook_btf_tracepoint);
}

static void never(const char *program, const char *what)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    _cleanup_(cleanup_object_free) struct object *object = open_object("refused", &bytes);
    const struct hook *hook = object_find(object, program)->hook;

    assert_non_null(hook->never);
    assert_string_equal(hook->what, what);
}

static void what_has_no_hook(void **state)
{
    (void)state;
    never("walker", "an iterator");
    never("stranger", "a program of unknown type");
}

static void sections(void **state)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    _cleanup_(cleanup_object_free) struct object *object = open_object("network", &bytes);
    const struct bpf_program *ingress = object_find(object, "on_ingress")->program;
    const struct bpf_program *xdp = object_find(object, "on_xdp")->program;

    (void)state;
    assert_true(hook_section_is(ingress, "tc"));
    assert_false(hook_section_is(ingress, "t"));
    assert_false(hook_section_is(ingress, "tcx"));
    assert_string_equal(hook_section_rest(ingress), "ingress");
    assert_true(hook_section_is(xdp, "xdp"));
    assert_null(hook_section_rest(xdp));
}

static void missing_keys(void **state)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    _cleanup_(cleanup_object_free) struct object *object = open_object("probes", &bytes);
    const struct bpf_program *entry = object_find(object, "on_entry")->program;
    struct hook_arguments arguments = {0};

    (void)state;
    assert_int_equal(hook_uprobe.missing(entry, &arguments),
                     HOOK_BINARY | HOOK_PID | HOOK_SYMBOL | HOOK_OFFSET);
    arguments.pid = 1;
    assert_int_equal(hook_uprobe.missing(entry, &arguments), HOOK_SYMBOL | HOOK_OFFSET);
    arguments.offset = 8;
    assert_int_equal(hook_uprobe.missing(entry, &arguments), 0);
    arguments.usdt = "no colon";
    assert_int_equal(hook_usdt.missing(entry, &arguments), HOOK_USDT);
    arguments.usdt = "a:b";
    assert_int_equal(hook_usdt.missing(entry, &arguments), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks),
        cmocka_unit_test(what_has_no_hook),
        cmocka_unit_test(sections),
        cmocka_unit_test(missing_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
