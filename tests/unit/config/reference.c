// SPDX-License-Identifier: Apache-2.0
#include "config/setting.h"

#include "unit/config/manual_table.h"
#include "unit/config/support.h"

static const struct setting_choice formats[] = {{"json", 1}, {"text", 2}, {0}};

static const struct setting settings[] = {
    {"label", SETTING_TEXT, 0, 1, .fallback = "a|b", .doc = "shown | told"},
    {"short", SETTING_TEXT, 0, 0, 8, .doc = "few bytes"},
    {"path", SETTING_PATH, 0, .required = true, .doc = "a file"},
    {"flag", SETTING_BOOL, 0, .fallback = "true"},
    {"level", SETTING_INTEGER, 0, 1, 9, "3", .doc = "compression"},
    {"count", SETTING_INTEGER, 0, .doc = "how many"},
    {"buffer", SETTING_SIZE, 0, 4096, 1 << 30, "64KiB", .doc = "bytes gathered"},
    {"wait", SETTING_DURATION, 0, 1000000, .fallback = "1s", .doc = "pause"},
    {"any", SETTING_DURATION, 0, .doc = "no limit"},
    {"rate", SETTING_RATE, 0, 1, 1000, "100/s", .doc = "how many"},
    {"format", SETTING_CHOICE, 0, .choices = formats, .fallback = "json", .doc = "encoding"},
    {"fields", SETTING_TEXTS, 0, 1, 3, .doc = "what"},
    {"sources", SETTING_NAMES, 0, 1, .doc = "where from"},
    {"sink", SETTING_NAME, 0, .doc = "where to"},
    {"extra", SETTING_NODE, 0, .doc = "anything"},
    {0},
};

static void prints_a_markdown_table(void **state)
{
    char *printed = manual_table(settings);

    (void)state;
    assert_string_equal(printed,
                        "| name | type | range | default | meaning |\n"
                        "|---|---|---|---|---|\n"
                        "| label | text | not empty | a\\|b | shown \\| told |\n"
                        "| short | text | 0 to 8 bytes |  | few bytes |\n"
                        "| path | path |  | required | a file |\n"
                        "| flag | bool |  | true |  |\n"
                        "| level | integer | 1 to 9 | 3 | compression |\n"
                        "| count | integer | at least 0 |  | how many |\n"
                        "| buffer | size | 4KiB to 1GiB | 64KiB | bytes gathered |\n"
                        "| wait | duration | at least 1ms | 1s | pause |\n"
                        "| any | duration |  |  | no limit |\n"
                        "| rate | rate | 1 to 1000 | 100/s | how many |\n"
                        "| format | choice | json, text | json | encoding |\n"
                        "| fields | text or list of texts | 1 to 3 entries |  | what |\n"
                        "| sources | name or list of names | at least 1 entries |  | where from |\n"
                        "| sink | name |  |  | where to |\n"
                        "| extra | see its own section |  |  | anything |\n");
    free(printed);
}

static void describes_in_any_space(void **state)
{
    char text[32];

    (void)state;
    for (const struct setting *setting = settings; setting->name; setting++) {
        char whole[256];

        setting_describe(setting, whole, sizeof(whole));
        for (size_t size = 1; size <= sizeof(text); size++) {
            setting_describe(setting, text, size);
            assert_true(strlen(text) < size);
            assert_memory_equal(text, whole, strlen(text));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_a_markdown_table),
        cmocka_unit_test(describes_in_any_space),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
