// SPDX-License-Identifier: Apache-2.0

/* Random well-typed expressions over random batches give what the reference says.
 *
 *     EXPR_SEED=N starts elsewhere, EXPR_COUNT=N makes so many */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr/expr.h"
#include "expr/tree.h"
#include "unit/expr/sample.h"

#ifdef __SANITIZE_ADDRESS__
enum { COUNT = 20000 };
#else
enum { COUNT = 100000 };
#endif
enum { RECORDS = 12, TEXT_MAX = 16384 };

struct records {
    struct sample samples[RECORDS];
    struct ringmill_view views[RECORDS];
    struct column columns[SAMPLE_COLUMNS];
    struct batch batch;
};

static const char *const vocabulary[] = {
    "",     "a",      "ls",   "cron",   "Cron",       "/etc/passwd",
    "/etc", "/usr//", "abcd", "/a/b/c", "tail",       "sixteen-bytes-ab",
    ".",    "//",     "xxx",  "aab",    "/etc/shadow"};
enum { WORDS = sizeof(vocabulary) / sizeof(*vocabulary) };

static void random_word(char *out, uint32_t size)
{
    const char *word = vocabulary[random_below(WORDS)];
    uint32_t length = (uint32_t)strlen(word);

    memset(out, 0, size);
    memcpy(out, word, length < size ? length : size);
}

static struct place16 random_place(void)
{
    uint32_t at = random_below(64);

    if (random_below(8) == 0)
        return (struct place16){(uint16_t)random_next(), (uint16_t)random_next()};
    return (struct place16){(uint16_t)(offsetof(struct sample, heap) + at),
                            (uint16_t)random_below(65 - at)};
}

/* Mostly a pattern near a border of some width. */
static uint64_t random_bits(void)
{
    uint64_t bits = UINT64_C(1) << (8 * random_below(8));

    if (random_below(3) == 0)
        return random_next();
    if (random_below(3) == 0)
        return random_below(20);
    bits = random_below(2) ? bits - random_below(3) : (bits >> 1) - random_below(3);
    return random_below(2) ? -bits : bits;
}

static void random_numbers(struct sample *sample)
{
    static const double reals[] = {0, -0.0, 0.5, 1.5, 1e308, NAN, INFINITY, 4294967296, 255, -2};
    uint64_t *words = (void *)sample;

    for (size_t i = 0; i < sizeof(*sample) / sizeof(*words); i++)
        words[i] = random_bits();
    sample->u8 = (uint8_t)random_bits();
    sample->s8 = (int8_t)random_bits();
    sample->u16 = (uint16_t)random_bits();
    sample->s16 = (int16_t)random_bits();
    sample->u32 = (uint32_t)random_bits();
    sample->s32 = (int32_t)random_bits();
    sample->flag = (uint8_t)random_below(3);
    sample->done = (uint8_t)random_below(2);
    sample->state = random_below(9);
    sample->mood = (int32_t)random_below(5) - 2;
    sample->tiny = (uint8_t)random_below(14);
    sample->big = random_below(2) ? UINT64_MAX : 0;
    sample->flags = (uint32_t)random_below(3) | random_below(2) * 0x40;
    sample->f64 = reals[random_below(10)];
    sample->f32 = (float)reals[random_below(10)];
}

static void random_sample(struct sample *sample)
{
    char heap[96] = {0};

    random_numbers(sample);
    for (uint32_t at = 0; at < 48; at += (uint32_t)strlen(heap + at) + 1)
        random_word(heap + at, 17);
    memcpy(sample->heap, heap, sizeof(sample->heap));
    random_word(sample->comm, sizeof(sample->comm));
    random_word(sample->tag, sizeof(sample->tag));
    random_word(sample->name, sizeof(sample->name));
    random_word(sample->hosts[1].name, sizeof(sample->hosts[1].name));
    random_word(sample->tail, sizeof(sample->tail));
    sample->path = random_place();
    sample->other = random_place();
    sample->args = random_place();
    if (random_below(2)) /* whole words */
        sample->path.offset = sample->args.offset = offsetof(struct sample, heap);
    sample->v4 = htonl(random_below(2) ? 0x0a000001 : (uint32_t)random_next() & 0xff0000ff);
    memcpy(sample->v4b, random_below(2) ? "\x0a\0\0\1" : "\xc0\xa8\0\1", 4);
    memset(sample->v6, 0, 16);
    sample->v6[0] = random_below(2) ? 0xfe : 0;
    sample->v6[1] = random_below(2) ? 0x80 : 0;
    sample->v6[15] = (uint8_t)random_below(3);
    if (random_below(3) == 0)
        memcpy(sample->v6, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", 16);
    memset(sample->hw, 0, 6);
    sample->hw[0] = sample->v6[0];
    sample->hw[5] = (uint8_t)random_below(3);
    memset(sample->id, 0, 5);
    sample->id[4] = (uint8_t)random_below(3);
}

static void random_columns(struct records *records, uint32_t i)
{
    static char macs[RECORDS][6], ips[RECORDS][4];
    const char *word = vocabulary[random_below(WORDS)];
    uint32_t raw = htonl(0x0a000000 + random_below(3));

    memcpy(ips[i], &raw, 4);
    macs[i][5] = (char)random_below(3);
    records->columns[0].integers[i] = random_bits();
    records->columns[1].texts[i] = (struct text){word, (uint32_t)strlen(word)};
    records->columns[2].floats[i] = (double)random_below(5) / 2;
    records->columns[3].integers[i] = random_below(2);
    records->columns[4].texts[i] = (struct text){ips[i], 4};
    records->columns[5].integers[i] = htons((uint16_t)random_bits());
    records->columns[6].texts[i] = (struct text){macs[i], 6};
    for (int column = 0; column < SAMPLE_COLUMNS; column++)
        column_set_null(&records->columns[column], i, random_below(5) == 0);
}

static void random_records(struct records *records)
{
    records->batch =
        (struct batch){.schema = &sample_schema, .views = records->views, .count = RECORDS};
    for (int column = 0; column < SAMPLE_COLUMNS; column++)
        records->batch.columns[column] = &records->columns[column];
    for (uint32_t i = 0; i < RECORDS; i++) {
        random_sample(&records->samples[i]);
        random_columns(records, i);
        records->views[i] =
            (struct ringmill_view){.data = &records->samples[i], .length = SAMPLE_LENGTH};
        if (random_below(4) == 0)
            records->views[i].length = random_below(SAMPLE_LENGTH + 1);
        if (random_below(4))
            records->batch.selection[records->batch.selected++] = (uint16_t)i;
    }
}

static void check_condition(struct expr *expr, const struct tree *tree, const char *text,
                            struct records *records)
{
    struct batch before = records->batch, *batch = &records->batch;
    uint32_t k = 0;

    expr_select(expr, batch);
    for (uint32_t i = 0; i < before.selected; i++) {
        uint16_t index = before.selection[i];
        bool holds = reference_holds(tree, batch, index);
        bool held = k < batch->selected && batch->selection[k] == index;

        if (holds != held)
            fail_msg("%s: record %u: got %d, expected %d", text, index, held, holds);
        k += held;
    }
    assert_int_equal(k, batch->selected);
}

static bool is_same(const struct tree *tree, const struct field *field, const struct column *column,
                    uint32_t index, const struct value *value)
{
    uint32_t raw;

    if (column_is_null(column, index) || value->null)
        return column_is_null(column, index) == value->null;
    switch (tree->type) {
    case INTEGER:
        assert_true(field->kind == FIELD_ENUM || field->kind == FIELD_POINTER ||
                    field->kind == (value->is_signed ? FIELD_INT : FIELD_UINT));
        return value->number == (value->is_signed ? (wide)(int64_t)column->integers[index]
                                                  : (wide)column->integers[index]);
    case FLOAT:
        return column->floats[index] == value->real;
    case BOOL:
        return column->integers[index] == (uint64_t)value->number;
    case IPV4:
        raw = htonl((uint32_t)value->number);
        return field->meaning == MEANING_IPV4 && column->integers[index] == raw;
    default:
        return column->texts[index].length == value->length &&
               memcmp(column->texts[index].bytes, value->bytes, value->length) == 0;
    }
}

static void check_value(struct expr *expr, const struct tree *tree, const char *text,
                        struct records *records)
{
    static struct column column;

    expr_values(expr, &records->batch, &column);
    for (uint32_t k = 0; k < records->batch.selected; k++) {
        uint16_t index = records->batch.selection[k];
        struct value value;

        reference_value(tree, &records->batch, index, &value);
        if (!is_same(tree, expr_result(expr), &column, index, &value))
            fail_msg("%s: record %u: got %s %lld, expected %s %lld", text, index,
                     column_is_null(&column, index) ? "null" : "",
                     (long long)column.integers[index], value.null ? "null" : "",
                     (long long)value.number);
    }
}

static void check_expression(struct records *records)
{
    static char text[TEXT_MAX];
    bool is_value = random_below(4) == 0;
    struct tree *tree = is_value ? tree_value(random_below(5)) : tree_condition(random_below(5));
    FILE *out = fmemopen(text, sizeof(text), "w");
    struct expr_error error;
    struct expr *expr = NULL;
    int r;

    tree_write(out, tree);
    fclose(out);
    r = is_value ? expr_compile_value(text, &sample_scope, &error, &expr)
                 : expr_compile(text, &sample_scope, &error, &expr);
    if (r < 0)
        fail_msg("%s: column %u: %s", text, error.column, error.text);
    random_records(records);
    if (is_value)
        check_value(expr, tree, text, records);
    else
        check_condition(expr, tree, text, records);
    expr_free(expr);
}

static uint64_t number_of(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 0) : fallback;
}

static void same_as_reference(void **state)
{
    static struct records records;
    uint64_t count = number_of("EXPR_COUNT", COUNT);

    (void)state;
    random_state = number_of("EXPR_SEED", 20261123);
    print_message("EXPR_SEED=%llu EXPR_COUNT=%llu\n", (unsigned long long)random_state,
                  (unsigned long long)count);
    for (uint64_t i = 0; i < count; i++)
        check_expression(&records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_reference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
