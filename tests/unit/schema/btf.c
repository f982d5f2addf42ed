// SPDX-License-Identifier: Apache-2.0

/* Each test builds the BTF of one struct in memory, with libbpf's own writer. */

#include "schema/btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ALLOWED \
    "; allowed are integers, bool, enums, char[N], struct ringmill_text and struct ringmill_texts"

struct types {
    struct btf *btf;
    int u8;
    int u16;
    int u32;
    int u64;
    int s8;
    int s16;
    int s32;
    int s64;
    int boolean;
    int character;
    int schar;
};

static int setup(void **state)
{
    static struct types types;
    struct btf *btf = btf__new_empty();

    types.btf = btf;
    types.u8 = btf__add_int(btf, "unsigned char", 1, 0);
    types.u16 = btf__add_int(btf, "unsigned short", 2, 0);
    types.u32 = btf__add_int(btf, "unsigned int", 4, 0);
    types.u64 = btf__add_int(btf, "unsigned long long", 8, 0);
    types.s8 = types.schar = btf__add_int(btf, "signed char", 1, BTF_INT_SIGNED);
    types.s16 = btf__add_int(btf, "short", 2, BTF_INT_SIGNED);
    types.s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
    types.s64 = btf__add_int(btf, "long long", 8, BTF_INT_SIGNED);
    types.boolean = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
    types.character = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
    *state = &types;
    return 0;
}

static int teardown(void **state)
{
    struct types *types = *state;

    btf__free(types->btf);
    return 0;
}

static int add_array(struct types *types, int element, unsigned length)
{
    return btf__add_array(types->btf, types->u32, element, length);
}

static int add_texts(struct types *types, const char *name)
{
    int id = btf__add_struct(types->btf, name, 4);

    btf__add_field(types->btf, "offset", types->u16, 0, 0);
    btf__add_field(types->btf, "length", types->u16, 16, 0);
    return id;
}

/* "struct event" with one field. */
static void add_event(struct types *types, unsigned size, const char *field, int type)
{
    btf__add_struct(types->btf, "event", size);
    btf__add_field(types->btf, field, type, 0, 0);
}

static struct schema *read_event(struct types *types)
{
    struct error error = {0};
    struct schema *schema = NULL;
    int r = schema_from_btf(types->btf, "event", &error, &schema);

    if (r < 0)
        fail_msg("%s", error.text);
    return schema;
}

static void assert_field(const struct schema *schema, uint32_t index, const char *name,
                         enum field_kind kind, uint32_t offset, uint32_t size)
{
    const struct field *field = &schema->fields[index];

    assert_in_range(index, 0, schema->n_fields - 1);
    assert_string_equal(field->name, name);
    assert_int_equal(field->kind, kind);
    assert_int_equal(field->offset, offset);
    assert_int_equal(field->size, size);
}

static void assert_refused(struct types *types, const char *name, int code, const char *text)
{
    struct error error = {0};
    struct schema *schema = (void *)types;

    assert_int_equal(schema_from_btf(types->btf, name, &error, &schema), code);
    assert_string_equal(error.text, text);
    assert_ptr_equal(schema, types);
}

static void integers_keep_size_and_sign(void **state)
{
    struct types *types = *state;
    const int ids[] = {types->u8, types->u16, types->u32, types->u64,
                       types->s8, types->s16, types->s32, types->s64};
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_struct(types->btf, "event", 64);
    for (int i = 0; i < 8; i++) {
        char name[16];

        snprintf(name, sizeof(name), "f%d", i);
        btf__add_field(types->btf, name, ids[i], i * 64, 0);
    }
    schema = read_event(types);
    assert_string_equal(schema->type_name, "struct event");
    assert_int_equal(schema->size, 64);
    assert_int_equal(schema->n_fields, 8);
    for (uint32_t i = 0; i < 8; i++) {
        char name[16];

        snprintf(name, sizeof(name), "f%u", i);
        assert_field(schema, i, name, i < 4 ? FIELD_UINT : FIELD_INT, i * 8, 1U << (i % 4));
        assert_int_equal(schema->fields[i].is_signed, i >= 4);
        assert_int_equal(schema->fields[i].meaning, MEANING_NONE);
    }
}

static void typedefs_and_qualifiers_are_looked_through(void **state)
{
    struct types *types = *state;
    int u32 = btf__add_typedef(types->btf, "__u32", types->u32);
    int constant = btf__add_const(types->btf, u32);
    int outer = btf__add_typedef(types->btf, "pid_t", btf__add_volatile(types->btf, constant));
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    add_event(types, 4, "pid", outer);
    schema = read_event(types);
    assert_field(schema, 0, "pid", FIELD_UINT, 0, 4);
}

static void bool_is_its_own_kind(void **state)
{
    struct types *types = *state;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    add_event(types, 1, "cut", types->boolean);
    schema = read_event(types);
    assert_field(schema, 0, "cut", FIELD_BOOL, 0, 1);
}

static void ktime_has_its_meaning(void **state)
{
    struct types *types = *state;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    add_event(types, 8, "ktime", types->u64);
    schema = read_event(types);
    assert_int_equal(schema->fields[0].meaning, MEANING_KTIME);
}

static void a_ktime_of_another_type_means_nothing(void **state)
{
    struct types *types = *state;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    add_event(types, 4, "ktime", types->u32);
    schema = read_event(types);
    assert_int_equal(schema->fields[0].meaning, MEANING_NONE);
}

static void unsigned_enum(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum(types->btf, "color", 4);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum_value(types->btf, "RED", 3);
    btf__add_enum_value(types->btf, "GREEN", 1);
    add_event(types, 4, "color", id);
    schema = read_event(types);
    assert_field(schema, 0, "color", FIELD_ENUM, 0, 4);
    assert_false(schema->fields[0].is_signed);
    assert_int_equal(schema->fields[0].n_names, 2);
    assert_string_equal(schema->fields[0].names[0].name, "RED");
    assert_int_equal(schema->fields[0].names[0].value, 3);
    assert_string_equal(schema->fields[0].names[1].name, "GREEN");
}

static void signed_enum(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum(types->btf, "verdict", 4);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum_value(types->btf, "DROP", -1);
    add_event(types, 4, "verdict", id);
    schema = read_event(types);
    assert_true(schema->fields[0].is_signed);
    assert_int_equal(schema->fields[0].names[0].value, -1);
}

/* An old clang marks no enum as signed: names and values must still meet, as unsigned bits. */
static void high_values_of_an_unsigned_enum_stay_positive(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum(types->btf, "color", 4);
    struct btf_type *type;
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum_value(types->btf, "HIGH", -1);
    type = (struct btf_type *)btf__type_by_id(types->btf, (unsigned)id);
    type->info &= ~(1U << 31);
    add_event(types, 4, "color", id);
    schema = read_event(types);
    assert_false(schema->fields[0].is_signed);
    assert_true(schema->fields[0].names[0].value == UINT32_MAX);
}

static void enum_of_64_bits(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum64(types->btf, "big", 8, false);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum64_value(types->btf, "TOP", UINT64_MAX);
    btf__add_enum64_value(types->btf, "MIDDLE", 1ULL << 32);
    add_event(types, 8, "big", id);
    schema = read_event(types);
    assert_field(schema, 0, "big", FIELD_ENUM, 0, 8);
    assert_true(schema->fields[0].names[0].value == -1);
    assert_true(schema->fields[0].names[1].value == 1LL << 32);
}

static void cut_enum_of_64_bits_is_a_number(void **state)
{
    struct types *types = *state;
    int id = btf__add_enum(types->btf, "big", 8);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_enum_value(types->btf, "LIE", 0);
    add_event(types, 8, "big", id);
    schema = read_event(types);
    assert_field(schema, 0, "big", FIELD_UINT, 0, 8);
    assert_int_equal(schema->fields[0].n_names, 0);
}

static void char_arrays_are_text(void **state)
{
    struct types *types = *state;
    int name = btf__add_typedef(types->btf, "name_t", add_array(types, types->character, 16));
    int signed_name = add_array(types, types->schar, 5);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_struct(types->btf, "event", 24);
    btf__add_field(types->btf, "comm", name, 0, 0);
    btf__add_field(types->btf, "tag", signed_name, 128, 0);
    schema = read_event(types);
    assert_field(schema, 0, "comm", FIELD_CHARS, 0, 16);
    assert_field(schema, 1, "tag", FIELD_CHARS, 16, 5);
}

static void texts_and_their_home(void **state)
{
    struct types *types = *state;
    int text = add_texts(types, "ringmill_text");
    int texts = add_texts(types, "ringmill_texts");
    int home = add_array(types, types->character, 0);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;

    btf__add_struct(types->btf, "event", 8);
    btf__add_field(types->btf, "path", text, 0, 0);
    btf__add_field(types->btf, "args", texts, 32, 0);
    btf__add_field(types->btf, "bytes", home, 64, 0);
    schema = read_event(types);
    assert_int_equal(schema->n_fields, 2);
    assert_field(schema, 0, "path", FIELD_TEXT, 0, 4);
    assert_field(schema, 1, "args", FIELD_TEXTS, 4, 4);
}

static void names_of_all_forms_are_found(void **state)
{
    struct types *types = *state;
    int unnamed = btf__add_struct(types->btf, NULL, 4);
    struct schema *schema = NULL;

    btf__add_field(types->btf, "pid", types->u32, 0, 0);
    btf__add_typedef(types->btf, "event_t", unnamed);
    add_event(types, 4, "tid", types->u32);
    assert_int_equal(schema_from_btf(types->btf, "struct event", NULL, &schema), 0);
    assert_string_equal(schema->type_name, "struct event");
    assert_non_null(schema_find(schema, "tid"));
    schema_free(schema);
    assert_int_equal(schema_from_btf(types->btf, "event_t", NULL, &schema), 0);
    assert_string_equal(schema->type_name, "event_t");
    assert_non_null(schema_find(schema, "pid"));
    schema_free(schema);
}

static void other_kinds_are_refused(void **state)
{
    struct types *types = *state;
    struct btf *btf = types->btf;
    int nested = btf__add_struct(btf, "inner", 4);
    const struct {
        int type;
        const char *kind;
    } cases[] = {
        {nested, "a nested struct"},
        {btf__add_union(btf, "either", 4), "a union"},
        {btf__add_ptr(btf, types->u32), "a pointer"},
        {btf__add_float(btf, "double", 8), "a floating point number"},
        {add_array(types, types->u32, 4), "an array"},
        {add_array(types, types->u8, 4), "an array"},
        {btf__add_int(btf, "__int128", 16, 0), "an integer of an unusual size"},
        {btf__add_func_proto(btf, 0), "of an unknown kind"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[16];
        char text[256];

        snprintf(name, sizeof(name), "event%zu", i);
        snprintf(text, sizeof(text), "struct %s: field \"odd\" is %s" ALLOWED, name, cases[i].kind);
        btf__add_struct(btf, name, 32);
        btf__add_field(btf, "fine", types->u32, 0, 0);
        btf__add_field(btf, "odd", cases[i].type, 64, 0);
        assert_refused(types, name, -ENOTSUP, text);
    }
}

static void bitfields_are_refused(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "event", 4);
    btf__add_field(types->btf, "low", types->u32, 0, 3);
    assert_refused(types, "event", -ENOTSUP, "struct event: field \"low\" is a bitfield" ALLOWED);
}

static void only_the_last_array_may_lack_a_length(void **state)
{
    struct types *types = *state;
    int chars = add_array(types, types->character, 0);

    btf__add_struct(types->btf, "event", 4);
    btf__add_field(types->btf, "early", chars, 0, 0);
    btf__add_field(types->btf, "pid", types->u32, 0, 0);
    assert_refused(types, "event", -ENOTSUP,
                   "struct event: field \"early\" is an array without a length" ALLOWED);
}

static void only_chars_may_lack_a_length(void **state)
{
    struct types *types = *state;

    add_event(types, 4, "stack", add_array(types, types->u64, 0));
    assert_refused(types, "event", -ENOTSUP,
                   "struct event: field \"stack\" is an array without a length" ALLOWED);
}

/* libbpf's writer refuses such a size, a file may still claim it. */
static void sizes_that_cannot_be_read_are_refused(void **state)
{
    struct types *types = *state;
    int number = btf__add_int(types->btf, "odd_int", 4, 0);
    int color = btf__add_enum(types->btf, "odd_enum", 4);
    struct btf_type *type = (struct btf_type *)btf__type_by_id(types->btf, (unsigned)number);

    type->size = 3;
    *(__u32 *)(type + 1) = 24;
    type = (struct btf_type *)btf__type_by_id(types->btf, (unsigned)color);
    type->size = 0;
    add_event(types, 4, "number", number);
    assert_refused(types, "event", -ENOTSUP,
                   "struct event: field \"number\" is an integer of an unusual size" ALLOWED);
    btf__add_struct(types->btf, "other", 4);
    btf__add_field(types->btf, "color", color, 0, 0);
    assert_refused(types, "other", -ENOTSUP,
                   "struct other: field \"color\" is an integer of an unusual size" ALLOWED);
}

static void a_circle_of_typedefs_is_damage(void **state)
{
    struct types *types = *state;
    int id = btf__add_typedef(types->btf, "snake", types->u32);

    ((struct btf_type *)btf__type_by_id(types->btf, (unsigned)id))->type = (__u32)id;
    add_event(types, 4, "tail", id);
    assert_refused(types, "event", -EINVAL, "struct event: its BTF is damaged");
}

static int keep(struct types *types, const char *name)
{
    char variable[32];
    int id = btf__add_struct(types->btf, name, 4);

    btf__add_field(types->btf, "pid", types->u32, 0, 0);
    id = btf__add_ptr(types->btf, btf__add_const(types->btf, id));
    snprintf(variable, sizeof(variable), "unused_%s", name);
    return btf__add_var(types->btf, variable, BTF_VAR_GLOBAL_ALLOCATED, id);
}

static void without_a_name_the_only_kept_struct_is_taken(void **state)
{
    struct types *types = *state;
    struct schema *schema = NULL;

    btf__add_struct(types->btf, "task_struct", 8);
    keep(types, "flow");
    assert_int_equal(schema_from_btf(types->btf, NULL, NULL, &schema), 0);
    assert_string_equal(schema->type_name, "struct flow");
    schema_free(schema);
}

static void without_a_name_there_must_be_one_kept_struct(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "task_struct", 8);
    assert_refused(types, NULL, -ENOENT,
                   "the type of the samples must be named; there are: task_struct");
    keep(types, "flow");
    keep(types, "drop");
    assert_refused(types, NULL, -ENOENT,
                   "the type of the samples must be named; there are: flow, drop");
}

static void unknown_name_lists_structs(void **state)
{
    struct types *types = *state;

    assert_refused(types, "struct event", -ENOENT, "the BTF holds no struct at all");
    btf__add_struct(types->btf, "flow", 8);
    btf__add_struct(types->btf, "opaque", 0);
    btf__add_struct(types->btf, "drop", 8);
    assert_refused(types, "struct event", -ENOENT,
                   "no struct \"event\" in the BTF; there are: flow, drop");
}

static void unknown_name_lists_ten_structs_at_most(void **state)
{
    struct types *types = *state;

    for (int i = 0; i < 12; i++) {
        char name[16];

        snprintf(name, sizeof(name), "s%d", i);
        btf__add_struct(types->btf, name, 8);
    }
    assert_refused(types, "event", -ENOENT,
                   "no struct \"event\" in the BTF; there are: "
                   "s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, ...");
}

static void unknown_name_lists_kept_structs_first(void **state)
{
    struct types *types = *state;

    btf__add_struct(types->btf, "task_struct", 8);
    keep(types, "flow");
    btf__add_var(types->btf, "unused_number", BTF_VAR_GLOBAL_ALLOCATED, types->u32);
    assert_refused(types, "event", -ENOENT, "no struct \"event\" in the BTF; there are: flow");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(integers_keep_size_and_sign),
        TEST(typedefs_and_qualifiers_are_looked_through),
        TEST(bool_is_its_own_kind),
        TEST(ktime_has_its_meaning),
        TEST(a_ktime_of_another_type_means_nothing),
        TEST(unsigned_enum),
        TEST(signed_enum),
        TEST(high_values_of_an_unsigned_enum_stay_positive),
        TEST(enum_of_64_bits),
        TEST(cut_enum_of_64_bits_is_a_number),
        TEST(char_arrays_are_text),
        TEST(texts_and_their_home),
        TEST(names_of_all_forms_are_found),
        TEST(other_kinds_are_refused),
        TEST(bitfields_are_refused),
        TEST(only_the_last_array_may_lack_a_length),
        TEST(only_chars_may_lack_a_length),
        TEST(sizes_that_cannot_be_read_are_refused),
        TEST(a_circle_of_typedefs_is_damage),
        TEST(without_a_name_the_only_kept_struct_is_taken),
        TEST(without_a_name_there_must_be_one_kept_struct),
        TEST(unknown_name_lists_structs),
        TEST(unknown_name_lists_ten_structs_at_most),
        TEST(unknown_name_lists_kept_structs_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
