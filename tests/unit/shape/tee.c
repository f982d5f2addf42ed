// SPDX-License-Identifier: Apache-2.0
#include "record/builtin_handlers.h"

#include "unit/shape/branches.h"

static void a_copy_goes_through_the_branch(void **state)
{
    struct branches branches;
    struct opened opened;
    struct notes notes;

    (void)state;
    branches_init(&branches);
    opened = open_handler(&tee_ops, "{handlers: [{forward: out}]}", &branches.host);
    assert_string_equal(branches.branch[0].list->first->first->key, "forward");
    notes_init_many(&notes, 6);
    notes.batch.selection[0] = 2;
    notes.batch.selection[1] = 5;
    notes.batch.selected = 2;
    opened.handler->ops->process(opened.handler, &notes.batch);
    expect_branch(&branches.branch[0], "tee", true, "2 5 ");
    assert_int_equal(notes.batch.selected, 2);
    assert_int_equal(notes.batch.selection[0], 2);
    assert_int_equal(notes.batch.selection[1], 5);
    assert_ptr_equal(notes.batch.schema, &note_schema);
    assert_int_equal(notes.batch.failed, 0);
    assert_int_equal(notes.batch.forwarded, 0);
    notes_deinit(&notes);
    close_handler(&opened);
}

static void refuses(void **state)
{
    struct branches branches;

    (void)state;
    branches_init(&branches);
    refuse_handler(&tee_ops, "[{forward: out}]", &branches.host, -EINVAL,
                   "t.yaml:1:6: tee: expected a map, found a list\n");
    refuse_handler(&tee_ops, "{}", &branches.host, -EINVAL,
                   "t.yaml:1:6: tee: the key \"handlers\" is missing (the branch's steps, as in a "
                   "pipeline; the last one must be forward or route)\n");
    refuse_handler(&tee_ops, "{handlers: out}", &branches.host, -EINVAL,
                   "t.yaml:1:17: tee.handlers: no list\n");
    tee_ops.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_goes_through_the_branch),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
