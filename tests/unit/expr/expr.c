// SPDX-License-Identifier: Apache-2.0

/* The language by tables: what holds for which of four records, and what is said about mistakes. */

#include "expr/expr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/expr/sample.h"

enum { N_RECORDS = 4, SHORT_LENGTH = offsetof(struct sample, flag) };

/* holds: 1 or 0 for the typical record, the highest, the lowest, and for the typical one cut behind
 * s16, where all else is null. */
struct row {
    const char *text;
    const char *holds;
};

static const struct row rows[] = {
    /* widths and signs at their borders */
    {"u8 == 5", "1001"},
    {"u8 != 5", "0110"},
    {"u8 == 255", "0100"},
    {"u8 == 256", "0000"},
    {"u8 != 256", "1111"},
    {"u8 < 256", "1111"},
    {"u8 <= 255", "1111"},
    {"u8 < 255", "1011"},
    {"u8 > 254", "0100"},
    {"u8 >= 256", "0000"},
    {"u8 >= 0", "1111"},
    {"u8 > -1", "1111"},
    {"u8 < 0", "0000"},
    {"u8 <= 0", "0010"},
    {"u8 == -1", "0000"},
    {"u8 != -1", "1111"},
    {"s8 == -5", "1001"},
    {"s8 == 251", "0000"},
    {"s8 == 127", "0100"},
    {"s8 == -128", "0010"},
    {"s8 == -129", "0000"},
    {"s8 > -129", "1111"},
    {"s8 >= -128", "1111"},
    {"s8 < -127", "0010"},
    {"s8 > 126", "0100"},
    {"s8 < 128", "1111"},
    {"s8 < 0", "1011"},
    {"s8 >= 0", "0100"},
    {"u16 == 500", "1001"},
    {"u16 == 0xffff", "0100"},
    {"u16 == 65536", "0000"},
    {"u16 > 65534", "0100"},
    {"s16 == -500", "1001"},
    {"s16 == 32767", "0100"},
    {"s16 == -32768", "0010"},
    {"s16 <= -32768", "0010"},
    {"s16 < -32768", "0000"},
    {"s16 != 32768", "1111"},
    {"u32 == 1000", "1000"},
    {"u32 == 1_000", "1000"},
    {"u32 == 0x3e8", "1000"},
    {"u32 == 0b11_1110_1000", "1000"},
    {"u32 == 4294967295", "0100"},
    {"u32 == 4294967296", "0000"},
    {"u32 > -1", "1110"},
    {"u32 < 4294967296", "1110"},
    {"u32 == -1", "0000"},
    {"s32 == -1000", "1000"},
    {"s32 == 2147483647", "0100"},
    {"s32 == -2147483648", "0010"},
    {"s32 > 4294967295", "0000"},
    {"s32 < 4294966296", "1110"},
    {"u64 == 5000000", "1000"},
    {"u64 == 5ms", "1000"},
    {"u64 == -1", "0000"},
    {"u64 != -1", "1110"},
    {"u64 > -1", "1110"},
    {"u64 > -9223372036854775808", "1110"},
    {"u64 == 18446744073709551615", "0100"},
    {"u64 >= 9223372036854775808", "0100"},
    {"u64 < 9223372036854775808", "1010"},
    {"u64 <= 18446744073709551615", "1110"},
    {"s64 == -5000000", "1000"},
    {"s64 == -5ms", "1000"},
    {"s64 == 9223372036854775807", "0100"},
    {"s64 == -9223372036854775808", "0010"},
    {"s64 < 18446744073709551615", "1110"},
    {"s64 == 18446744073709551615", "0000"},
    {"s64 >= -9223372036854775808", "1110"},
    {"s64 < -9223372036854775807", "0010"},
    /* constants on the left, and on both sides */
    {"5 == u8", "1001"},
    {"255 > u8", "1011"},
    {"255 >= u8", "1111"},
    {"0 < u8", "1101"},
    {"0 <= u8", "1111"},
    {"-1 < u64", "1110"},
    {"1 == 1", "1111"},
    {"1 < -1", "0000"},
    {"-1 < 18446744073709551615", "1111"},
    {"-0 == 0", "1111"},
    {"\"a\" == \"a\"", "1111"},
    {"\"a\" == \"ab\"", "0000"},
    {"\"a\" != \"b\"", "1111"},
    {"true == false", "0000"},
    {"true != false", "1111"},
    {"true", "1111"},
    {"false", "0000"},
    {"!true", "0000"},
    {"!!true", "1111"},
    /* suffixes */
    {"u64 == 5000us", "1000"},
    {"u64 == 5000000ns", "1000"},
    {"u64 < 1s", "1010"},
    {"u64 < 1min && u64 < 1h && u64 < 1d", "1010"},
    {"1min == 60s && 1h == 60min && 1d == 24h", "1111"},
    {"1KiB == 1024B && 1MiB == 1024KiB && 1GiB == 1024MiB && 1TiB == 1024GiB", "1111"},
    {"u32 < 1KiB", "1010"},
    /* field with field, by value */
    {"u8 == s8", "0000"},
    {"u8 > s8", "1111"},
    {"s8 < u8", "1111"},
    {"s64 < u64", "1110"},
    {"u64 > s64", "1110"},
    {"u64 <= s64", "0000"},
    {"u64 >= s64", "1110"},
    {"u64 == s64", "0000"},
    {"u64 != s64", "1110"},
    {"s8 < s16", "0100"},
    {"s16 <= s8", "1011"},
    {"u32 > u16", "1100"},
    {"u32 >= u16", "1110"},
    {"s32 == s32", "1110"},
    {"s32 != s32", "0000"},
    {"u64 > u32", "1100"},
    {"big == u64", "0110"},
    {"mood < s8", "0010"},
    /* enums */
    {"net.state == TCP_CLOSE", "1000"},
    {"TCP_CLOSE == net.state", "1000"},
    {"net.state != TCP_CLOSE", "0110"},
    {"net.state > TCP_ESTABLISHED", "1100"},
    {"net.state == 7", "1000"},
    {"net.state == -1", "0000"},
    {"net.state == u8", "0010"},
    {"mood == GLOOMY", "1000"},
    {"mood < CALM", "1010"},
    {"mood >= GLAD", "0100"},
    {"big == BIG_ALL", "0100"},
    {"big == 18446744073709551615", "0100"},
    {"big == -1", "0000"},
    {"big == BIG_NONE", "1010"},
    {"net.state == mood", "0000"},
    /* bools */
    {"flag", "1100"},
    {"!flag", "0011"},
    {"flag == true", "1100"},
    {"flag != true", "0010"},
    {"flag == false", "0010"},
    {"flag != false", "1100"},
    {"true == flag", "1100"},
    {"flag == done", "0110"},
    {"flag != done", "1000"},
    {"(flag) == true", "1100"},
    /* texts: char arrays */
    {"comm == \"cron\"", "1000"},
    {"comm != \"cron\"", "0110"},
    {"comm == \"cro\"", "0000"},
    {"comm == \"crond\"", "0000"},
    {"comm == \"\"", "0010"},
    {"comm == \"sixteen-bytes-ab\"", "0100"},
    {"comm == \"sixteen-bytes-a\"", "0000"},
    {"comm == \"sixteen-bytes-abc\"", "0000"},
    {"comm != \"sixteen-bytes-abc\"", "1110"},
    {"comm == \"cron\\0\"", "0000"},
    {"comm != \"cron\\0\"", "1110"},
    {"comm == \"\\x63\\x72on\"", "1000"},
    {"tag == \"abcd\"", "1000"},
    {"tag == \"abc\"", "0000"},
    {"tag == \"\"", "0110"},
    {"name == \"eleven-byte\"", "1000"},
    {"name == \"eleven-byt\"", "0000"},
    {"name == \"\"", "0110"},
    {"name == \"eleven-bytes\"", "0000"},
    /* texts by place */
    {"path == \"/etc/passwd\"", "1000"},
    {"path == \"/etc/passw\"", "0000"},
    {"path == \"a\"", "0100"},
    {"path == \"a\\0b\"", "0000"},
    {"path != \"a\"", "1000"},
    {"!(path == \"a\")", "1011"},
    {"\"a\" == path", "0100"},
    {"path == other", "0100"},
    {"path != other", "1000"},
    {"comm == other", "1000"},
    {"other != comm", "0100"},
    /* lists */
    {"args[0] == \"ls\"", "1000"},
    {"args[1] == \"-l\"", "1000"},
    {"args[2] == \"\"", "1000"},
    {"args[3] == \"/tmp\"", "1000"},
    {"args[4] == \"\"", "0000"},
    {"args[4] != \"\"", "0000"},
    {"!(args[4] != \"\")", "1111"},
    {"args[0] != \"cat\"", "1000"},
    {"args[65535] == \"x\"", "0000"},
    {"args[0] == args[1]", "0000"},
    {"args[1] == args[1]", "1000"},
    {"args[0] != comm", "1000"},
    /* null */
    {"!(u32 == 1000)", "0111"},
    {"!(u32 != 1000)", "1001"},
    {"u32 == u32", "1110"},
    {"!(u32 == u32)", "0001"},
    {"!(u32 < 0)", "1111"},
    {"u32 >= 0", "1110"},
    {"u8 == u32", "0010"},
    {"u8 != u32", "1100"},
    {"u32 == 1 || u8 == 5", "1001"},
    /* joints */
    {"u8 == 5 && u32 == 1000", "1000"},
    {"u8 == 5 || u8 == 255", "1101"},
    {"u8 == 5 || u8 == 255 && flag", "1101"},
    {"(u8 == 5 || u8 == 255) && flag", "1100"},
    {"u8 == 0 || u8 == 5 && !flag", "0011"},
    {"!(u8 == 5 || u8 == 255)", "0010"},
    {"!(u8 == 5 && flag)", "0111"},
    {"!(u8 == 5) && !(u8 == 255)", "0010"},
    {"!!(u8 == 5)", "1001"},
    {"!(!(u8 == 5) || flag)", "0001"},
    {"true && u8 == 5", "1001"},
    {"false && u8 == 5", "0000"},
    {"u8 == 5 || true", "1111"},
    {"u8 == 5 || false", "1001"},
    {"!(u8 == 5 || false)", "0110"},
    {"false || false", "0000"},
    {"true && true", "1111"},
    {"u8 == 300 || u8 == 5", "1001"},
    {"u8 == 300 && u8 == 5", "0000"},
    {"u8==5||u8==0||u8==255", "1111"},
    {"(((u8 == 5)))", "1001"},
    {" \t\r\nu8\n==\n5 ", "1001"},
    {"(u8 == 5 && (flag || s8 == -5)) || (u8 == 0 && !(flag || s8 == -5))", "1011"},
};

static uint32_t select_rows(struct expr *expr, uint16_t selection[N_RECORDS])
{
    struct sample samples[N_RECORDS] = {sample_typical(), sample_highest(), sample_lowest(),
                                        sample_typical()};
    struct ringmill_view views[N_RECORDS];
    struct batch batch = {.schema = &sample_schema, .views = views, .count = N_RECORDS};

    for (int i = 0; i < N_RECORDS; i++)
        views[i] = (struct ringmill_view){.data = &samples[i], .length = sizeof(samples[i])};
    views[3].length = SHORT_LENGTH;
    batch_select_all(&batch);
    expr_select(expr, &batch);
    memcpy(selection, batch.selection, N_RECORDS * sizeof(*selection));
    return batch.selected;
}

static void check_row(const struct row *row)
{
    struct expr_error error = {0};
    struct expr *expr = NULL;
    uint16_t selection[N_RECORDS];
    char holds[N_RECORDS + 1] = "0000";

    if (expr_compile(row->text, &sample_scope, &error, &expr) < 0)
        fail_msg("%s: column %u: %s", row->text, error.column, error.text);
    uint32_t n = select_rows(expr, selection);
    for (uint32_t i = 0; i < n; i++) {
        assert_true(i == 0 || selection[i] > selection[i - 1]);
        holds[selection[i]] = '1';
    }
    expr_free(expr);
    if (strcmp(holds, row->holds) != 0)
        fail_msg("%s: got %s, expected %s", row->text, holds, row->holds);
}

static void values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        check_row(&rows[i]);
}

struct mistake {
    const char *text;
    uint32_t column, width;
    const char *sentence;
};

static const struct mistake mistakes[] = {
    {"", 0, 1, "the expression is empty"},
    {" \t ", 3, 1, "the expression is empty"},
    {"u8 ==", 5, 1, "expected a field or a constant, but the expression ends"},
    {"u8 == == 5", 6, 2, "expected a field or a constant, not =="},
    {"u8 = 5", 3, 1, "= is not an operator here: equality is =="},
    {"flag | done", 5, 1, "| takes integers: flag (bool) is none"},
    {"u8 == 'a'", 6, 1, "texts stand in double quotes: \"...\""},
    {"u8 == 5 $", 8, 1, "$ has no meaning here"},
    {"u8 == \x01", 6, 1, "the byte 0x01 can stand inside a text only"},
    {"u8 == \xc3\xa4", 6, 1, "the byte 0xc3 can stand inside a text only"},
    {"u8 5", 3, 1, "expected an operator, not 5"},
    {"flag done", 5, 4, "expected an operator, not done"},
    {"(u8 == 5", 0, 1, "this ( is not closed"},
    {"(u8 == 5 5)", 9, 1, "expected an operator or ), not 5"},
    {"u8 == 5)", 7, 1, "this ) closes nothing"},
    {"()", 1, 1, "expected a field or a constant, not )"},
    {"!", 1, 1, "expected a field or a constant, but the expression ends"},
    {"&& flag", 0, 2, "expected a field or a constant, not &&"},
    {"flag &&", 7, 1, "expected a field or a constant, but the expression ends"},
    {"flag || || done", 8, 2, "expected a field or a constant, not ||"},
    {"u8 == 5 == 1", 8, 2, "comparisons do not chain: join two of them by &&"},
    {"1 < u8 < 3", 7, 1, "comparisons do not chain: join two of them by &&"},
    {"u16 == 99999999999999999999", 7, 20, "99999999999999999999: integers have 64 bits at most"},
    {"u16 == 0x", 7, 2, "0x: digits are missing"},
    {"u16 == 0b12", 7, 4, "0b12: after 0b come the digits 0 and 1, without a suffix"},
    {"u16 == 0x1g", 7, 4, "0x1g: after 0x come the digits 0 to f, without a suffix"},
    {"u16 == 5parsecs", 7, 8,
     "5parsecs: an integer's suffix is one of ns us ms s min h d B KiB MiB GiB TiB"},
    {"u16 == 5__0", 7, 4,
     "5__0: an integer's suffix is one of ns us ms s min h d B KiB MiB GiB TiB"},
    {"u16 == 5_", 7, 2, "5_: an integer's suffix is one of ns us ms s min h d B KiB MiB GiB TiB"},
    {"u16 == 007", 7, 3, "007: a decimal integer does not begin with 0 (0x.. and 0b.. are known)"},
    {"u16 == 99999999999s", 7, 12, "99999999999s: integers have 64 bits at most"},
    {"u16 == 0x10000000000000000", 7, 19, "0x10000000000000000: integers have 64 bits at most"},
    {"s64 == -9223372036854775809", 7, 20, "negative integers go down to -9223372036854775808"},
    {"s64 == - flag", 7, 1, "- takes numbers: flag (bool) is none"},
    {"comm == \"abc", 8, 4, "the text that begins here has no closing \""},
    {"comm == \"a\\q\"", 10, 2,
     "unknown escape in a text: known are \\\" \\\\ \\n \\r \\t \\0 and \\xNN"},
    {"comm == \"a\\x4\"", 10, 2,
     "unknown escape in a text: known are \\\" \\\\ \\n \\r \\t \\0 and \\xNN"},
    {"comm == \"abc\\", 12, 1,
     "unknown escape in a text: known are \\\" \\\\ \\n \\r \\t \\0 and \\xNN"},
    {"uu8 == 5", 0, 3, "struct sample has no field uu8; did you mean u8?"},
    {"flagg", 0, 5, "struct sample has no field flagg; did you mean flag?"},
    {"nothing_like_it == 5", 0, 15,
     "struct sample has no field nothing_like_it; its fields are u8, s8, u16, s16, flag, u32, s32, "
     "u64, ..."},
    {"net.state == TCP_CLOSED", 13, 10,
     "the enum of net.state has no value TCP_CLOSED; did you mean TCP_CLOSE?"},
    {"net.state == NOWHERE", 13, 7,
     "the enum of net.state has no value NOWHERE; its values are TCP_ESTABLISHED, TCP_SYN_SENT, "
     "TCP_CLOSE, u8"},
    {"net == 5", 0, 3, "net is a struct: name one of its members, as in net.state"},
    {"net.stat == TCP_CLOSE", 4, 4, "net has no member stat; did you mean state?"},
    {"u8 == TCP_CLOSE", 6, 9,
     "struct sample has no field TCP_CLOSE; its fields are u8, s8, u16, s16, flag, u32, s32, u64, "
     "..."},
    {"TCP_CLOSE", 0, 9,
     "struct sample has no field TCP_CLOSE; its fields are u8, s8, u16, s16, flag, u32, s32, u64, "
     "..."},
    {"comm == TCP_CLOSE", 8, 9,
     "struct sample has no field TCP_CLOSE; a constant text stands in double quotes"},
    {"TCP_CLOSE == 7", 0, 9,
     "struct sample has no field TCP_CLOSE; its fields are u8, s8, u16, s16, flag, u32, s32, u64, "
     "..."},
    {"u8", 0, 2, "u8 (u8) is no condition: compare it by == != < <= > or >="},
    {"5", 0, 1, "5 (integer) is no condition: compare it by == != < <= > or >="},
    {"\"text\"", 0, 6, "\"text\" (text) is no condition: compare it by == != < <= > or >="},
    {"comm", 0, 4, "comm (char[16]) is no condition: compare it by == != < <= > or >="},
    {"net.state", 0, 9, "net.state (enum) is no condition: compare it by == != < <= > or >="},
    {"args", 0, 4, "args is a list of texts: name one of its elements, as in args[0]"},
    {"!u8", 1, 2, "u8 (u8) is no condition: compare it by == != < <= > or >="},
    {"u8 && flag", 0, 2, "u8 (u8) is no condition: compare it by == != < <= > or >="},
    {"args[0]", 0, 7, "args[0] (text) is no condition: compare it by == != < <= > or >="},
    {"args == \"ls\"", 0, 4, "args is a list of texts: name one of its elements, as in args[0]"},
    {"\"ls\" != args", 8, 4, "args is a list of texts: name one of its elements, as in args[0]"},
    {"args == args", 0, 4, "args is a list of texts: name one of its elements, as in args[0]"},
    {"u8[0] == 1", 3, 1, "u8 is no list, so it takes no index"},
    {"args[ == 1", 6, 2, "expected an index from 0 on, not =="},
    {"args[x] == 1", 5, 1, "expected an index from 0 on, not x"},
    {"args[-1] == 1", 5, 1, "expected an index from 0 on, not -"},
    {"args[0 == 1", 7, 2, "expected ], not =="},
    {"args[65536] == \"\"", 5, 5, "an index is at most 65535"},
    {"u8 == \"root\"", 3, 2,
     "== cannot compare u8 (u8) with \"root\" (text): both sides must be numbers, texts, bools or "
     "addresses"},
    {"comm == 5", 5, 2,
     "== cannot compare comm (char[16]) with 5 (integer): both sides must be numbers, texts, "
     "bools or addresses"},
    {"flag == 1", 5, 2,
     "== cannot compare flag (bool) with 1 (integer): both sides must be numbers, texts, bools or "
     "addresses"},
    {"u32 == true", 4, 2,
     "== cannot compare u32 (u32) with true (bool): both sides must be numbers, texts, bools or "
     "addresses"},
    {"args[0] == 5", 8, 2,
     "== cannot compare args[0] (text) with 5 (integer): both sides must be numbers, texts, "
     "bools or addresses"},
    {"comm < \"b\"", 5, 1,
     "< orders numbers only: comm (char[16]) and \"b\" (text) can be == or !="},
    {"path >= other", 5, 2, ">= orders numbers only: path (text) and other (text) can be == or !="},
    {"flag < true", 5, 1, "< orders numbers only: flag (bool) and true (bool) can be == or !="},
    {"net.state == \"TCP_CLOSE\"", 10, 2,
     "== cannot compare net.state (enum) with \"TCP_CLOSE\" (text): both sides must be numbers, "
     "texts, bools or addresses"},
    {"comm == flag", 5, 2,
     "== cannot compare comm (char[16]) with flag (bool): both sides must be numbers, texts, "
     "bools or addresses"},
    {"1 == \"1\"", 2, 2,
     "== cannot compare 1 (integer) with \"1\" (text): both sides must be numbers, texts, "
     "bools or addresses"},
    {"!u8 == 5", 0, 1, "! binds tighter than a comparison: write !(a == b)"},
    {"!flag == true", 0, 1, "! binds tighter than a comparison: write !(a == b)"},
    {"flag == !done", 8, 1, "! binds tighter than a comparison: write !(a == b)"},
    {"(u8 == 5) == flag", 4, 2,
     "fields and constants can be compared, conditions cannot: join them by && and ||"},
    {"flag == (flag && done)", 14, 2,
     "fields and constants can be compared, conditions cannot: join them by && and ||"},
    {"false && nonsense_here", 9, 13,
     "struct sample has no field nonsense_here; its fields are u8, s8, u16, s16, flag, u32, s32, "
     "u64, ..."},
    {"true || 5", 8, 1, "5 (integer) is no condition: compare it by == != < <= > or >="},
};

static void errors(void **state)
{
    bool failed = false;

    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
        const struct mistake *mistake = &mistakes[i];
        struct expr_error error = {0};
        struct expr *expr = NULL;

        if (expr_compile(mistake->text, &sample_scope, &error, &expr) != -EINVAL || expr) {
            print_error("    {\"%s\"} is no mistake\n", mistake->text);
            expr_free(expr);
            failed = true;
            continue;
        }
        if (error.column == mistake->column && error.width == mistake->width &&
            strcmp(error.text, mistake->sentence) == 0)
            continue;
        print_error("    {\"%s\", %u, %u, \"%s\"},\n", mistake->text, error.column, error.width,
                    error.text);
        failed = true;
    }
    assert_false(failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
