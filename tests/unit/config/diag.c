// SPDX-License-Identifier: Apache-2.0
#include "config/diag.h"

#include <locale.h>

#include "unit/config/support.h"

static void sorts_by_place(void **state)
{
    struct diag diag;

    (void)state;
    diag_init(&diag);
    diag_add_place(&diag, "b.yaml", 1, 1, "other file");
    diag_add_place(&diag, "a.yaml", 10, 2, "third");
    diag_add_place(&diag, "a.yaml", 9, 30, "first");
    diag_add_place(&diag, "a.yaml", 10, 2, "fourth");
    diag_add_place(&diag, "a.yaml", 10, 1, "second");
    diag_add_place(&diag, "a.yaml", 0, 0, "whole %s", "file");
    assert_int_equal(diag_count(&diag), 6);
    expect_messages(&diag, "a.yaml: whole file\n"
                           "a.yaml:9:30: first\n"
                           "a.yaml:10:1: second\n"
                           "a.yaml:10:2: third\n"
                           "a.yaml:10:2: fourth\n"
                           "b.yaml:1:1: other file\n");
}

static void places_at_values_keys_and_inside(void **state)
{
    struct config_tree *tree = load("pipelines:\n"
                                    "  p:\n"
                                    "    - filter: uid == && 0\n"
                                    "    - filter: \"é == && 0\"\n"
                                    "    - filter: |\n"
                                    "        uid == 0 &&\n"
                                    "        gid\t== && 0\n");
    const struct config_node *list = config_map_get(config_map_get(tree->root, "pipelines"), "p");
    struct diag diag;

    (void)state;
    diag_init(&diag);
    diag_add(&diag, list, "value");
    diag_add_key(&diag, list, "key");
    diag_add_key(&diag, config_node_at(list, 0), "an item has no key");
    diag_add(&diag, tree->root, "the root");
    diag_add_inside(&diag, config_map_get(config_node_at(list, 0), "filter"), 7,
                    "expected a value, found \"%s\"", "&&");
    diag_add_inside(&diag, config_map_get(config_node_at(list, 1), "filter"), 6, "here");
    diag_add_inside(&diag, config_map_get(config_node_at(list, 2), "filter"), 19, "there");
    diag_add_inside(&diag, config_map_get(config_node_at(list, 2), "filter"), 9999, "the end");
    config_tree_free(tree);
    expect_messages(&diag, "t.yaml:1:1: the root\n"
                           "t.yaml:2:3: pipelines.p: key\n"
                           "t.yaml:3:5: pipelines.p: value\n"
                           "t.yaml:3:7: pipelines.p[0]: an item has no key\n"
                           "t.yaml:3:22: pipelines.p[0].filter: expected a value, found \"&&\"\n"
                           "    uid == && 0\n"
                           "           ^\n"
                           "t.yaml:4:21: pipelines.p[1].filter: here\n"
                           "    é == && 0\n"
                           "         ^\n"
                           "t.yaml:5:15: pipelines.p[2].filter: there\n"
                           "    gid == && 0\n"
                           "           ^\n"
                           "t.yaml:5:15: pipelines.p[2].filter: the end\n"
                           "    \n"
                           "    ^\n");
}

/* Whatever the offset, the caret stands under the same character and no character is cut. */
static void shows_a_part_of_long_lines(void **state)
{
    char text[1024] = "a: \"";
    struct config_tree *tree;
    struct diag diag;

    (void)state;
    for (size_t i = 0; i < 300; i++)
        strcat(text, i % 3 == 0 ? "é" : i % 3 == 1 ? "x" : "€");
    strcat(text, "\"");
    tree = load(text);
    for (size_t offset = 0; offset <= tree->root->first->length; offset++) {
        const char *excerpt;
        size_t ending;

        diag_init(&diag);
        diag_add_inside(&diag, tree->root->first, offset, "x");
        excerpt = diag.messages[0].excerpt;
        ending = strlen(excerpt);
        assert_true(ending < 2 * DIAG_EXCERPT_MAX + 32);
        assert_int_equal(excerpt[ending - 2], '^');
        assert_int_equal(mbstowcs(NULL, excerpt, 0) == (size_t)-1, 0);
        diag_deinit(&diag);
    }
    config_tree_free(tree);
}

static void escapes_control_characters(void **state)
{
    struct diag diag;

    (void)state;
    diag_init(&diag);
    diag_add_place(&diag, "a.yaml", 1, 1, "found \"%s\"",
                   "a\nb\x1b[31m\x7f é\xc2\x9b\xe2\x80\xae\xff");
    expect_messages(&diag, "a.yaml:1:1: found \"a\\x0ab\\x1b[31m\\x7f "
                           "é\\xc2\\x9b\\xe2\\x80\\xae\\xff\"\n");
}

static void cuts_long_messages_at_a_character(void **state)
{
    struct diag diag;
    char words[2 * DIAG_TEXT_MAX];

    (void)state;
    for (size_t shift = 0; shift < 2; shift++) {
        memset(words, 'x', sizeof(words));
        for (size_t i = shift; i + 2 < sizeof(words); i += 2)
            memcpy(words + i, "é", 2);
        words[sizeof(words) - 1] = '\0';
        diag_init(&diag);
        diag_add_place(&diag, "a.yaml", 1, 1, "%s", words);
        size_t length = strlen(diag.messages[0].text);

        assert_int_equal(length, DIAG_TEXT_MAX - 1 - shift);
        assert_string_equal(diag.messages[0].text + length - 5, "é...");
        diag_deinit(&diag);
    }
}

static void counts_what_finds_no_room(void **state)
{
    struct diag diag;

    (void)state;
    diag_init(&diag);
    for (unsigned i = 0; i < DIAG_MESSAGES_MAX + 23; i++)
        diag_add_place(&diag, "a.yaml", 1000 - i, 1, "bad");
    assert_int_equal(diag_count(&diag), DIAG_MESSAGES_MAX + 23);
    assert_int_equal(diag.kept, DIAG_MESSAGES_MAX);

    char *printed = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&printed, &length);

    diag_print(&diag, file);
    fclose(file);
    assert_string_equal(printed + length - strlen("and 23 more\n"), "and 23 more\n");
    free(printed);
    diag_deinit(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_by_place),
        cmocka_unit_test(places_at_values_keys_and_inside),
        cmocka_unit_test(shows_a_part_of_long_lines),
        cmocka_unit_test(escapes_control_characters),
        cmocka_unit_test(cuts_long_messages_at_a_character),
        cmocka_unit_test(counts_what_finds_no_room),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
