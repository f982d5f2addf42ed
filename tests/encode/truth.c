// SPDX-License-Identifier: Apache-2.0

/* JSON truth: random schemas of all kinds and meanings, random and hostile records of all lengths.
 * What the encoder writes is read by another JSON parser and compared, key by key and in order,
 * with values worked out from the bytes in other ways than the daemon's: integers byte by byte,
 * bitfields bit by bit, dates, addresses and names by the C library.
 *
 *     json-truth RECORDS [SEED]      prints the seed; exit status 1 at the first lie */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/clock.h"
#include "base/resolver.h"
#include "encode/json.h"

enum {
    SAMPLE_MAX = 4096,
    OUT_MAX = 1 << 20,
    RECORDS_OF_SCHEMA = 100,
    DEPTH = 3,
    KEY_MAX = 64,
    KEYS_MAX = 64,
};

static unsigned short dice[3];

static uint32_t roll(uint32_t sides)
{
    return (uint32_t)(nrand48(dice) % (long)sides);
}

static uint64_t random_word(void)
{
    return (uint64_t)nrand48(dice) << 42 ^ (uint64_t)nrand48(dice) << 21 ^ (uint64_t)nrand48(dice);
}

/* ---- schemas --------------------------------------------------------------------------------- */

static const struct wall_offset wall = {.offset = INT64_C(1795385800000000000)};

static const enum field_meaning integer_meanings[] = {
    MEANING_NONE, MEANING_KTIME, MEANING_UNIX_NS,   MEANING_IPV4, MEANING_PORT_BE, MEANING_UID,
    MEANING_GID,  MEANING_ERRNO, MEANING_CGROUP_ID, MEANING_HEX,  MEANING_SYSCALL};

static const enum field_meaning byte_meanings[] = {MEANING_NONE, MEANING_IPV4,  MEANING_IPV6,
                                                   MEANING_MAC,  MEANING_BYTES, MEANING_HEX};

#define PICK(array) ((array)[roll(sizeof(array) / sizeof(*(array)))])

static void place(struct field *field, uint32_t *end, uint32_t size)
{
    field->offset = *end + (roll(4) == 0 ? roll(4) : 0);
    field->size = size;
    *end = field->offset + size;
}

static void make_bits(struct field *field, uint32_t *end)
{
    field->bits = (uint8_t)(1 + roll(64));
    field->shift = (uint8_t)roll(8);
    place(field, end, (field->shift + field->bits + 7u) / 8);
}

static void make_integer(struct field *field, uint32_t *end)
{
    field->kind = roll(2) ? FIELD_UINT : FIELD_INT;
    field->is_signed = field->kind == FIELD_INT;
    if (roll(5) == 0)
        make_bits(field, end);
    else
        place(field, end, 1u << roll(4));
    field->meaning = roll(2) ? PICK(integer_meanings) : MEANING_NONE;
}

static void make_enum(struct schema *schema, struct field *field, uint32_t *end)
{
    struct enum_name *names = schema_keep_array(schema, 6, sizeof(*names));

    field->kind = FIELD_ENUM;
    field->is_signed = roll(2);
    if (roll(5) == 0)
        make_bits(field, end);
    else
        place(field, end, 1u << roll(4));
    for (uint32_t i = 0; i < 6; i++) {
        char name[32];

        snprintf(name, sizeof(name), "NAME\"%u_%u", i, roll(100));
        names[i] = (struct enum_name){schema_keep(schema, name),
                                      field->is_signed ? (int64_t)roll(6) - 3 : roll(6)};
    }
    field->names = names;
    field->n_names = 6;
}

static void make_field(struct schema *schema, struct field *field, uint32_t *end, uint32_t depth);

static void name_field(struct schema *schema, struct field *field, uint32_t number)
{
    static const char *const odd[] = {"time",   "source", "type",     "_lost", "source_",
                                      "a\"b\n", "\xff",   "uid_name", "x",     "ktime"};
    char name[32];

    snprintf(name, sizeof(name), "%s%u", roll(9) == 0 ? "m_id" : "m", number);
    field->name = schema_keep(schema, roll(5) == 0 ? PICK(odd) : name);
}

/* A struct's or union's members. */
static void make_members(struct schema *schema, struct field *field, uint32_t *end, uint32_t depth)
{
    uint32_t n_members = roll(4), begin = *end, last = begin;
    struct field *members = schema_keep_array(schema, n_members + 1, sizeof(*members));

    field->kind = roll(3) ? FIELD_STRUCT : FIELD_UNION;
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
    field->count = 1 + roll(4);
    field->size = field->stride * field->count;
    *end += field->size;
    if (roll(3) == 0) {
        field->meaning = roll(2) ? PICK(integer_meanings) : PICK(byte_meanings);
    }
}

static void make_bytes(struct field *field, uint32_t *end)
{
    static const uint32_t sizes[] = {1, 4, 6, 16, 16, 20, 40};

    field->kind = FIELD_BYTES;
    place(field, end, PICK(sizes));
    field->meaning = PICK(byte_meanings);
    field->type_name = roll(2) ? "unsigned __int128" : "struct in6_addr";
}

static void make_leaf(struct schema *schema, struct field *field, uint32_t *end)
{
    switch (roll(9)) {
    case 0:
        field->kind = FIELD_BOOL;
        return place(field, end, 1);
    case 1:
        return make_enum(schema, field, end);
    case 2:
        field->kind = FIELD_FLOAT;
        return place(field, end, roll(2) ? 4 : 8);
    case 3:
        field->kind = FIELD_POINTER;
        return place(field, end, 8);
    case 4:
        field->kind = FIELD_CHARS;
        return place(field, end, 1 + roll(20));
    case 5:
        field->kind = roll(2) ? FIELD_TEXT : FIELD_TEXTS;
        return place(field, end, 4);
    case 6:
        return make_bytes(field, end);
    default:
        return make_integer(field, end);
    }
}

static void make_field(struct schema *schema, struct field *field, uint32_t *end, uint32_t depth)
{
    uint32_t what = depth < DEPTH ? roll(6) : 5;

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
    if (roll(2)) {
        make_array(schema, field, end, DEPTH - 1);
        *end = field->offset;
        field->count = 0;
        field->meaning = MEANING_NONE;
    } else {
        field->kind = FIELD_CHARS;
        field->offset = *end;
        field->meaning = roll(2) ? MEANING_BYTES : MEANING_NONE;
    }
    field->size = 0;
}

static bool may_be_column(const struct field *field)
{
    return field->kind != FIELD_STRUCT && field->kind != FIELD_UNION &&
           field->kind != FIELD_ARRAY && field->kind != FIELD_TEXT && field->kind != FIELD_TEXTS &&
           !field->bits;
}

static struct schema *make_schema(void)
{
    uint32_t n_fields = 1 + roll(12), end = 0;
    struct schema *schema = schema_new("struct random", n_fields);

    for (uint32_t i = 0; i < n_fields; i++) {
        struct field *field = &schema->fields[i];

        name_field(schema, field, i);
        if (i + 1 == n_fields && roll(3) == 0)
            make_tail(schema, field, &end);
        else
            make_field(schema, field, &end, 0);
        if (field->size > 0 && may_be_column(field) && roll(6) == 0)
            field->column = (uint16_t)++schema->n_columns;
    }
    schema->size = end;
    return schema;
}

/* ---- records --------------------------------------------------------------------------------- */

struct record {
    uint32_t length;
    uint8_t *bytes; /* of exactly that length, so that a read behind it is found */
    struct column columns[16];
};

static void random_bytes(uint8_t *bytes, uint32_t length)
{
    static const char hard[] =
        "\"\\\0\n\xc3\xa4\xed\xa0\x80\xf4\x90\xe2\x82\xac\xf0\x9f\x98\x80\x7f";
    uint32_t taste = roll(4);

    for (uint32_t i = 0; i < length; i++) {
        if (taste == 0)
            bytes[i] = (uint8_t)hard[roll(sizeof(hard))];
        else
            bytes[i] = (uint8_t)(taste == 1 ? roll(3) : roll(256));
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
        57, 257, 321, UINT64_MAX,   59, INT64_MAX, (uint64_t)INT64_MIN};

    if (roll(2))
        poke(at, field->size < 8 ? field->size : 8, PICK(values));
}

static void poke_float(const struct field *field, uint8_t *at)
{
    static const double values[] = {0, -0.0, 0.1, 1.5, 1e300, 5e-324, 1e15, 1e16, 123456789, 1e-7};
    double value = PICK(values);
    float narrow = (float)value;

    if (roll(2))
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
    if (field->kind == FIELD_TEXT || field->kind == FIELD_TEXTS) {
        poke(at, 4, roll(size + 2) | (uint64_t)roll(30) << 16);
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
    uint64_t value = roll(3) ? roll(600) : random_word();
    uint32_t bits = field->size * 8;

    memset(column->null, 0, sizeof(column->null));
    column_set_null(column, 0, roll(5) == 0);
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

static void make_record(const struct schema *schema, struct record *record, char texts[16][64])
{
    uint8_t whole[SAMPLE_MAX];
    uint32_t size = schema->size + roll(40);

    if (size > SAMPLE_MAX)
        errx(1, "a schema of %u bytes", schema->size);
    random_bytes(whole, size);
    for (uint32_t i = 0; i < schema->n_fields; i++)
        poke_field(&schema->fields[i], whole, size, 0);
    record->length = roll(4) == 0 ? roll(size + 1) : size;
    record->bytes = malloc(record->length + !record->length);
    memcpy(record->bytes, whole, record->length);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        uint16_t column = schema->fields[i].column;

        if (column)
            fill_column(&schema->fields[i], &record->columns[column - 1], texts[column - 1]);
    }
}

/* ---- the truth ------------------------------------------------------------------------------- */

/* Where in the test the eye is, for the message. */
static const char *now_at;
static const char *now_text;
static uint64_t names_seen;

static void lie(const char *expected)
{
    errx(1, "seed %u %u %u: field %s: expected %s in %s", dice[0], dice[1], dice[2], now_at,
         expected, now_text);
}

static void want_null(json_object *value)
{
    if (value)
        lie("null");
}

static void want_text(json_object *value, const char *expected, size_t length)
{
    if (json_object_get_type(value) != json_type_string ||
        (size_t)json_object_get_string_len(value) != length ||
        memcmp(json_object_get_string(value), expected, length) != 0)
        lie(expected);
}

static void want_words(json_object *value, const char *expected)
{
    want_text(value, expected, strlen(expected));
}

static void want_number(json_object *value, uint64_t bits, bool is_signed)
{
    char expected[32];

    snprintf(expected, sizeof(expected), is_signed ? "%lld" : "%llu", (long long)bits);
    if (json_object_get_type(value) != json_type_int ||
        strcmp(json_object_to_json_string(value), expected) != 0)
        lie(expected);
}

/* Bytes of the code point at bytes, by its value; 0: there is none. */
static size_t code_point(const uint8_t *bytes, size_t left)
{
    size_t length = bytes[0] < 0x80             ? 1
                    : (bytes[0] & 0xe0) == 0xc0 ? 2
                    : (bytes[0] & 0xf0) == 0xe0 ? 3
                    : (bytes[0] & 0xf8) == 0xf0 ? 4
                                                : 0;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t value = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);

    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (bytes[i] >> 6 != 2)
            return 0;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    return value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)
               ? 0
               : length;
}

/* As escape.h promises it. */
static size_t spell(const uint8_t *bytes, size_t length, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < length;) {
        size_t taken = code_point(bytes + i, length - i);

        if (taken)
            memcpy(out + used, bytes + i, taken);
        else
            sprintf(out + used, "\\x%02x", bytes[i]);
        used += taken ? taken : 4;
        i += taken ? taken : 1;
    }
    out[used] = '\0';
    return used;
}

static void want_string(json_object *value, const uint8_t *bytes, size_t length)
{
    char expected[4 * SAMPLE_MAX + 1];

    want_text(value, expected, spell(bytes, length, expected));
}

static void want_list(json_object *value, const uint8_t *bytes, size_t length)
{
    size_t count = 0;

    if (json_object_get_type(value) != json_type_array)
        lie("a list");
    for (size_t i = 0; i < length; count++) {
        size_t piece = strnlen((const char *)bytes + i, length - i);

        if (count >= json_object_array_length(value))
            lie("more texts");
        want_string(json_object_array_get_idx(value, count), bytes + i, piece);
        i += piece + 1;
    }
    if (count != json_object_array_length(value))
        lie("fewer texts");
}

static void want_time(json_object *value, uint64_t ns)
{
    int64_t signed_ns = (int64_t)ns, rest = signed_ns % 1000000000;
    time_t second = (time_t)(signed_ns / 1000000000);
    char date[40], expected[60];
    struct tm parts;

    if (rest < 0) {
        rest += 1000000000;
        second--;
    }
    gmtime_r(&second, &parts);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(expected, sizeof(expected), "%s.%09lldZ", date, (long long)rest);
    want_words(value, expected);
}

static void want_address(json_object *value, int family, const void *bytes)
{
    char expected[INET6_ADDRSTRLEN];

    inet_ntop(family, bytes, expected, sizeof(expected));
    want_words(value, expected);
}

static void want_hex(json_object *value, const uint8_t *bytes, size_t length)
{
    char expected[2 * SAMPLE_MAX + 1] = "";

    for (size_t i = 0; i < length; i++)
        sprintf(expected + 2 * i, "%02x", bytes[i]);
    want_words(value, expected);
}

static void want_wide(json_object *value, const uint8_t *bytes, size_t length)
{
    char expected[128] = "0x";
    size_t used = 2;

    while (length > 1 && bytes[length - 1] == 0)
        length--;
    used += (size_t)sprintf(expected + used, "%x", bytes[length - 1]);
    while (length-- > 1)
        used += (size_t)sprintf(expected + used, "%02x", bytes[length - 1]);
    want_words(value, expected);
}

static void want_errno(json_object *value, const struct field *field, uint64_t bits)
{
    int64_t number = (int64_t)bits;
    const char *name;

    if (!field->is_signed && field->size == 4 && !field->bits && !field->column)
        number = (int32_t)bits;
    number = number > -5000 && number < 0 ? -number : number;
    name = number > 0 && number < 5000 ? strerrorname_np((int)number) : NULL;
    name = number == 512 ? "ERESTARTSYS" : name;
    if (name)
        want_words(value, name);
    else if (number < 513 || number > 530)
        want_number(value, bits, field->is_signed);
}

static void want_syscall(json_object *value, const struct field *field, uint64_t bits)
{
    static const struct {
        uint64_t number;
        const char *name;
    } known[] = {{SYS_read, "read"},     {SYS_close, "close"},   {SYS_openat, "openat"},
                 {SYS_execve, "execve"}, {SYS_ptrace, "ptrace"}, {SYS_bpf, "bpf"}};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (known[i].number == bits)
            return want_words(value, known[i].name);
    if (bits > 1000)
        want_number(value, bits, field->is_signed);
}

static void want_enum(json_object *value, const struct field *field, uint64_t bits)
{
    for (uint32_t i = 0; i < field->n_names; i++)
        if ((uint64_t)field->names[i].value == bits)
            return want_words(value, field->names[i].name);
    want_number(value, bits, field->is_signed);
}

static void want_masked(json_object *value, const struct field *field, uint64_t bits)
{
    uint32_t width = field->bits ? field->bits : field->size * 8;
    char expected[32];

    if (width < 64)
        bits &= ~(UINT64_MAX << width);
    snprintf(expected, sizeof(expected), "0x%llx", (unsigned long long)bits);
    want_words(value, expected);
}

static void want_integer(json_object *value, const struct field *field, enum field_meaning meaning,
                         uint64_t bits)
{
    uint32_t size = field->bits ? 0 : field->size;
    uint32_t word = (uint32_t)bits;

    if (meaning == MEANING_KTIME && size == 8)
        return bits ? want_time(value, bits + (uint64_t)wall.offset) : want_null(value);
    if (meaning == MEANING_UNIX_NS && size == 8)
        return bits ? want_time(value, bits) : want_null(value);
    if (meaning == MEANING_IPV4 && size == 4)
        return want_address(value, AF_INET, &word);
    if (meaning == MEANING_PORT_BE && size == 2)
        return want_number(value, ntohs((uint16_t)bits), false);
    if (meaning == MEANING_ERRNO)
        return want_errno(value, field, bits);
    if (meaning == MEANING_SYSCALL)
        return want_syscall(value, field, bits);
    if (meaning == MEANING_HEX || field->kind == FIELD_POINTER)
        return want_masked(value, field, bits);
    if (field->kind == FIELD_ENUM)
        return want_enum(value, field, bits);
    if (field->kind != FIELD_BOOL)
        return want_number(value, bits, field->is_signed);
    if (json_object_get_type(value) != json_type_boolean ||
        json_object_get_boolean(value) != (bits != 0))
        lie(bits ? "true" : "false");
}

static void want_float(json_object *value, double expected)
{
    char text[40];
    double got = json_object_get_double(value);

    if (!isfinite(expected))
        return want_null(value);
    snprintf(text, sizeof(text), "%.17g", expected);
    if ((json_object_get_type(value) != json_type_double &&
         json_object_get_type(value) != json_type_int) ||
        got != expected)
        lie(text);
}

/* Bit by bit, and extended. */
static uint64_t read_bits(const struct field *field, const uint8_t *at)
{
    uint32_t bits = field->bits ? field->bits : field->size * 8;
    uint64_t value = 0;

    for (uint32_t i = 0; i < bits; i++) {
        uint32_t bit = i + field->shift;

        value |= (uint64_t)(at[bit / 8] >> bit % 8 & 1) << i;
    }
    for (uint32_t i = bits; field->is_signed && i < 64; i++)
        value |= (value >> (bits - 1) & 1) << i;
    return value;
}

/* True: the bytes together are one value of that meaning. */
static bool want_raw(json_object *value, const struct field *field, enum field_meaning meaning,
                     const uint8_t *at, size_t length)
{
    char mac[20];

    if (meaning == MEANING_IPV4 && field->size == 4)
        want_address(value, AF_INET, at);
    else if (meaning == MEANING_IPV6 && field->size == 16)
        want_address(value, AF_INET6, at);
    else if (meaning == MEANING_BYTES)
        want_hex(value, at, length);
    else if (meaning == MEANING_MAC && field->size == 6) {
        snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", at[0], at[1], at[2], at[3],
                 at[4], at[5]);
        want_words(value, mac);
    } else {
        return false;
    }
    return true;
}

static void want_bytes(json_object *value, const struct field *field, enum field_meaning meaning,
                       const uint8_t *at)
{
    if (field->size <= 32 &&
        (meaning == MEANING_HEX ||
         (meaning == MEANING_NONE && field->size == 16 && strstr(field->type_name, "128"))))
        want_wide(value, at, field->size);
    else
        want_hex(value, at, field->size);
}

static void want_field(json_object *value, const struct record *record, const struct field *field,
                       enum field_meaning inherited, uint64_t delta);

static void want_elsewhere(json_object *value, const struct record *record,
                           const struct field *field, const uint8_t *at)
{
    uint32_t offset = at[0] | (uint32_t)at[1] << 8, length = at[2] | (uint32_t)at[3] << 8;

    if (offset + length > record->length)
        want_null(value);
    else if (field->kind == FIELD_TEXTS)
        want_list(value, record->bytes + offset, length);
    else
        want_string(value, record->bytes + offset,
                    strnlen((const char *)record->bytes + offset, length));
}

static void want_array(json_object *value, const struct record *record, const struct field *field,
                       enum field_meaning meaning, uint64_t delta)
{
    uint64_t begin = field->offset + delta, count = field->count;

    if (begin > record->length || (begin == record->length && count > 0 && field->stride > 0))
        return want_null(value);
    if (count == 0 && field->stride > 0)
        count = (record->length - begin) / field->stride;
    if (json_object_get_type(value) != json_type_array || json_object_array_length(value) != count)
        lie("an array of another length");
    for (uint64_t i = 0; i < count; i++)
        want_field(json_object_array_get_idx(value, i), record, field->members, meaning,
                   delta + i * field->stride);
}

/* ---- objects --------------------------------------------------------------------------------- */

struct keys {
    char names[KEYS_MAX][KEY_MAX];
    uint32_t count;
};

static const char *add_key(struct keys *keys, const char *name)
{
    char *key = keys->names[keys->count];

    snprintf(key, KEY_MAX, "%s", name);
    for (uint32_t i = 0; i < keys->count; i++)
        if (strcmp(keys->names[i], key) == 0) {
            strcat(key, "_");
            i = UINT32_MAX; /* from the first one again */
        }
    keys->count++;
    return key;
}

static const char *companion(const struct field *field, struct keys *keys)
{
    char name[KEY_MAX];
    size_t length = strlen(field->name);

    if (field->meaning != MEANING_UID && field->meaning != MEANING_GID &&
        field->meaning != MEANING_CGROUP_ID)
        return NULL;
    if (field->kind != FIELD_UINT && field->kind != FIELD_INT)
        return NULL;
    if (field->meaning == MEANING_CGROUP_ID && length > 3 &&
        strcmp(field->name + length - 3, "_id") == 0)
        length -= 3;
    snprintf(name, sizeof(name), "%.*s_%s", (int)length, field->name,
             field->meaning == MEANING_CGROUP_ID ? "path" : "name");
    return add_key(keys, name);
}

/* What look_up() below says, or null, as long as it has not been asked. */
static void want_name(json_object *value, const struct field *field, json_object *id)
{
    const char *text = json_object_to_json_string(id);
    char expected[64];
    uint64_t bits = *text == '-' ? (uint64_t)strtoll(text, NULL, 10) : strtoull(text, NULL, 10);

    if (!value)
        return;
    if (field->is_signed && field->meaning != MEANING_CGROUP_ID)
        bits = (uint32_t)bits;
    snprintf(expected, sizeof(expected), "name \"%llu\"", (unsigned long long)bits);
    if (json_object_get_type(id) != json_type_int || bits % 2 == 0)
        lie("null for an even id");
    want_words(value, expected);
    names_seen++;
}

/* Takes the next value, which has that key. (json-c's iterators share a name with jansson's.) */
static json_object *next_value(const struct lh_entry **at, const char *expected)
{
    const struct lh_entry *entry = *at;
    char spelt[4 * KEY_MAX];

    spell((const uint8_t *)expected, strlen(expected), spelt);
    now_at = expected;
    if (!entry || strcmp(lh_entry_k(entry), spelt) != 0)
        lie("this key next");
    *at = lh_entry_next(entry);
    return (json_object *)lh_entry_v(entry);
}

/* The members in order, from `at` on. keys holds those of the object's head. */
static void want_members(const struct lh_entry *at, struct keys *keys, const struct record *record,
                         const struct field *members, uint32_t count, const struct field *skip,
                         uint64_t delta)
{
    uint32_t first = keys->count;

    for (uint32_t i = 0; i < count; i++)
        add_key(keys, members[i].name);
    for (uint32_t i = 0; i < count; i++) {
        json_object *value;
        const char *extra;

        if (&members[i] == skip)
            continue;
        value = next_value(&at, keys->names[first + i]);
        want_field(value, record, &members[i], MEANING_NONE, delta);
        extra = companion(&members[i], keys);
        if (extra)
            want_name(next_value(&at, extra), &members[i], value);
    }
    if (at)
        lie("fewer keys");
}

static void want_object(json_object *value, const struct record *record, const struct field *field,
                        uint64_t delta)
{
    struct keys keys = {.count = 0};

    if (json_object_get_type(value) != json_type_object)
        lie("an object");
    want_members(lh_table_head(json_object_get_object(value)), &keys, record, field->members,
                 field->n_members, NULL, delta);
}

static void want_column(json_object *value, const struct record *record, const struct field *field)
{
    const struct column *column = &record->columns[field->column - 1];
    const uint8_t *text = (const uint8_t *)column->texts[0].bytes;

    if (column->null[0] & 1)
        want_null(value);
    else if (field->kind == FIELD_FLOAT)
        want_float(value, column->floats[0]);
    else if (field->kind == FIELD_CHARS)
        want_string(value, text, column->texts[0].length);
    else if (field->kind != FIELD_BYTES)
        want_integer(value, field, field->meaning, column->integers[0]);
    else if (!want_raw(value, field, field->meaning, text, field->size))
        want_bytes(value, field, field->meaning, text);
}

static double read_float(const struct field *field, const uint8_t *at)
{
    double wide;
    float narrow;

    memcpy(&narrow, at, 4);
    if (field->size == 8)
        memcpy(&wide, at, 8);
    return field->size == 8 ? wide : (double)narrow;
}

static bool has_bits(const struct field *field)
{
    return field->kind <= FIELD_ENUM || field->kind == FIELD_POINTER;
}

static void want_field(json_object *value, const struct record *record, const struct field *field,
                       enum field_meaning inherited, uint64_t delta)
{
    enum field_meaning meaning = field->meaning ? field->meaning : inherited;
    uint64_t begin = field->offset + delta;
    const uint8_t *at = record->bytes + begin;
    bool raw = meaning == MEANING_BYTES || (meaning == MEANING_IPV4 && field->size == 4) ||
               (meaning == MEANING_IPV6 && field->size == 16) ||
               (meaning == MEANING_MAC && field->size == 6);
    size_t length = field->size;

    raw = raw && !has_bits(field) && field->kind != FIELD_TEXT && field->kind != FIELD_TEXTS;
    if (field->column)
        return want_column(value, record, field);
    if (field->kind == FIELD_ARRAY && !raw)
        return want_array(value, record, field, meaning, delta);
    if ((field->kind == FIELD_STRUCT || field->kind == FIELD_UNION) && !raw)
        return want_object(value, record, field, delta);
    if (begin + field->size > record->length)
        return want_null(value);
    if (length == 0)
        length = record->length - begin;
    if (raw)
        want_raw(value, field, meaning, at, length);
    else if (field->kind == FIELD_CHARS)
        want_string(value, at, strnlen((const char *)at, length));
    else if (field->kind == FIELD_TEXT || field->kind == FIELD_TEXTS)
        want_elsewhere(value, record, field, at);
    else if (field->kind == FIELD_FLOAT)
        want_float(value, read_float(field, at));
    else if (field->kind == FIELD_BYTES)
        want_bytes(value, field, meaning, at);
    else
        want_integer(value, field, meaning, read_bits(field, at));
}

/* ---- events ---------------------------------------------------------------------------------- */

static const struct field *find_time(const struct schema *schema)
{
    const struct field *time = NULL;

    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct field *field = &schema->fields[i];

        if (strcmp(field->name, "ktime") == 0 && field->meaning == MEANING_KTIME &&
            field->size == 8 && field->bits == 0 &&
            (field->kind == FIELD_UINT || field->kind == FIELD_INT))
            time = field;
    }
    return time;
}

static void want_event(json_object *event, const struct schema *schema, const struct record *record,
                       const char *type)
{
    const struct lh_entry *at = lh_table_head(json_object_get_object(event));
    const struct field *time = find_time(schema);
    struct keys keys = {.count = 0};

    if (time)
        want_field(next_value(&at, add_key(&keys, "time")), record, time, MEANING_NONE, 0);
    want_words(next_value(&at, add_key(&keys, "source")), "the \"source\"");
    if (type)
        want_words(next_value(&at, add_key(&keys, "type")), type);
    add_key(&keys, "_lost");
    want_members(at, &keys, record, schema->fields, schema->n_fields, time, 0);
}

static void check_record(struct encoder *encoder, const struct schema *schema,
                         const struct record *record, const char *type)
{
    static char out[OUT_MAX];
    const struct ringmill_view view = {.data = record->bytes, .length = record->length};
    struct batch batch = {.schema = schema, .views = &view, .count = 1};
    struct json_tokener *tokener = json_tokener_new_ex(32);
    json_object *event;
    size_t used = 0;

    for (uint32_t i = 0; i < schema->n_columns; i++)
        batch.columns[i] = &record->columns[i];
    batch_select_all(&batch);
    if (encoder_batch(encoder, &batch, 0, out, sizeof(out) - 1, &used) != 1)
        errx(1, "seed %u %u %u: a record did not fit", dice[0], dice[1], dice[2]);
    out[used] = '\0';
    now_text = out;
    now_at = "";
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    event = json_tokener_parse_ex(tokener, out, (int)used - 1);
    if (json_tokener_get_error(tokener) != json_tokener_success ||
        json_tokener_get_parse_end(tokener) != used - 1 || out[used - 1] != '\n' ||
        memchr(out, '\n', used - 1))
        lie("one JSON object and a line feed");
    want_event(event, schema, record, type);
    json_object_put(event);
    json_tokener_free(tokener);
}

static int look_up(void *data, enum resolver_kind kind, uint64_t id, char *name)
{
    char text[64];
    int length = snprintf(text, sizeof(text), "name \"%llu\"", (unsigned long long)id);

    (void)data;
    (void)kind;
    if (id % 2 == 0)
        return -ENOENT;
    memcpy(name, text, (size_t)length);
    return length;
}

static void check_schema(struct resolver *resolver, uint32_t records)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = make_schema();
    const struct encoder_options options = {
        .wall = &wall, .resolver = resolver, .type = roll(2) ? "the type\n" : NULL};
    static struct record record;
    struct encoder *encoder;
    struct error error = {""};
    char texts[16][64];

    if (json_encoder_ops.open(schema, "the \"source\"", &options, &error, &encoder) < 0)
        errx(1, "seed %u %u %u: %s", dice[0], dice[1], dice[2], error.text);
    for (uint32_t i = 0; i < records; i++) {
        make_record(schema, &record, texts);
        check_record(encoder, schema, &record, options.type);
        free(record.bytes);
    }
    encoder_close(encoder);
}

int main(int argc, char **argv)
{
    const struct resolver_options options = {.look_up = look_up};
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)clock_realtime();
    long records = argc > 1 ? atol(argv[1]) : 0;
    struct resolver *resolver = resolver_new(&options);

    if (records < 1 || !resolver)
        errx(2, "usage: json-truth RECORDS [SEED]");
    for (int i = 0; i < 3; i++)
        dice[i] = (unsigned short)(seed >> 16 * i);
    printf("seed 0x%llx\n", (unsigned long long)(seed & 0xffffffffffff));
    if (resolver_start(resolver) < 0)
        errx(1, "cannot start a thread");
    for (long i = 0; i < records; i += RECORDS_OF_SCHEMA)
        check_schema(resolver, RECORDS_OF_SCHEMA);
    resolver_stop(resolver);
    resolver_free(resolver);
    if (names_seen == 0)
        errx(1, "no name was ever resolved");
    printf("%ld records of %ld schemas told the truth; %llu names\n", records,
           (records + RECORDS_OF_SCHEMA - 1) / RECORDS_OF_SCHEMA, (unsigned long long)names_seen);
    return 0;
}
