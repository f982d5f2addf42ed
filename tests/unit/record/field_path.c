// SPDX-License-Identifier: Apache-2.0

/* struct event { u32 kind; struct pair { u16 a, b; } pairs[3]; struct pair one; u32 list[4]; } */

#include "record/field_path.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

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

static const struct field_scope by_index = {.schema = &schema, .elements = FIELD_ELEMENTS_ONE};

static void found(const char *path, uint32_t offset, uint32_t size)
{
    struct field_walk walk;
    struct error error = {0};

    if (field_path_find(path, &by_index, &error, &walk) != FIELD_FOUND)
        fail_msg("%s: %s", path, error.text);
    assert_int_equal(walk.field->offset + walk.moved, offset);
    assert_int_equal(walk.field->size, size);
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

static void refused(const struct field_scope *scope, const char *path, int code, const char *text)
{
    struct field_walk walk;
    struct error error = {0};

    assert_int_equal(field_path_find(path, scope, &error, &walk), code);
    assert_string_equal(error.text, text);
    assert_int_equal(field_path_find(path, scope, NULL, &walk), code);
}

static void paths_that_lead_nowhere(void **state)
{
    const char *const index = "expected an index of up to 9 digits and ], as in [0]";
    char deep[2 * FIELD_STEPS_MAX + 2] = "a";

    (void)state;
    refused(&by_index, "knd", -ENOENT, "struct event has no field knd; did you mean kind?");
    refused(&by_index, "other", -ENOENT,
            "struct event has no field other; its fields are kind, pairs, one, list");
    refused(&by_index, "one.c", -ENOENT, "one has no field c; its fields are a, b");
    refused(&by_index, "pairs[1].", -EINVAL,
            "\"pairs[1].\" is not a field path; write a.b or a[2].c");
    refused(&by_index, "", -EINVAL, "\"\" is not a field path; write a.b or a[2].c");
    refused(&by_index, "pairs[1].aa", -ENOENT, "pairs[1] has no field aa; did you mean a?");
    refused(&by_index, "kind.x", -ENOENT, "kind is not a struct; it has no field x");
    refused(&by_index, "pairs.a", -ENOENT,
            "pairs is an array; write pairs[0] for its first element");
    refused(&by_index, "kind[0]", -ENOENT, "kind is not an array");
    refused(&by_index, "list[4]", -ENOENT, "list has 4 elements; the last index is 3");
    refused(&by_index, "list[]", -ENOENT, "list is an array; write list[0] for its first element");
    refused(&by_index, "list[-1]", -EINVAL, index);
    refused(&by_index, "list[1", -EINVAL, index);
    refused(&by_index, "list[1234567890]", -EINVAL, index);
    refused(&by_index, "pairs[0]x", -EINVAL, "expected . or [ after \"pairs[0]\"");
    for (int i = 0; i < FIELD_STEPS_MAX; i++)
        strcat(deep, ".a");
    refused(&by_index, deep, -EINVAL, "a path has at most 64 names and indexes");
}

/* Who edits fields takes arrays as a whole; who gives a meaning gives it to all elements. */
static void other_ways_into_arrays(void **state)
{
    const struct field_scope whole = {.schema = &schema, .elements = FIELD_ELEMENTS_NONE};
    const struct field_scope all = {.schema = &schema, .elements = FIELD_ELEMENTS_ALL};
    struct field_walk walk;

    (void)state;
    refused(&whole, "list[1]", -ENOENT, "list is an array; write list for the whole array");
    refused(&whole, "pairs.a", -ENOENT, "pairs is an array; write pairs for the whole array");
    refused(&all, "list[1]", -ENOENT, "list is an array; write list[] for its elements");
    refused(&all, "pairs.a", -ENOENT, "pairs is an array; write pairs[] for its elements");
    refused(&all, "one[]", -ENOENT, "one is not an array");
    assert_int_equal(field_path_find("pairs[].b", &all, NULL, &walk), FIELD_FOUND);
    assert_ptr_equal(walk.field, &element_members[1]);
}

static void texts_of_a_list(void **state)
{
    static struct field args[] = {{.name = "args", .kind = FIELD_TEXTS, .size = 4}};
    const struct schema texts = {.type_name = "struct t", .n_fields = 1, .fields = args};
    struct field_scope scope = {.schema = &texts, .elements = FIELD_ELEMENTS_TEXT};
    struct field_walk walk;

    (void)state;
    assert_int_equal(field_path_find("args[3]", &scope, NULL, &walk), FIELD_FOUND);
    assert_true(walk.in_texts);
    refused(&scope, "args[3][0]", -ENOENT, "args[3] is not an array");
    refused(&scope, "args[3].x", -ENOENT, "args[3] is not a struct; it has no field x");
    scope.elements = FIELD_ELEMENTS_ONE;
    refused(&scope, "args[3]", -ENOENT, "args is a list of texts; write args for the whole list");
}

/* A field that only a sibling has is absent; of its name only what follows can be wrong. */
static void siblings(void **state)
{
    static struct field more[] = {{.name = "more", .kind = FIELD_UINT, .size = 4},
                                  {.name = "kind", .kind = FIELD_UINT, .size = 4}};
    const struct schema other = {.type_name = "struct o", .n_fields = 2, .fields = more};
    const struct schema *const list[] = {&other, NULL};
    const struct field_scope scope = {
        .schema = &schema, .siblings = list, .elements = FIELD_ELEMENTS_ONE};
    struct field_walk walk;

    (void)state;
    assert_int_equal(field_path_find("kind", &scope, NULL, &walk), FIELD_FOUND);
    assert_ptr_equal(walk.field, &fields[0]);
    assert_int_equal(field_path_find("more", &scope, NULL, &walk), FIELD_ABSENT);
    assert_ptr_equal(walk.field, &more[0]);
    refused(&scope, "more.x", -ENOENT, "more is not a struct; it has no field x");
    refused(&scope, "mroe", -ENOENT, "no record type has a field mroe; did you mean more?");
    refused(&scope, "nothing", -ENOENT,
            "no record type has a field nothing; the fields are kind, pairs, one, list, more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_add_up),
        cmocka_unit_test(paths_that_lead_nowhere),
        cmocka_unit_test(other_ways_into_arrays),
        cmocka_unit_test(texts_of_a_list),
        cmocka_unit_test(siblings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
