// SPDX-License-Identifier: Apache-2.0
#include "record/builtin_handlers.h"

#include "unit/enrich/support.h"

static const struct handler_host host = {.schema = &note_schema, .source_name = "notes"};

static void expect_text(const struct notes *notes, const struct schema *schema, const char *name,
                        uint32_t index, const char *expected)
{
    struct text text = batch_text(&notes->batch, schema_find(schema, name), index);

    if (!expected) {
        assert_null(text.bytes);
        return;
    }
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.bytes, expected, text.length);
}

static void the_same_for_all(void **state)
{
    struct opened opened = open_handler(
        &enrich_ops, "{labels: {site: berlin, rack: \"7\"}, host: true, machine_id: false}", &host);
    const struct schema *schema = opened.handler->schema;
    struct notes notes;
    char name[100] = "";

    (void)state;
    assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
    assert_int_equal(schema->n_fields, 5);
    notes_init_many(&notes, BATCH_MAX);
    opened.handler->ops->process(opened.handler, &notes.batch);
    assert_int_equal(notes.batch.selected, BATCH_MAX);
    assert_ptr_equal(notes.batch.schema, schema);
    expect_text(&notes, schema, "site", 0, "berlin");
    expect_text(&notes, schema, "rack", BATCH_MAX - 1, "7");
    expect_text(&notes, schema, "host", 5, name);
    assert_null(schema_find(schema, "machine_id"));
    notes_deinit(&notes);
    close_handler(&opened);
}

static void emit(void *data, const struct row *row, uint64_t value)
{
    char *text = data;
    size_t used = strlen(text);

    snprintf(text + used, 100 - used, "%s %lu\n", row->name, (unsigned long)value);
}

static void looks_up(void **state)
{
    const char *path =
        write_file("ids.json", "[{\"id\": 1, \"name\": \"one\", \"odd\": true}, {\"id\": 2, "
                               "\"name\": \"two\"}]");
    char config[200], rows[100] = "";
    const struct schema *schema;
    struct opened opened;
    struct notes notes;

    (void)state;
    snprintf(config, sizeof(config),
             "{labels: {a: b}, table: {file: %s, key: 6 / id, by: id, add: [name, odd]}}", path);
    opened = open_handler(&enrich_ops, config, &host);
    schema = opened.handler->schema;
    notes_init_many(&notes, 8); /* 6 / id: null, 6, 3, 2, 1, 1, 1, 0 */
    opened.handler->ops->process(opened.handler, &notes.batch);
    expect_text(&notes, schema, "name", 0, NULL);
    expect_text(&notes, schema, "name", 2, NULL);
    expect_text(&notes, schema, "name", 3, "two");
    expect_text(&notes, schema, "name", 5, "one");
    expect_text(&notes, schema, "a", 5, "b");
    assert_false(batch_present(&notes.batch, schema_find(schema, "odd"), 3));
    assert_true(batch_present(&notes.batch, schema_find(schema, "odd"), 4));
    assert_int_equal(batch_integer(&notes.batch, schema_find(schema, "odd"), 4), 1);
    opened.handler->ops->rows(opened.handler, emit, rows);
    assert_string_equal(rows, "table_rows 2\nmisses 4\n");
    notes_deinit(&notes);
    close_handler(&opened);
}

static void refuses(void **state)
{
    const char *path = write_file("ids.csv", "id,bad name\n");
    char config[200], expected[600];

    (void)state;
    refuse_handler(&enrich_ops, "{}", &host, -EINVAL,
                   "t.yaml:1:9: enrich: expected at least one of labels, host, machine_id and "
                   "table\n");
    refuse_handler(
        &enrich_ops, "{labels: {id: x}}", &host, -EEXIST,
        "t.yaml:1:19: enrich.labels.id: struct note already has a field id; choose another name\n");
    refuse_handler(&enrich_ops, "{labels: {a-b: x, c: [d]}}", &host, -EINVAL,
                   "t.yaml:1:19: enrich.labels.a-b: a field's name has 1 to 64 letters, digits and "
                   "_, and does not begin with a digit\n"
                   "t.yaml:1:30: enrich.labels.c: expected a text, found a list\n");
    refuse_handler(&enrich_ops, "{table: {file: x.csv, by: a}}", &host, -EINVAL,
                   "t.yaml:1:17: enrich.table: the key \"key\" is missing (the value that is "
                   "looked up)\n"
                   "t.yaml:1:17: enrich.table: the key \"add\" is missing (the columns of the file "
                   "that become fields)\n"
                   "t.yaml:1:24: enrich.table.file: expected an absolute path, found \"x.csv\"\n");
    snprintf(config, sizeof(config), "{table: {file: %s, key: id, by: idd, add: id}}", path);
    snprintf(expected, sizeof(expected),
             "t.yaml:1:24: enrich.table.file: cannot use the table %s: no such column: idd; the "
             "columns are id, bad name\n",
             path);
    refuse_handler(&enrich_ops, config, &host, -EINVAL, expected);
    snprintf(config, sizeof(config), "{table: {file: %s, key: idd, by: id, add: id}}", path);
    refuse_handler(&enrich_ops, config, &host, -EINVAL,
                   "t.yaml:1:66: enrich.table.key: struct note has no field idd; did you mean id?\n"
                   "    idd\n"
                   "    ^\n");
    snprintf(config, sizeof(config), "{table: {file: %s, key: id, by: id, add: bad name}}", path);
    refuse_handler(&enrich_ops, config, &host, -EINVAL,
                   "t.yaml:1:78: enrich.table.add: a field's name has 1 to 64 letters, digits and "
                   "_, and does not begin with a digit\n");
    enrich_ops.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_for_all),
        cmocka_unit_test(looks_up),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
