// SPDX-License-Identifier: Apache-2.0
#include "record/overlap.h"

#include "unit/record/support.h"

/* {low:3, high:5, u: {word, half}, list[2], path, args, masked, rest[]} */
static const struct field readings[] = {
    {.name = "word", .kind = FIELD_UINT, .offset = 4, .size = 4},
    {.name = "half", .kind = FIELD_UINT, .offset = 6, .size = 2},
};
static struct field fields[] = {
    {.name = "low", .kind = FIELD_UINT, .size = 1, .bits = 3},
    {.name = "high", .kind = FIELD_UINT, .size = 1, .bits = 5, .shift = 3},
    {.name = "u", .kind = FIELD_UNION, .offset = 4, .size = 4, .n_members = 2, .members = readings},
    {.name = "list", .kind = FIELD_ARRAY, .offset = 8, .size = 4, .count = 2, .stride = 2},
    {.name = "path", .kind = FIELD_TEXT, .offset = 12, .size = 4},
    {.name = "args", .kind = FIELD_TEXTS, .offset = 16, .size = 4},
    {.name = "masked", .kind = FIELD_CHARS, .column = 1},
    {.name = "rest", .kind = FIELD_CHARS, .offset = 20},
};

/* Of the fields from `from` on. */
static void expect(uint32_t from, uint32_t n, struct field of, const char *expected)
{
    const struct schema schema = {.n_fields = n, .fields = fields + from};
    char path[64] = "";

    assert_int_equal(overlap_find(&schema, &of, path, sizeof(path)), *expected != '\0');
    assert_string_equal(path, expected);
}

static void finds_what_reads_the_same_bytes(void **state)
{
    const struct field bits = {.kind = FIELD_UINT, .size = 1, .bits = 4};

    (void)state;
    expect(0, 8, readings[1], "u.word");
    expect(0, 8, (struct field){.kind = FIELD_UINT, .offset = 10, .size = 1}, "list");
    expect(0, 8, (struct field){.kind = FIELD_UINT, .offset = 2, .size = 2}, "");
    expect(1, 7, fields[0], ""); /* they share a byte, and no bit */
    expect(1, 7, bits, "high");
    expect(0, 8, fields[6], ""); /* it is in no sample */
}

static void texts_lie_in_what_goes_on_to_the_end(void **state)
{
    (void)state;
    expect(7, 1, fields[4], "rest");
    expect(7, 1, fields[5], "rest");
    expect(4, 1, fields[7], "path");
    expect(5, 2, fields[4], ""); /* two texts have places of their own */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_reads_the_same_bytes),
        cmocka_unit_test(texts_lie_in_what_goes_on_to_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
