// SPDX-License-Identifier: Apache-2.0
#include "encode/journal_plan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void plan(struct field *fields, uint32_t n_fields, struct journal_plan *ret)
{
    const struct schema schema = {.type_name = "struct x", .n_fields = n_fields, .fields = fields};
    struct error error = {0};

    if (journal_plan_init(ret, &schema, true, &error) != 0)
        fail_msg("%s", error.text);
}

static void expect_key(const struct journal_plan *made, uint32_t index, const char *key)
{
    assert_true(index < made->n_values);
    assert_string_equal(made->values[index].key, key);
    assert_true(strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(key));
}

#define NUMBER(called)                                  \
    {                                                   \
        .name = (called), .kind = FIELD_UINT, .size = 4 \
    }

static void names_are_what_the_journal_takes(void **state)
{
    struct field inner[] = {NUMBER("addr"), NUMBER("port-x")};
    char longest[201] = "";
    struct field fields[] = {
        NUMBER("pid"),
        {.name = "to", .kind = FIELD_STRUCT, .members = inner, .n_members = 2},
        NUMBER("to_addr"),
        NUMBER("source"),
        NUMBER("gr\xC3\xBC"
               "n"),
        NUMBER(longest),
        NUMBER(longest),
    };
    struct journal_plan made;

    (void)state;
    memset(longest, 'n', 200);
    plan(fields, 7, &made);
    expect_key(&made, 0, "RINGMILL_PID");
    expect_key(&made, 1, "RINGMILL_TO_ADDR");
    expect_key(&made, 2, "RINGMILL_TO_PORT_X");
    expect_key(&made, 3, "RINGMILL_TO_ADDR_2");
    expect_key(&made, 4, "RINGMILL_SOURCE_2");
    expect_key(&made, 5, "RINGMILL_GR__N");
    assert_int_equal(strlen(made.values[6].key), 64);
    assert_int_equal(strlen(made.values[7].key), 64);
    assert_string_equal(made.values[7].key + 60, "NN_2");
    assert_int_equal(made.n_values, 8);
    journal_plan_deinit(&made);
}

static void ids_have_their_names_beside_them(void **state)
{
    struct field fields[] = {
        {.name = "uid", .kind = FIELD_UINT, .meaning = MEANING_UID, .size = 4},
        {.name = "cgroup_id", .kind = FIELD_UINT, .meaning = MEANING_CGROUP_ID, .size = 8},
    };
    struct journal_plan made;

    (void)state;
    plan(fields, 2, &made);
    expect_key(&made, 0, "RINGMILL_UID");
    expect_key(&made, 1, "RINGMILL_UID_NAME");
    expect_key(&made, 2, "RINGMILL_CGROUP_ID");
    expect_key(&made, 3, "RINGMILL_CGROUP_PATH");
    assert_true(made.has_names);
    assert_int_equal(made.values[1].value.steps->print, PRINT_NAME);
    journal_plan_deinit(&made);
}

static void the_time_of_the_event_is_its_first_value(void **state)
{
    struct field fields[] = {
        NUMBER("time"),
        {.name = "ktime", .kind = FIELD_UINT, .meaning = MEANING_KTIME, .size = 8},
    };
    struct journal_plan made;

    (void)state;
    plan(fields, 2, &made);
    expect_key(&made, 0, "RINGMILL_TIME");
    expect_key(&made, 1, "RINGMILL_TIME_2");
    assert_true(made.values[0].is_time && !made.values[1].is_time);
    journal_plan_deinit(&made);
}

static void more_fields_than_journald_takes_are_refused(void **state)
{
    struct field *fields = calloc(1000, sizeof(*fields));
    const struct schema schema = {.type_name = "struct x", .n_fields = 1000, .fields = fields};
    struct journal_plan made;
    struct error error;

    (void)state;
    assert_non_null(fields);
    for (int i = 0; i < 1000; i++)
        fields[i] = (struct field)NUMBER("x");
    assert_int_equal(journal_plan_init(&made, &schema, false, &error), -EINVAL);
    assert_string_equal(error.text, "a journal entry can have at most 960 fields");
    journal_plan_deinit(&made);
    free(fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_what_the_journal_takes),
        cmocka_unit_test(ids_have_their_names_beside_them),
        cmocka_unit_test(the_time_of_the_event_is_its_first_value),
        cmocka_unit_test(more_fields_than_journald_takes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
