// SPDX-License-Identifier: Apache-2.0

/* Texts and the fields that they mean. What the compilers make of odder structs is compared by
 * tests/schema/layout.py. */

#include "schema/ctext.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "schema/btf.h"
#include "schema/schema_table.h"
#include "schema/types.h"
#include "unit/schema/member.h"

static struct schema *read_type(const char *text, const char *name)
{
    struct schema *schema = NULL;
    struct error error = {0};
    uint32_t line = 7, column = 7;

    if (schema_from_ctext(text, name, &error, &line, &column, &schema) < 0)
        fail_msg("%u:%u: %s", line, column, error.text);
    assert_int_equal(line, 7);
    assert_int_equal(column, 7);
    return schema;
}

static struct schema *read_last(const char *text)
{
    return read_type(text, NULL);
}

/* Reads a struct's members. */
static struct schema *read_members(const char *members)
{
    char text[4096];

    snprintf(text, sizeof(text), "struct event { %s };", members);
    return read_last(text);
}

static void assert_refused_type(const char *text, const char *name, int code, uint32_t line,
                                uint32_t column, const char *sentence)
{
    struct schema *schema = (void *)&code;
    uint32_t at_line = 7, at_column = 7;
    struct error error = {0};

    assert_int_equal(schema_from_ctext(text, name, &error, &at_line, &at_column, &schema), code);
    assert_string_equal(error_join(&error), sentence);
    assert_int_equal(at_line, line);
    assert_int_equal(at_column, column);
    assert_ptr_equal(schema, &code);
}

/* On the text's one line. */
static void assert_refused(const char *text, uint32_t column, const char *sentence)
{
    assert_refused_type(text, NULL, -EINVAL, 1, column, sentence);
}

static void assert_field(const struct schema *schema, const char *name, enum field_kind kind,
                         uint32_t offset, uint32_t size, const char *type_name)
{
    const struct field *field = schema_find(schema, name);

    if (!field)
        fail_msg("there is no field %s", name);
    assert_int_equal(field->kind, kind);
    assert_int_equal(field->offset, offset);
    assert_int_equal(field->size, size);
    assert_string_equal(field->type_name, type_name);
    assert_int_equal(field->meaning, MEANING_NONE);
}

static void assert_bits(const struct schema *schema, const char *name, uint32_t first,
                        uint32_t bits)
{
    const struct field *field = schema_find(schema, name);

    if (!field)
        fail_msg("there is no field %s", name);
    assert_int_equal(8 * field->offset + field->shift, first);
    assert_int_equal(field->bits, bits);
    assert_int_equal(field->size, (field->shift + bits + 7) / 8);
}

static void assert_size(const char *text, uint32_t size)
{
    struct schema *schema = read_last(text);

    assert_int_equal(schema->size, size);
    schema_free(schema);
}

/* ---- what it understands ---- */

static void integers_have_all_their_spellings(void **state)
{
    static const struct {
        const char *text;
        uint32_t size;
        bool is_signed;
        const char *type_name;
    } rows[] = {
        {"char", 1, true, "char"},
        {"signed char", 1, true, "signed char"},
        {"unsigned char", 1, false, "unsigned char"},
        {"short", 2, true, "short"},
        {"short int", 2, true, "short"},
        {"int short unsigned", 2, false, "unsigned short"},
        {"int", 4, true, "int"},
        {"signed", 4, true, "int"},
        {"unsigned", 4, false, "unsigned int"},
        {"const unsigned volatile int", 4, false, "unsigned int"},
        {"long", 8, true, "long"},
        {"unsigned long int", 8, false, "unsigned long"},
        {"long long", 8, true, "long long"},
        {"unsigned long long int", 8, false, "unsigned long long"},
        {"long unsigned long", 8, false, "unsigned long long"},
        {"__u8", 1, false, "__u8"},
        {"s16", 2, true, "s16"},
        {"uint32_t", 4, false, "uint32_t"},
        {"__s64", 8, true, "__s64"},
        {"size_t", 8, false, "size_t"},
        {"ssize_t", 8, true, "ssize_t"},
        {"pid_t", 4, true, "pid_t"},
        {"uid_t", 4, false, "uid_t"},
        {"__be16", 2, false, "__be16"},
        {"__le64", 8, false, "__le64"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char text[128];
        struct schema *schema;

        snprintf(text, sizeof(text), "struct event { %s x; };", rows[i].text);
        schema = read_last(text);
        assert_field(schema, "x", rows[i].is_signed ? FIELD_INT : FIELD_UINT, 0, rows[i].size,
                     rows[i].type_name);
        assert_int_equal(schema->fields[0].is_signed, rows[i].is_signed);
        assert_int_equal(schema->size, rows[i].size);
        schema_free(schema);
    }
}

static void other_values_have_their_kinds(void **state)
{
    struct schema *schema =
        read_members("bool a; _Bool b; float c; double d; void *e;"
                     "__int128 f; __u128 g; char h[3]; unsigned char i[3];"
                     "s8 j[2]; struct ringmill_text k; struct ringmill_texts l;");
    (void)state;

    assert_string_equal(schema->type_name, "struct event");
    assert_field(schema, "a", FIELD_BOOL, 0, 1, "bool");
    assert_field(schema, "b", FIELD_BOOL, 1, 1, "_Bool");
    assert_field(schema, "c", FIELD_FLOAT, 4, 4, "float");
    assert_field(schema, "d", FIELD_FLOAT, 8, 8, "double");
    assert_field(schema, "e", FIELD_POINTER, 16, 8, "void *");
    assert_field(schema, "f", FIELD_BYTES, 32, 16, "__int128");
    assert_field(schema, "g", FIELD_BYTES, 48, 16, "__u128");
    assert_field(schema, "h", FIELD_CHARS, 64, 3, "char[3]");
    assert_field(schema, "i", FIELD_ARRAY, 67, 3, "unsigned char[3]");
    assert_field(schema, "j", FIELD_ARRAY, 70, 2, "s8[2]");
    assert_field(schema, "k", FIELD_TEXT, 72, 4, "struct ringmill_text");
    assert_field(schema, "l", FIELD_TEXTS, 76, 4, "struct ringmill_texts");
    schema_free(schema);
}

static void enums_are_as_large_as_their_values(void **state)
{
    struct schema *schema = read_last(
        "enum a { A0, A1 = 5, A2, }; enum b { B0 = -1, B1 = 1 << 3 }; enum c { C0 = 0x100000000 };"
        "enum __attribute__((packed)) d { D0 = 'x' }; enum e { E0 = ~0u, E1 = -1 };"
        "struct event { enum a a; enum b b; enum c c; enum d d; enum { F0 } f; enum e e; };");
    const struct field *field;
    (void)state;

    assert_field(schema, "a", FIELD_ENUM, 0, 4, "enum a");
    field = schema_find(schema, "a");
    assert_int_equal(field->n_names, 3);
    assert_string_equal(field->names[2].name, "A2");
    assert_int_equal(field->names[2].value, 6);
    assert_false(field->is_signed);
    assert_field(schema, "b", FIELD_ENUM, 4, 4, "enum b");
    assert_true(schema_find(schema, "b")->is_signed);
    assert_int_equal(schema_find(schema, "b")->names[0].value, -1);
    assert_field(schema, "c", FIELD_ENUM, 8, 8, "enum c");
    assert_field(schema, "d", FIELD_ENUM, 16, 1, "enum d");
    assert_int_equal(schema_find(schema, "d")->names[0].value, 'x');
    assert_field(schema, "f", FIELD_ENUM, 20, 4, "enum");
    assert_field(schema, "e", FIELD_ENUM, 24, 8, "enum e");
    assert_true(schema_find(schema, "e")->is_signed);
    schema_free(schema);
}

static void bitfields_lie_where_the_compiler_puts_them(void **state)
{
    struct schema *schema =
        read_members("unsigned a : 3; int b : 7; unsigned long long c : 60; bool d : 1;"
                     "unsigned : 0; u8 e : 2; u8 : 5; u8 f : 8; u32 g : 32;");
    (void)state;

    assert_bits(schema, "a", 0, 3);
    assert_bits(schema, "b", 3, 7);
    assert_true(schema_find(schema, "b")->is_signed);
    assert_bits(schema, "c", 64, 60);
    assert_bits(schema, "d", 124, 1);
    assert_int_equal(schema_find(schema, "d")->kind, FIELD_BOOL);
    assert_bits(schema, "e", 128, 2);
    assert_field(schema, "f", FIELD_UINT, 17, 1, "u8"); /* a whole integer */
    assert_int_equal(schema_find(schema, "f")->bits, 0);
    assert_field(schema, "g", FIELD_UINT, 20, 4, "u32");
    assert_int_equal(schema->size, 24);
    schema_free(schema);
    schema = read_last("struct __attribute__((packed)) event { u8 a : 3; u64 b : 63; u8 c; };");
    assert_bits(schema, "b", 3, 63);
    assert_int_equal(schema_find(schema, "b")->size, 9);
    assert_field(schema, "c", FIELD_UINT, 9, 1, "u8");
    assert_int_equal(schema->size, 10);
    schema_free(schema);
}

static void unnamed_members_stand_among_the_others(void **state)
{
    struct schema *schema =
        read_members("u32 a; union { u64 b; struct { u16 c, d; }; char e[3]; }; u8 f;");
    (void)state;

    assert_int_equal(schema->n_fields, 6);
    assert_field(schema, "b", FIELD_UINT, 8, 8, "u64");
    assert_field(schema, "d", FIELD_UINT, 10, 2, "u16");
    assert_field(schema, "e", FIELD_CHARS, 8, 3, "char[3]");
    assert_field(schema, "f", FIELD_UINT, 16, 1, "u8");
    schema_free(schema);
}

static void structs_and_arrays_are_trees(void **state)
{
    struct schema *schema = read_last(
        "struct port { u16 number; u16 flags; };"
        "typedef struct { u32 address; struct port ports[2]; } host_t;"
        "struct event { u64 time; host_t hosts[3]; union { int x; } u; char names[2][8]; };");
    const struct field *hosts = schema_find(schema, "hosts"), *host, *ports;
    (void)state;

    assert_field(schema, "hosts", FIELD_ARRAY, 8, 36, "host_t[3]");
    assert_int_equal(hosts->count, 3);
    assert_int_equal(hosts->stride, 12);
    host = hosts->members;
    assert_string_equal(host->name, "");
    assert_string_equal(host->type_name, "host_t");
    assert_int_equal(host->kind, FIELD_STRUCT);
    ports = member_find(host, "ports");
    assert_int_equal(ports->offset, 12);
    assert_int_equal(member_find(ports->members, "flags")->offset, 14);
    assert_field(schema, "u", FIELD_UNION, 44, 4, "union");
    assert_field(schema, "names", FIELD_ARRAY, 48, 16, "char[2][8]");
    assert_int_equal(schema_find(schema, "names")->members->kind, FIELD_CHARS);
    schema_free(schema);
}

static void a_flexible_tail_has_no_size(void **state)
{
    struct schema *schema = read_members("u64 a; u32 b; char c[];");
    (void)state;

    assert_field(schema, "c", FIELD_CHARS, 12, 0, "char[]");
    assert_int_equal(schema->size, 16);
    schema_free(schema);
    schema = read_members("u8 a; u32 b[0]; struct { u16 x; u8 y; } c[0];");
    assert_null(schema_find(schema, "b"));
    assert_field(schema, "c", FIELD_ARRAY, 4, 0, "struct[]");
    assert_int_equal(schema_find(schema, "c")->stride, 4);
    assert_int_equal(member_find(schema_find(schema, "c")->members, "y")->offset, 6);
    schema_free(schema);
    schema = read_members("struct ringmill_text a; char b[];");
    assert_int_equal(schema->n_fields, 1); /* where the texts live */
    schema_free(schema);
}

static void attributes_change_the_layout(void **state)
{
    (void)state;
    assert_size("struct event { u8 a; u64 b; } __attribute__((packed));", 9);
    assert_size("struct __attribute__((__packed__, aligned(4))) event { u8 a; u64 b; };", 12);
    assert_size("struct event { u8 a; u64 b __attribute__((packed)); };", 9);
    assert_size("struct event { u8 a; u8 b __attribute__((aligned(16))); };", 32);
    assert_size("struct event { u8 a; _Alignas(8) u8 b; _Alignas(u32) u8 c; };", 16);
    assert_size("struct event { u8 a; u64 b; } __packed;", 9);
    assert_size("struct event { u8 a; } __aligned(64);", 64);
    assert_size("typedef u32 wide __attribute__((aligned(16))); struct event { u8 a; wide b; };",
                32);
    assert_size("struct event { u8 a __attribute__((unused, deprecated(\"no\"))); }"
                "__attribute__((preserve_access_index));",
                1);
}

static void lengths_are_constant_expressions(void **state)
{
    static const struct {
        const char *expression;
        uint32_t value;
    } rows[] = {
        {"2 + 3 * 4", 14},
        {"(2 + 3) * 4", 20},
        {"1 << 4 | 3", 19},
        {"sizeof(struct ringmill_text) * 2", 8},
        {"sizeof(char *[3])", 24},
        {"sizeof(int[2][3])", 24},
        {"_Alignof(u16)", 2},
        {"N - 1", 15},
        {"K", 7},
        {"0x10 + 010 + 0b11", 27},
        {"'\\n' + 'a' - 'b'", 9},
        {"-3 + 10 % 4 + ~-6", 4},
        {"(unsigned char)257 + 1", 2},
        {"1 ? 2 : 3", 2},
        {"0 ? 2 : 1 ? 5 : 6", 5},
        {"(3 > 2) + (2 >= 3) + (1 == 1) + (1 != 1) + (-1 < 0) + (-1 < 0u) + (2 <= 2)", 4},
        {"(1 && 0) + (1 || 0) + !0", 2},
        {"0xffffffff + 2u", 1},
        {"7 / 2 + (-7 / 2) + (6 ^ 3) + (6 & 3)", 7},
        {"-8 >> 2 == -2", 1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char text[512];

        snprintf(text, sizeof(text),
                 "#define N 16 // sixteen\n#define M (N * \\\n 2)\nenum { J = 6, K };\n"
                 "struct event { char x[%s]; };",
                 rows[i].expression);
        assert_size(text, rows[i].value);
    }
}

static void declarators_nest(void **state)
{
    struct schema *schema = read_members(
        "int (*a[4])[2], *b, **c[2]; void (*d)(int, struct event *); int (e)[3];"
        "const char *const *f; const int (*g); struct later *h; int (*(*i)(void))[2];");
    (void)state;

    assert_field(schema, "a", FIELD_ARRAY, 0, 32, "int (*[4])[2]");
    assert_field(schema, "b", FIELD_POINTER, 32, 8, "int *");
    assert_field(schema, "c", FIELD_ARRAY, 40, 16, "int **[2]");
    assert_field(schema, "d", FIELD_POINTER, 56, 8, "void (*)()");
    assert_field(schema, "e", FIELD_ARRAY, 64, 12, "int[3]");
    assert_field(schema, "f", FIELD_POINTER, 80, 8, "const char *const *");
    assert_field(schema, "g", FIELD_POINTER, 88, 8, "const int *");
    assert_field(schema, "h", FIELD_POINTER, 96, 8, "struct later *");
    assert_field(schema, "i", FIELD_POINTER, 104, 8, "int (*(*)())[2]");
    schema_free(schema);
}

static void what_a_header_brings_along_is_passed_over(void **state)
{
    struct schema *schema =
        read_last("typedef u32 id_t; typedef u32 id_t; extern int count, *list;\n"
                  "static int sum(int a, int b);;\n"
                  "/* struct */ struct event { id_t id; } // the end\n");
    (void)state;

    assert_field(schema, "id", FIELD_UINT, 0, 4, "id_t");
    schema_free(schema);
}

/* ---- which type ---- */

static void the_type_is_found_by_name(void **state)
{
    const char *text = "struct a { u8 x; }; union b { u16 y; }; typedef struct { u32 z; } c, *d;"
                       "typedef struct a e; struct f;";
    struct schema *schema;
    (void)state;

    schema = read_type(text, "a");
    assert_string_equal(schema->type_name, "struct a");
    schema_free(schema);
    schema = read_type(text, "struct a");
    assert_int_equal(schema->size, 1);
    schema_free(schema);
    schema = read_type(text, "union b");
    assert_string_equal(schema->type_name, "union b");
    schema_free(schema);
    schema = read_type(text, "c");
    assert_string_equal(schema->type_name, "c");
    schema_free(schema);
    schema = read_type(text, "e");
    assert_string_equal(schema->type_name, "struct a");
    schema_free(schema);
    assert_refused_type(text, "union a", -ENOENT, 0, 0,
                        "no type \"union a\" in the layout; there are: a, b, c");
    assert_refused_type(
        "struct event { u8 x; };", "evnt", -ENOENT, 0, 0,
        "no type \"evnt\" in the layout; there are: event; did you mean \"event\"?");
    assert_refused_type(text, "f", -ENOENT, 0, 0,
                        "no type \"f\" in the layout; there are: a, b, c");
    assert_refused_type("", "f", -ENOENT, 0, 0, "the layout has no struct");
    assert_refused_type("enum x { A };", NULL, -ENOENT, 0, 0, "the layout defines no struct");
    assert_refused_type("struct x { int : 3; };", NULL, -ENOENT, 0, 0, "struct x has no members");
}

static void without_a_name_it_is_the_last_struct(void **state)
{
    struct schema *schema =
        read_last("struct a { u8 x; }; struct b { struct c { u16 z; } c; u8 y; };"
                  "typedef int t; enum e { E };");
    (void)state;

    assert_string_equal(schema->type_name, "struct b");
    schema_free(schema);
    schema = read_last("typedef struct { u8 x; } a_t, *a_p;");
    assert_string_equal(schema->type_name, "a_t");
    schema_free(schema);
    schema = read_last("struct { u8 x; }");
    assert_string_equal(schema->type_name, "struct");
    schema_free(schema);
}

/* ---- what it refuses ---- */

static void mistakes_have_a_place(void **state)
{
    (void)state;
    assert_refused_type("struct event {\n  u32 a;\n  uint23_t b;\n};", NULL, -EINVAL, 3, 3,
                        "unknown type uint23_t; did you mean \"uint32_t\"?");
    assert_refused("struct a { foo x; };", 12, "unknown type foo");
    assert_refused("struct a { u8 x; }; struct b { a y; };", 32, "unknown type a; write struct a");
    assert_refused("struct a { u32 x y; };", 18, "expected ; after the member, not y");
    assert_refused("struct a { u32 x; ", 10, "this { has no matching }");
    assert_refused("struct a { u32; };", 15, "expected a member's name, not ;");
    assert_refused("struct a { u32 x, ; };", 19, "expected a member's name, not ;");
    assert_refused("struct a { int int x; };", 16, "these words cannot be combined to a type");
    assert_refused("struct a { unsigned float x; };", 12,
                   "these words cannot be combined to a type");
    assert_refused("struct a { long short x; };", 12, "these words cannot be combined to a type");
    assert_refused("struct a { int float x; };", 16, "these words cannot be combined to a type");
    assert_refused("struct a { u32 int x; };", 16, "these words cannot be combined to a type");
    assert_refused("struct a { u32 x; u8 x; };", 22, "duplicate member x");
    assert_refused("struct a { u32 x; union { u8 y; struct { u8 x; }; }; };", 19,
                   "duplicate member x");
    assert_refused("struct a { u8 x; }; struct a { u8 x; };", 28, "a is defined twice");
    assert_refused("union a { u8 x; }; struct b { struct a x; };", 38,
                   "a is a union, not a struct");
    assert_refused("enum a { A }; union a { u8 x; };", 21, "a is an enum, not a union");
    assert_refused("struct a { struct a x; };", 21, "struct a is not defined before");
    assert_refused("struct a { enum b x; };", 19, "enum b is not defined before");
    assert_refused("struct a { void x; };", 17, "a member cannot be void; use a pointer to it");
    assert_refused("struct a { int f(int); };", 16,
                   "a member cannot be a function; use a pointer to it");
    assert_refused("struct a { typedef int x; };", 12,
                   "a typedef is not allowed inside a struct; move it before");
    assert_refused("struct { u8 x; } y {", 20, "expected ; after the declaration, not {");
    assert_refused("struct ;", 8, "expected a tag or {, not ;");
    assert_refused("int;", 1, "this declaration has no name");
    assert_refused("typedef int 5;", 13, "expected the typedef's name, not 5");
    assert_refused("typedef struct { u8 x; } a __attribute__((packed));", 26,
                   "packed has no effect on a typedef; write it directly after the }");
    assert_refused("typedef int a; typedef long a;", 29, "a is defined twice");
    assert_refused("typedef", 8, "expected a type, but the text ends");
    assert_refused("}", 1, "expected a type, not }");
}

static void arrays_and_bitfields_have_limits(void **state)
{
    (void)state;
    assert_refused("struct a { u32 x[-1]; };", 18,
                   "an array's length must be from 0 to 1073741823");
    assert_refused("struct a { u32 x[1 << 29]; };", 17,
                   "an array can have at most 1073741823 bytes");
    assert_refused("struct a { u32 x[2][]; };", 21, "expected an integer constant, not ]");
    assert_refused("struct a { u32 x[3; };", 19, "expected ], not ;");
    assert_refused("struct a { u32 x[]; u8 y; };", 16,
                   "only the last member can be an array without a length, as in data[]");
    assert_refused("struct a { void x[2]; };", 18,
                   "the elements of this array are incomplete: their size is unknown");
    assert_refused("struct a { u8 x[1][1][1][1][1][1][1][1][1]; };", 40,
                   "an array can have at most 8 dimensions");
    assert_refused("typedef u8 w __attribute__((aligned(4))); struct a { w x[2]; };", 57,
                   "the alignment of this array's elements is larger than their size");
    assert_refused("struct a { u8 x : 9; };", 19, "the width of this bitfield must be from 0 to 8");
    assert_refused("struct a { __int128 x : 65; };", 25,
                   "the width of this bitfield must be from 0 to 64");
    assert_refused("struct a { bool x : 2; };", 21,
                   "the width of this bitfield must be from 0 to 1");
    assert_refused("struct a { u8 x : 0; };", 19, "a bitfield of width 0 must be unnamed");
    assert_refused("struct a { float x : 3; };", 22,
                   "a bitfield must be an integer, a bool or an enum");
    assert_refused("struct a { u64 x[1 << 26], y[1 << 26]; };", 1,
                   "this struct has more than 1073741823 bytes, the most allowed");
}

static void attributes_must_be_known(void **state)
{
    (void)state;
    assert_refused(
        "struct a { u8 x; } __attribute__((pakced));", 35,
        "unknown attribute pakced; allowed are packed and aligned(N); did you mean \"packed\"?");
    assert_refused("struct a { u8 x; } __attribute__((ms_struct));", 35,
                   "unknown attribute ms_struct; allowed are packed and aligned(N)");
    assert_refused("struct a { u8 x; } __attribute__((aligned));", 42,
                   "expected (N) after aligned, not )");
    assert_refused("struct a { u8 x; } __attribute__((aligned(3)));", 43,
                   "an alignment must be a power of two");
    assert_refused("struct a { u8 x; } __attribute__((aligned(8192)));", 43,
                   "an alignment must be from 0 to 4096");
    assert_refused("struct a { u8 x; } __attribute__(packed);", 34,
                   "expected (( after __attribute__, not packed");
    assert_refused("struct a { u8 x; } __attribute__((packed;", 41, "expected , or )), not ;");
    assert_refused("struct a { u8 x; } __attribute__((\"x\"));", 35,
                   "expected an attribute's name, not \"x\"");
}

static void enums_must_make_sense(void **state)
{
    (void)state;
    assert_refused("enum a { };", 1, "this enum has no constants");
    assert_refused("enum a { A, A };", 13, "A is defined twice");
    assert_refused("enum a { A B };", 12, "expected , or }, not B");
    assert_refused("enum a { 5 };", 10, "expected an enum constant's name or }, not 5");
    assert_refused("enum a { A = 0xffffffffffffffff, B };", 34,
                   "the value of B does not fit into 64 bits");
    assert_refused("enum a { A = -1, B = 0xffffffffffffffff };", 1,
                   "the values of this enum do not fit into 64 bits");
}

static void expressions_must_make_sense(void **state)
{
    (void)state;
    assert_refused("enum a { A = 1 / 0 };", 16, "division by 0");
    assert_refused("enum a { A = 1 % (1 - 1) };", 16, "division by 0");
    assert_refused("enum a { A = 1 << 32 };", 16, "the shift count must be from 0 to 31");
    assert_refused("enum a { A = 1l >> -1 };", 17, "the shift count must be from 0 to 63");
    assert_refused("enum a { A = 2147483647 + 1 };", 25,
                   "the result of + does not fit into its type");
    assert_refused("enum a { A = -9223372036854775807 - 2 };", 35,
                   "the result of - does not fit into its type");
    assert_refused("enum a { A = (-2147483647 - 1) / -1 };", 32,
                   "the result of / does not fit into its type");
    assert_refused("enum a { A = -(-2147483647 - 1) };", 14,
                   "the result of - does not fit into its type");
    assert_refused("enum a { A = B };", 14, "B is not a constant defined before");
    assert_refused("enum a { A = (1 + 2 };", 21, "expected an operator or ), not }");
    assert_refused("enum a { A = 1 + };", 18, "expected an integer constant, not }");
    assert_refused("enum a { A = sizeof 1 };", 21, "expected ( after sizeof, not 1");
    assert_refused("enum a { A = sizeof(struct b) };", 21,
                   "this type is incomplete: its size is unknown");
    assert_refused("enum a { A = sizeof(int x) };", 25, "unexpected name; write the type alone");
    assert_refused("enum a { A = (void *)1 };", 15,
                   "a constant can be cast to integers of 1 to 8 bytes only");
    assert_refused("enum a { A = 1 ? 2 };", 20, "expected : of this choice, not }");
}

static void spelling_must_be_c(void **state)
{
    (void)state;
    assert_refused("enum a { A = 12ab };", 14,
                   "12ab is not an integer; write it like 10, 0x0a, 012 or 0b1010, with the "
                   "suffixes u, l and ll");
    assert_refused("enum a { A = 1.5 };", 14,
                   "1 is not an integer; write it like 10, 0x0a, 012 or 0b1010, with the suffixes "
                   "u, l and ll");
    assert_refused("enum a { A = 18446744073709551616 };", 14,
                   "18446744073709551616 does not fit into 64 bits");
    assert_refused("enum a { A = 9223372036854775808 };", 14,
                   "9223372036854775808 does not fit into 64 bits");
    assert_refused("enum a { A = 'ab' };", 14, "expected one character and a closing ' here");
    assert_refused("struct a { /* u8 x; };", 12, "this comment has no closing */");
    assert_refused("struct a { u8 x __attribute__((deprecated(\"x))); };", 43,
                   "this text has no closing \"");
    assert_refused("struct a { u8 x; @ };", 18, "unexpected character @");
    assert_refused("struct a { u8 \xc3\xa4; };", 15, "unexpected byte 0xc3");
}

static void directives_that_are_wrong(void **state)
{
    (void)state;
    assert_refused("#includ <linux/types.h>\n", 2, "unknown directive #includ");
    assert_refused("#define 5 6\n", 9, "expected a name after #define, not 5");
    assert_refused("#define\n", 8, "expected a name after #define, but the line ends");
    assert_refused("#error so it is\n", 1, "#error so it is");
    assert_refused("#ifdef A\n", 1, "this #if has no #endif");
    assert_refused("#endif\n", 1, "this #endif has no #if");
    assert_refused("#if 1 +\n#endif\n", 8, "expected a number or a name in this condition");
    assert_refused("#if (1\n#endif\n", 7, "expected ) in this condition");
    assert_refused("#if 1 2\n#endif\n", 7, "expected an operator in this condition");
    assert_refused_type("#if 1\n#else\n#elif 1\n#endif\n", NULL, -EINVAL, 3, 1,
                        "this #elif has no #if");
    assert_refused_type("#define N 5\n#define N 6\n", NULL, -EINVAL, 2, 9, "N is defined twice");
    assert_refused_type("#define N 5 6\nstruct a { char x[N]; };", NULL, -EINVAL, 1, 13,
                        "expected ], not 6");
}

static void macros_within_each_other(void **state)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    (void)state;

    schema = read_last("#define A B\n#define B A\nstruct a { int A; };");
    assert_non_null(schema_find(schema, "A")); /* a circle ends where it began */
    assert_refused_type("#define A B B\n#define B C C\n#define C D D\n#define D E E\n"
                        "#define E F F\n#define F G G\n#define G H H\n#define H I I\n"
                        "#define I J J\n#define J K K\n#define K L L\n#define L M M\n"
                        "#define M N N\n#define N O O\n#define O P P\n#define P Q Q\n"
                        "#define Q R R\nA",
                        NULL, -EINVAL, 16, 11, "too many macros within each other");
}

/* ---- whole headers ---- */

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, CTEXT_LENGTH_MAX + 1);

    if (!file || !text || fread(text, 1, CTEXT_LENGTH_MAX, file) == 0)
        fail_msg("%s cannot be read", path);
    fclose(file);
    return text;
}

static char *print(const struct schema *schema)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    table_print(schema, "", file);
    fclose(file);
    return text;
}

/* As clang lays them out. */
static void headers_read_as_compiled(void **state)
{
    static const char *const names[] = {"guarded", "shared",     "functions", "languages",
                                        "numbers", "attributes", "maps",      "nested",
                                        "aliases", "choices"};
    _cleanup_(cleanup_types_free) struct types *types = NULL;
    (void)state;

    assert_int_equal(types_open(TEST_OBJECTS "/headers.bpf.o", NULL, &types), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        _cleanup_(cleanup_free) char *path = NULL, *text = NULL, *read = NULL, *compiled = NULL;
        _cleanup_(cleanup_schema_free) struct schema *schema = NULL, *other = NULL;

        assert_true(asprintf(&path, TEST_ROOT "/tests/bpf/headers/%s.h", names[i]) > 0);
        text = read_file(path);
        schema = read_type(text, names[i]);
        assert_int_equal(schema_from_btf(types->btf, names[i], NULL, &other), 0);
        assert_int_equal(schema->size, other->size);
        read = print(schema);
        compiled = print(other);
        assert_string_equal(read, compiled);
    }
}

/* ---- limits ---- */

static char *repeat(const char *before, const char *part, uint32_t count, const char *behind)
{
    char *text = malloc(strlen(before) + strlen(part) * count + strlen(behind) + 1);
    char *end = stpcpy(text, before);

    while (count-- > 0)
        end = stpcpy(end, part);
    stpcpy(end, behind);
    return text;
}

static void assert_refused_repeat(const char *before, const char *part, uint32_t count,
                                  const char *behind, const char *sentence)
{
    char *text = repeat(before, part, count, behind);
    struct schema *schema = NULL;
    struct error error = {0};

    assert_int_equal(schema_from_ctext(text, NULL, &error, NULL, NULL, &schema), -EINVAL);
    assert_string_equal(error_join(&error), sentence);
    free(text);
}

static void texts_are_bounded(void **state)
{
    char *text = repeat("struct a { ", "struct { ", 20, "int x; } "), *whole;
    struct schema *schema = NULL;
    struct error error = {0};
    (void)state;

    assert_refused_repeat("", " ", CTEXT_LENGTH_MAX + 1, "",
                          "a layout can have at most 65536 bytes");
    assert_refused_repeat("struct a { ", "struct { ", 2000, "",
                          "structs and parentheses can be nested at most 48 levels deep");
    assert_refused_repeat("enum a { A = ", "(", 30000, "",
                          "structs and parentheses can be nested at most 48 levels deep");
    assert_refused_repeat("enum a { A = ", "-", 30000, "",
                          "structs and parentheses can be nested at most 48 levels deep");
    assert_refused_repeat("struct a { int ", "(", 30000, "", "this ( has no matching )");
    assert_refused_repeat("struct a { int ", "*", 60000, "",
                          "expected a member's name, but the text ends");
    assert_refused_repeat("enum a { A = 1", " ? 1", 10000, "",
                          "structs and parentheses can be nested at most 48 levels deep");
    assert_refused_repeat("enum a { A = 1", " ? 1 : 1", 5000, "",
                          "structs and parentheses can be nested at most 48 levels deep");

    whole = repeat(text, "; } ", 19, "; };");
    assert_int_equal(schema_from_ctext(whole, NULL, &error, NULL, NULL, &schema), 0);
    assert_string_equal(schema->fields[0].name, "x");
    schema_free(schema);
    free(whole);
    free(text);
}

static void names_and_members_are_bounded(void **state)
{
    char *text = malloc(CTEXT_LENGTH_MAX), *end = text + sprintf(text, "enum a {");
    struct schema *schema = NULL;
    struct error error = {0};
    (void)state;

    for (int i = 0; i < 8300; i++)
        end += sprintf(end, "A%x,", i);
    strcpy(end, "};");
    assert_int_equal(schema_from_ctext(text, NULL, &error, NULL, NULL, &schema), -EINVAL);
    assert_string_equal(error_join(&error), "too many names; at most 8192 are allowed");
    end = text + sprintf(text, "struct a { u8 ");
    for (int i = 0; i < 4100; i++)
        end += sprintf(end, "a%x,", i);
    strcpy(end, "z; };");
    assert_int_equal(schema_from_ctext(text, NULL, &error, NULL, NULL, &schema), -EINVAL);
    assert_string_equal(error_join(&error), "a struct can have at most 4096 members");
    free(text);
}

/* Each struct of two of the one before: as text short, as fields more than there are atoms. */
static void fields_are_bounded(void **state)
{
    char text[4096], *end = text + sprintf(text, "struct s0 { u8 x; };");
    struct schema *schema = NULL;
    struct error error = {0};
    (void)state;

    for (int i = 1; i < 30; i++)
        end += sprintf(end, "struct s%d { struct s%d a, b; };", i, i - 1);
    assert_int_equal(schema_from_ctext(text, "s29", &error, NULL, NULL, &schema), -E2BIG);
    assert_string_equal(error_join(&error),
                        "struct s29 has more than 65536 members, the most allowed");
    end = text + sprintf(text, "struct s0 { u8 x; };");
    for (int i = 1; i < 40; i++)
        end += sprintf(end, "struct s%d { struct s%d a; };", i, i - 1);
    assert_int_equal(schema_from_ctext(text, NULL, &error, NULL, NULL, &schema), 0);
    assert_int_equal(schema->size, 1); /* the innermost are shown as a byte */
    schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_have_all_their_spellings),
        cmocka_unit_test(other_values_have_their_kinds),
        cmocka_unit_test(enums_are_as_large_as_their_values),
        cmocka_unit_test(bitfields_lie_where_the_compiler_puts_them),
        cmocka_unit_test(unnamed_members_stand_among_the_others),
        cmocka_unit_test(structs_and_arrays_are_trees),
        cmocka_unit_test(a_flexible_tail_has_no_size),
        cmocka_unit_test(attributes_change_the_layout),
        cmocka_unit_test(lengths_are_constant_expressions),
        cmocka_unit_test(declarators_nest),
        cmocka_unit_test(what_a_header_brings_along_is_passed_over),
        cmocka_unit_test(the_type_is_found_by_name),
        cmocka_unit_test(without_a_name_it_is_the_last_struct),
        cmocka_unit_test(mistakes_have_a_place),
        cmocka_unit_test(arrays_and_bitfields_have_limits),
        cmocka_unit_test(attributes_must_be_known),
        cmocka_unit_test(enums_must_make_sense),
        cmocka_unit_test(expressions_must_make_sense),
        cmocka_unit_test(spelling_must_be_c),
        cmocka_unit_test(directives_that_are_wrong),
        cmocka_unit_test(macros_within_each_other),
        cmocka_unit_test(headers_read_as_compiled),
        cmocka_unit_test(texts_are_bounded),
        cmocka_unit_test(names_and_members_are_bounded),
        cmocka_unit_test(fields_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
