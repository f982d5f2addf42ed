// SPDX-License-Identifier: Apache-2.0
#include "record/builtin_handlers.h"

#include "unit/shape/branches.h"

static void the_first_branch_that_matches(void **state)
{
    struct branches branches;
    struct opened opened;
    struct notes notes;

    (void)state;
    branches_init(&branches);
    opened = open_handler(&route_ops,
                          "[{when: id % 2 == 1, handlers: []}, {when: id < 4, handlers: []}, "
                          "{handlers: []}]",
                          &branches.host);
    notes_init_many(&notes, 8);
    notes.batch.selected = 7;
    opened.handler->ops->process(opened.handler, &notes.batch);
    expect_branch(&branches.branch[0], "route[0]", false, "1 3 5 ");
    expect_branch(&branches.branch[1], "route[1]", false, "0 2 ");
    expect_branch(&branches.branch[2], "route[2]", false, "4 6 ");
    assert_int_equal(notes.batch.forwarded, 7);
    assert_int_equal(notes.batch.failed, 0);
    notes_deinit(&notes);
    close_handler(&opened);
}

static void what_no_branch_takes_is_not_routed(void **state)
{
    struct branches branches;
    struct opened opened;
    struct notes notes;

    (void)state;
    branches_init(&branches);
    opened = open_handler(
        &route_ops, "[{when: id == 3, handlers: []}, {when: id == 3 || id == 5, handlers: []}]",
        &branches.host);
    notes_init_many(&notes, 8);
    opened.handler->ops->process(opened.handler, &notes.batch);
    expect_branch(&branches.branch[0], "route[0]", false, "3 ");
    expect_branch(&branches.branch[1], "route[1]", false, "5 ");
    assert_int_equal(notes.batch.forwarded, 2);
    notes_deinit(&notes);
    close_handler(&opened);
    assert_true(route_ops.divides);
    assert_int_equal(route_ops.removes, BOOK_FILTERED);
}

static void once_all_are_taken_it_stops(void **state)
{
    struct branches branches;
    struct opened opened;
    struct notes notes;

    (void)state;
    branches_init(&branches);
    opened =
        open_handler(&route_ops, "[{when: id >= 0, handlers: []}, {handlers: []}]", &branches.host);
    notes_init_many(&notes, 3);
    opened.handler->ops->process(opened.handler, &notes.batch);
    expect_branch(&branches.branch[0], "route[0]", false, "0 1 2 ");
    assert_null(branches.branch[1].schema);
    assert_int_equal(notes.batch.forwarded, 3);
    notes_deinit(&notes);
    close_handler(&opened);
}

static void refuses(void **state)
{
    struct branches branches;

    (void)state;
    branches_init(&branches);
    refuse_handler(&route_ops, "{handlers: []}", &branches.host, -EINVAL,
                   "t.yaml:1:8: route: expected a list of 1 to 16 branches, as in [{when: uid == "
                   "0, handlers: [...]}]\n");
    refuse_handler(&route_ops, "[]", &branches.host, -EINVAL,
                   "t.yaml:1:8: route: expected a list of 1 to 16 branches, as in [{when: uid == "
                   "0, handlers: [...]}]\n");
    refuse_handler(&route_ops, "[{handlers: []}, {when: id == 1, handlers: []}]", &branches.host,
                   -EINVAL,
                   "t.yaml:1:9: route[0]: when: is required in every branch but the last\n");
    branches_init(&branches);
    refuse_handler(&route_ops, "[{when: idd == 1, handlers: []}, {when: id == 1}]", &branches.host,
                   -EINVAL,
                   "t.yaml:1:16: route[0].when: struct note has no field idd; did you mean id?\n"
                   "    idd == 1\n"
                   "    ^\n"
                   "t.yaml:1:41: route[1]: the key \"handlers\" is missing (the branch's steps, as "
                   "in a pipeline; the last one must be forward or route)\n");
    route_ops.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_branch_that_matches),
        cmocka_unit_test(what_no_branch_takes_is_not_routed),
        cmocka_unit_test(once_all_are_taken_it_stops),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
