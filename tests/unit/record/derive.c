// SPDX-License-Identifier: Apache-2.0
#include "record/derive.h"

#include "unit/record/support.h"

static struct config_tree *tree;
static struct diag diag;

static int set_up(void **state)
{
    (void)state;
    tree = load("a: b\n");
    diag_init(&diag);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    config_tree_free(tree);
    return 0;
}

static void keeps_the_fields_that_came_in(void **state)
{
    struct schema *schema = derive_schema(&note_schema, 0);

    (void)state;
    assert_string_equal(schema->type_name, "struct note");
    assert_int_equal(schema->size, note_schema.size);
    assert_int_equal(schema->n_fields, 2);
    assert_int_equal(schema->n_columns, 0);
    assert_memory_equal(schema->fields, note_fields, sizeof(note_fields));
    schema_free(schema);
    expect_messages(&diag, "");
}

static void columns_are_numbered_through(void **state)
{
    struct schema *one = derive_schema(&note_schema, 2), *two;

    (void)state;
    assert_int_equal(derive_new_column(one, "_weight", &derive_weight, tree->root->first, &diag),
                     1);
    assert_int_equal(derive_new_column(one, "host", &derive_text, tree->root->first, &diag), 2);
    two = derive_schema(one, 1);
    assert_int_equal(derive_new_column(two, "n", &derive_count, tree->root->first, &diag), 3);
    assert_int_equal(two->n_fields, 5);
    assert_int_equal(two->n_columns, 3);
    assert_string_equal(two->fields[2].name, "_weight");
    assert_ptr_equal(schema_find_meaning(two, MEANING_WEIGHT), &two->fields[2]);
    assert_int_equal(two->fields[3].column, 2);
    assert_int_equal(two->fields[4].column, 3);
    assert_int_equal(one->n_fields, 4);
    schema_free(two);
    schema_free(one);
    expect_messages(&diag, "");
}

static void a_column_can_take_a_fields_place(void **state)
{
    struct schema *schema = derive_schema(&note_schema, 0);

    (void)state;
    assert_int_equal(derive_column(schema, "id", &derive_text, tree->root->first, &diag), 1);
    assert_int_equal(schema->n_fields, 2);
    assert_string_equal(schema->fields[0].name, "id");
    assert_int_equal(schema->fields[0].kind, FIELD_CHARS);
    assert_int_equal(schema->fields[0].column, 1);
    assert_int_equal(note_fields[0].column, 0);
    schema_free(schema);
    expect_messages(&diag, "");
}

static void refuses_what_is_there_and_what_is_too_much(void **state)
{
    struct schema *schema = derive_schema(&note_schema, BATCH_COLUMNS_MAX + 1);
    char name[16];

    (void)state;
    assert_int_equal(derive_new_column(schema, "id", &derive_text, tree->root->first, &diag),
                     -EEXIST);
    for (int i = 1; i <= BATCH_COLUMNS_MAX; i++) {
        snprintf(name, sizeof(name), "c%d", i);
        assert_int_equal(derive_new_column(schema, name, &derive_bool, tree->root->first, &diag),
                         i);
    }
    assert_int_equal(derive_new_column(schema, "d", &derive_signed, tree->root->first, &diag),
                     -ENOSPC);
    assert_int_equal(schema->n_fields, 2 + BATCH_COLUMNS_MAX);
    schema_free(schema);
    expect_messages(
        &diag,
        "t.yaml:1:1: a: struct note already has a field id; choose another name\n"
        "t.yaml:1:4: a: too many added fields; the handlers of a pipeline can add at most 64\n");
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TREE(keeps_the_fields_that_came_in),
        WITH_TREE(columns_are_numbered_through),
        WITH_TREE(a_column_can_take_a_fields_place),
        WITH_TREE(refuses_what_is_there_and_what_is_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
