// SPDX-License-Identifier: Apache-2.0

/* Values by table, as text: of the typical record, the highest, the lowest, and the typical one cut
 * behind s16, where all else is null. */

#include "expr/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/expr/sample.h"

enum { SHOWN_MAX = 1024 };

struct row {
    const char *text;
    const char *values; /* and the type they have */
};

static const struct row rows[] = {
    {"u8", "u1: 5 255 0 5"},
    {"s8", "s1: -5 127 -128 -5"},
    {"u64", "u8: 5000000 18446744073709551615 0 null"},
    {"net.state", "enum4: 7 4294967295 0 null"},
    {"flag", "bool1: 1 1 0 null"},
    {"comm", "text16: cron sixteen-bytes-ab  null"},
    {"path", "text0: /etc/passwd a null null"},
    {"args[1]", "text0: -l null null null"},
    {"7", "u8: 7 7 7 7"},
    {"-7", "s8: -7 -7 -7 -7"},
    {"\"x\"", "text0: x x x x"},
    {"1.5", "float8: 1.5 1.5 1.5 1.5"},
    {"u8 + 1", "u8: 6 256 1 6"},
    {"u8 - 6", "s8: -1 249 -6 -1"},
    {"u64 + 1", "u8: 5000001 null 1 null"},
    {"s64 - 1", "s8: -5000001 9223372036854775806 null null"},
    {"u8 * s8", "s8: -25 32385 0 -25"},
    {"u32 / 0", "u8: null null null null"},
    {"u32 / u8", "u8: 200 16843009 null null"},
    {"s8 / 2.0", "float8: -2.5 63.5 -64 -2.5"},
    {"u8 == 5", "bool1: 1 0 0 1"},
    {"u32 < 5000", "bool1: 1 0 1 0"},
};

static void show_type(const struct field *field, FILE *out)
{
    static const char *const kinds[] = {
        [FIELD_UINT] = "u",     [FIELD_INT] = "s",       [FIELD_BOOL] = "bool",
        [FIELD_ENUM] = "enum",  [FIELD_FLOAT] = "float", [FIELD_POINTER] = "pointer",
        [FIELD_CHARS] = "text", [FIELD_BYTES] = "bytes",
    };

    fprintf(out, "%s%u:", kinds[field->kind], field->size);
    if (field->kind == FIELD_ENUM)
        assert_true(field->n_names > 0);
}

static void show_value(const struct field *field, const struct column *column, uint32_t index,
                       FILE *out)
{
    if (column_is_null(column, index))
        fprintf(out, " null");
    else if (field->kind == FIELD_CHARS || field->kind == FIELD_BYTES)
        fprintf(out, " %.*s", (int)column->texts[index].length, column->texts[index].bytes);
    else if (field->kind == FIELD_FLOAT)
        fprintf(out, " %g", column->floats[index]);
    else if (field->is_signed)
        fprintf(out, " %lld", (long long)column->integers[index]);
    else
        fprintf(out, " %llu", (unsigned long long)column->integers[index]);
}

static void show_values(struct expr *expr, char shown[SHOWN_MAX])
{
    static struct sample_batch all;
    static struct column column;
    FILE *out = fmemopen(shown, SHOWN_MAX, "w");

    sample_batch_init(&all);
    expr_values(expr, &all.batch, &column);
    show_type(expr_result(expr), out);
    for (uint32_t i = 0; i < SAMPLE_KINDS; i++)
        show_value(expr_result(expr), &column, i, out);
    fclose(out);
}

static void values(void **state)
{
    bool failed = false;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct expr_error error = {0};
        struct expr *expr = NULL;
        char shown[SHOWN_MAX];

        if (expr_compile_value(rows[i].text, &sample_scope, &error, &expr) < 0)
            fail_msg("%s: column %u: %s", rows[i].text, error.column, error.text);
        show_values(expr, shown);
        expr_free(expr);
        if (strcmp(shown, rows[i].values) == 0)
            continue;
        print_error("    {\"%s\", \"%s\"},\n", rows[i].text, shown);
        failed = true;
    }
    assert_false(failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
