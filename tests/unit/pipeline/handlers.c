// SPDX-License-Identifier: Apache-2.0
#include "pipeline/handlers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/setting.h"
#include "record/builtin_handlers.h"
#include "unit/config/manual_table.h"
#include "unit/shape/branches.h"

static void finds_each_handler_by_its_name(void **state)
{
    (void)state;
    assert_ptr_equal(handler_find("filter"), &filter_ops);
    assert_ptr_equal(handler_find("limit"), &limit_ops);
    assert_ptr_equal(handler_find("forward"), &forward_ops);
    for (const struct handler_ops *const *kind = handler_kinds; *kind; kind++)
        assert_ptr_equal(handler_find((*kind)->name), *kind);
}

static void finds_nothing_else(void **state)
{
    (void)state;
    assert_null(handler_find("filte"));
    assert_null(handler_find("Filter"));
    assert_null(handler_find(""));
}

/* Two handlers may share a row of the books, but none writes into what came in. */
static void each_row_is_complete(void **state)
{
    (void)state;
    for (const struct handler_ops *const *kind = handler_kinds; *kind; kind++) {
        assert_non_null((*kind)->doc);
        assert_non_null((*kind)->open);
        assert_non_null((*kind)->process);
        assert_non_null((*kind)->close);
        assert_true((int)(*kind)->removes >= (int)BOOK_FIRST_OUT);
        assert_true((*kind)->removes < BOOK_ROWS);
        assert_int_equal((*kind)->forwards, (*kind)->removes == BOOK_FORWARDED);
    }
}

/* ---- limits of expressions ------------------------------------------------------------------- */

struct given_up {
    uint64_t matches, copies;
};

static void take_row(void *data, const struct row *row, uint64_t value)
{
    struct given_up *given_up = data;

    if (strcmp(row->name, "matches_given_up") == 0)
        given_up->matches += value;
    if (strcmp(row->name, "texts_too_long") == 0)
        given_up->copies += value;
}

static void each_counts_what_its_expressions_gave_up(void **state)
{
#define SLOW "text =~ \"(x+x+)+[yz]\""
#define LONG "upper(text)"
    static const struct {
        const char *name, *config;
    } rows[] = {
        {"filter", "'" SLOW " || " LONG " == \"x\"'"},
        {"limit", "{rate: 5/s, by: ['" SLOW "', " LONG "]}"},
        {"sample", "{rate: 1, by: ['" SLOW "', " LONG "]}"},
        {"dedup", "{by: ['" SLOW "', " LONG "]}"},
        {"select", "{compute: {slow: '" SLOW "', long: " LONG "}}"},
        {"route", "[{when: '" SLOW "', handlers: []}, {when: '" LONG " == \"x\"', handlers: []}]"},
    };
    struct branches branches;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct given_up given_up = {0};
        struct opened opened;
        struct notes notes;

        branches_init(&branches);
        opened = open_handler(handler_find(rows[i].name), rows[i].config, &branches.host);
        notes_init(&notes);
        notes_add(&notes, 0, 200);
        notes_add(&notes, 1, 5000);
        batch_select_all(&notes.batch);
        opened.handler->ops->process(opened.handler, &notes.batch);
        opened.handler->ops->rows(opened.handler, take_row, &given_up);
        if (given_up.matches != 2 || given_up.copies != 1)
            fail_msg("%s counts %lu matches and %lu texts", rows[i].name,
                     (unsigned long)given_up.matches, (unsigned long)given_up.copies);
        notes_deinit(&notes);
        close_handler(&opened);
    }
}

/* ---- the manual ------------------------------------------------------------------------------ */

static char *read_manual(void)
{
    FILE *file = fopen(DOCS_FOLDER "/handlers.md", "re");
    char *text = NULL;
    size_t room = 0;

    assert_non_null(file);
    assert_true(getdelim(&text, &room, '\0', file) > 0);
    fclose(file);
    return text;
}

static void expect_table(const char *manual, const char *name, const struct setting *settings)
{
    char *table = manual_table(settings);

    if (!strstr(manual, table))
        fail_msg("docs/handlers.md lacks, of %s:\n%s", name, table);
    free(table);
}

static void the_manual_has_every_key(void **state)
{
    char *manual = read_manual();
    char heading[100];

    (void)state;
    for (const struct handler_ops *const *kind = handler_kinds; *kind; kind++) {
        snprintf(heading, sizeof(heading), "\n## %s\n", (*kind)->name);
        if (!strstr(manual, heading) || !strstr(manual, (*kind)->doc))
            fail_msg("docs/handlers.md lacks %s", (*kind)->name);
        if ((*kind)->settings)
            expect_table(manual, (*kind)->name, (*kind)->settings);
    }
    expect_table(manual, "enrich, table", enrich_table_settings);
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_handler_by_its_name),
        cmocka_unit_test(finds_nothing_else),
        cmocka_unit_test(each_row_is_complete),
        cmocka_unit_test(each_counts_what_its_expressions_gave_up),
        cmocka_unit_test(the_manual_has_every_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
