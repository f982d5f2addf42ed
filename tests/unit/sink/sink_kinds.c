// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/load.h"
#include "config/tree.h"
#include "sink/sink_kinds.h"
#include "unit/config/manual_table.h"
#include "unit/sink/outcome.h"

static void finds_each_kind_by_its_name(void **state)
{
    (void)state;
    assert_ptr_equal(sink_find("stdout"), &sink_stdout);
    assert_ptr_equal(sink_find("file"), &sink_file);
    for (const struct sink_ops *const *kind = sink_kinds; *kind; kind++)
        assert_ptr_equal(sink_find((*kind)->name), *kind);
}

static void finds_nothing_else(void **state)
{
    (void)state;
    assert_null(sink_find("stdou"));
    assert_null(sink_find("stdoutx"));
    assert_null(sink_find("File"));
    assert_null(sink_find(""));
}

static void each_row_is_complete(void **state)
{
    (void)state;
    for (const struct sink_ops *const *kind = sink_kinds; *kind; kind++) {
        assert_non_null((*kind)->doc);
        assert_non_null((*kind)->open);
        assert_non_null((*kind)->write);
        for (const struct setting *row = (*kind)->settings; row && row->name; row++) {
            assert_true(row->offset < (*kind)->config_size);
            assert_non_null(row->doc);
            /* every sink has these two already */
            assert_string_not_equal(row->name, "type");
            assert_string_not_equal(row->name, "format");
        }
    }
}

/* The manual has a section for each kind, with what the registry says of it. */
static void the_manual_has_each_kind_with_its_settings(void **state)
{
    char *manual = NULL, *section = NULL;
    size_t length = 0;
    FILE *file = fopen(TEST_ROOT "/docs/sinks.md", "re");

    (void)state;
    assert_non_null(file);
    assert_true(getdelim(&manual, &length, '\0', file) > 0);
    fclose(file);
    for (const struct sink_ops *const *kind = sink_kinds; *kind; kind++) {
        file = open_memstream(&section, &length);
        assert_non_null(file);
        fprintf(file, "### %s\n\n%c%s.\n", (*kind)->name, toupper((*kind)->doc[0]),
                (*kind)->doc + 1);
        if ((*kind)->settings) {
            char *table = manual_table((*kind)->settings);

            fprintf(file, "\n%s", table);
            free(table);
        }
        fclose(file);
        if (!strstr(manual, section))
            fail_msg("docs/sinks.md lacks this:\n%s", section);
        free(section);
    }
    free(manual);
}

/* ---- what every file and connection begins with ---------------------------------------------- */

static const struct sink_options headed = {
    .name = "out", .framing = FRAMING_LINES, .header = "a,b\n"};

struct folder {
    char path[64];
    char file[96];
    struct config_tree *tree;
    uint64_t config[32];
};

static struct sink *open_in(struct folder *folder, const struct sink_ops *ops, const char *more)
{
    struct error error = {0};
    struct sink *sink = NULL;
    struct diag diag;
    char text[256];
    int length = snprintf(text, sizeof(text), "{path: %s%s}", folder->file, more);

    config_tree_free(folder->tree);
    diag_init(&diag);
    assert_true(ops->config_size <= sizeof(folder->config));
    assert_int_equal(config_load_text("t.yaml", text, (size_t)length, &diag, &folder->tree), 0);
    assert_int_equal(setting_bind(ops->settings, folder->tree->root, folder->config, &diag), 0);
    diag_deinit(&diag);
    if (ops->open(folder->config, &headed, &error, &sink) < 0)
        fail_msg("%s", error.text);
    return sink;
}

static void put(struct sink *sink, const char *text)
{
    assert_int_equal(write_to(sink, text, strlen(text)), strlen(text));
}

static void expect(const char *path, const char *expected)
{
    char bytes[256] = "";
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    bytes[fread(bytes, 1, sizeof(bytes) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(bytes, expected);
}

static void make_folder(struct folder *folder)
{
    memset(folder, 0, sizeof(*folder));
    strcpy(folder->path, "/tmp/ringmill-sink-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->file, sizeof(folder->file), "%s/events", folder->path);
}

static void remove_folder(struct folder *folder)
{
    char command[128];

    config_tree_free(folder->tree);
    snprintf(command, sizeof(command), "rm -r %s", folder->path);
    assert_int_equal(system(command), 0);
}

static void each_file_begins_with_the_header(void **state)
{
    struct folder folder;
    struct sink *sink;
    char moved[128];

    (void)state;
    make_folder(&folder);
    sink = open_in(&folder, &sink_file, ", rotate_size: 4KiB");
    expect(folder.file, ""); /* no event, no header */
    put(sink, "1,2\n");
    put(sink, "3,4\n");
    expect(folder.file, "a,b\n1,2\n3,4\n");
    snprintf(moved, sizeof(moved), "%s.1", folder.file);
    assert_int_equal(rename(folder.file, moved), 0);
    sink_file.reopen(sink);
    tend_to(sink);
    expect(folder.file, ""); /* nor in a file that was opened anew */
    put(sink, "5,6\n");
    expect(folder.file, "a,b\n5,6\n");
    sink_file.close(sink);
    sink = open_in(&folder, &sink_file, "");
    put(sink, "7,8\n");
    expect(folder.file, "a,b\n5,6\n7,8\n"); /* it has one already */
    sink_file.close(sink);
    remove_folder(&folder);
}

static void expect_from(int fd, const char *expected)
{
    char bytes[64] = "";
    size_t used = 0;

    while (used < strlen(expected)) {
        ssize_t length = read(fd, bytes + used, sizeof(bytes) - 1 - used);

        assert_true(length > 0);
        used += (size_t)length;
    }
    assert_string_equal(bytes, expected);
}

static void each_connection_begins_with_the_header(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;
    /* the second one gets again what may not have been read */
    static const char *const expected[] = {"a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4\n1,2\n3,4\n"};
    struct folder folder;
    struct sink *sink;

    (void)state;
    make_folder(&folder);
    strcpy(address.sun_path, folder.file);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 8), 0);
    sink = open_in(&folder, &sink_unix, "");
    for (int i = 0; i < 2; i++) {
        put(sink, "1,2\n");
        put(sink, "3,4\n");
        peer = accept(listener, NULL, NULL);
        expect_from(peer, expected[i]);
        close(peer);
        tend_to(sink); /* notices */
    }
    sink_unix.close(sink);
    close(listener);
    remove_folder(&folder);
}

static void stdout_begins_with_the_header(void **state)
{
    struct error error = {0};
    struct sink *sink = NULL;
    int ends[2], saved;
    char bytes[64] = "";
    ssize_t length;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    assert_int_equal(sink_stdout.open(NULL, &headed, &error, &sink), 0);
    put(sink, "1,2\n");
    put(sink, "3,4\n");
    sink_close(sink);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(ends[1]);
    length = read(ends[0], bytes, sizeof(bytes) - 1);
    close(ends[0]);
    assert_int_equal(length, 12);
    assert_string_equal(bytes, "a,b\n1,2\n3,4\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_kind_by_its_name),
        cmocka_unit_test(finds_nothing_else),
        cmocka_unit_test(each_row_is_complete),
        cmocka_unit_test(the_manual_has_each_kind_with_its_settings),
        cmocka_unit_test(each_file_begins_with_the_header),
        cmocka_unit_test(each_connection_begins_with_the_header),
        cmocka_unit_test(stdout_begins_with_the_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
