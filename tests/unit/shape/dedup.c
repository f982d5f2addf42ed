// SPDX-License-Identifier: Apache-2.0
#include "record/builtin_handlers.h"

#include "unit/record/support.h"

static const struct handler_host host = {.schema = &note_schema, .source_name = "notes"};

#define SECOND INT64_C(1000000000)

/* Records with these ids at that time: "id+suppressed " of each that passes. */
static void expect(struct opened *opened, int64_t now, const char *ids, const char *expected)
{
    const struct field *suppressed = schema_find(opened->handler->schema, "_suppressed");
    struct notes notes;
    char text[200] = "";

    notes_init(&notes);
    for (; *ids; ids++)
        notes_add(&notes, (uint32_t)(*ids - '0'), 0);
    batch_select_all(&notes.batch);
    notes.batch.now = now;
    opened->handler->ops->process(opened->handler, &notes.batch);
    assert_ptr_equal(notes.batch.schema, opened->handler->schema);
    for (uint32_t i = 0; i < notes.batch.selected; i++) {
        uint32_t index = notes.batch.selection[i];
        size_t used = strlen(text);

        snprintf(text + used, sizeof(text) - used, "%u+%lu ",
                 ((const struct note *)notes.views[index].data)->id,
                 (unsigned long)batch_integer(&notes.batch, suppressed, index));
    }
    assert_string_equal(text, expected);
    notes_deinit(&notes);
}

static void repeats_are_suppressed_and_counted(void **state)
{
    struct opened opened = open_handler(&dedup_ops, "{by: [id], window: 10s}", &host);

    (void)state;
    expect(&opened, 100 * SECOND, "11213", "1+0 2+0 3+0 ");
    expect(&opened, 105 * SECOND, "1", "");
    expect(&opened, 109 * SECOND, "14", "4+0 ");
    expect(&opened, 110 * SECOND, "1122", "1+4 2+0 ");
    expect(&opened, 119 * SECOND, "12", "");
    expect(&opened, 120 * SECOND, "124", "1+2 2+2 4+0 ");
    close_handler(&opened);
}

static void emit(void *data, const struct row *row, uint64_t value)
{
    char *text = data;
    size_t used = strlen(text);

    snprintf(text + used, 100 - used, "%s %lu\n", row->name, (unsigned long)value);
}

static void keys_are_bounded_and_what_is_forgotten_counted(void **state)
{
    struct opened opened = open_handler(&dedup_ops, "{by: id, keys: 1}", &host);
    char rows[100] = "";

    (void)state;
    expect(&opened, 0, "1112", "1+0 2+0 ");
    expect(&opened, SECOND, "2213", "1+0 3+0 ");
    opened.handler->ops->rows(opened.handler, emit, rows);
    assert_string_equal(rows, "keys 1\nkeys_evicted 3\nuntold 4\n");
    close_handler(&opened);
}

static void refuses(void **state)
{
    struct opened first = open_handler(&dedup_ops, "{by: id}", &host);
    const struct handler_host behind = {.schema = first.handler->schema, .source_name = "notes"};

    (void)state;
    refuse_handler(&dedup_ops, "{window: 5s}", &host, -EINVAL,
                   "t.yaml:1:8: dedup: the key \"by\" is missing (records with equal values of "
                   "these expressions are repeats)\n");
    refuse_handler(&dedup_ops, "{by: id, window: 0}", &host, -EINVAL,
                   "t.yaml:1:25: dedup.window: expected a duration of at least 1ms, found \"0\"\n");
    refuse_handler(&dedup_ops, "{by: []}", &host, -EINVAL,
                   "t.yaml:1:13: dedup.by: expected a text or a list of texts of 1 to 16 entries, "
                   "found 0\n");
    refuse_handler(
        &dedup_ops, "{by: id}", &behind, -EEXIST,
        "t.yaml:1:1: dedup: struct note already has a field _suppressed; choose another name\n");
    close_handler(&first);
    dedup_ops.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeats_are_suppressed_and_counted),
        cmocka_unit_test(keys_are_bounded_and_what_is_forgotten_counted),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
