// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <sys/stat.h>
#include <unistd.h>

#include "unit/config/support.h"

static void refuses_emptiness(void **state)
{
    static const char *const message =
        "t.yaml:1:1: the file is empty; write lines of \"key: value\"\n";

    (void)state;
    refuse("", message);
    refuse("\n\n# only words\n", message);
    refuse("~", message);
    refuse("\n---\n", "t.yaml:3:1: the file is empty; write lines of \"key: value\"\n");
}

static void refuses_what_is_no_plain_tree(void **state)
{
    (void)state;
    refuse("a: &x 1\n"
           "b: *x\n"
           "<<: {c: 1}\n"
           "d: !!str 3\n"
           "e: !own {}\n"
           "? [x, y]\n"
           ": 5\n"
           "? \"\"\n"
           ": 6\n"
           "q: \"a\\0b\"\n"
           "---\n"
           "b: 2\n",
           "t.yaml:1:4: anchors (&x) are not supported; write the value out\n"
           "t.yaml:2:4: aliases (*x) are not supported; write the value out\n"
           "t.yaml:3:1: merge keys (<<) are not supported; write the keys out\n"
           "t.yaml:4:4: tags (tag:yaml.org,2002:str) are not supported; write the value without "
           "the tag, or quote it if the ! is part of it\n"
           "t.yaml:5:4: tags (!own) are not supported; write the value without the tag, or quote "
           "it if the ! is part of it\n"
           "t.yaml:6:3: a key must be text, found a list\n"
           "t.yaml:8:3: the key is empty; expected a name before the colon\n"
           "t.yaml:10:4: a text must not contain a NUL character\n"
           "t.yaml:11:1: a second document begins here; only one is allowed in a file\n");
}

static void finds_two_of_one_name(void **state)
{
    (void)state;
    find_flaws("sinks:\n"
               "  out: {type: stdout}\n"
               "  log: {type: file, path: /a, type: file}\n"
               "  \"out\": {type: file}\n"
               "  out: 3\n"
               "a: {out: 1}\n",
               "t.yaml:3:31: sinks.log.type: duplicate key; first defined on line 3\n"
               "t.yaml:4:3: sinks.out: duplicate key; first defined on line 2\n"
               "t.yaml:5:3: sinks.out: duplicate key; first defined on line 2\n");
}

static void places_syntax_errors(void **state)
{
    (void)state;
    refuse("a: 1\nb: [1, 2\nc: 3\n", "t.yaml:3:2: did not find expected ',' or ']', while parsing "
                                     "a flow sequence that begins on line 2\n");
    refuse("a: b: c\n", "t.yaml:1:5: mapping values are not allowed in this context\n");
    refuse("a: \"x\n", "t.yaml:2:1: found unexpected end of stream, while scanning a quoted scalar "
                       "that begins on line 1\n");
    refuse("a: @x\n", "t.yaml:1:4: found character that cannot start any token, while scanning for "
                      "the next token\n");
    refuse("%YAML 3.0\n---\na: 1\n", "t.yaml:1:1: found incompatible YAML document\n");
}

static void explains_tabs(void **state)
{
    (void)state;
    refuse("a:\r\n\tb: 1\r\n", "t.yaml:2:1: found character that cannot start any token, while "
                               "scanning for the next token; indent with spaces, not with tabs\n");
}

static void refuses_bytes_that_are_no_text(void **state)
{
    static const char nul[] = "a: b\nc: \0\n";

    (void)state;
    refuse("ä: \"x\xff\"\n", "t.yaml:1:6: not UTF-8 text: invalid leading UTF-8 octet (0xff)\n");
    refuse("a: 1\r\nb: \xc3(\r\n",
           "t.yaml:2:5: not UTF-8 text: invalid trailing UTF-8 octet (0x28)\n");
    refuse("a: \xed\xa0\x80\n", "t.yaml:1:4: not UTF-8 text: invalid Unicode character (0xd800)\n");
    refuse("a: \x01\n", "t.yaml:1:4: not UTF-8 text: control characters are not allowed (0x01)\n");
    refuse_bytes(nul, sizeof(nul) - 1,
                 "t.yaml:2:4: not UTF-8 text: control characters are not allowed (0x00)\n");
    refuse_bytes("\xff\xfe"
                 "a\0",
                 4, "t.yaml:1:1: not UTF-8 text: invalid leading UTF-8 octet (0xff)\n");
}

static void takes_dos_lines_and_a_byte_order_mark(void **state)
{
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load("\xef\xbb\xbf"
                                                                        "a: 1\r\nb:\r\n  - x\r\n");
    const struct config_node *item = config_map_get(tree->root, "b")->first;

    (void)state;
    assert_string_equal(config_map_get(tree->root, "a")->text, "1");
    assert_string_equal(item->text, "x");
    assert_int_equal(item->line, 3);
    assert_int_equal(item->column, 5);
}

static void limits_depth(void **state)
{
    char text[256] = "";
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = NULL;

    (void)state;
    memset(text, '[', CONFIG_DEPTH_MAX);
    memset(text + CONFIG_DEPTH_MAX, ']', CONFIG_DEPTH_MAX);
    tree = load(text);
    memset(text, '[', CONFIG_DEPTH_MAX + 1);
    memset(text + CONFIG_DEPTH_MAX + 1, ']', CONFIG_DEPTH_MAX + 1);
    refuse(text, "t.yaml:1:33: nested too deeply; at most 32 levels are allowed\n");
}

/* A text of count times the piece; the caller frees it. */
static char *repeat(const char *head, const char *piece, size_t count, const char *tail)
{
    char *text = malloc(strlen(head) + strlen(piece) * count + strlen(tail) + 1);
    char *end;

    assert_non_null(text);
    end = stpcpy(text, head);
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, piece);
    strcpy(end, tail);
    return text;
}

static void limits_scalars(void **state)
{
    _cleanup_(cleanup_free) char *fits = repeat("a: ", "x", CONFIG_SCALAR_MAX, "\n");
    _cleanup_(cleanup_free) char *large = repeat("a: ", "x", CONFIG_SCALAR_MAX + 1, "\n");
    _cleanup_(cleanup_free) char *key = repeat("? ", "x", CONFIG_SCALAR_MAX + 1, "\n: 1\n");
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(fits);

    (void)state;
    assert_int_equal(tree->root->first->length, CONFIG_SCALAR_MAX);
    refuse(large, "t.yaml:1:4: text too long: 65537 bytes; at most 65536 are allowed\n");
    refuse(key, "t.yaml:1:3: text too long: 65537 bytes; at most 65536 are allowed\n");
}

static void limits_nodes(void **state)
{
    _cleanup_(cleanup_free) char *fits = repeat("[", "0,", CONFIG_NODES_MAX - 1, "]");
    _cleanup_(cleanup_free) char *many = repeat("[", "0,", CONFIG_NODES_MAX, "]");
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(fits);

    (void)state;
    assert_int_equal(tree->root->count, CONFIG_NODES_MAX - 1);
    refuse(many, "t.yaml:1:200000: too many values; at most 100000 keys and values are allowed\n");
}

static void limits_the_file(void **state)
{
    _cleanup_(cleanup_free) char *fits = repeat("a: 1\n#", "x", CONFIG_FILE_MAX - 7, "\n");
    _cleanup_(cleanup_free) char *large = repeat("a: 1\n#", "x", CONFIG_FILE_MAX - 6, "\n");
    _cleanup_(cleanup_config_tree_free) struct config_tree *tree = load(fits);

    (void)state;
    refuse(large, "t.yaml: too large; at most 1048576 bytes are allowed\n");
}

/* Comparing each key with each would take minutes here. */
static void finds_duplicates_in_large_maps(void **state)
{
    _cleanup_(cleanup_free) char *text = calloc(1, CONFIG_FILE_MAX);
    char *end = text;

    (void)state;
    for (unsigned i = 0; i < 49000; i++)
        end += sprintf(end, "k%u: 0\n", i);
    strcpy(end, "k7: 1\n");
    find_flaws(text, "t.yaml:49001:1: k7: duplicate key; first defined on line 8\n");
}

static void expect_file_error(const char *path, int error, const char *message)
{
    struct config_tree *tree = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(config_load_file(path, &diag, &tree), error);
    assert_null(tree);
    expect_messages(&diag, message);
}

static void reads_files(void **state)
{
    char path[] = "/tmp/ringmill-load-XXXXXX";
    int fd = mkstemp(path);
    struct config_tree *tree = NULL;
    struct diag diag;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: 1\n", 5), 5);
    diag_init(&diag);
    assert_int_equal(config_load_file(path, &diag, &tree), 0);
    expect_messages(&diag, "");
    assert_string_equal(config_node_file(tree->root), path);
    config_tree_free(tree);
    assert_int_equal(ftruncate(fd, CONFIG_FILE_MAX + 2), 0);
    close(fd);

    char message[128];

    snprintf(message, sizeof(message), "%s: too large; at most 1048576 bytes are allowed\n", path);
    expect_file_error(path, -EINVAL, message);
    unlink(path);
    expect_file_error("/nowhere/a.yaml", -ENOENT,
                      "/nowhere/a.yaml: cannot be opened: No such file or directory\n");
    expect_file_error("/", -EISDIR, "/: cannot be read: Is a directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_emptiness),
        cmocka_unit_test(refuses_what_is_no_plain_tree),
        cmocka_unit_test(finds_two_of_one_name),
        cmocka_unit_test(places_syntax_errors),
        cmocka_unit_test(explains_tabs),
        cmocka_unit_test(refuses_bytes_that_are_no_text),
        cmocka_unit_test(takes_dos_lines_and_a_byte_order_mark),
        cmocka_unit_test(limits_depth),
        cmocka_unit_test(limits_scalars),
        cmocka_unit_test(limits_nodes),
        cmocka_unit_test(limits_the_file),
        cmocka_unit_test(finds_duplicates_in_large_maps),
        cmocka_unit_test(reads_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
