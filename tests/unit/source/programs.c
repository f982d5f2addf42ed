// SPDX-License-Identifier: Apache-2.0

/* Which programs are loaded and with which arguments, by what the config says. */

#include "source/programs.h"

#include "unit/source/support.h"

static const struct setting settings[] = {
    {"programs", SETTING_NAMES, offsetof(struct programs_config, programs), .doc = ""},
    {"optional", SETTING_NAMES, offsetof(struct programs_config, optional), .doc = ""},
    {"attach", SETTING_NODE, offsetof(struct programs_config, attach), .doc = ""},
    {0},
};

struct chosen {
    struct config_tree *tree;
    struct object *object;
    void *bytes;
};

static void chosen_deinit(struct chosen *chosen)
{
    object_free(chosen->object);
    free(chosen->bytes);
    config_tree_free(chosen->tree);
}

static int choose(const char *name, const char *text, const char *messages, struct chosen *chosen)
{
    struct programs_config config;
    struct diag diag;
    int result;

    diag_init(&diag);
    chosen->object = open_object(name, &chosen->bytes);
    chosen->tree = load(text);
    assert_int_equal(setting_bind(settings, chosen->tree->root, &config, &diag), 0);
    config.node = chosen->tree->root;
    result = programs_choose(chosen->object, &config, &diag);
    expect_messages(&diag, messages);
    return result;
}

static void refuse_choice(const char *name, const char *text, const char *messages)
{
    _cleanup_(chosen_deinit) struct chosen chosen;

    assert_int_equal(choose(name, text, messages, &chosen), -EINVAL);
}

static void all_of_them_by_default(void **state)
{
    _cleanup_(chosen_deinit) struct chosen chosen;

    (void)state;
    assert_int_equal(choose("numbers", "{}", "", &chosen), 0);
    assert_int_equal(chosen.object->n_programs, 1);
    assert_true(chosen.object->programs->chosen && chosen.object->programs->attach);
    assert_false(chosen.object->programs->optional);
}

static void a_subset(void **state)
{
    _cleanup_(chosen_deinit) struct chosen chosen;

    (void)state;
    assert_int_equal(choose("refused", "programs: [good, wild]\noptional: wild\n", "", &chosen), 0);
    assert_true(object_find(chosen.object, "good")->chosen);
    assert_true(object_find(chosen.object, "wild")->optional);
    assert_false(object_find(chosen.object, "typed")->chosen);
    assert_false(object_find(chosen.object, "chooser")->attach);
    assert_null(object_find(chosen.object, "nothing"));
}

static void unknown_names(void **state)
{
    (void)state;
    refuse_choice(
        "numbers", "programs: on_getpid\noptional: [x]\nattach: {on_getpgd: none}\n",
        "t.yaml:1:11: programs: the object has no program \"on_getpid\"; allowed are on_getpgid; "
        "did you mean \"on_getpgid\"?\n"
        "t.yaml:2:12: optional[0]: the object has no program \"x\"; allowed are "
        "on_getpgid\n"
        "t.yaml:3:10: attach.on_getpgd: the object has no program \"on_getpgd\"; allowed are "
        "on_getpgid; did you mean \"on_getpgid\"?\n");
}

static void what_can_never_be_attached(void **state)
{
    _cleanup_(chosen_deinit) struct chosen chosen;

    (void)state;
    refuse_choice(
        "refused", "programs: chooser\n",
        "t.yaml:1:1: program \"chooser\" (sk_lookup) cannot be attached: it is a socket lookup "
        "program, and it chooses among the listening sockets that its own user space gives it\n");
    refuse_choice(
        "refused", "programs: [chooser, good]\n",
        "t.yaml:1:1: program \"chooser\" (sk_lookup) cannot be attached: it is a socket lookup "
        "program, and it chooses among the listening sockets that its own user space gives it; "
        "load it without attaching it; set attach: {chooser: none}\n");
    assert_int_equal(choose("refused", "programs: chooser\nattach: {chooser: none}", "", &chosen),
                     0);
    assert_true(object_find(chosen.object, "chooser")->chosen);
    assert_false(object_find(chosen.object, "chooser")->attach);
}

static void arguments_of_their_own(void **state)
{
    _cleanup_(chosen_deinit) struct chosen chosen;
    const struct hook_arguments *arguments;

    (void)state;
    assert_int_equal(choose("probes",
                            "programs: [on_entry, on_marker, on_sample]\n"
                            "attach:\n"
                            "  on_entry: {binary: /bin/a, symbol: f, offset: 0x10, pid: 7}\n"
                            "  on_marker: {binary: /bin/b, usdt: \"p:n\"}\n"
                            "  on_sample: {perf: 99}\n",
                            "", &chosen),
                     0);
    arguments = &object_find(chosen.object, "on_entry")->arguments;
    assert_string_equal(arguments->binary, "/bin/a");
    assert_string_equal(arguments->symbol, "f");
    assert_int_equal(arguments->offset, 16);
    assert_int_equal(arguments->pid, 7);
    arguments = &object_find(chosen.object, "on_marker")->arguments;
    assert_string_equal(arguments->binary, "/bin/b");
    assert_string_equal(arguments->usdt, "p:n");
    assert_int_equal(object_find(chosen.object, "on_sample")->arguments.perf, 99);
}

static void a_section_of_the_config(void **state)
{
    _cleanup_(chosen_deinit) struct chosen chosen;
    const struct object_program *program;

    (void)state;
    assert_int_equal(choose("refused",
                            "programs: [stranger, good, traced]\n"
                            "attach:\n"
                            "  stranger: {section: tc/ingress, interface: lo}\n"
                            "  good: raw_tp/sys_exit\n"
                            "  traced: {section: none}\n",
                            "", &chosen),
                     0);
    program = object_find(chosen.object, "stranger");
    assert_ptr_equal(program->hook, &hook_tc);
    assert_string_equal(program->arguments.section, "tc/ingress");
    assert_string_equal(object_find(chosen.object, "good")->arguments.section, "raw_tp/sys_exit");
    assert_false(object_find(chosen.object, "traced")->attach);
    refuse_choice("refused", "programs: good\nattach: {good: strange}\n",
                  "t.yaml:2:16: attach.good: \"strange\" is not a section name that stands for a "
                  "program type; write it as in SEC(), such as raw_tp/NAME, or none to load "
                  "the program without attaching it\n");
    refuse_choice("refused", "programs: stranger\nattach: {stranger: tc/egress}\n",
                  "t.yaml:2:20: attach.stranger: program \"stranger\" (tc/egress) needs "
                  "\"interface\"; set attach: {stranger: {interface: eth0}}\n");
}

/* What stands in `attach:` by itself goes to those that miss it. */
static void arguments_for_whoever_needs_them(void **state)
{
    _cleanup_(chosen_deinit) struct chosen chosen;
    const struct object_program *program;

    (void)state;
    assert_int_equal(choose("network",
                            "attach:\n"
                            "  interface: [a, b]\n"
                            "  direction: egress\n"
                            "  cgroup: /c\n"
                            "  on_xdp: {interface: c}\n",
                            "", &chosen),
                     0);
    program = object_find(chosen.object, "on_xdp");
    assert_int_equal(program->arguments.interface.count, 1);
    assert_string_equal(program->arguments.interface.items[0], "c");
    program = object_find(chosen.object, "on_ingress"); /* its section says the direction */
    assert_int_equal(program->arguments.interface.count, 2);
    assert_int_equal(program->arguments.direction, 0);
    assert_true(object_find(chosen.object, "on_either")->arguments.direction != 0);
    assert_string_equal(object_find(chosen.object, "on_cgroup")->arguments.cgroup, "/c");
}

static void a_process_is_for_all(void **state)
{
    _cleanup_(chosen_deinit) struct chosen chosen;

    (void)state;
    assert_int_equal(choose("probes",
                            "programs: [on_entry, on_return]\n"
                            "attach: {pid: 9, symbol: f, on_return: {binary: /b}}\n",
                            "", &chosen),
                     0);
    assert_int_equal(object_find(chosen.object, "on_entry")->arguments.pid, 9);
    assert_int_equal(object_find(chosen.object, "on_return")->arguments.pid, 9);
}

static void missing_arguments(void **state)
{
    (void)state;
    refuse_choice("probes", "{}",
                  "t.yaml:1:1: program \"on_entry\" (uprobe) needs \"binary\" or \"pid\", and "
                  "\"symbol\" or \"offset\"; set attach: {on_entry: {binary: /usr/bin/bash, "
                  "symbol: readline}}\n"
                  "t.yaml:1:1: program \"on_return\" (uretprobe) needs \"binary\" or \"pid\", and "
                  "\"symbol\" or \"offset\"; set attach: {on_return: {binary: /usr/bin/bash, "
                  "symbol: readline}}\n"
                  "t.yaml:1:1: program \"on_marker\" (usdt) needs \"binary\" or \"pid\", and "
                  "\"usdt\"; set attach: {on_marker: {binary: /usr/bin/bash, usdt: "
                  "\"provider:name\"}}\n"
                  "t.yaml:1:1: program \"on_sample\" (perf_event) needs \"perf\"; set attach: "
                  "{on_sample: {perf: 99}}\n");
}

static void arguments_that_fit_nothing(void **state)
{
    (void)state;
    refuse_choice(
        "numbers", "attach: {interface: lo}\n",
        "t.yaml:1:10: attach.interface: no program that will be attached takes this argument\n");
    refuse_choice("numbers", "attach: {on_getpgid: {interface: lo, pid: x}}\n",
                  "t.yaml:1:43: attach.on_getpgid.pid: expected an integer from 1 to 4194304, "
                  "found \"x\"\n");
    refuse_choice("network", "programs: on_xdp\nattach: {on_xdp: {interface: lo, perf: 3}}\n",
                  "t.yaml:2:34: attach.on_xdp.perf: an XDP program does not take this argument; it "
                  "takes \"interface\"\n");
    refuse_choice("numbers", "attach: [on_getpgid]\n",
                  "t.yaml:1:9: attach: expected arguments, as in attach: {interface: eth0} or "
                  "attach: {PROGRAM: {interface: eth0}}; found a "
                  "list\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_them_by_default),
        cmocka_unit_test(a_subset),
        cmocka_unit_test(unknown_names),
        cmocka_unit_test(what_can_never_be_attached),
        cmocka_unit_test(arguments_of_their_own),
        cmocka_unit_test(a_section_of_the_config),
        cmocka_unit_test(arguments_for_whoever_needs_them),
        cmocka_unit_test(a_process_is_for_all),
        cmocka_unit_test(missing_arguments),
        cmocka_unit_test(arguments_that_fit_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
