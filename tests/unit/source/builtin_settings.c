// SPDX-License-Identifier: Apache-2.0

/* Settings of a made-up built-in program are read back from the bytes that the kernel will get;
 * those of the real ones must have globals, and rows in the manual. */

#include "source/builtin_settings.h"

#include "source/constants.h"
#include "source/kind.h"
#include "source/wanted.h"
#include "unit/config/manual_table.h"
#include "unit/source/support.h"

static const struct setting settings[] = {
    {"flag", SETTING_BOOL, .fallback = "true", .doc = "a bool"},
    {"wide", SETTING_SIZE, .maximum = 1 << 30, .doc = "a size"},
    {"huge", SETTING_DURATION, .fallback = "1ms", .doc = "a duration"},
    {"target", SETTING_INTEGER, .minimum = 1, .maximum = 100, .fallback = "7", .doc = "an integer"},
    {0},
};

static const struct builtin_program programs[] = {{"every", "flag", false}, {0}};

static const struct builtin made_up = {.name = "made_up", .settings = settings};

struct found {
    const char *name;
    uint64_t value;
};

static void take(void *context, const struct global_variable *constant)
{
    struct found *found = context;

    if (strcmp(constant->name, found->name) == 0)
        memcpy(&found->value, constant->bytes, constant->size);
}

static uint64_t value_in(const struct object *object, const char *name)
{
    struct found found = {.name = name};

    constants_each(object->plan, take, &found);
    return found.value;
}

/* What the object has then; text is a map of the settings. */
static void apply(void **state, const char *text, const char *messages)
{
    struct field_values *numbers = *state;
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(text);
    struct builtin_values values = {0};
    struct setting_table table = builtin_settings_table(&made_up, &values);
    struct error error = {0};
    struct diag diag;

    diag_init(&diag);
    setting_bind_tables(&table, 1, tree->root, &diag);
    expect_messages(&diag, messages);
    if (builtin_settings_apply(&made_up, &values, numbers->object, &error) < 0)
        fail_msg("%s", error.text);
}

static void values_become_globals(void **state)
{
    struct field_values *numbers = *state;

    apply(state, "{}", "");
    assert_int_equal(value_in(numbers->object, "flag"), 1);
    assert_int_equal(value_in(numbers->object, "wide"), 0);
    assert_int_equal(value_in(numbers->object, "huge"), 1000 * 1000);
    assert_int_equal(value_in(numbers->object, "target"), 7);
    apply(state, "{flag: false, wide: 1MiB, huge: 2s, target: 100}", "");
    assert_int_equal(value_in(numbers->object, "flag"), 0);
    assert_int_equal(value_in(numbers->object, "wide"), 1 << 20);
    assert_int_equal(value_in(numbers->object, "huge"), UINT64_C(2000000000));
    assert_int_equal(value_in(numbers->object, "target"), 100);
}

static void others_are_refused(void **state)
{
    apply(state, "{flg: true}",
          "t.yaml:1:2: flg: unknown key; allowed are flag, wide, huge, target; did you mean "
          "\"flag\"?\n");
    apply(state, "{target: 101}",
          "t.yaml:1:10: target: expected an integer from 1 to 100, found \"101\"\n");
}

static void mistakes_in_rows_are_found(void **state)
{
    struct field_values *numbers = *state;
    struct error error = {0};

    assert_int_equal(constants_set_number(numbers->object->plan, "nothing", 1, &error), -EINVAL);
    assert_string_equal(error.text, "the program has no global variable nothing");
    assert_int_equal(constants_set_number(numbers->object->plan, "flag", 256, &error), -EINVAL);
    assert_string_equal(error.text, "the global variable flag has no room for 256");
}

static void programs_follow_their_setting(void **state)
{
    struct field_values *numbers = *state;
    struct builtin builtin = made_up;
    struct builtin_values values = {0};
    struct builtin_program rows[] = {{numbers->object->programs[0].name, "flag", false}, {0}};
    struct setting_table table;
    struct error error = {0};

    builtin.programs = rows;
    table = builtin_settings_table(&builtin, &values);
    setting_defaults(table.settings, table.target);
    assert_int_equal(builtin_settings_apply(&builtin, &values, numbers->object, &error), 0);
    assert_true(numbers->object->programs[0].chosen);
    rows[0].unless = true;
    assert_int_equal(builtin_settings_apply(&builtin, &values, numbers->object, &error), 0);
    assert_false(numbers->object->programs[0].chosen || numbers->object->programs[0].attach);
    builtin.programs = programs;
    assert_int_equal(builtin_settings_apply(&builtin, &values, numbers->object, &error), -EINVAL);
    assert_string_equal(error.text, "the program has no function every");
}

/* ---- the real ones --------------------------------------------------------------------------- */

static void each_builtin_has_its_globals(void **state)
{
    const struct wanted_config wanted = {.pid = 1};

    (void)state;
    for (const struct builtin *builtin = builtins; builtin->name; builtin++) {
        struct builtin_values values = {0};
        struct setting_table table = builtin_settings_table(builtin, &values);
        struct object *object = NULL;
        struct error error = {0};
        size_t size;
        const void *elf = builtin->elf(&size);

        assert_int_equal(object_open(builtin->name, elf, size, &error, &object), 0);
        setting_defaults(table.settings, table.target);
        if (builtin_settings_apply(builtin, &values, object, &error) < 0 ||
            wanted_apply(&wanted, object, &error) < 0)
            fail_msg("%s: %s", builtin->name, error.text);
        assert_int_equal(value_in(object, "wanted_pid"), 1);
        assert_int_equal(value_in(object, "unwanted_pid"), getpid());
        object_free(object);
    }
}

static void expect_in_manual(const char *manual, const char *name, const struct setting *rows)
{
    _cleanup_(cleanup_free) char *table = manual_table(rows);

    if (!strstr(manual, table))
        fail_msg("docs/sources.md lacks this, of %s:\n%s", name, table);
}

static void the_manual_has_all_settings(void **state)
{
    _cleanup_(cleanup_free) char *manual = NULL;
    size_t length = 0;
    FILE *file = fopen(TEST_ROOT "/docs/sources.md", "re");

    (void)state;
    assert_non_null(file);
    assert_true(getdelim(&manual, &length, '\0', file) > 0);
    fclose(file);
    expect_in_manual(manual, "builtin:", source_builtin.settings);
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        if (builtin->settings)
            expect_in_manual(manual, builtin->name, builtin->settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_become_globals, setup_numbers, teardown_numbers),
        cmocka_unit_test_setup_teardown(others_are_refused, setup_numbers, teardown_numbers),
        cmocka_unit_test_setup_teardown(mistakes_in_rows_are_found, setup_numbers,
                                        teardown_numbers),
        cmocka_unit_test_setup_teardown(programs_follow_their_setting, setup_numbers,
                                        teardown_numbers),
        cmocka_unit_test(each_builtin_has_its_globals),
        cmocka_unit_test(the_manual_has_all_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
