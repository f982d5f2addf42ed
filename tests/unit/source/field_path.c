// SPDX-License-Identifier: Apache-2.0

/* struct event { u32 kind; struct pair { u16 a, b; } pairs[3]; struct pair one; u32 list[4]; } */

#include "source/field_path.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct field element_members[] = {
    {.name = "a", .kind = FIELD_UINT, .offset = 4, .size = 2},
    {.name = "b", .kind = FIELD_UINT, .offset = 6, .size = 2},
};
static const struct field one_members[] = {
    {.name = "a", .kind = FIELD_UINT, .offset = 16, .size = 2},
    {.name = "b", .kind = FIELD_UINT, .offset = 18, .size = 2},
};
static const struct field element = {
    .name = "",
    .kind = FIELD_STRUCT,
    .offset = 4,
    .size = 4,
    .members = element_members,
    .n_members = 2,
    .type_name = "struct pair",
};
static const struct field item = {.name = "", .kind = FIELD_UINT, .offset = 20, .size = 4};
static struct field fields[] = {
    {.name = "kind", .kind = FIELD_UINT, .offset = 0, .size = 4, .type_name = "__u32"},
    {.name = "pairs",
     .kind = FIELD_ARRAY,
     .offset = 4,
     .size = 12,
     .members = &element,
     .count = 3,
     .stride = 4},
    {.name = "one",
     .kind = FIELD_STRUCT,
     .offset = 16,
     .size = 4,
     .members = one_members,
     .n_members = 2,
     .type_name = "struct pair"},
    {.name = "list",
     .kind = FIELD_ARRAY,
     .offset = 20,
     .size = 16,
     .members = &item,
     .count = 4,
     .stride = 4},
};
static const struct schema schema = {
    .type_name = "struct event", .size = 36, .n_fields = 4, .fields = fields};

static void found(const char *path, uint32_t offset, uint32_t size)
{
    struct field field;
    struct error error = {0};

    if (path_find(&schema, path, &error, &field) < 0)
        fail_msg("%s: %s", path, error.text);
    assert_int_equal(field.offset, offset);
    assert_int_equal(field.size, size);
}

static void paths_add_up(void **state)
{
    (void)state;
    found("kind", 0, 4);
    found("pairs", 4, 12);
    found("pairs[0]", 4, 4);
    found("pairs[2]", 12, 4);
    found("pairs[2].b", 14, 2);
    found("one.b", 18, 2);
    found("list[3]", 32, 4);
}

static void refused(const char *path, const char *text)
{
    struct field field = {0};
    struct error error = {0};

    assert_int_equal(path_find(&schema, path, &error, &field), -ENOENT);
    assert_string_equal(error.text, text);
    assert_null(field.name);
}

static void paths_that_lead_nowhere(void **state)
{
    (void)state;
    refused("knd", "struct event has no field \"knd\"; allowed are kind, pairs, one, list; did you "
                   "mean \"kind\"?");
    refused("", "struct event has no field \"\"; allowed are kind, pairs, one, list");
    refused("one.c", "struct pair has no field \"c\"; allowed are a, b");
    refused("one.", "struct pair has no field \"\"; allowed are a, b");
    refused("kind.x", "__u32 has no field \"x\"; none are defined");
    refused("pairs.a", "pairs has no field \"a\"; none are defined");
    refused("kind[0]", "\"kind\" is not an array");
    refused("list[4]", "index [4] is out of range: the array has 4 elements");
    refused("list[-1]", "expected a number in brackets, found \"[-1]\"");
    refused("list[1", "expected a number in brackets, found \"[1\"");
    refused("list[99999999999999999999]",
            "index [18446744073709551615] is out of range: the array has 4 elements");
    refused("pairs[0]x", "expected a dot before \"x\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_add_up),
        cmocka_unit_test(paths_that_lead_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
