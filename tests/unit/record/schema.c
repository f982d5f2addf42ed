// SPDX-License-Identifier: Apache-2.0
#include "record/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void new_schema_has_zeroed_fields(void **state)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = schema_new("struct event", 3);
    const struct field zero = {0};

    (void)state;
    assert_non_null(schema);
    assert_string_equal(schema->type_name, "struct event");
    assert_int_equal(schema->n_fields, 3);
    for (int i = 0; i < 3; i++)
        assert_memory_equal(&schema->fields[i], &zero, sizeof(zero));
}

static void type_name_is_a_copy(void **state)
{
    char name[] = "struct event";
    _cleanup_(cleanup_schema_free) struct schema *schema = schema_new(name, 0);

    (void)state;
    name[0] = 'X';
    assert_string_equal(schema->type_name, "struct event");
}

static void kept_pieces_live_with_the_schema(void **state)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = schema_new("struct event", 1);
    char text[] = "pid";
    const char *kept = schema_keep(schema, text);
    struct enum_name *names = schema_keep_array(schema, 1000, sizeof(*names));

    (void)state;
    text[0] = 'X';
    assert_string_equal(kept, "pid");
    assert_int_equal((uintptr_t)names % _Alignof(max_align_t), 0);
    for (int i = 0; i < 1000; i++) {
        assert_null(names[i].name);
        assert_int_equal(names[i].value, 0);
    }
    assert_string_equal(schema_keep(schema, ""), "");
}

static void keeping_more_than_memory_fails(void **state)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = schema_new("struct event", 1);

    (void)state;
    assert_null(schema_keep_array(schema, SIZE_MAX / 2, 3));
    assert_null(schema_keep_array(schema, SIZE_MAX, 1));
    assert_non_null(schema_keep_array(schema, 0, 8));
}

static void find_goes_by_the_whole_name(void **state)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = schema_new("struct event", 2);

    (void)state;
    schema->fields[0].name = schema_keep(schema, "pid");
    schema->fields[1].name = schema_keep(schema, "pid_max");
    assert_ptr_equal(schema_find(schema, "pid"), &schema->fields[0]);
    assert_ptr_equal(schema_find(schema, "pid_max"), &schema->fields[1]);
    assert_null(schema_find(schema, "pi"));
    assert_null(schema_find(schema, ""));
}

static void freeing_nothing_is_allowed(void **state)
{
    (void)state;
    schema_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_schema_has_zeroed_fields),
        cmocka_unit_test(type_name_is_a_copy),
        cmocka_unit_test(kept_pieces_live_with_the_schema),
        cmocka_unit_test(keeping_more_than_memory_fails),
        cmocka_unit_test(find_goes_by_the_whole_name),
        cmocka_unit_test(freeing_nothing_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
