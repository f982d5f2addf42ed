// SPDX-License-Identifier: Apache-2.0
#include "source/keep.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/source/support.h"

static void what_it_takes(void **state)
{
    (void)state;
    refuse_source(
        "exec: {builtin: exec, keep: store}",
        "t.yaml:1:29: exec.keep: expected one of none, fdstore, pin, found \"store\"; did "
        "you mean \"fdstore\"?\n");
    refuse_source("exec: {builtin: exec, on_change: refuse}",
                  "t.yaml:1:23: exec.on_change: has no effect without keep: fdstore or keep: "
                  "pin\n");
    refuse_source("exec: {builtin: exec, keep: fdstore, pin_folder: /sys/fs/bpf/x}",
                  "t.yaml:1:38: exec.pin_folder: has no effect without keep: pin\n");
    refuse_source("exec: {builtin: exec, keep: pin, pin_folder: x}",
                  "t.yaml:1:46: exec.pin_folder: expected an absolute path, found \"x\"\n");
}

static void what_cannot_be_kept(void **state)
{
    (void)state;
    refuse_source("s: {keep: pin, object: @/network.bpf.o, type: struct packet, "
                  "programs: [on_ingress], attach: {interface: lo}}",
                  "t.yaml:1:11: s.keep: program \"on_ingress\" (tc/ingress) cannot be kept: it is "
                  "a TC program, and TC programs have no link that can be kept; leave it out with "
                  "\"programs\", or set keep: none\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_takes),
        cmocka_unit_test(what_cannot_be_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
