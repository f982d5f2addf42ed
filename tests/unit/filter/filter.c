// SPDX-License-Identifier: Apache-2.0
#include "record/builtin_handlers.h"

#include "expr/defs.h"
#include "unit/record/support.h"

static const struct handler_host host = {.schema = &note_schema, .source_name = "notes"};

static void keeps_what_the_condition_holds_for(void **state)
{
    struct opened opened = open_handler(&filter_ops, "id >= 3 && id != 5", &host);
    struct notes notes;

    (void)state;
    notes_init_many(&notes, 8);
    opened.handler->ops->process(opened.handler, &notes.batch);
    assert_int_equal(notes.batch.selected, 4);
    assert_int_equal(notes.batch.selection[0], 3);
    assert_int_equal(notes.batch.selection[1], 4);
    assert_int_equal(notes.batch.selection[2], 6);
    assert_int_equal(notes.batch.selection[3], 7);
    assert_int_equal(notes.batch.count, 8);
    assert_int_equal(notes.batch.failed, 0);
    assert_false(opened.handler->exhausted);
    notes_deinit(&notes);
    close_handler(&opened);
}

static void narrows_what_was_selected_before(void **state)
{
    struct opened opened = open_handler(&filter_ops, "id < 4", &host);
    struct notes notes;

    (void)state;
    notes_init_many(&notes, 8);
    notes.batch.selection[0] = 2;
    notes.batch.selection[1] = 6;
    notes.batch.selected = 2;
    opened.handler->ops->process(opened.handler, &notes.batch);
    assert_int_equal(notes.batch.selected, 1);
    assert_int_equal(notes.batch.selection[0], 2);
    opened.handler->ops->process(opened.handler, &notes.batch);
    assert_int_equal(notes.batch.selected, 1);
    notes.batch.selected = 0;
    opened.handler->ops->process(opened.handler, &notes.batch);
    assert_int_equal(notes.batch.selected, 0);
    notes_deinit(&notes);
    close_handler(&opened);
}

static void refuses_what_is_no_text(void **state)
{
    (void)state;
    refuse_handler(
        &filter_ops, "[id == 1]", &host, -EINVAL,
        "t.yaml:1:9: filter: expected a condition, as in uid == 0 && comm != \"cron\"\n");
    refuse_handler(
        &filter_ops, "{id: 1}", &host, -EINVAL,
        "t.yaml:1:9: filter: expected a condition, as in uid == 0 && comm != \"cron\"\n");
}

static void asks_for_what_is_not_there(void **state)
{
    (void)state;
    refuse_handler(
        &filter_ops, "", &host, -EINVAL,
        "t.yaml:1:8: filter: expected a condition, as in uid == 0 && comm != \"cron\"\n");
    refuse_handler(
        &filter_ops, "null", &host, -EINVAL,
        "t.yaml:1:9: filter: expected a condition, as in uid == 0 && comm != \"cron\"\n");
}

static void points_into_the_condition(void **state)
{
    (void)state;
    refuse_handler(&filter_ops, "id == 1 && nme == 2", &host, -EINVAL,
                   "t.yaml:1:20: filter: struct note has no field nme; its fields are id, text\n"
                   "    id == 1 && nme == 2\n"
                   "               ^\n");
    refuse_handler(&filter_ops, "\"\"", &host, -EINVAL,
                   "t.yaml:1:10: filter: the expression is empty\n"
                   "    \n"
                   "    ^\n");
}

struct shown {
    uint64_t values[4];
    unsigned n;
};

static void take_row(void *data, const struct row *row, uint64_t value)
{
    struct shown *shown = data;

    assert_string_equal(row->name, shown->n ? "texts_too_long" : "matches_given_up");
    shown->values[shown->n++] = value;
}

static void shows_what_it_gave_up(void **state)
{
    struct opened opened =
        open_handler(&filter_ops, "text =~ \"(x+x+)+[yz]\" || lower(text) == \"x\"", &host);
    struct shown shown = {0};
    struct notes notes;

    (void)state;
    notes_init(&notes);
    notes_add(&notes, 0, 200);
    notes_add(&notes, 1, 5000);
    notes_add(&notes, 2, 9000);
    batch_select_all(&notes.batch);
    opened.handler->ops->process(opened.handler, &notes.batch);
    assert_int_equal(notes.batch.selected, 0);
    opened.handler->ops->rows(opened.handler, take_row, &shown);
    assert_int_equal(shown.n, 2);
    assert_int_equal(shown.values[0], 3);
    assert_int_equal(shown.values[1], 2);
    notes_deinit(&notes);
    close_handler(&opened);
}

/* With its own place, and the place that uses it. */
static void points_into_a_definition(void **state)
{
    static const char text[] =
        "filter: id == 1 && slow\ndefs:\n  slow: len(text) > 5 && nme == 2\n";
    _cleanup_(cleanup_expr_defs_free) struct expr_defs *defs = NULL;
    struct handler_host with_defs = host;
    struct config_tree *tree = load(text);
    struct handler *handler = NULL;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(expr_defs_new(config_map_get(tree->root, "defs"), &diag, &defs), 0);
    with_defs.defs = defs;
    assert_int_equal(filter_ops.open(tree->root->first, &with_defs, &diag, &handler), -EINVAL);
    expect_messages(&diag, "t.yaml:3:26: defs.slow: struct note has no field nme; its fields are "
                           "id, text (used by filter, line 1)\n"
                           "    len(text) > 5 && nme == 2\n"
                           "                     ^\n");
    config_tree_free(tree);
}

static void close_accepts_null(void **state)
{
    (void)state;
    filter_ops.close(NULL);
    assert_string_equal(filter_ops.name, "filter");
    assert_int_equal(filter_ops.removes, BOOK_FILTERED);
    assert_false(filter_ops.forwards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_the_condition_holds_for),
        cmocka_unit_test(narrows_what_was_selected_before),
        cmocka_unit_test(refuses_what_is_no_text),
        cmocka_unit_test(asks_for_what_is_not_there),
        cmocka_unit_test(points_into_the_condition),
        cmocka_unit_test(shows_what_it_gave_up),
        cmocka_unit_test(points_into_a_definition),
        cmocka_unit_test(close_accepts_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
