// SPDX-License-Identifier: Apache-2.0
#include "capture/meaning_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct field read_text(const char *text, enum field_kind kind, uint32_t size)
{
    static struct schema *schema;
    struct field field = {.name = "f", .kind = kind, .size = size};

    schema_free(schema);
    schema = schema_new("struct event", 0);
    assert_non_null(schema);
    assert_int_equal(capture_meaning_read(schema, text, &field), 0);
    return field;
}

static void what_is_known(void **state)
{
    struct field field = read_text("ktime", FIELD_UINT, 8);

    (void)state;
    assert_int_equal(field.meaning, MEANING_KTIME);
    field = read_text("- texts by=8.4.u if=0.1.s:-1,2 if=2.1.u.3.4", FIELD_CHARS, 16);
    assert_int_equal(field.kind, FIELD_TEXTS);
    assert_true(field.in_place);
    assert_int_equal(field.by->offset, 8);
    assert_int_equal(field.guard->n_values, 2);
    assert_int_equal(field.guard->values[0], -1);
    assert_int_equal(field.guard->outer->tag->bits, 3);
    assert_int_equal(field.guard->outer->n_values, 0);
}

/* Whatever the words are: no meaning, or none that a reader trips over. */
static void what_is_not(void **state)
{
    static const char *const texts[] = {
        "",
        "soon",
        "ip",
        "ip by=0.3.u",
        "ip by=9.4.x",
        "- texts x",
        "by=4",
        "- by=0.4.u",
        "- by=0.4.u.0.1",
        "- by=0.1.u.9.1",
        "- if=0.4.u:x",
        "- if=0.4.u:1,",
        "- each=",
        "- by=1999999999.4.u",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct field field = read_text(texts[i], FIELD_BYTES, 16);

        if (field.meaning || field.by || field.guard || field.in_place)
            fail_msg("\"%s\" is taken", texts[i]);
    }
    assert_null(read_text("ip by=0.2.u", FIELD_BYTES, 15).by);
    assert_non_null(read_text("ip by=0.2.u", FIELD_BYTES, 16).by);
    assert_false(read_text("- text by=0.2.u", FIELD_UINT, 4).in_place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known),
        cmocka_unit_test(what_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
