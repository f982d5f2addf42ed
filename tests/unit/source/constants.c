// SPDX-License-Identifier: Apache-2.0

/* Values are read back from the section's bytes, as the kernel will get them. */

#include "source/constants.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "unit/source/support.h"

/* text is a file of constants only. */
static int set(void **state, const char *text, const char *messages)
{
    struct field_values *numbers = *state;
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(text);
    struct diag diag;
    int result;

    diag_init(&diag);
    result = constants_set(numbers->object->plan, tree->root, &diag);
    expect_messages(&diag, messages);
    return result;
}

/* Where a constant's bytes are, found apart from the code that is tested. */
static const void *bytes_of(void **state, const char *name)
{
    struct field_values *numbers = *state;
    const struct btf *btf = object_btf(numbers->object);

    for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *section = btf__type_by_id(btf, id);

        for (uint32_t i = 0; btf_is_datasec(section) && i < btf_vlen(section); i++) {
            const struct btf_var_secinfo *place = btf_var_secinfos(section) + i;
            const struct btf_type *variable = btf__type_by_id(btf, place->type);
            const char *section_name = btf__name_by_offset(btf, section->name_off);
            size_t size;

            if (strcmp(btf__name_by_offset(btf, variable->name_off), name) == 0)
                return (const char *)bpf_map__initial_value(
                           bpf_object__find_map_by_name(numbers->object->plan, section_name),
                           &size) +
                       place->offset;
        }
    }
    fail_msg("no variable %s", name);
    return NULL;
}

static void integers_of_all_widths(void **state)
{
    assert_int_equal(set(state,
                         "target: 4294967295\nsmall: -128\nport: 0xffff\n"
                         "wide: -9223372036854775808\nhuge: 18446744073709551615\nstep: 7\n",
                         ""),
                     0);
    assert_true(*(const uint32_t *)bytes_of(state, "target") == UINT32_MAX);
    assert_true(*(const int8_t *)bytes_of(state, "small") == -128);
    assert_true(*(const uint16_t *)bytes_of(state, "port") == 65535);
    assert_true(*(const int64_t *)bytes_of(state, "wide") == INT64_MIN);
    assert_true(*(const uint64_t *)bytes_of(state, "huge") == UINT64_MAX);
    assert_true(*(const uint32_t *)bytes_of(state, "step") == 7); /* in a section of its own */
}

static void bools_enums_texts_and_lists(void **state)
{
    const uint32_t *list;

    assert_int_equal(set(state, "flag: true\nlevel: LOUD\nword: seven77\nlist: [1, 2]\n", ""), 0);
    assert_int_equal(*(const uint8_t *)bytes_of(state, "flag"), 1);
    assert_int_equal(*(const uint32_t *)bytes_of(state, "level"), 7);
    assert_string_equal(bytes_of(state, "word"), "seven77");
    list = bytes_of(state, "list");
    assert_true(list[0] == 1 && list[1] == 2 && list[2] == 0);
    assert_int_equal(set(state, "flag: false\nlevel: 3\nword: a\nlist: [3]\n", ""), 0);
    assert_int_equal(*(const uint8_t *)bytes_of(state, "flag"), 0);
    assert_int_equal(*(const uint32_t *)bytes_of(state, "level"), 3);
    assert_memory_equal(bytes_of(state, "word"), "a\0\0\0\0\0\0\0", 8);
    assert_true(list[0] == 3 && list[1] == 0);
    assert_int_equal(set(state, "word: [104, 105]\n", ""), 0);
    assert_string_equal(bytes_of(state, "word"), "hi");
}

static void refuse_value(void **state, const char *text, const char *messages)
{
    assert_int_equal(set(state, text, messages), -EINVAL);
}

static void what_does_not_fit(void **state)
{
    refuse_value(state, "small: 128",
                 "t.yaml:1:8: small: expected an integer from -128 to 127, found \"128\"\n");
    refuse_value(state, "small: -129",
                 "t.yaml:1:8: small: expected an integer from -128 to 127, found \"-129\"\n");
    refuse_value(state, "port: -1",
                 "t.yaml:1:7: port: expected an integer from 0 to 65535, found \"-1\"\n");
    refuse_value(state, "target: 4294967296",
                 "t.yaml:1:9: target: expected an integer from 0 to 4294967295, found "
                 "\"4294967296\"\n");
    refuse_value(state, "wide: 9223372036854775808",
                 "t.yaml:1:7: wide: expected an integer from -9223372036854775808 to "
                 "9223372036854775807, found \"9223372036854775808\"\n");
    refuse_value(state, "huge: 18446744073709551616",
                 "t.yaml:1:7: huge: expected an integer from 0 to 18446744073709551615, found "
                 "\"18446744073709551616\"\n");
    refuse_value(state, "huge: 12x",
                 "t.yaml:1:7: huge: expected an integer from 0 to 18446744073709551615, found "
                 "\"12x\"\n");
    refuse_value(state, "word: eight888",
                 "t.yaml:1:7: word: expected a text of up to 7 bytes, found 8\n");
    refuse_value(state, "list: [1, 2, 3, 4]",
                 "t.yaml:1:7: list: expected up to 3 values, found 4\n");
    refuse_value(state, "list: [1, -2, x]",
                 "t.yaml:1:11: list[1]: expected an integer from 0 to 4294967295, found \"-2\"\n"
                 "t.yaml:1:15: list[2]: expected an integer from 0 to 4294967295, found \"x\"\n");
}

static void what_is_of_another_kind(void **state)
{
    refuse_value(state, "flag: 1", "t.yaml:1:7: flag: expected true or false, found \"1\"\n");
    refuse_value(state, "level: LUOD",
                 "t.yaml:1:8: level: expected a number or a name; allowed are QUIET, LOUD; did you "
                 "mean \"LOUD\"?\n");
    refuse_value(state, "list: 1",
                 "t.yaml:1:7: list: expected a list of up to 3 values, found a text\n");
    refuse_value(state, "port: [1]", "t.yaml:1:7: port: expected one value, found a list\n");
    refuse_value(state, "port:", "t.yaml:1:6: port: expected one value, found nothing\n");
    refuse_value(
        state, "group: 1",
        "t.yaml:1:8: group: it is a struct or union; name a member, as in {inner: 1} (on the "
        "command line: .inner=1)\n");
    refuse_value(state, "[1]",
                 "t.yaml:1:1: expected NAME: VALUE pairs, as in constants: {min_bytes: 100}; found "
                 "a list\n");
}

static void unknown_names(void **state)
{
    refuse_value(state, "taget: 1",
                 "t.yaml:1:1: taget: the object has no such global variable; allowed are dropped, "
                 "stats, sequence, target, flag, small, port, wide, huge, level, word, list, "
                 "group, step; did you mean \"target\"?\n");
    refuse_value(state, "LICENSE: 1",
                 "t.yaml:1:1: LICENSE: globals of section license cannot be set; those of "
                 ".rodata, .data and .bss can\n");
}

static void nothing_to_set(void **state)
{
    struct field_values *numbers = *state;

    assert_int_equal(constants_set(numbers->object->plan, NULL, NULL), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup_numbers, teardown_numbers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(integers_of_all_widths), TEST(bools_enums_texts_and_lists),
        TEST(what_does_not_fit),      TEST(what_is_of_another_kind),
        TEST(unknown_names),          TEST(nothing_to_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
