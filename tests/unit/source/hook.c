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
    never("chooser", "a socket lookup program");
    never("stranger", "a program of unknown type");
}

static void sections(void **state)
{
    (void)state;
    assert_true(hook_section_is("tc/ingress", "tc"));
    assert_false(hook_section_is("tc/ingress", "t"));
    assert_false(hook_section_is("tc/ingress", "tcx"));
    assert_string_equal(hook_section_rest("tc/ingress"), "ingress");
    assert_true(hook_section_is("xdp", "xdp"));
    assert_null(hook_section_rest("xdp"));
}

static void missing_keys(void **state)
{
    struct hook_arguments arguments = {.section = "uprobe"};

    (void)state;
    assert_int_equal(hook_uprobe.missing(&arguments),
                     HOOK_BINARY | HOOK_PID | HOOK_SYMBOL | HOOK_OFFSET);
    arguments.pid = 1;
    assert_int_equal(hook_uprobe.missing(&arguments), HOOK_SYMBOL | HOOK_OFFSET);
    arguments.offset = 8;
    assert_int_equal(hook_uprobe.missing(&arguments), 0);
    arguments.section = "usdt";
    arguments.usdt = "no colon";
    assert_int_equal(hook_usdt.missing(&arguments), HOOK_USDT);
    arguments.usdt = "a:b";
    assert_int_equal(hook_usdt.missing(&arguments), 0);
}

static const struct hook *hook_as(const char *section)
{
    _cleanup_(cleanup_free) void *bytes = NULL;
    _cleanup_(cleanup_object_free) struct object *object = open_object("network", &bytes);
    struct bpf_program *program = object_find(object, "on_xdp")->program;

    return hook_set_type(program, section) < 0 ? NULL : hook_of(program, section);
}

static void other_sections(void **state)
{
    (void)state;
    assert_ptr_equal(hook_as("tc/egress"), &hook_tc);
    assert_ptr_equal(hook_as("tcx/ingress"), &hook_tcx);
    assert_ptr_equal(hook_as("classifier/x"), &hook_tc);
    assert_ptr_equal(hook_as("action"), &hook_tc);
    assert_ptr_equal(hook_as("tp/sched/sched_switch"), &hook_tracepoint);
    assert_ptr_equal(hook_as("raw_tp/sched_switch"), &hook_raw_tracepoint);
    assert_ptr_equal(hook_as("uprobe.s//bin/true:main"), &hook_uprobe);
    assert_ptr_equal(hook_as("fentry/tcp_connect"), &hook_function);
    assert_ptr_equal(hook_as("uretprobe.multi.s"), &hook_uprobe_multi);
    assert_ptr_equal(hook_as("socket/dns"), &hook_socket);
    assert_ptr_equal(hook_as("netfilter"), &hook_netfilter);
    assert_ptr_equal(hook_as("iter/task"), &hook_iterator);
    assert_null(hook_as("tc_ingress"));
    assert_null(hook_as("strange/section"));
    assert_string_equal(hook_example("tc_ingress"), "tc/ingress");
    assert_string_equal(hook_example("classifier_endpoint_egress"), "tc/egress");
    assert_string_equal(hook_example("socket1"), "socket");
    assert_string_equal(hook_example("kprobe_tcp_v4"), "kprobe/FUNCTION");
    assert_string_equal(hook_example("my_section"), "tracepoint/GROUP/NAME");
    assert_null(hook_guess("my_section", NULL));
    assert_null(hook_guess("my_section", "event"));
    assert_string_equal(hook_guess("from-netdev", "__sk_buff"), "tc/ingress");
    assert_string_equal(hook_guess("to_egress", "__sk_buff"), "tc/egress");
    assert_string_equal(hook_guess("cgroup/count", "__sk_buff"), "cgroup_skb/ingress");
    assert_string_equal(hook_guess("ingress", "xdp_md"), "xdp");
    assert_string_equal(hook_guess("main", "bpf_sock_addr"), "cgroup/connect4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks),          cmocka_unit_test(what_has_no_hook),
        cmocka_unit_test(sections),       cmocka_unit_test(missing_keys),
        cmocka_unit_test(other_sections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
