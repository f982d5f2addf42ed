// SPDX-License-Identifier: Apache-2.0

#include "encode/random.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/meaning_by.h"

enum { SAMPLE_MAX = 4096, DEPTH = 3 };

static unsigned short dice[3];

void random_seed(uint64_t seed)
{
    for (int i = 0; i < 3; i++)
        dice[i] = (unsigned short)(seed >> 16 * i);
}

uint32_t random_roll(uint32_t sides)
{
    return (uint32_t)(nrand48(dice) % (long)sides);
}

static uint64_t random_word(void)
{
    return (uint64_t)nrand48(dice) << 42 ^ (uint64_t)nrand48(dice) << 21 ^ (uint64_t)nrand48(dice);
}

/* ---- schemas --------------------------------------------------------------------------------- */

static const enum field_meaning integer_meanings[] = {
    MEANING_NONE,    MEANING_KTIME,       MEANING_UNIX_NS, MEANING_IPV4,      MEANING_PORT_BE,
    MEANING_UID,     MEANING_GID,         MEANING_ERRNO,   MEANING_CGROUP_ID, MEANING_HEX,
    MEANING_SYSCALL, MEANING_BOOTTIME,    MEANING_SIGNAL,  MEANING_TCP_FLAGS, MEANING_OPEN_FLAGS,
    MEANING_MODE,    MEANING_CAPABILITIES};

static const enum field_meaning byte_meanings[] = {MEANING_NONE, MEANING_IPV4,  MEANING_IPV6,
                                                   MEANING_MAC,  MEANING_BYTES, MEANING_HEX};

#define PICK(array) ((array)[random_roll(sizeof(array) / sizeof(*(array)))])

static void place(struct field *field, uint32_t *end, uint32_t size)
{
    field->offset = *end + (random_roll(4) == 0 ? random_roll(4) : 0);
    field->size = size;
    *end = field->offset + size;
}

static void make_bits(struct field *field, uint32_t *end)
{
    field->bits = (uint8_t)(1 + random_roll(64));
    field->shift = (uint8_t)random_roll(8);
    place(field, end, (field->shift + field->bits + 7u) / 8);
}

static void make_integer(struct field *field, uint32_t *end)
{
    field->kind = random_roll(2) ? FIELD_UINT : FIELD_INT;
    field->is_signed = field->kind == FIELD_INT;
    if (random_roll(5) == 0)
        make_bits(field, end);
    else
        place(field, end, 1u << random_roll(4));
    field->meaning = random_roll(2) ? PICK(integer_meanings) : MEANING_NONE;
}

static void make_enum(struct schema *schema, struct field *field, uint32_t *end)
{
    struct enum_name *names = schema_keep_array(schema, 6, sizeof(*names));

    field->kind = FIELD_ENUM;
    field->is_signed = random_roll(2);
    if (random_roll(5) == 0)
        make_bits(field, end);
    else
        place(field, end, 1u << random_roll(4));
    for (uint32_t i = 0; i < 6; i++) {
        char name[32];

        snprintf(name, sizeof(name), "NAME\"%u_%u", i, random_roll(100));
        names[i] =
            (struct enum_name){schema_keep(schema, name),
                               field->is_signed ? (int64_t)random_roll(6) - 3 : random_roll(6)};
    }
    field->names = names;
    field->n_names = 6;
    field->meaning = random_roll(4) == 0 ? MEANING_FLAGS : MEANING_NONE;
}

static void make_field(struct schema *schema, struct field *field, uint32_t *end, uint32_t depth);

static void name_field(struct schema *schema, struct field *field, uint32_t number)
{
    static const char *const odd[] = {"time",   "source", "type",     "_lost", "source_",
                                      "a\"b\n", "\xff",   "uid_name", "x",     "ktime"};
    char name[32];

    snprintf(name, sizeof(name), "%s%u", random_roll(9) == 0 ? "m_id" : "m", number);
    field->name = schema_keep(schema, random_roll(5) == 0 ? PICK(odd) : name);
}

/* A struct's or union's members. */
static void make_members(struct schema *schema, struct field *field, uint32_t *end, uint32_t depth)
{
    uint32_t n_members = random_roll(4), begin = *end, last = begin;
    struct field *members = schema_keep_array(schema, n_members + 1, sizeof(*members));

    field->kind = random_roll(3) ? FIELD_STRUCT : FIELD_UNION;
    field->offset = begin;
    for (uint32_t i = 0; i < n_members; i++) {
        uint32_t behind = field->kind == FIELD_STRUCT ? last : begin;

        name_field(schema, &members[i], i);
        make_field(schema, &members[i], &behind, depth + 1);
        last = behind > last ? behind : last;
    }
    field->members = members;
    field->n_members = n_members;
    field->size = last - begin;
    *end = last;
}

static void make_array(struct schema *schema, struct field *field, uint32_t *end, uint32_t depth)
{
    struct field *element = schema_keep_array(schema, 1, sizeof(*element));
    uint32_t behind = *end;

    element->name = "";
    make_field(schema, element, &behind, depth + 1);
    field->kind = FIELD_ARRAY;
    field->members = element;
    field->n_members = 1;
    field->offset = *end;
    field->stride = behind - *end;
    field->count = 1 + random_roll(4);
    field->size = field->stride * field->count;
    *end += field->size;
    if (random_roll(3) == 0) {
        field->meaning = random_roll(2) ? PICK(integer_meanings) : PICK(byte_meanings);
    }
}

static void make_bytes(struct field *field, uint32_t *end)
{
    static const uint32_t sizes[] = {1, 4, 6, 16, 16, 20, 40};

    field->kind = FIELD_BYTES;
    place(field, end, PICK(sizes));
    field->meaning = PICK(byte_meanings);
    field->type_name = random_roll(2) ? "unsigned __int128" : "struct in6_addr";
}

static void make_leaf(struct schema *schema, struct field *field, uint32_t *end)
{
    switch (random_roll(9)) {
    case 0:
        field->kind = FIELD_BOOL;
        return place(field, end, 1);
    case 1:
        return make_enum(schema, field, end);
    case 2:
        field->kind = FIELD_FLOAT;
        return place(field, end, random_roll(2) ? 4 : 8);
    case 3:
        field->kind = FIELD_POINTER;
        return place(field, end, 8);
    case 4:
        field->kind = FIELD_CHARS;
        return place(field, end, 1 + random_roll(20));
    case 5:
        field->kind = random_roll(2) ? FIELD_TEXT : FIELD_TEXTS;
        return place(field, end, 4);
    case 6:
        return make_bytes(field, end);
    default:
        return make_integer(field, end);
    }
}

static void make_field(struct schema *schema, struct field *field, uint32_t *end, uint32_t depth)
{
    uint32_t what = depth < DEPTH ? random_roll(6) : 5;

    if (what == 0)
        make_members(schema, field, end, depth);
    else if (what == 1)
        make_array(schema, field, end, depth);
    else
        make_leaf(schema, field, end);
}

/* What has no length but the sample's. */
static void make_tail(struct schema *schema, struct field *field, uint32_t *end)
{
    if (random_roll(2)) {
        make_array(schema, field, end, DEPTH - 1);
        *end = field->offset;
        field->count = 0;
        field->meaning = MEANING_NONE;
    } else {
        field->kind = FIELD_CHARS;
        field->offset = *end;
        field->meaning = random_roll(2) ? MEANING_BYTES : MEANING_NONE;
    }
    field->size = 0;
}

static bool may_be_column(const struct field *field)
{
    return field->kind != FIELD_STRUCT && field->kind != FIELD_UNION &&
           field->kind != FIELD_ARRAY && field->kind != FIELD_TEXT && field->kind != FIELD_TEXTS &&
           !field->bits;
}

/* ---- what another field decides about ---- */

/* An integer of the record, before the field of that number; NULL: there is none. */
static const struct field *pick_integer(const struct schema *schema, uint32_t before)
{
    for (uint32_t i = before; i > 0; i--) {
        const struct field *field = &schema->fields[i - 1];
        bool integer =
            field->kind == FIELD_UINT || field->kind == FIELD_INT || field->kind == FIELD_ENUM;

        if (integer && !field->column && random_roll(2))
            return field;
    }
    return NULL;
}

static void make_in_place(struct field *field, const struct field *by)
{
    field->kind = random_roll(2) ? FIELD_TEXT : FIELD_TEXTS;
    field->in_place = true;
    field->meaning = MEANING_NONE;
    field->by = field->kind == FIELD_TEXT || random_roll(2) ? by : NULL;
}

static void make_dependent(struct schema *schema, struct field *field, const struct field *by)
{
    static const int64_t values[] = {0, 1, 2, 13, -2, 57, 59, 4};

    if (field->kind == FIELD_CHARS) {
        make_in_place(field, by);
    } else if (field->kind == FIELD_ARRAY && field->stride > 0) {
        field->by = by;
        field->by_each = random_roll(2) ? field->stride : 0;
    } else if (field->kind == FIELD_BYTES && field->size == 16) {
        field->meaning = MEANING_IP;
        field->by = by;
    }
    if (random_roll(2))
        meaning_by_guard(schema, field, by, values, 1 + random_roll(8));
    if (random_roll(5) == 0)
        meaning_by_guard(schema, field, by, values, 1 + random_roll(8));
}

static void make_dependents(struct schema *schema)
{
    for (uint32_t i = 1; i < schema->n_fields; i++) {
        struct field *field = &schema->fields[i];
        const struct field *by = random_roll(3) == 0 ? pick_integer(schema, i) : NULL;

        if (by && !field->column)
            make_dependent(schema, field, by);
    }
}

struct schema *random_schema(void)
{
    uint32_t n_fields = 1 + random_roll(12), end = 0;
    struct schema *schema = schema_new("struct random", n_fields);

    for (uint32_t i = 0; i < n_fields; i++) {
        struct field *field = &schema->fields[i];

        name_field(schema, field, i);
        if (i + 1 == n_fields && random_roll(3) == 0)
            make_tail(schema, field, &end);
        else
            make_field(schema, field, &end, 0);
        if (field->size > 0 && may_be_column(field) && random_roll(6) == 0)
            field->column = (uint16_t)++schema->n_columns;
    }
    schema->size = end;
    make_dependents(schema);
    return schema;
}

/* ---- records --------------------------------------------------------------------------------- */

static void random_bytes(uint8_t *bytes, uint32_t length)
{
    static const char hard[] =
        "\"\\\0\n\xc3\xa4\xed\xa0\x80\xf4\x90\xe2\x82\xac\xf0\x9f\x98\x80\x7f";
    uint32_t taste = random_roll(4);

    for (uint32_t i = 0; i < length; i++) {
        if (taste == 0)
            bytes[i] = (uint8_t)hard[random_roll(sizeof(hard))];
        else
            bytes[i] = (uint8_t)(taste == 1 ? random_roll(3) : random_roll(256));
    }
}

static void poke(uint8_t *at, uint32_t size, uint64_t value)
{
    for (uint32_t i = 0; i < size; i++)
        at[i] = (uint8_t)(i < 8 ? value >> 8 * i : 0);
}

static void poke_number(const struct field *field, uint8_t *at)
{
    static const uint64_t values[] = {
        0,  1,   2,   (uint64_t)-2, 13, 512,       (uint64_t)-512,
        57, 257, 321, UINT64_MAX,   59, INT64_MAX, (uint64_t)INT64_MIN,
        4,  6,   10};

    if (random_roll(2))
        poke(at, field->size < 8 ? field->size : 8, PICK(values));
}

static void poke_float(const struct field *field, uint8_t *at)
{
    static const double values[] = {0, -0.0, 0.1, 1.5, 1e300, 5e-324, 1e15, 1e16, 123456789, 1e-7};
    double value = PICK(values);
    float narrow = (float)value;

    if (random_roll(2))
        return;
    if (field->size == 4)
        memcpy(at, &narrow, 4);
    else
        memcpy(at, &value, 8);
}

/* Gives what would be nonsense as random bytes something likelier. delta: of an array's element. */
static void poke_field(const struct field *field, uint8_t *bytes, uint32_t size, uint64_t delta)
{
    uint8_t *at = bytes + field->offset + delta;
    uint64_t end = field->offset + delta + field->size;

    if (end > size)
        return;
    if (field->in_place) {
        return;
    } else if (field->kind == FIELD_TEXT || field->kind == FIELD_TEXTS) {
        poke(at, 4, random_roll(size + 2) | (uint64_t)random_roll(30) << 16);
    } else if (field->kind == FIELD_FLOAT) {
        poke_float(field, at);
    } else if (field->kind == FIELD_ARRAY) {
        for (uint32_t i = 0; i < field->count; i++)
            poke_field(field->members, bytes, size, delta + (uint64_t)i * field->stride);
    } else if (field->n_members > 0) {
        for (uint32_t i = 0; i < field->n_members; i++)
            poke_field(&field->members[i], bytes, size, delta);
    } else if (field->kind != FIELD_CHARS && field->kind != FIELD_BYTES) {
        poke_number(field, at);
    }
}

static void fill_column(const struct field *field, struct column *column, char *texts)
{
    uint64_t value = random_roll(3) ? random_roll(600) : random_word();
    uint32_t bits = field->size * 8;

    memset(column->null, 0, sizeof(column->null));
    column_set_null(column, 0, random_roll(5) == 0);
    if (bits < 64) {
        value <<= 64 - bits;
        value = field->is_signed ? (uint64_t)((int64_t)value >> (64 - bits)) : value >> (64 - bits);
    }
    if (field->kind == FIELD_FLOAT) {
        memcpy(&column->floats[0], &value, 8);
    } else if (field->kind == FIELD_CHARS || field->kind == FIELD_BYTES) {
        random_bytes((uint8_t *)texts, field->size);
        column->texts[0] = (struct text){texts, field->size};
        if (field->kind == FIELD_CHARS)
            column->texts[0].length = (uint32_t)strnlen(texts, field->size);
    } else {
        column->integers[0] = value;
    }
}

void random_record(const struct schema *schema, struct record *record)
{
    uint8_t whole[SAMPLE_MAX];
    uint32_t size = schema->size + random_roll(40);

    if (size > SAMPLE_MAX)
        errx(1, "a schema of %u bytes", schema->size);
    random_bytes(whole, size);
    for (uint32_t i = 0; i < schema->n_fields; i++)
        poke_field(&schema->fields[i], whole, size, 0);
    record->length = random_roll(4) == 0 ? random_roll(size + 1) : size;
    record->bytes = malloc(record->length + !record->length);
    memcpy(record->bytes, whole, record->length);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        uint16_t column = schema->fields[i].column;

        if (column)
            fill_column(&schema->fields[i], &record->columns[column - 1],
                        record->texts[column - 1]);
    }
}
