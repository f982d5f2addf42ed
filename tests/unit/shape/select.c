// SPDX-License-Identifier: Apache-2.0
#include "record/builtin_handlers.h"

#include "unit/record/support.h"

static const struct handler_host host = {.schema = &note_schema, .source_name = "notes"};

/* The names of the fields that come out; =N: in column N. */
static void expect(const char *config, const char *expected)
{
    struct opened opened = open_handler(&select_ops, config, &host);
    const struct schema *schema = opened.handler->schema;
    char text[200] = "";

    for (uint32_t i = 0; i < schema->n_fields; i++) {
        size_t used = strlen(text);

        snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "",
                 schema->fields[i].name);
        used = strlen(text);
        if (schema->fields[i].column)
            snprintf(text + used, sizeof(text) - used, "=%u", schema->fields[i].column);
    }
    assert_string_equal(text, expected);
    close_handler(&opened);
}

static void the_order_is_defined(void **state)
{
    (void)state;
    expect("{keep: [text, id]}", "text id");
    expect("{keep: id}", "id");
    expect("{drop: id}", "text");
    expect("{rename: {id: number}}", "number text");
    expect("{rename: {id: text, text: id}}", "text id");
    expect("{compute: {twice: id * 2, large: id > 5}}", "id text twice=1 large=2");
    expect("{keep: text, compute: {id: id + 1}}", "text id=1");
    expect("{compute: {id: id + 1}}", "id=1 text");
    expect("{drop: [id], rename: {text: t}, compute: {id: id}}", "t id=1");
}

static void computes_from_what_came_in(void **state)
{
    struct opened opened = open_handler(
        &select_ops, "{keep: id, rename: {id: number}, compute: {id: text, more: id + 100}}",
        &host);
    const struct schema *schema = opened.handler->schema;
    struct notes notes;

    (void)state;
    notes_init_many(&notes, 4);
    notes.batch.selection[0] = 3;
    notes.batch.selected = 1;
    opened.handler->ops->process(opened.handler, &notes.batch);
    assert_int_equal(notes.batch.selected, 1);
    assert_ptr_equal(notes.batch.schema, schema);
    assert_int_equal(batch_integer(&notes.batch, schema_find(schema, "number"), 3), 3);
    assert_int_equal(batch_text(&notes.batch, schema_find(schema, "id"), 3).length, 3);
    assert_int_equal(batch_integer(&notes.batch, schema_find(schema, "more"), 3), 103);
    notes_deinit(&notes);
    close_handler(&opened);
}

static void handlers_behind_it_see_the_new_names(void **state)
{
    struct opened first = open_handler(&select_ops, "{keep: id, compute: {twice: id * 2}}", &host);
    const struct handler_host behind = {.schema = first.handler->schema, .source_name = "notes"};
    struct opened second = open_handler(&select_ops, "{compute: {four: twice * 2}}", &behind);
    struct notes notes;

    (void)state;
    notes_init_many(&notes, 4);
    first.handler->ops->process(first.handler, &notes.batch);
    second.handler->ops->process(second.handler, &notes.batch);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(
            batch_integer(&notes.batch, schema_find(second.handler->schema, "four"), i), 4 * i);
    notes_deinit(&notes);
    refuse_handler(
        &select_ops, "{keep: text}", &behind, -EINVAL,
        "t.yaml:1:16: select.keep: struct note has no field text; its fields are id, twice\n");
    close_handler(&second);
    close_handler(&first);
}

static void refuses(void **state)
{
    (void)state;
    refuse_handler(&select_ops, "{}", &host, -EINVAL,
                   "t.yaml:1:9: select: expected at least one of keep, drop, rename and "
                   "compute\n");
    refuse_handler(&select_ops, "{keep: id, drop: text}", &host, -EINVAL,
                   "t.yaml:1:20: select.drop: keep and drop exclude each other; remove one\n");
    refuse_handler(&select_ops, "{drop: [id, text]}", &host, -EINVAL,
                   "t.yaml:1:9: select: no field of struct note is left; keep at least one\n");
    refuse_handler(&select_ops, "{rename: [id]}", &host, -EINVAL,
                   "t.yaml:1:18: select.rename: expected a map of 1 to 256 names and texts\n");
    refuse_handler(&select_ops, "{rename: {id: [a]}}", &host, -EINVAL,
                   "t.yaml:1:23: select.rename.id: expected a text, found a list\n");
    refuse_handler(&select_ops, "{rename: {id: a.b}}", &host, -EINVAL,
                   "t.yaml:1:19: select.rename.id: a field's name has 1 to 64 letters, digits and "
                   "_, and does not begin with a digit\n");
    refuse_handler(
        &select_ops, "{rename: {id: text}}", &host, -EINVAL,
        "t.yaml:1:23: select.rename.id: two fields would have the name text; rename one\n");
    refuse_handler(
        &select_ops, "{drop: id, rename: {id: number}}", &host, -EINVAL,
        "t.yaml:1:33: select.rename.id: id is not kept, so it cannot be renamed; add it to keep\n");
    refuse_handler(
        &select_ops, "{keep: text, rename: {id: number, text: note}}", &host, -EINVAL,
        "t.yaml:1:35: select.rename.id: id is not kept, so it cannot be renamed; add it to keep\n");
    refuse_handler(&select_ops, "{compute: {a-b: id}}", &host, -EINVAL,
                   "t.yaml:1:20: select.compute.a-b: a field's name has 1 to 64 letters, digits "
                   "and _, and does not begin with a digit\n");
    refuse_handler(
        &select_ops, "{compute: {x: 1 +}}", &host, -EINVAL,
        "t.yaml:1:26: select.compute.x: expected a field or a constant, but the expression ends\n"
        "    1 +\n"
        "       ^\n");
    select_ops.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_defined),
        cmocka_unit_test(computes_from_what_came_in),
        cmocka_unit_test(handlers_behind_it_see_the_new_names),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
