// SPDX-License-Identifier: Apache-2.0
#include "encode/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Bytes to what stands for them. */
struct spelling {
    const char *bytes;
    const char *expected;
};

static const struct spelling spellings[] = {
    {"", ""},
    {"plain", "plain"},
    {"exactly8", "exactly8"},
    {"more than eight bytes", "more than eight bytes"},
    {"12345678\"", "12345678\\\""},
    {"1234567\"8", "1234567\\\"8"},
    {"\"\\/", "\\\"\\\\/"},
    {"\b\f\n\r\t", "\\b\\f\\n\\r\\t"},
    {"\x01\x0b\x1f\x7f", "\\u0001\\u000b\\u001f\\u007f"},
    /* UTF-8, the borders of each length */
    {"\xc2\xa0", "\xc2\xa0"},
    {"\xdf\xbf", "\xdf\xbf"},
    {"\xe0\xa0\x80", "\xe0\xa0\x80"},
    {"\xed\x9f\xbf", "\xed\x9f\xbf"},
    {"\xee\x80\x80", "\xee\x80\x80"},
    {"\xef\xbf\xbf", "\xef\xbf\xbf"},
    {"\xf0\x90\x80\x80", "\xf0\x90\x80\x80"},
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"a\xc3\xa4z", "a\xc3\xa4z"},
    /* overlong */
    {"\xc0\x80", "\\\\xc0\\\\x80"},
    {"\xc1\xbf", "\\\\xc1\\\\xbf"},
    {"\xe0\x9f\xbf", "\\\\xe0\\\\x9f\\\\xbf"},
    {"\xf0\x8f\xbf\xbf", "\\\\xf0\\\\x8f\\\\xbf\\\\xbf"},
    /* surrogates, too high, never a first byte */
    {"\xed\xa0\x80", "\\\\xed\\\\xa0\\\\x80"},
    {"\xed\xbf\xbf", "\\\\xed\\\\xbf\\\\xbf"},
    {"\xf4\x90\x80\x80", "\\\\xf4\\\\x90\\\\x80\\\\x80"},
    {"\xf5\x80\x80\x80", "\\\\xf5\\\\x80\\\\x80\\\\x80"},
    {"\xff\xfe", "\\\\xff\\\\xfe"},
    {"\x80", "\\\\x80"},
    {"\xbf", "\\\\xbf"},
    /* cut short, by the end or by another byte; what follows is read afresh */
    {"\xc3", "\\\\xc3"},
    {"\xe2\x82", "\\\\xe2\\\\x82"},
    {"\xf0\x9f\x98", "\\\\xf0\\\\x9f\\\\x98"},
    {"\xc3z", "\\\\xc3z"},
    {"\xe2\x82z", "\\\\xe2\\\\x82z"},
    {"\xe2\xe2\x82\xac", "\\\\xe2\xe2\x82\xac"},
    {"\xf0\x9f\xc3\xa4", "\\\\xf0\\\\x9f\xc3\xa4"},
    /* all kinds in a row, without ASCII between */
    {"\xc3\xa4\xc2\x9b\xff\xe2\x82\xac\xe2\x80\xa8\xf0\x9f\x98\x80\xc3",
     "\xc3\xa4\\u009b\\\\xff\xe2\x82\xac\\u2028\xf0\x9f\x98\x80\\\\xc3"},
    {"\xc3\xa4\xc3\xb6\"\xc3\xbc\n", "\xc3\xa4\xc3\xb6\\\"\xc3\xbc\\n"},
};

/* The length when it fits into exactly room bytes, or -1. */
static long escape_into(const char *bytes, size_t length, size_t room, char *ret_out)
{
    char *exact = malloc(length + 1); /* so that a read after the end is found */
    char *out = malloc(room + 1);
    char *after;
    long used = -1;

    memcpy(exact, bytes, length);
    out[room] = '!';
    after = escape_put(out, out + room, (struct text){exact, (uint32_t)length});
    assert_int_equal(out[room], '!');
    if (after) {
        used = after - out;
        memcpy(ret_out, out, (size_t)used);
    }
    free(out);
    free(exact);
    return used;
}

static void check(const char *bytes, size_t length, const char *expected)
{
    size_t whole = strlen(expected);
    char got[256];

    for (size_t room = 0; room < whole; room++)
        assert_int_equal(escape_into(bytes, length, room, got), -1);
    for (size_t room = whole; room < whole + 10; room++) {
        assert_int_equal(escape_into(bytes, length, room, got), whole);
        assert_memory_equal(got, expected, whole);
    }
}

static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++)
        check(spellings[i].bytes, strlen(spellings[i].bytes), spellings[i].expected);
}

static void spell(unsigned byte, char out[8])
{
    static const char *const named[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};

    if (byte < sizeof(named) / sizeof(*named) && named[byte])
        strcpy(out, named[byte]);
    else if (byte < 0x20 || byte == 0x7f)
        snprintf(out, 8, "\\u%04x", byte);
    else
        snprintf(out, 8, byte < 0x80 ? "%c" : "\\\\x%02x", byte);
}

static bool is_control(uint32_t code)
{
    return (code >= 0x80 && code < 0xa0) || code == 0x61c || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* Every code of two or three bytes: as it is, or, if a terminal or a reader of lines could take it
 * for something else than text, spelt. */
static void every_code(void **state)
{
    (void)state;
    for (uint32_t code = 0x80; code < 0x10000; code++) {
        char bytes[4] = {0}, expected[8];

        if (code >= 0xd800 && code < 0xe000)
            continue;
        if (code < 0x800) {
            bytes[0] = (char)(0xc0 | code >> 6);
            bytes[1] = (char)(0x80 | (code & 63));
        } else {
            bytes[0] = (char)(0xe0 | code >> 12);
            bytes[1] = (char)(0x80 | (code >> 6 & 63));
            bytes[2] = (char)(0x80 | (code & 63));
        }
        strcpy(expected, bytes);
        if (is_control(code))
            snprintf(expected, sizeof(expected), "\\u%04x", code);
        check(bytes, strlen(bytes), expected);
    }
}

/* Every byte at every place of a text of 20, so that it meets each lane of the words. */
static void every_byte(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        for (unsigned place = 0; place < 20; place++) {
            char bytes[21], expected[64], spelt[8];

            spell(byte, spelt);
            snprintf(bytes, sizeof(bytes), "%s", "abcdefghijklmnopqrst");
            bytes[place] = (char)byte;
            snprintf(expected, sizeof(expected), "%.*s%s%s", (int)place, "abcdefghijklmnopqrst",
                     spelt, &"abcdefghijklmnopqrst"[place + 1]);
            check(bytes, 20, expected);
        }
    }
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO"

/* In a row: so many letters, so many more, and then as many as the first; what begins the second;
 * with and without the last one's NUL. */
static void check_list(unsigned first, unsigned second, const char *odd, bool ended)
{
    char bytes[256], expected[256], out[256];
    uint32_t length = (uint32_t)sprintf(bytes, "%.*s%c%s%.*s%c%.*s", (int)first, LETTERS, '\0', odd,
                                        (int)second, LETTERS, '\0', (int)first, LETTERS) +
                      ended;
    char *exact = malloc(length); /* so that a read after the end is found */
    size_t whole;

    memcpy(exact, bytes, length);
    whole = (size_t)sprintf(expected, "%.*s\",\"%s%s%.*s%s%.*s", (int)first, LETTERS,
                            *odd ? "\\" : "", odd, (int)second, LETTERS,
                            first + ended ? "\",\"" : "", (int)first, LETTERS);
    for (size_t room = whole < 40 ? 0 : whole - 40; room < whole + 70; room++) {
        char *end;

        memset(out, '!', sizeof(out));
        end = escape_put_list(out, out + room, (struct text){exact, length});
        assert_int_equal(out[room], '!');
        assert_true(room < whole ? !end : end == out + whole);
        if (end)
            assert_memory_equal(out, expected, whole);
    }
    free(exact);
}

/* A NUL ends a text right after letters of several bytes, too. */
static void ends_behind_other_letters(void **state)
{
    static const char bytes[] = "\xc3\xa4\xc3\xb6\0\xc3\xbc\0z";
    const struct text text = {bytes, sizeof(bytes)};
    char out[64];
    char *end;

    (void)state;
    end = escape_put_until_nul(out, out + sizeof(out), text);
    assert_int_equal(end - out, 4);
    assert_memory_equal(out, "\xc3\xa4\xc3\xb6", 4);
    end = escape_put_list(out, out + sizeof(out), text);
    assert_int_equal(end - out, 13);
    assert_memory_equal(out, "\xc3\xa4\xc3\xb6\",\"\xc3\xbc\",\"z", 13);
}

static void lists(void **state)
{
    (void)state;
    for (unsigned first = 0; first <= 36; first++) {
        for (unsigned second = 0; second <= 36; second++) {
            check_list(first, second, "", false);
            check_list(first, second, "", true);
            check_list(first, second, "\"", true);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(every_code),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(lists),
        cmocka_unit_test(ends_behind_other_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
