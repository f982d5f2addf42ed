// SPDX-License-Identifier: Apache-2.0

/* What is refused, with its sentence, once from files and for the rest from tables; and the example
 * of the documentation as a handler. */

#include "plugin/plugin.h"

#include <sys/stat.h>
#include <unistd.h>

#include "unit/record/support.h"

static char folder[] = "/run/ringmill-plugin.XXXXXX";

/* A copy where it can be trusted. */
static const char *install(const char *name)
{
    static char path[sizeof(folder) + 40];
    char command[600];

    snprintf(path, sizeof(path), "%s/%s.so", folder, name);
    snprintf(command, sizeof(command), "install -m 0644 %s/%s.so %s", PLUGIN_FOLDER, name, path);
    assert_int_equal(system(command), 0);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? chmod(folder, 0755) : -1;
}

static int tear_down(void **state)
{
    char command[100];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static void refuse_file(const char *path, const char *expected)
{
    struct plugin *plugin = NULL;
    struct error error = {0};

    assert_true(plugin_load(path, &error, &plugin) < 0);
    assert_null(plugin);
    assert_string_equal(error.text, expected);
}

/* What lacks headers, too, is told in other words. */
static void refuse_cut_file(const char *path, const char *expected)
{
    struct plugin *plugin = NULL;
    struct error error = {0};

    assert_int_equal(plugin_load(path, &error, &plugin), -EINVAL);
    assert_null(plugin);
    if (strcmp(error.text, expected) != 0)
        assert_non_null(strstr(error.text, "cannot be loaded: "));
}

static void refuses_files(void **state)
{
    const char *path;
    char text[ERROR_TEXT_MAX];
    FILE *file;

    (void)state;
    refuse_file("plugin.so", "write the absolute path of a plug-in");
    refuse_file(install("empty"), "it is not a handler: it has no symbol ringmill_handler_table");
    refuse_file(install("future"), "it was built for version 3 of the handler interface, but this "
                                   "ringmilld has version 2; build it again");
    path = install("depth");
    file = fopen(path, "we");
    fputs("no shared object", file);
    fclose(file);
    snprintf(text, sizeof(text), "cannot be loaded: %s: file too short", path);
    refuse_file(path, text);
    for (long size = 4096; size > 32; size -= 101) {
        path = install("depth");
        assert_int_equal(truncate(path, size), 0);
        snprintf(text, sizeof(text), "cannot be loaded: it is cut off after %ld bytes", size);
        refuse_cut_file(path, text);
    }
}

/* ---- tables ---------------------------------------------------------------------------------- */

static int open_nothing(const struct ringmill_handler_host *host,
                        const struct ringmill_option_value *options, void **ret_state)
{
    (void)host;
    (void)options;
    *ret_state = NULL;
    return 0;
}

static void process_nothing(void *state, struct ringmill_records *batch)
{
    (void)state;
    (void)batch;
}

static uint64_t count_nothing(const void *state, uint32_t index)
{
    (void)state;
    return 40 + index;
}

static const struct ringmill_handler good = {
    .abi = RINGMILL_HANDLER_ABI,
    .name = "good",
    .doc = "does nothing",
    .open = open_nothing,
    .process = process_nothing,
};

static void refuse_table(const struct ringmill_handler *table, const char *expected)
{
    struct plugin *plugin = NULL;
    struct error error = {0};

    assert_int_equal(plugin_adopt(table, &error, &plugin), -EINVAL);
    assert_null(plugin);
    assert_string_equal(error.text, expected);
}

static void refuse_option(struct ringmill_option option, const char *expected)
{
    const struct ringmill_option options[] = {option, {0}};
    struct ringmill_handler table = good;

    table.options = options;
    refuse_table(&table, expected);
}

static void refuses_unknown_flags(void **state)
{
    struct ringmill_handler table = good;

    (void)state;
    table.flags = 6;
    refuse_table(&table, "its flags 0x6 are unknown");
}

static void refuses_tables(void **state)
{
    const struct ringmill_counter nameless[] = {{.name = "Seen", .help = "x"}, {0}};
    const struct ringmill_counter counters[] = {{.name = "seen", .help = "x"}, {0}};
    struct ringmill_option options[PLUGIN_OPTIONS_MAX + 2] = {{0}};
    struct ringmill_handler table = good;

    (void)state;
    table.name = NULL;
    refuse_table(&table, "its handler table lacks a name");
    table.name = "a.b";
    refuse_table(&table,
                 "invalid handler name \"a.b\"; use at most 32 lower case letters, digits and _");
    table = good;
    table.doc = NULL;
    refuse_table(&table, "its handler table lacks a doc");
    table = good;
    table.open = NULL;
    refuse_table(&table, "its handler table lacks open()");
    table = good;
    table.process = NULL;
    refuse_table(&table, "its handler table lacks process()");
    table = good;
    table.counters = counters;
    refuse_table(&table, "its handler table lacks counter(), although it has counters");
    table.counter = count_nothing;
    table.counters = nameless;
    refuse_table(
        &table,
        "the counter \"Seen\" needs a help text and a name of lower case letters, digits and _");
    refuse_option((struct ringmill_option){.name = "x"},
                  "the option \"x\" needs a doc and a name of lower case letters, digits and _");
    refuse_option((struct ringmill_option){.name = "x y", .doc = "d"},
                  "the option \"x y\" needs a doc and a name of lower case letters, digits and _");
    refuse_option((struct ringmill_option){.name = "x", .doc = "d", .type = 77},
                  "the option x has an unknown type");
    refuse_option((struct ringmill_option){.name = "x",
                                           .doc = "d",
                                           .type = RINGMILL_OPTION_INTEGER,
                                           .maximum = 5,
                                           .fallback = "6"},
                  "the option x has an invalid fallback");
    for (int i = 0; i < PLUGIN_OPTIONS_MAX + 1; i++)
        options[i] = (struct ringmill_option){.name = "x", .doc = "d"};
    table = good;
    table.options = options;
    refuse_table(&table, "too many options; at most 32 are allowed");
}

static void emit(void *data, const struct row *row, uint64_t value)
{
    char *text = data;
    size_t used = strlen(text);

    snprintf(text + used, 100 - used, "%s %d %lu, ", row->name, row->kind, (unsigned long)value);
}

static void counters_become_rows(void **state)
{
    const struct ringmill_counter counters[] = {
        {.name = "seen", .help = "x"}, {.name = "open", .help = "x", .level = true}, {0}};
    struct ringmill_handler table = good;
    struct plugin *plugin = NULL;
    struct handler_host host = {.schema = &note_schema, .source_name = "notes"};
    struct opened opened;
    struct error error;
    char rows[100] = "";

    (void)state;
    table.counters = counters;
    table.counter = count_nothing;
    assert_int_equal(plugin_adopt(&table, &error, &plugin), 0);
    host.ops = &plugin->ops;
    opened = open_handler(&plugin->ops, "{}", &host);
    opened.handler->ops->rows(opened.handler, emit, rows);
    assert_string_equal(rows, "seen 0 40, open 1 41, ");
    close_handler(&opened);
    plugin_unload(plugin);
}

/* ---- the example ----------------------------------------------------------------------------- */

static void the_example_works(void **state)
{
    struct handler_host host = {.schema = &note_schema, .source_name = "notes"};
    struct plugin *plugin = NULL;
    const struct field *depth;
    struct opened opened;
    struct error error;
    struct notes notes;

    (void)state;
    if (plugin_load(install("depth"), &error, &plugin) < 0)
        fail_msg("%s", error.text);
    assert_string_equal(plugin->ops.name, "depth");
    assert_int_equal(plugin->ops.removes, BOOK_FILTERED);
    host.ops = &plugin->ops;
    opened = open_handler(&plugin->ops, "{field: text, at_most: 2}", &host);
    depth = schema_find(opened.handler->schema, "depth");
    assert_non_null(depth);
    notes_init_many(&notes, 4);
    for (uint32_t i = 0; i < 4; i++) /* "xxx", "/xx", "//x", "///" */
        memset((char *)(uintptr_t)notes.views[i].data + sizeof(struct note), '/', i);
    ((struct note *)(uintptr_t)notes.views[0].data)->text_offset = 60000;
    opened.handler->ops->process(opened.handler, &notes.batch);
    assert_int_equal(notes.batch.selected, 3);
    assert_false(batch_present(&notes.batch, depth, 0));
    assert_int_equal(batch_integer(&notes.batch, depth, 1), 1);
    assert_int_equal(batch_integer(&notes.batch, depth, 2), 2);
    notes_deinit(&notes);
    close_handler(&opened);
    refuse_handler(&plugin->ops, "{field: txt}", &host, -EINVAL,
                   "t.yaml:1:16: depth.field: struct note has no field txt; did you mean text?\n");
    refuse_handler(&plugin->ops, "{at_mots: 3}", &host, -EINVAL,
                   "t.yaml:1:8: depth: the key \"field\" is missing (the text with the path)\n"
                   "t.yaml:1:9: depth.at_mots: unknown key; allowed are field, at_most; did you "
                   "mean \"at_most\"?\n");
    plugin_unload(plugin);
}

/* ---- records as they are --------------------------------------------------------------------- */

static const struct ringmill_view *seen_views;

static void process_views(void *state, struct ringmill_records *batch)
{
    (void)state;
    seen_views = batch->views;
}

static void views_are_for_who_says_so(void **state)
{
    struct ringmill_handler table = good;
    struct schema hiding = note_schema;
    struct handler_host host = {.schema = &note_schema, .source_name = "notes"};
    struct plugin *plugin = NULL;
    struct opened opened;
    struct error error;
    struct notes notes;

    (void)state;
    hiding.hidden_bytes = "text";
    table.process = process_views;
    notes_init_many(&notes, 1);
    for (uint32_t flags = 0; flags <= RINGMILL_READS_VIEWS; flags++) {
        table.flags = flags;
        assert_int_equal(plugin_adopt(&table, &error, &plugin), 0);
        host.ops = &plugin->ops;
        host.schema = &note_schema;
        opened = open_handler(&plugin->ops, "{}", &host);
        opened.handler->ops->process(opened.handler, &notes.batch);
        assert_ptr_equal(seen_views, flags ? notes.views : NULL);
        close_handler(&opened);
        host.schema = &hiding;
        if (flags == 0) {
            opened = open_handler(&plugin->ops, "{}", &host);
            close_handler(&opened);
        } else {
            refuse_handler(
                &plugin->ops, "{}", &host, -EINVAL,
                "t.yaml:1:7: good: the plug-in good reads whole records and would see text, which "
                "an earlier redact or select hides; move good before that step\n");
        }
        plugin_unload(plugin);
    }
    notes_deinit(&notes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_files),         cmocka_unit_test(refuses_tables),
        cmocka_unit_test(refuses_unknown_flags), cmocka_unit_test(counters_become_rows),
        cmocka_unit_test(the_example_works),     cmocka_unit_test(views_are_for_who_says_so),
    };

    if (geteuid() != 0) {
        puts("skipped: only root can make files that belong to root");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
