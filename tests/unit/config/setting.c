// SPDX-License-Identifier: Apache-2.0
#include "config/setting.h"

#include "unit/config/support.h"

enum format { FORMAT_JSON = 1, FORMAT_TEXT = 2 };

struct options {
    const char *label;
    const char *path;
    bool flag;
    int64_t level;
    int64_t offset;
    uint64_t buffer;
    uint64_t wait;
    int format;
    struct setting_texts fields;
    const char *sink;
    struct setting_texts sources;
    const struct config_node *extra;
};

static const struct setting_choice formats[] = {
    {"json", FORMAT_JSON},
    {"text", FORMAT_TEXT},
    {0},
};

static const struct setting settings[] = {
    {"label", SETTING_TEXT, offsetof(struct options, label), 0, 8, "none", .doc = "shown | told"},
    {"path", SETTING_PATH, offsetof(struct options, path), .required = true, .doc = "a file"},
    {"flag", SETTING_BOOL, offsetof(struct options, flag), .fallback = "true", .doc = "yes or no"},
    {"level", SETTING_INTEGER, offsetof(struct options, level), 1, 9, "3", .doc = "compression"},
    {"offset", SETTING_INTEGER, offsetof(struct options, offset), -5, 0, .doc = "below zero"},
    {"buffer", SETTING_SIZE, offsetof(struct options, buffer), 4096, 1 << 30, "64KiB",
     .doc = "bytes gathered"},
    {"wait", SETTING_DURATION, offsetof(struct options, wait), 1000000, .fallback = "1s",
     .doc = "pause"},
    {"format", SETTING_CHOICE, offsetof(struct options, format), .fallback = "json",
     .choices = formats, .doc = "encoding"},
    {"fields", SETTING_TEXTS, offsetof(struct options, fields), 1, 3, "comm",
     .doc = "what to show"},
    {"sink", SETTING_NAME, offsetof(struct options, sink), .doc = "where to"},
    {"sources", SETTING_NAMES, offsetof(struct options, sources), .doc = "where from"},
    {"extra", SETTING_NODE, offsetof(struct options, extra), .doc = "anything"},
    {0},
};

static void applies_defaults(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load("path: /a\n");
    struct options options;
    struct diag diag;

    (void)state;
    memset(&options, 0xff, sizeof(options));
    diag_init(&diag);
    assert_int_equal(setting_bind(settings, tree->root, &options, &diag), 0);
    expect_messages(&diag, "");
    assert_string_equal(options.path, "/a");
    assert_string_equal(options.label, "none");
    assert_true(options.flag);
    assert_int_equal(options.level, 3);
    assert_int_equal(options.offset, 0);
    assert_int_equal(options.buffer, 65536);
    assert_int_equal(options.wait, 1000000000);
    assert_int_equal(options.format, FORMAT_JSON);
    assert_int_equal(options.fields.count, 1);
    assert_string_equal(options.fields.items[0], "comm");
    assert_null(options.fields.nodes);
    assert_null(options.sink);
    assert_int_equal(options.sources.count, 0);
    assert_null(options.extra);
}

static void binds_every_type(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load("label: \"\"\n"
                                                                        "path: /var/log/x\n"
                                                                        "flag: false\n"
                                                                        "level: \"0x9\"\n"
                                                                        "offset: -5\n"
                                                                        "buffer: 8 MiB\n"
                                                                        "wait: 1ms\n"
                                                                        "format: text\n"
                                                                        "fields: [pid, 'null']\n"
                                                                        "sink: out\n"
                                                                        "sources: exec\n"
                                                                        "extra: {a: [b]}\n");
    struct options options;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(setting_bind(settings, tree->root, &options, &diag), 0);
    expect_messages(&diag, "");
    assert_string_equal(options.label, "");
    assert_string_equal(options.path, "/var/log/x");
    assert_false(options.flag);
    assert_int_equal(options.level, 9);
    assert_int_equal(options.offset, -5);
    assert_int_equal(options.buffer, 8 << 20);
    assert_int_equal(options.wait, 1000000);
    assert_int_equal(options.format, FORMAT_TEXT);
    assert_int_equal(options.fields.count, 2);
    assert_string_equal(options.fields.items[0], "pid");
    assert_string_equal(options.fields.items[1], "null");
    assert_int_equal(options.fields.nodes[1]->column, 15);
    assert_string_equal(options.sink, "out");
    assert_int_equal(options.sources.count, 1);
    assert_string_equal(options.sources.items[0], "exec");
    assert_ptr_equal(options.sources.nodes[0], config_map_get(tree->root, "sources"));
    assert_ptr_equal(options.extra, config_map_get(tree->root, "extra"));
}

/* Expects exactly these messages from binding the text; errors leave the defaults. */
static void refuse_binding(const char *text, const char *expected)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(text);
    struct options options;
    struct diag diag;
    size_t lines = 0;

    for (const char *at = expected; *at; at++)
        lines += *at == '\n';
    diag_init(&diag);
    assert_int_equal(setting_bind(settings, tree->root, &options, &diag), lines);
    expect_messages(&diag, expected);
    assert_int_equal(options.level, 3);
    assert_int_equal(options.buffer, 65536);
}

static void reports_all_errors_at_once(void **state)
{
    (void)state;
    refuse_binding(
        "label: much too long\n"
        "patch: /x\n"
        "flag: yes\n"
        "level: 12\n"
        "offset: 1\n"
        "buffer: 2GiB\n"
        "wait: 10us\n"
        "format: jsno\n"
        "fields: [a, [b], \"\", ~, {c: d}]\n"
        "sink: \"\"\n"
        "sources: {a: b}\n"
        "extra:\n",
        "t.yaml:1:1: the key \"path\" is missing (a file)\n"
        "t.yaml:1:8: label: expected a text of 0 to 8 bytes, found \"much too long\"\n"
        "t.yaml:2:1: patch: unknown key; allowed are label, path, flag, level, offset, buffer, "
        "wait, format, fields, sink, sources, extra; did you mean \"path\"?\n"
        "t.yaml:3:7: flag: expected true or false, found \"yes\"\n"
        "t.yaml:4:8: level: expected an integer from 1 to 9, found \"12\"\n"
        "t.yaml:5:9: offset: expected an integer from -5 to 0, found \"1\"\n"
        "t.yaml:6:9: buffer: expected a size from 4KiB to 1GiB, found \"2GiB\"\n"
        "t.yaml:7:7: wait: expected a duration of at least 1ms, found \"10us\"\n"
        "t.yaml:8:9: format: expected one of json, text, found \"jsno\"; did you mean \"json\"?\n"
        "t.yaml:9:13: fields[1]: expected a text, found a list\n"
        "t.yaml:9:18: fields[2]: expected a text that is not empty, found \"\"\n"
        "t.yaml:9:22: fields[3]: the value is missing; expected a text\n"
        "t.yaml:9:25: fields[4]: expected a text, found a map\n"
        "t.yaml:10:7: sink: expected a name, found \"\"\n"
        "t.yaml:11:10: sources: expected a name or a list of names, found a map\n"
        "t.yaml:12:1: extra: the value is missing; expected a value\n");
}

static void tells_how_values_are_written(void **state)
{
    (void)state;
    refuse_binding(
        "path: here\n"
        "level: 1.5\n"
        "offset: -99999999999999999999\n"
        "buffer: 8MB\n"
        "wait: 5\n"
        "format: yaml\n",
        "t.yaml:1:7: path: expected an absolute path, found \"here\"\n"
        "t.yaml:2:8: level: expected an integer from 1 to 9, found \"1.5\"\n"
        "t.yaml:3:9: offset: expected an integer from -5 to 0, found "
        "\"-99999999999999999999\", which does not fit 64 bits\n"
        "t.yaml:4:9: buffer: expected a size from 4KiB to 1GiB, found \"8MB\"; units are "
        "B, KiB, MiB and GiB\n"
        "t.yaml:5:7: wait: expected a duration of at least 1ms, found \"5\"; units are "
        "ns, us, ms, s, min and h\n"
        "t.yaml:6:9: format: expected one of json, text, found \"yaml\"\n");
}

static void rates_are_bound_by_their_count(void **state)
{
    static const struct setting row = {"rate", SETTING_RATE, 0, 1, 1000, .doc = "how many"};
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree =
        load("[250/min, 0/s, 1001/s, 5, 5 per second]\n");
    struct scalar_rate rate = {0};
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(setting_bind_value(&row, config_node_at(tree->root, 0), &rate, &diag), 0);
    assert_true(rate.count == 250 && rate.per == UINT64_C(60000000000));
    for (uint32_t i = 1; i < 5; i++)
        assert_int_equal(setting_bind_value(&row, config_node_at(tree->root, i), &rate, &diag), 1);
    assert_true(rate.count == 250);
    expect_messages(&diag, "t.yaml:1:11: [1]: expected a rate from 1 to 1000, found \"0/s\"\n"
                           "t.yaml:1:16: [2]: expected a rate from 1 to 1000, found \"1001/s\"\n"
                           "t.yaml:1:24: [3]: expected a rate from 1 to 1000, found \"5\"; write "
                           "it like 100/s, 30/min or 5/h\n"
                           "t.yaml:1:27: [4]: expected a rate from 1 to 1000, found \"5 per "
                           "second\"; write it like 100/s, 30/min or 5/h\n");
}

static void defaults_of_others_can_be_checked(void **state)
{
    const struct setting rows[] = {
        {"a", SETTING_INTEGER, 0, 1, 9, .fallback = "9"},
        {"b", SETTING_INTEGER, 0, 1, 9, .fallback = "10"},
        {"c", SETTING_TEXT, 0, 0, 3, .fallback = "abc"},
        {"d", SETTING_TEXT, 0, 0, 3, .fallback = "abcd"},
        {"e", SETTING_DURATION, .fallback = "5s"},
        {"f", SETTING_DURATION, .fallback = "5"},
        {"g", SETTING_BOOL, .fallback = "true"},
        {"h", SETTING_BOOL, .fallback = "yes"},
        {"i", SETTING_PATH, .fallback = "/a"},
        {"j", SETTING_PATH, .fallback = "a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(setting_fallback_is_valid(&rows[i]), i % 2 == 0);
    assert_true(setting_fallback_is_valid(&settings[1]));
}

static void tells_missing_values_and_wrong_kinds(void **state)
{
    (void)state;
    refuse_binding("path:\n"
                   "level: [1]\n"
                   "buffer: {a: 1}\n"
                   "format: null\n"
                   "fields:\n",
                   "t.yaml:1:1: path: the value is missing; expected an absolute path\n"
                   "t.yaml:2:8: level: expected an integer from 1 to 9, found a list\n"
                   "t.yaml:3:9: buffer: expected a size from 4KiB to 1GiB, found a map\n"
                   "t.yaml:4:1: format: the value is missing; expected one of json, text\n"
                   "t.yaml:5:1: fields: the value is missing; expected a text or a list of texts "
                   "of 1 to 3 entries\n");
    refuse_binding(
        "path: /a\n"
        "fields: []\n",
        "t.yaml:2:9: fields: expected a text or a list of texts of 1 to 3 entries, found "
        "0\n");
    refuse_binding("- path\n", "t.yaml:1:1: expected a map, found a list\n");
    refuse_binding("path\n", "t.yaml:1:1: expected a map, found a text\n");
}

static void shows_the_start_of_long_values(void **state)
{
    (void)state;
    refuse_binding("path: "
                   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxéxxx\n",
                   "t.yaml:1:7: path: expected an absolute path, found "
                   "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"\n");
}

static void limits_paths(void **state)
{
    char text[5000] = "path: /";
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;
    struct options options;
    struct diag diag;

    (void)state;
    memset(text + 7, 'x', 4096);
    tree = load(text);
    diag_init(&diag);
    assert_int_equal(setting_bind(settings, tree->root, &options, &diag), 1);
    expect_messages(&diag, "t.yaml:1:7: path: expected an absolute path, found "
                           "\"/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                           "...\", which is too long for a path\n");
}

struct common {
    const char *type;
    int format;
};

static const struct setting common_settings[] = {
    {"type", SETTING_TEXT, offsetof(struct common, type), 1, .required = true, .doc = "the kind"},
    {"format", SETTING_CHOICE, offsetof(struct common, format), .choices = formats,
     .fallback = "text", .doc = "encoding"},
    {0},
};

static void binds_several_tables(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree =
        load("sinks:\n"
             "  good: {type: file, path: /a, level: 4, format: json}\n"
             "  bad: {typ: file, path: b}\n"
             "  empty:\n"
             "  void: {type: \"\", path: /}\n");
    const struct config_node *sinks = tree->root->first;
    struct common common;
    struct options options;
    const struct setting_table tables[] = {{common_settings, &common}, {settings, &options}};
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(setting_bind_tables(tables, 2, config_map_get(sinks, "good"), &diag), 0);
    assert_string_equal(common.type, "file");
    assert_int_equal(common.format, FORMAT_JSON);
    assert_int_equal(options.format, FORMAT_JSON); /* its default */
    assert_int_equal(options.level, 4);
    assert_int_equal(setting_bind_tables(tables, 2, config_map_get(sinks, "bad"), &diag), 3);
    assert_int_equal(common.format, FORMAT_TEXT);
    assert_int_equal(setting_bind_tables(tables, 2, config_map_get(sinks, "empty"), &diag), 1);
    assert_int_equal(setting_bind_tables(tables, 2, config_map_get(sinks, "void"), &diag), 1);
    expect_messages(
        &diag,
        "t.yaml:3:8: sinks.bad: the key \"type\" is missing (the kind)\n"
        "t.yaml:3:9: sinks.bad.typ: unknown key; allowed are type, format, label, path, flag, "
        "level, offset, buffer, wait, fields, sink, sources, extra; did you mean \"type\"?\n"
        "t.yaml:3:26: sinks.bad.path: expected an absolute path, found \"b\"\n"
        "t.yaml:4:3: sinks.empty: the value is missing; expected a map\n"
        "t.yaml:5:16: sinks.void.type: expected a text that is not empty, found \"\"\n");
}

static void binds_one_value(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load("[out, [], ~]");
    static const struct setting row = {"forward", SETTING_NAME, 0, .doc = "a sink"};
    const char *sink = NULL;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(setting_bind_value(&row, config_node_at(tree->root, 0), &sink, &diag), 0);
    assert_string_equal(sink, "out");
    assert_int_equal(setting_bind_value(&row, config_node_at(tree->root, 1), &sink, &diag), 1);
    assert_int_equal(setting_bind_value(&row, config_node_at(tree->root, 2), &sink, &diag), 1);
    assert_string_equal(sink, "out");
    expect_messages(&diag, "t.yaml:1:7: [1]: expected a name, found a list\n"
                           "t.yaml:1:11: [2]: the value is missing; expected a name\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applies_defaults),
        cmocka_unit_test(binds_every_type),
        cmocka_unit_test(reports_all_errors_at_once),
        cmocka_unit_test(tells_how_values_are_written),
        cmocka_unit_test(rates_are_bound_by_their_count),
        cmocka_unit_test(defaults_of_others_can_be_checked),
        cmocka_unit_test(tells_missing_values_and_wrong_kinds),
        cmocka_unit_test(shows_the_start_of_long_values),
        cmocka_unit_test(limits_paths),
        cmocka_unit_test(binds_several_tables),
        cmocka_unit_test(binds_one_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
