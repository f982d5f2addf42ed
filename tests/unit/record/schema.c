// SPDX-License-Identifier: Apache-2.0
#include "record/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "record/field.h"

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

/* ---- record/field.h ---- */

static void check_text(const struct field *field, uint32_t length, const char *expected)
{
    static const char sample[] = "12345678abc\0def";
    const struct ringmill_view view = {.data = sample, .length = length};
    struct text text = field_text(field, &view);

    assert_int_equal(text.bytes == NULL, expected == NULL);
    if (!expected)
        return;
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.bytes, expected, text.length);
}

static void a_text_without_a_size_ends_with_the_sample(void **state)
{
    const struct field field = {.kind = FIELD_CHARS, .offset = 8};

    (void)state;
    check_text(&field, 7, NULL);
    check_text(&field, 8, "");
    check_text(&field, 10, "ab");
    check_text(&field, 11, "abc");
    check_text(&field, 15, "abc");
}

static void an_array_without_a_count_has_what_is_there(void **state)
{
    const struct field element = {.kind = FIELD_UINT, .offset = 8, .size = 4};
    struct field field = {.kind = FIELD_ARRAY, .offset = 8, .stride = 4, .members = &element};
    struct ringmill_view view = {.data = ""};

    (void)state;
    for (view.length = 0; view.length < 30; view.length++) {
        assert_int_equal(field_present(&field, &view), view.length >= 8);
        assert_int_equal(field_count(&field, &view), view.length < 8 ? 0 : (view.length - 8) / 4);
    }
    field.count = 3;
    view.length = 9;
    assert_int_equal(field_count(&field, &view), 3);
}

static void bits_of_all_widths_at_all_places(void **state)
{
    uint8_t sample[24];
    const struct ringmill_view view = {.data = sample, .length = sizeof(sample)};

    (void)state;
    for (uint32_t bit = 0; bit < 24; bit++) {
        for (uint32_t bits = 1; bits <= 64; bits++) {
            struct field field = {.kind = FIELD_UINT,
                                  .offset = bit / 8,
                                  .shift = bit % 8,
                                  .bits = (uint8_t)bits,
                                  .size = (bit % 8 + bits + 7) / 8};

            memset(sample, 0, sizeof(sample));
            for (uint32_t i = bit; i < bit + bits; i++)
                sample[i / 8] |= (uint8_t)(1U << (i % 8));
            assert_true(field_integer(&field, &view) == UINT64_MAX >> (64 - bits));
            field.is_signed = true;
            assert_true(field_integer(&field, &view) == UINT64_MAX);
            for (uint32_t i = 0; i < sizeof(sample); i++)
                sample[i] = (uint8_t)~sample[i]; /* all but its own */
            assert_true(field_integer(&field, &view) == 0);
        }
    }
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
        cmocka_unit_test(a_text_without_a_size_ends_with_the_sample),
        cmocka_unit_test(an_array_without_a_count_has_what_is_there),
        cmocka_unit_test(bits_of_all_widths_at_all_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
