// SPDX-License-Identifier: Apache-2.0

/* An object that clang has made, whole and without its BTF or DWARF: each reader must put each
 * member where the compiler of this test has it. */

#include "schema/find.h"

#include <bpf/btf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/types.h"
#include "types.h"
#include "unit/schema/member.h"

#define WHOLE OBJECTS ".bpf.o"
#define BTF   OBJECTS "-btf.bpf.o"
#define DWARF OBJECTS "-dwarf.bpf.o"
#define NONE  OBJECTS "-none.bpf.o"

static struct types *open_types(const char *path)
{
    struct types *types = NULL;
    struct error error;

    if (types_open(path, &error, &types) < 0)
        fail_msg("%s", error.text);
    return types;
}

static struct find_request request_of(const struct types *types, const char *type_name)
{
    return (struct find_request){
        .type_name = type_name,
        .btf = types->btf,
        .elf = types->elf,
        .elf_size = types->elf_size,
    };
}

static struct schema *find(const char *path, const char *type_name)
{
    _cleanup_(cleanup_types_free) struct types *types = open_types(path);
    struct find_request request = request_of(types, type_name);
    struct schema *schema = NULL;
    struct error error;

    if (find_schema(&request, &error, NULL, &schema) < 0)
        fail_msg("%s", error.text);
    return schema;
}

static void refuse(const struct find_request *request, int code, const char *text)
{
    struct schema *schema = NULL;
    struct error error = {0};

    assert_int_equal(find_schema(request, &error, NULL, &schema), code);
    assert_string_equal(error_join(&error), text);
    assert_null(schema);
}

/* ---- every reader, every kind ---- */

static const struct field *get(const struct schema *schema, const char *name, enum field_kind kind,
                               size_t offset, size_t size)
{
    const struct field *field = schema_find(schema, name);

    if (!field)
        fail_msg("no field %s", name);
    if (field->kind != kind || field->offset != offset || field->size != size)
        fail_msg("%s: kind %d, offset %u, size %u; expected %d, %zu, %zu", name, field->kind,
                 field->offset, field->size, kind, offset, size);
    return field;
}

#define GET(schema, type, member, kind) \
    get(schema, #member, kind, offsetof(struct type, member), sizeof(((struct type *)NULL)->member))

static void check_name(const struct field *field, const char *name, int64_t value)
{
    for (uint32_t i = 0; i < field->n_names; i++)
        if (strcmp(field->names[i].name, name) == 0 && field->names[i].value == value)
            return;
    fail_msg("%s: %s is not %lld", field->name, name, (long long)value);
}

static void check_numbers(const struct schema *schema)
{
    GET(schema, everything, ts, FIELD_UINT);
    assert_true(GET(schema, everything, s8, FIELD_INT)->is_signed);
    GET(schema, everything, u16, FIELD_UINT);
    assert_true(GET(schema, everything, s64, FIELD_INT)->is_signed);
    GET(schema, everything, truth, FIELD_BOOL);
    GET(schema, everything, narrow, FIELD_FLOAT);
    GET(schema, everything, wide, FIELD_FLOAT);
    GET(schema, everything, huge, FIELD_BYTES);
    assert_string_equal(GET(schema, everything, deep, FIELD_UINT)->type_name, "level4");
    assert_string_equal(GET(schema, everything, pointer, FIELD_POINTER)->type_name,
                        "const struct host *");
    GET(schema, everything, function, FIELD_POINTER);
    GET(schema, everything, hidden, FIELD_POINTER);
}

static void check_arrays(const struct schema *schema)
{
    const struct field *field;

    GET(schema, everything, comm, FIELD_CHARS);
    GET(schema, everything, mac, FIELD_ARRAY);
    GET(schema, everything, raw, FIELD_ARRAY);
    assert_int_equal(GET(schema, everything, numbers, FIELD_ARRAY)->members->kind, FIELD_INT);
    field = GET(schema, everything, names, FIELD_ARRAY);
    assert_int_equal(field->members->kind, FIELD_CHARS);
    assert_int_equal(field->stride, 8);
    field = GET(schema, everything, grid, FIELD_ARRAY);
    assert_int_equal(field->count, 2);
    assert_int_equal(field->stride, 6);
    assert_int_equal(field->members->count, 3);
    assert_int_equal(field->members->stride, 2);
    field = GET(schema, everything, hosts, FIELD_ARRAY);
    assert_int_equal(field->count, 3);
    assert_int_equal(field->stride, sizeof(struct host));
    field = member_find(field->members, "ports");
    assert_int_equal(field->offset,
                     offsetof(struct everything, hosts) + offsetof(struct host, ports));
    field = get(schema, "tail", FIELD_ARRAY, offsetof(struct everything, tail), 0);
    assert_int_equal(field->count, 0);
    assert_int_equal(field->stride, 2);
}

static void check_groups(const struct schema *schema)
{
    const struct field *field = GET(schema, everything, place, FIELD_STRUCT);

    assert_string_equal(field->type_name, "point");
    assert_int_equal(member_find(field, "y")->offset, offsetof(struct everything, place.y));
    GET(schema, everything, saddr, FIELD_UINT);
    GET(schema, everything, saddr_v6, FIELD_ARRAY);
    GET(schema, everything, low, FIELD_UINT);
    GET(schema, everything, high, FIELD_UINT);
    GET(schema, everything, inner, FIELD_UINT);
    GET(schema, everything, either, FIELD_UINT);
    GET(schema, everything, other, FIELD_UINT);
    field = GET(schema, everything, choice, FIELD_UNION);
    assert_int_equal(field->n_members, 2);
    assert_int_equal(member_find(field, "half")->offset, offsetof(struct everything, choice));
}

/* names: those of 64 bits are right, and -1 is. */
static void check_enums(const struct schema *schema, bool names)
{
    check_name(GET(schema, everything, color, FIELD_ENUM), "BLUE", 7);
    check_name(GET(schema, everything, tiny, FIELD_ENUM), "TINY_LAST", 200);
    if (!names) {
        assert_int_equal(GET(schema, everything, big, FIELD_UINT)->n_names, 0);
        check_name(GET(schema, everything, verdict, FIELD_ENUM), "DROP", UINT32_MAX);
        return;
    }
    check_name(GET(schema, everything, big, FIELD_ENUM), "BIG_HIGH", 1LL << 40);
    check_name(GET(schema, everything, verdict, FIELD_ENUM), "DROP", -1);
    assert_true(schema_find(schema, "verdict")->is_signed);
}

static void check_bit(const struct schema *schema, const char *name, enum field_kind kind,
                      uint32_t bit, uint32_t bits)
{
    const struct field *field = get(schema, name, kind, bit / 8, (bit % 8 + bits + 7) / 8);

    assert_int_equal(field->shift, bit % 8);
    assert_int_equal(field->bits, bits);
}

static void check_bits(const struct schema *schema)
{
    check_bit(schema, "low", FIELD_UINT, 0, 3);
    check_bit(schema, "sign", FIELD_INT, 3, 7);
    check_bit(schema, "flag", FIELD_BOOL, 10, 1);
    check_bit(schema, "color", FIELD_ENUM, 11, 4);
    check_bit(schema, "wide", FIELD_UINT, 18, 40);
    GET(schema, bits, plain, FIELD_UINT);
    check_bit(schema, "verdict", FIELD_ENUM, 80, 2);
    assert_true(schema_find(schema, "verdict")->is_signed);
    check_name(schema_find(schema, "verdict"), "DROP", -1);
}

static void check_tight(const struct schema *schema)
{
    assert_int_equal(schema->size, sizeof(struct tight));
    GET(schema, tight, first, FIELD_UINT);
    GET(schema, tight, second, FIELD_UINT);
    check_bit(schema, "low", FIELD_UINT, 72, 3);
    check_bit(schema, "straddles", FIELD_UINT, 75, 60);
    GET(schema, tight, host, FIELD_STRUCT);
    get(schema, "text", FIELD_CHARS, offsetof(struct tight, text), 0);
}

static void check_all(const char *path, bool names)
{
    struct schema *schema = find(path, "everything");

    assert_string_equal(schema->type_name, "struct everything");
    assert_int_equal(schema->size, sizeof(struct everything));
    check_numbers(schema);
    check_arrays(schema);
    check_groups(schema);
    check_enums(schema, names);
    schema_free(schema);
    schema = find(path, "struct bits");
    check_bits(schema);
    schema_free(schema);
    schema = find(path, "tight");
    check_tight(schema);
    schema_free(schema);
}

static void from_btf_alone(void **state)
{
    (void)state;
    check_all(BTF, false);
}

static void from_btf_with_enums_from_dwarf(void **state)
{
    (void)state;
    check_all(WHOLE, true);
}

static void from_dwarf_alone(void **state)
{
    (void)state;
    check_all(DWARF, true);
}

/* ---- where it is looked for ---- */

static void what_only_locals_use_is_in_dwarf(void **state)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = find(WHOLE, "local");

    (void)state;
    assert_int_equal(schema->size, sizeof(struct local));
    assert_int_equal(schema_find(schema, "big")->kind, FIELD_ENUM);
}

static void another_file_has_it(void **state)
{
    static const char *const others[] = {WHOLE, BTF, DWARF};
    _cleanup_(cleanup_types_free) struct types *types = open_types(NONE);
    struct find_request request = request_of(types, "flow");
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct schema *schema = NULL;

        request.types_from = others[i];
        if (find_schema(&request, &error, NULL, &schema) < 0)
            fail_msg("%s", error.text);
        assert_int_equal(schema->size, sizeof(struct flow));
        schema_free(schema);
    }
}

static void conventions_name_it(void **state)
{
    static const struct {
        const char *map;
        const char *type;
    } cases[] = {{"types_flows", "struct flow"},
                 {"types_of_the_drops", "struct drop"},
                 {"types_of_the_dr", "struct drop"}}; /* as the kernel calls it */
    _cleanup_(cleanup_types_free) struct types *none = open_types(NONE);
    _cleanup_(cleanup_types_free) struct types *whole = open_types(WHOLE);
    struct error error;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        struct find_request request = request_of(i % 2 ? none : whole, NULL);
        struct schema *schema = NULL;

        request.map_name = cases[i / 2].map;
        request.types_from = i % 2 ? WHOLE : NULL;
        if (find_schema(&request, &error, NULL, &schema) < 0)
            fail_msg("%s", error.text);
        assert_string_equal(schema->type_name, cases[i / 2].type);
        schema_free(schema);
    }
}

static void c_text_is_the_last_resort(void **state)
{
    _cleanup_(cleanup_types_free) struct types *types = open_types(BTF);
    struct find_request request = request_of(types, "local");
    struct schema *schema = NULL;
    struct error error;

    (void)state;
    request.layout = "struct local { __u32 a; }; struct flow { __u8 other; };";
    if (find_schema(&request, &error, NULL, &schema) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(schema->size, 4);
    schema_free(schema);
    request.type_name = "flow"; /* which the object has */
    assert_int_equal(find_schema(&request, &error, NULL, &schema), 0);
    assert_int_equal(schema->size, sizeof(struct flow));
    schema_free(schema);
    request.type_name = NULL; /* a layout without a name stands for itself */
    assert_int_equal(find_schema(&request, &error, NULL, &schema), 0);
    assert_int_equal(schema->size, 1);
    schema_free(schema);
}

/* ---- where it is not found ---- */

#define ADVICE "; set types_from: to a file with this type, or describe it in layout:"

static void stripped_objects(void **state)
{
    _cleanup_(cleanup_types_free) struct types *types = open_types(NONE);
    struct find_request request = request_of(types, "flow");

    (void)state;
    refuse(&request, -ENOENT,
           "the object has neither BTF nor DWARF: its types were stripped" ADVICE);
    request.types_from = NONE;
    refuse(&request, -ENOENT,
           NONE " has neither BTF nor DWARF: its types were stripped; describe it in layout:");
}

static void btf_without_structs(void **state)
{
    struct btf *btf = btf__new_empty();
    struct find_request request = {.btf = btf};

    (void)state;
    btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
    refuse(&request, -ENOENT, "the BTF has no struct" ADVICE);
    btf__free(btf);
}

/* As of an object whose programs name no type: its record types are in the DWARF only. */
static void types_in_the_dwarf_are_listed(void **state)
{
    _cleanup_(cleanup_types_free) struct types *types = open_types(DWARF);
    struct btf *btf = btf__new_empty();
    struct find_request request = request_of(types, NULL);
    struct schema *schema = NULL;
    struct error error;

    (void)state;
    btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
    request.btf = btf;
    assert_int_equal(find_schema(&request, &error, NULL, &schema), -ENOENT);
    assert_string_equal(error_join(&error),
                        "which type do the records have? found in DWARF: flow, drop, "
                        "everything, host, point, bits, tight, local; for example, set type: flow");
    btf__free(btf);
}

static void unknown_names(void **state)
{
    _cleanup_(cleanup_types_free) struct types *types = open_types(BTF);
    struct find_request request = request_of(types, "flwo");

    (void)state;
    refuse(&request, -ENOENT,
           "struct \"flwo\" is not in the BTF; there are: flow, drop, everything, bits; did you "
           "mean \"flow\"?" ADVICE);
    request = request_of(types, NULL);
    refuse(&request, -ENOENT,
           "which type do the records have? found in BTF: flow, drop, everything, bits; for "
           "example, set type: flow");
}

static void the_refusal_that_knows_a_similar_name_is_said(void **state)
{
    _cleanup_(cleanup_types_free) struct types *types = open_types(WHOLE);
    struct find_request request = request_of(types, "locla");
    struct schema *schema = NULL;
    struct error error;

    (void)state;
    request.is_all = true;
    assert_int_equal(find_schema(&request, &error, NULL, &schema), -ENOENT);
    assert_string_equal(error.hint, "did you mean \"local\"?");
    assert_non_null(
        strstr(error.text, " (searched: the BTF of the object, the DWARF of the object)"));
}

static void mistakes_in_the_layout_have_a_place(void **state)
{
    struct find_request request = {.layout = "struct a {\n  int x\n};"};
    struct find_place place = {0};
    struct schema *schema = NULL;
    struct error error;

    (void)state;
    assert_int_equal(find_schema(&request, &error, &place, &schema), -EINVAL);
    assert_int_equal(strncmp(error.text, "layout: ", 8), 0);
    assert_int_equal(place.line, 3);
    assert_int_equal(place.column, 1);
}

static void a_file_that_is_not_there(void **state)
{
    struct find_request request = {.type_name = "flow", .types_from = "/nowhere/at.all"};

    (void)state;
    refuse(&request, -ENOENT,
           "types_from: /nowhere/at.all: cannot be opened: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_btf_alone),
        cmocka_unit_test(from_btf_with_enums_from_dwarf),
        cmocka_unit_test(from_dwarf_alone),
        cmocka_unit_test(what_only_locals_use_is_in_dwarf),
        cmocka_unit_test(another_file_has_it),
        cmocka_unit_test(conventions_name_it),
        cmocka_unit_test(c_text_is_the_last_resort),
        cmocka_unit_test(stripped_objects),
        cmocka_unit_test(btf_without_structs),
        cmocka_unit_test(types_in_the_dwarf_are_listed),
        cmocka_unit_test(unknown_names),
        cmocka_unit_test(the_refusal_that_knows_a_similar_name_is_said),
        cmocka_unit_test(mistakes_in_the_layout_have_a_place),
        cmocka_unit_test(a_file_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
