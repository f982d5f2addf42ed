// SPDX-License-Identifier: Apache-2.0
#include "schema/schema_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *print(const struct schema *schema, const char *indent)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);

    assert_non_null(file);
    table_print(schema, indent, file);
    fclose(file);
    return text;
}

static void expect(struct field *fields, uint32_t count, const char *expected)
{
    const struct schema schema = {.type_name = "struct x", .fields = fields, .n_fields = count};
    char *text = print(&schema, "");

    assert_string_equal(text, expected);
    free(text);
}

static void all_kinds(void **state)
{
    static const struct enum_name names[] = {{"A", 1}, {"B", 2}, {"C", 3},
                                             {"D", 4}, {"E", 5}, {"F", 6}};
    static const struct field number = {.name = "", .kind = FIELD_UINT, .size = 2};
    static const struct field row = {
        .name = "", .kind = FIELD_ARRAY, .size = 6, .members = &number, .count = 3, .stride = 2};
    static const struct field members[] = {
        {.name = "addr",
         .kind = FIELD_UINT,
         .offset = 28,
         .size = 4,
         .type_name = "__be32",
         .meaning = MEANING_IPV4},
        {.name = "port", .kind = FIELD_UINT, .offset = 32, .size = 2, .type_name = "__u16"},
    };
    static const struct field host = {.name = "",
                                      .kind = FIELD_STRUCT,
                                      .offset = 28,
                                      .size = 8,
                                      .members = members,
                                      .n_members = 2};
    struct field fields[] = {
        {.name = "ktime",
         .kind = FIELD_UINT,
         .size = 8,
         .type_name = "__u64",
         .meaning = MEANING_KTIME},
        {.name = "comm", .kind = FIELD_CHARS, .offset = 8, .size = 16, .type_name = "char[16]"},
        {.name = "flags",
         .kind = FIELD_INT,
         .is_signed = true,
         .offset = 24,
         .size = 1,
         .bits = 5,
         .shift = 3,
         .type_name = "int"},
        {.name = "on",
         .kind = FIELD_BOOL,
         .offset = 25,
         .size = 1,
         .bits = 1,
         .type_name = "_Bool"},
        {.name = "hosts",
         .kind = FIELD_ARRAY,
         .offset = 28,
         .size = 16,
         .members = &host,
         .count = 2,
         .stride = 8,
         .type_name = "struct host[2]"},
        {.name = "grid",
         .kind = FIELD_ARRAY,
         .offset = 44,
         .size = 12,
         .members = &row,
         .count = 2,
         .stride = 6,
         .type_name = "__u16[2][3]"},
        {.name = "few",
         .kind = FIELD_ENUM,
         .offset = 56,
         .size = 4,
         .names = names,
         .n_names = 2,
         .type_name = "enum few"},
        {.name = "many",
         .kind = FIELD_ENUM,
         .offset = 60,
         .size = 4,
         .names = names,
         .n_names = 6,
         .type_name = "enum many"},
        {.name = "f", .kind = FIELD_FLOAT, .offset = 64, .size = 8, .type_name = "double"},
        {.name = "p", .kind = FIELD_POINTER, .offset = 72, .size = 8, .type_name = "void *"},
        {.name = "path",
         .kind = FIELD_TEXT,
         .offset = 80,
         .size = 4,
         .type_name = "struct ringmill_text"},
        {.name = "args",
         .kind = FIELD_TEXTS,
         .offset = 84,
         .size = 4,
         .type_name = "struct ringmill_texts"},
        {.name = "uuid", .kind = FIELD_BYTES, .offset = 88, .size = 16, .type_name = "__int128"},
        {.name = "made", .kind = FIELD_UINT, .size = 8, .column = 1},
        {.name = "rest",
         .kind = FIELD_ARRAY,
         .offset = 104,
         .members = &number,
         .stride = 2,
         .type_name = "__u16[]"},
    };

    (void)state;
    expect(fields, sizeof(fields) / sizeof(fields[0]),
           "  offset     size  type                   name    reads as\n"
           "       0        8  __u64                  ktime   ktime\n"
           "       8       16  char[16]               comm    text\n"
           "    24:3   5 bits  int                    flags   s5\n"
           "    25:0    1 bit  _Bool                  on      bool\n"
           "      28       16  struct host[2]         hosts   struct[2]\n"
           "      28        4  __be32                   addr  ipv4\n"
           "      32        2  __u16                    port  u16\n"
           "      44       12  __u16[2][3]            grid    u16[2][3]\n"
           "      56        4  enum few               few     enum: A, B\n"
           "      60        4  enum many              many    enum: A, B, C, D, E, ...\n"
           "      64        8  double                 f       f64\n"
           "      72        8  void *                 p       pointer\n"
           "      80        4  struct ringmill_text   path    text\n"
           "      84        4  struct ringmill_texts  args    list of texts\n"
           "      88       16  __int128               uuid    bytes\n"
           "       -        8                         made    u64\n"
           "     104     rest  __u16[]                rest    u16[]\n"
           "names: few_name, many_name\n");
}

static void readings_have_an_end(void **state)
{
    static char name[200];
    static const struct enum_name names[] = {{name, 1}, {name, 2}};
    const struct field field = {.kind = FIELD_ENUM, .names = names, .n_names = 2};
    char text[TABLE_READING_MAX];

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    assert_int_equal(strlen(table_reading(&field, text)), TABLE_READING_MAX - 1);
}

static void the_indent_is_in_front(void **state)
{
    struct field field = {.name = "a", .kind = FIELD_UINT, .size = 1, .type_name = "u8"};
    const struct schema schema = {.fields = &field, .n_fields = 1};
    char *text = print(&schema, "> ");

    (void)state;
    assert_string_equal(text, ">   offset     size  type  name  reads as\n"
                              ">        0        1  u8    a     u8\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds),
        cmocka_unit_test(readings_have_an_end),
        cmocka_unit_test(the_indent_is_in_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
