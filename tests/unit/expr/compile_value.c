// SPDX-License-Identifier: Apache-2.0

/* Values by table, as text: of the typical record, the highest, the lowest, and the typical one cut
 * behind s16, where all else is null. */

#include "expr/compile_value.h"

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
    {"u16", "u2: 500 65535 0 500"},
    {"s16", "s2: -500 32767 -32768 -500"},
    {"u32", "u4: 1000 4294967295 0 null"},
    {"s32", "s4: -1000 2147483647 -2147483648 null"},
    {"s64", "s8: -5000000 9223372036854775807 -9223372036854775808 null"},
    {"mood", "enum4: -1 2147483647 -2147483648 null"},
    {"big", "enum8: 0 18446744073709551615 0 null"},
    {"tag", "text4: abcd   null"},
    {"name", "text11: eleven-byte   null"},
    {"other", "text0: cron a null null"},
    {"args[3]", "text0: /tmp null null null"},
    {"f64", "float8: 2.5 inf null null"},
    {"f32", "float4: -0.5 3.40282e+38 -3.40282e+38 null"},
    {"b3", "u8: 5 7 0 null"},
    {"s5", "s8: -3 -1 0 null"},
    {"lit", "bool8: 1 1 0 null"},
    {"wide", "u8: 257 131071 0 null"},
    {"pointer", "pointer8: 18446612682070036480 18446744073709551615 0 null"},
    {"when", "u8: 1000000000 18446744073709551615 0 null"},
    {"v4", "u4: c0a80117 ffffffff 00000000 null"},
    {"v4b", "u4: 0a000001 ffffffff 00000000 null"},
    {"v6", "bytes16: fe800000000000000000000000000001 ffffffffffffffffffffffffffffffff "
           "00000000000000000000000000000000 null"},
    {"hw", "bytes6: 525400123456 ffffffffffff 000000000000 null"},
    {"id", "bytes5: 6162006364 ffffffffff 0000000000 null"},
    {"port", "u2: 443 65535 0 null"},
    {"hosts[1].id", "u1: 11 255 0 null"},
    {"hosts[2].ports[1]", "u2: 92 65535 0 null"},
    {"either.half[0]", "u2: 1 65535 0 null"},
    {"tail", "text0: tail xxxxxxxxxx  null"},
    {"numbers[4]", "u2: 8 30840 0 null"},
    {"c_int", "s8: -42 9223372036854775807 null 7"},
    {"c_text", "text0: computed  null seven"},
    {"c_float", "float8: 0.25 -1e+300 null 7"},
    {"c_bool", "bool1: 1 0 null 0"},
    {"c_v4", "u4: 0a090807 ffffffff null 7f000001"},
    {"c_port", "u2: 22 65535 null 7"},
    {"c_mac", "bytes6: 010203040506 ffffffffffff null 010203040507"},
    {"elsewhere", "u4: null null null null"},
    {"elsetext", "text16: null null null null"},
    {"elsev6", "bytes16: null null null null"},
    {"elsestate", "enum4: null null null null"},
    {"null", "bool1: null null null null"},
    {"true", "bool1: 1 1 1 1"},
    {"10.0.0.1", "u4: 0a000001 0a000001 0a000001 0a000001"},
    {"::1", "bytes16: 00000000000000000000000000000001 00000000000000000000000000000001 "
            "00000000000000000000000000000001 00000000000000000000000000000001"},
    {"01:02:03:04:05:06", "bytes6: 010203040506 010203040506 010203040506 010203040506"},
    {"0x10", "u8: 16 16 16 16"},
    {"5ms", "u8: 5000000 5000000 5000000 5000000"},
    {"u64 + u64", "u8: 10000000 null 0 null"},
    {"u64 - s64", "s8: 10000000 null null null"},
    {"s64 - u64", "s8: -10000000 -9223372036854775808 -9223372036854775808 null"},
    {"u64 * 2", "u8: 10000000 null 0 null"},
    {"s64 * -1", "s8: 5000000 -9223372036854775807 null null"},
    {"u64 * s64", "s8: -25000000000000 null 0 null"},
    {"u64 / s8", "s8: -1000000 145249953336295682 0 null"},
    {"s64 / -1", "s8: 5000000 -9223372036854775807 null null"},
    {"s64 % -1", "s8: 0 0 0 null"},
    {"u64 % s64", "s8: 0 1 0 null"},
    {"s8 % u8", "s8: 0 127 null 0"},
    {"u64 >> 63", "u8: 0 1 0 null"},
    {"s64 >> 63", "s8: -1 0 -1 null"},
    {"u64 << 1", "u8: 10000000 null 0 null"},
    {"s64 << 1", "s8: -10000000 null null null"},
    {"u8 << 56", "u8: 360287970189639680 18374686479671623680 0 360287970189639680"},
    {"u8 >> u8", "u8: 0 null 0 0"},
    {"u8 << s8", "u8: null null null null"},
    {"u64 | s64", "s8: -64 null -9223372036854775808 null"},
    {"u64 ^ s64", "s8: -128 null -9223372036854775808 null"},
    {"u64 & s64", "u8: 64 9223372036854775807 0 null"},
    {"s8 & s16", "s8: -504 127 -32768 -504"},
    {"s8 & u16", "u8: 496 127 0 496"},
    {"s8 | s16", "s8: -1 32767 -128 -1"},
    {"~u64", "u8: 18446744073704551615 0 18446744073709551615 null"},
    {"~s64", "s8: 4999999 -9223372036854775808 9223372036854775807 null"},
    {"-u64", "s8: -5000000 null 0 null"},
    {"-s64", "s8: 5000000 -9223372036854775807 null null"},
    {"-(u64 / 2)", "s8: -2500000 -9223372036854775807 0 null"},
    {"f64 + f64", "float8: 5 null null null"},
    {"f64 * 1.0e308", "float8: null null null null"},
    {"f32 * f32", "float8: 0.25 1.15792e+77 1.15792e+77 null"},
    {"f64 / u8", "float8: 0.5 null null null"},
    {"u64 + 0.5", "float8: 5e+06 1.84467e+19 0.5 null"},
    {"-f32", "float8: 0.5 -3.40282e+38 3.40282e+38 null"},
    {"wide * b3", "u8: 1285 917497 0 null"},
    {"s5 + b3", "s8: 2 6 0 null"},
    {"u32 / 3 * 3", "u8: 999 4294967295 0 null"},
    {"1000000 * 1000000 * 1000000 * 1000000", "u8: null null null null"},
    {"(u8 + 1) * (s8 - 1)", "s8: -36 32256 -129 -36"},
    {"len(path)", "u8: 11 1 null null"},
    {"len(args)", "u8: 4 0 null null"},
    {"len(numbers)", "u8: 5 5 5 null"},
    {"lower(comm)", "text0: cron sixteen-bytes-ab  null"},
    {"upper(path)", "text0: /ETC/PASSWD A null null"},
    {"basename(path)", "text0: passwd a null null"},
    {"dirname(path)", "text0: /etc . null null"},
    {"net(v4, 16)", "u4: c0a80000 ffff0000 00000000 null"},
    {"net(v6, 12)", "bytes16: fe800000000000000000000000000000 fff00000000000000000000000000000 "
                    "00000000000000000000000000000000 null"},
    {"ip(raw4)", "u4: 0a010203 ffffffff 00000000 null"},
    {"ip(v4b)", "u4: 0a000001 ffffffff 00000000 null"},
    {"mac(hw)", "bytes6: 525400123456 ffffffffffff 000000000000 null"},
    {"ip(\"10.0.0.1\")", "u4: 0a000001 0a000001 0a000001 0a000001"},
    {"bucket(u64, 1000)", "u8: 5000000 18446744073709551000 0 null"},
    {"bucket(s64, 1000)", "s8: -5000000 9223372036854775000 null null"},
    {"bucket(s64, log2)", "s8: -4194304 4611686018427387904 -9223372036854775808 null"},
    {"bucket(u64, log2)", "u8: 4194304 9223372036854775808 0 null"},
    {"hash(u8)",
     "u8: 1630762601703921519 13495590344887696446 5186723970666069335 1630762601703921519"},
    {"hash(u8, comm)",
     "u8: 12689997229558216774 7393440485844486770 17536343748785344380 6844602883920185632"},
    {"hash(path)",
     "u8: 12306610258916338466 228969433279688593 12543763219054891177 12543763219054891177"},
    {"comm =~ \"^c\"", "bool1: 1 0 0 0"},
    {"u8 in [5]", "bool1: 1 0 0 1"},
    {"has(u32)", "bool1: 1 1 1 0"},
    {"!flag", "bool1: 0 0 1 1"},
    {"u8 == 5 || flag", "bool1: 1 1 0 1"},
    {"flags & O_CREAT", "u8: 64 64 0 null"},
    {"flags | O_TRUNC", "u8: 577 4294967295 512 null"},
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

static void show_bytes(const struct field *field, const struct column *column, uint32_t index,
                       FILE *out)
{
    const char *bytes = field->kind == FIELD_BYTES ? column->texts[index].bytes
                                                   : (const char *)&column->integers[index];

    fputs(" ", out);
    for (uint32_t i = 0; i < field->size; i++)
        fprintf(out, "%02x", (uint8_t)bytes[i]);
}

static void show_value(const struct field *field, const struct column *column, uint32_t index,
                       FILE *out)
{
    if (column_is_null(column, index))
        fprintf(out, " null");
    else if (field->kind == FIELD_BYTES || field->meaning == MEANING_IPV4)
        show_bytes(field, column, index, out);
    else if (field->kind == FIELD_CHARS)
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
