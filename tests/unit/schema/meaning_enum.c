// SPDX-License-Identifier: Apache-2.0
#include "schema/meaning_enum.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "schema/ctext.h"

static const char text[] = "enum rights { EXEC = 1, WRITE = 2, READ = 4, ALL = 0x100 };\n"
                           "typedef enum { LOST = -1, IDLE, BUSY } state_t;\n"
                           "enum wide { FAR = 0x80000000, FARTHER = 0x100000000 };\n"
                           "struct event { unsigned char rights; unsigned low : 2; int state; "
                           "unsigned short raw; int top;\n"
                           "               unsigned list[3]; char word[8]; };";

static struct schema *read_c(const char *type)
{
    struct schema *schema;
    struct error error;

    if (schema_from_ctext(text, type, &error, NULL, NULL, &schema) < 0)
        fail_msg("%s: %s", type ? type : "the last one", error.text);
    return schema;
}

static const struct field *find(const struct schema *schema, const char *name)
{
    const struct field *field = field_among(schema->fields, schema->n_fields, name, strlen(name));

    assert_non_null(field);
    return field;
}

/* Applies one choice, with the names of that enum. */
static struct schema *choose(const char *path, const char *as, const char *type,
                             struct error *error, int *ret)
{
    _cleanup_(cleanup_schema_free) struct schema *named = type ? read_c(type) : NULL;
    const struct meaning_choice choice = {path, as, named ? named->fields : NULL};
    struct schema *schema = read_c("event");
    uint32_t wrong;

    *ret = meaning_apply(schema, &choice, 1, error, &wrong);
    return schema;
}

static void check(const char *path, const char *as, const char *type, const char *names)
{
    struct error error;
    int r;
    _cleanup_(cleanup_schema_free) struct schema *schema = choose(path, as, type, &error, &r);
    const struct field *field;
    char got[256] = "";

    if (r < 0)
        fail_msg("%s: %s", path, error.text);
    field = find(schema, strncmp(path, "list", 4) == 0 ? "list" : path);
    field = field->kind == FIELD_ARRAY ? field->members : field;
    assert_int_equal(field->kind, FIELD_ENUM);
    assert_int_equal(field->meaning, *as == 'f' ? MEANING_FLAGS : MEANING_NONE);
    for (uint32_t i = 0; i < field->n_names; i++)
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s=%lld ", field->names[i].name,
                 (long long)field->names[i].value);
    assert_string_equal(got, names);
}

/* Values that the integer cannot have are left out; others are those that are read from it. */
static void integers_have_the_names_of_an_enum(void **state)
{
    (void)state;
    check("rights", "flags:rights", "enum rights", "EXEC=1 WRITE=2 READ=4 ");
    check("low", "flags:rights", "enum rights", "EXEC=1 WRITE=2 ");
    check("state", "enum:state_t", "enum state_t", "LOST=-1 IDLE=0 BUSY=1 ");
    check("raw", "enum:state_t", "enum state_t", "LOST=-1 IDLE=0 BUSY=1 ");
    check("state", "enum:rights", "enum rights", "EXEC=1 WRITE=2 READ=4 ALL=256 ");
    check("top", "enum:wide", "enum wide", "FAR=-2147483648 ");
    check("list[]", "flags:wide", "enum wide", "FAR=2147483648 ");
}

static void refuses(const char *path, const char *as, const char *type, const char *sentence)
{
    struct error error;
    int r;
    _cleanup_(cleanup_schema_free) struct schema *schema = choose(path, as, type, &error, &r);

    assert_int_equal(r, -EINVAL);
    assert_string_equal(error.text, sentence);
}

static void what_is_not_possible(void **state)
{
    (void)state;
    refuses("state", "enum:", NULL,
            "\"enum:\" is not a meaning; write one enum, as in flags:ENUM or enum:ENUM");
    refuses("state", "flags:a,flags:b", NULL,
            "\"flags:a,flags:b\" is not a meaning; write one enum, as in flags:ENUM or enum:ENUM");
    refuses("list", "flags:rights", "enum rights",
            "list cannot be flags:rights: it is unsigned int[3]; it must be an integer; for its "
            "elements write list[]");
    refuses("word", "enum:rights", "enum rights",
            "word cannot be enum:rights: it is char[8]; it must be an integer");
    refuses("rights", "flags", NULL,
            "rights cannot be flags: it is unsigned char of 1 byte; it must be an enum; for an "
            "integer name one, as in flags:ENUM");
    refuses("state", "enum:wide", "event", /* an integer: 64-bit enums of old BTF look like it */
            "state cannot be enum:wide: the names of the enum are unknown; 64-bit enums of clang "
            "before version 15 need the object's DWARF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_have_the_names_of_an_enum),
        cmocka_unit_test(what_is_not_possible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
