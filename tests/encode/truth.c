// SPDX-License-Identifier: Apache-2.0

/* JSON truth: what the encoder writes of random records is read by another JSON parser and
 * compared, key by key and in order, with values worked out from the bytes: bit by bit, and the
 * rest by want.c.
 *
 *     json-truth RECORDS [SEED]      prints the seed; exit status 1 at the first lie
 *
 * With a folder besides, it also writes records in all text formats into files there, for
 * formats.py to compare: RECORDS_OF_SCHEMA of each schema in the same order in all of them, without
 * names of ids, which come when they come.
 *
 *     json-truth RECORDS SEED FOLDER */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/resolver.h"
#include "encode/csv.h"
#include "encode/json.h"
#include "encode/line_encoder.h"
#include "encode/logfmt.h"
#include "encode/random.h"
#include "encode/text.h"
#include "encode/want.h"

enum { OUT_MAX = 1 << 20, RECORDS_OF_SCHEMA = 100, KEY_MAX = 64, KEYS_MAX = 64 };

static const struct wall_offset wall = {.offset = TRUTH_WALL, .slept = TRUTH_SLEPT};
static uint64_t names_seen;

/* ---- fields ---------------------------------------------------------------------------------- */

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

static void want_field(json_object *value, const struct record *record, const struct field *field,
                       enum field_meaning inherited, uint64_t delta);

/* ---- what another field decides about -------------------------------------------------------- */

static bool read_other(const struct record *record, const struct field *other, uint64_t *ret)
{
    if (other->offset + (uint64_t)other->size > record->length)
        return false;
    *ret = read_bits(other, record->bytes + other->offset);
    return true;
}

/* As a length; 0 where it is below, or not there. */
static uint64_t length_by(const struct record *record, const struct field *field)
{
    uint64_t number;

    if (!read_other(record, field->by, &number) || (field->by->is_signed && (int64_t)number < 0))
        return 0;
    return number / (field->by_each ? field->by_each : 1);
}

static bool applies(const struct record *record, const struct field *field)
{
    for (const struct field_guard *guard = field->guard; guard; guard = guard->outer) {
        uint64_t number;
        bool found = false;

        if (!read_other(record, guard->tag, &number))
            return false;
        for (uint32_t i = 0; i < guard->n_values; i++)
            found |= (uint64_t)guard->values[i] == number;
        if (!found)
            return false;
    }
    return true;
}

static void want_in_place(json_object *value, const struct record *record,
                          const struct field *field)
{
    const uint8_t *at = record->bytes + field->offset;
    uint64_t number, length;

    if (field->offset > record->length || (field->by && !read_other(record, field->by, &number)))
        return want_null(value);
    length = record->length - field->offset;
    length = field->size && field->size < length ? field->size : length;
    if (field->by && length_by(record, field) < length)
        length = length_by(record, field);
    while (field->kind == FIELD_TEXTS && !field->by && length > 0 && at[length - 1] == 0)
        length--;
    if (field->kind == FIELD_TEXTS)
        want_list(value, at, length);
    else
        want_string(value, at, strnlen((const char *)at, length));
}

static void want_either_address(json_object *value, const struct record *record,
                                const struct field *field)
{
    const uint8_t *at = record->bytes + field->offset;
    bool mapped = true;
    uint64_t family;

    if (field->offset + UINT64_C(16) > record->length || !read_other(record, field->by, &family) ||
        (family != 2 && family != 4 && family != 6 && family != 10))
        return want_null(value);
    for (int i = 0; i < 12; i++)
        mapped = mapped && at[i] == (i < 10 ? 0 : 0xff);
    if (mapped)
        want_raw(value, &(struct field){.size = 4}, MEANING_IPV4, at + 12, 4);
    else if (family == 2 || family == 4)
        want_raw(value, &(struct field){.size = 4}, MEANING_IPV4, at, 4);
    else
        want_raw(value, field, MEANING_IPV6, at, 16);
}

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

    if (begin > record->length ||
        (begin == record->length && count > 0 && field->stride > 0 && !field->by))
        return want_null(value);
    if (field->stride > 0 && (count == 0 || (record->length - begin) / field->stride < count))
        count = (record->length - begin) / field->stride;
    if (field->by && length_by(record, field) < count)
        count = length_by(record, field);
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

static bool is_id(const struct field *field)
{
    return field->meaning == MEANING_UID || field->meaning == MEANING_GID ||
           field->meaning == MEANING_CGROUP_ID;
}

static bool has_number_name(const struct field *field)
{
    switch (field->meaning) {
    case MEANING_ERRNO:
    case MEANING_SYSCALL:
    case MEANING_SIGNAL:
    case MEANING_TCP_FLAGS:
    case MEANING_OPEN_FLAGS:
    case MEANING_MODE:
    case MEANING_CAPABILITIES:
        return field->kind == FIELD_UINT || field->kind == FIELD_INT;
    default:
        return false;
    }
}

/* The key of the name beside the value; NULL: there is none, or a column has taken its place. */
static const char *companion(const struct field *field, const struct field *members, uint32_t count,
                             struct keys *keys)
{
    char name[KEY_MAX];
    size_t length = strlen(field->name);

    if (!is_id(field) && !has_number_name(field))
        return NULL;
    if (field->kind != FIELD_UINT && field->kind != FIELD_INT)
        return NULL;
    if (field->meaning == MEANING_CGROUP_ID && length > 3 &&
        strcmp(field->name + length - 3, "_id") == 0)
        length -= 3;
    snprintf(name, sizeof(name), "%.*s_%s", (int)length, field->name,
             field->meaning == MEANING_CGROUP_ID ? "path" : "name");
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(members[i].name, name) == 0) {
            if (members[i].column)
                return NULL;
            break;
        }
    return add_key(keys, name);
}

/* The name of a number: what stands in its place where there is only one, or null. */
static void want_number_name(json_object *value, const struct field *field, json_object *number)
{
    const char *text = number ? json_object_get_string(number) : "";
    bool is_mode = field->meaning == MEANING_MODE;
    uint64_t bits = strtoull(text, NULL, is_mode ? 8 : 10);

    if (!number)
        want_null(value);
    else if (is_mode)
        want_mode_name(value, bits);
    else
        want_integer(value ? value : number, field, field->meaning,
                     *text == '-' ? (uint64_t)strtoll(text, NULL, 10) : bits);
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
        struct field plain = members[i];
        json_object *value;
        const char *extra;

        if (&members[i] == skip)
            continue;
        if (has_number_name(&plain) && plain.meaning != MEANING_MODE)
            plain.meaning = MEANING_NONE;
        value = next_value(&at, keys->names[first + i]);
        want_field(value, record, &plain, MEANING_NONE, delta);
        extra = companion(&members[i], members, count, keys);
        if (extra && is_id(&members[i]))
            want_name(next_value(&at, extra), &members[i], value);
        else if (extra)
            want_number_name(next_value(&at, extra), &members[i], value);
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
    if (!applies(record, field))
        return want_null(value);
    if (field->in_place)
        return want_in_place(value, record, field);
    if (meaning == MEANING_IP && field->by)
        return want_either_address(value, record, field);
    if (field->kind == FIELD_ARRAY && !raw)
        return want_array(value, record, field, meaning, delta);
    if ((field->kind == FIELD_STRUCT || field->kind == FIELD_UNION) && !raw)
        return want_object(value, record, field, delta);
    if (field->kind == FIELD_CHARS && !raw && begin < record->length &&
        begin + length > record->length)
        length = record->length - begin; /* what is there of a text counts */
    if (begin + length > record->length)
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
        errx(1, "a record did not fit");
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
    _cleanup_(cleanup_schema_free) struct schema *schema = random_schema();
    const struct encoder_options options = {
        .wall = &wall, .resolver = resolver, .type = random_roll(2) ? "the type\n" : NULL};
    static struct record record;
    struct encoder *encoder;
    struct error error = {0};

    if (json_encoder_ops.open(schema, "the \"source\"", &options, &error, &encoder) < 0)
        errx(1, "%s", error.text);
    for (uint32_t i = 0; i < records; i++) {
        random_record(schema, &record);
        check_record(encoder, schema, &record, options.type);
        free(record.bytes);
    }
    encoder_close(encoder);
}

/* ---- files for formats.py -------------------------------------------------------------------- */

static const struct encoder_ops *const formats[] = {
    &json_encoder_ops, &json_flat_encoder_ops, &logfmt_encoder_ops,
    &csv_encoder_ops,  &text_encoder_ops,
};

enum { FORMATS = sizeof(formats) / sizeof(*formats), TEMPLATE_MAX = 4096 };

/* All fields that have names of their own, each with a byte in front that no value can hold. */
static const char *make_template(const struct schema *schema)
{
    static char template[TEMPLATE_MAX];
    size_t used = (size_t)snprintf(template, sizeof(template), "{source}\x1f{_id}");

    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const char *name = schema->fields[i].name;

        if (name[0] == 'm' && name[1] >= '0' && name[1] <= '9')
            used += (size_t)snprintf(template + used, sizeof(template) - used, "\x1f{%s}", name);
    }
    return template;
}

static void write_schema(const char *folder)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = random_schema();
    const struct line_config with_id = {.id = true};
    const char *template = make_template(schema);
    static struct record records[RECORDS_OF_SCHEMA];

    for (int i = 0; i < RECORDS_OF_SCHEMA; i++)
        random_record(schema, &records[i]);
    for (int f = 0; f < FORMATS; f++) {
        const void *config = formats[f] == &text_encoder_ops ? (const void *)&template : &with_id;
        const struct encoder_options options = {
            .wall = &wall, .event_max = OUT_MAX, .config = config};
        static char out[OUT_MAX];
        struct encoder *encoder;
        struct error error;
        char path[4096];
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", folder, formats[f]->name);
        file = fopen(path, "a");
        if (!file)
            err(1, "%s", path);
        if (formats[f]->open(schema, "the \"source\"", &options, &error, &encoder) < 0)
            errx(1, "%s", error.text);
        fputs(encoder->common ? encoder->common : "", file);
        for (int i = 0; i < RECORDS_OF_SCHEMA; i++) {
            const struct ringmill_view view = {
                .data = records[i].bytes, .length = records[i].length, .position = (uint64_t)i * 8};
            struct batch batch = {.schema = schema, .views = &view, .count = 1, .ring_id = 7};
            size_t used;

            for (uint32_t k = 0; k < schema->n_columns; k++)
                batch.columns[k] = &records[i].columns[k];
            batch_select_all(&batch);
            if (encoder_batch(encoder, &batch, 0, out, sizeof(out), &used) != 1)
                errx(1, "a record did not fit");
            fwrite(out, 1, used, file);
        }
        encoder_close(encoder);
        if (fclose(file) != 0)
            err(1, "%s", path);
    }
    for (int i = 0; i < RECORDS_OF_SCHEMA; i++)
        free(records[i].bytes);
}

int main(int argc, char **argv)
{
    const struct resolver_options options = {.look_up = look_up};
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)clock_realtime();
    long records = argc > 1 ? atol(argv[1]) : 0;
    struct resolver *resolver = resolver_new(&options);

    if (records < 1 || !resolver)
        errx(2, "usage: json-truth RECORDS [SEED [FOLDER]]");
    random_seed(seed);
    printf("seed 0x%llx\n", (unsigned long long)(seed & 0xffffffffffff));
    fflush(stdout);
    for (long i = 0; argc > 3 && i < records; i += RECORDS_OF_SCHEMA)
        write_schema(argv[3]);
    if (argc > 3) {
        resolver_free(resolver);
        return 0;
    }
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
