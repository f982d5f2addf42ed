// SPDX-License-Identifier: Apache-2.0
#include "sink/sink.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sink/file.h"
#include "sink/stdout.h"

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
        assert_non_null((*kind)->watch_fd);
        assert_non_null((*kind)->close);
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
            fputc('\n', file);
            setting_print_reference((*kind)->settings, file);
        }
        fclose(file);
        if (!strstr(manual, section))
            fail_msg("docs/sinks.md lacks this:\n%s", section);
        free(section);
    }
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_kind_by_its_name),
        cmocka_unit_test(finds_nothing_else),
        cmocka_unit_test(each_row_is_complete),
        cmocka_unit_test(the_manual_has_each_kind_with_its_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
