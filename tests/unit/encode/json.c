// SPDX-License-Identifier: Apache-2.0

/* JSON lines against literals, and against a strict reader of their own: what random records give
 * is parsed back and compared field by field. */

#include "encode/json.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "encode/registry.h"
#include "record/field.h"

struct place16 {
    uint16_t offset, length;
};

struct wire {
    uint64_t ktime;
    uint64_t u64;
    int64_t s64;
    uint64_t started;
    uint32_t u32;
    int32_t s32;
    uint16_t u16;
    int16_t s16;
    uint8_t u8;
    int8_t s8;
    uint8_t flag;
    uint8_t level;
    int16_t mood;
    char comm[16];
    struct place16 path;
    struct place16 args;
    char heap[96];
};

static const struct enum_name level_names[] = {
    {"HIGH", 200}, {"LOW", 1}, {"LEAST", 1}, {"Q\"T", 7}, {"ZERO", 0}};
static const struct enum_name mood_names[] = {{"GLAD", 1}, {"GLOOMY", -1}};

#define PLACED(member) \
    .offset = offsetof(struct wire, member), .size = sizeof(((struct wire *)0)->member)

static struct field wire_fields[] = {
    {.name = "ktime", .kind = FIELD_UINT, .meaning = MEANING_KTIME, PLACED(ktime)},
    {.name = "u64", .kind = FIELD_UINT, PLACED(u64)},
    {.name = "s64", .kind = FIELD_INT, .is_signed = true, PLACED(s64)},
    {.name = "started", .kind = FIELD_UINT, .meaning = MEANING_KTIME, PLACED(started)},
    {.name = "u32", .kind = FIELD_UINT, PLACED(u32)},
    {.name = "s32", .kind = FIELD_INT, .is_signed = true, PLACED(s32)},
    {.name = "u16", .kind = FIELD_UINT, PLACED(u16)},
    {.name = "s16", .kind = FIELD_INT, .is_signed = true, PLACED(s16)},
    {.name = "u8", .kind = FIELD_UINT, PLACED(u8)},
    {.name = "s8", .kind = FIELD_INT, .is_signed = true, PLACED(s8)},
    {.name = "flag", .kind = FIELD_BOOL, PLACED(flag)},
    {.name = "level", .kind = FIELD_ENUM, PLACED(level), .names = level_names, .n_names = 5},
    {.name = "mood",
     .kind = FIELD_ENUM,
     .is_signed = true,
     PLACED(mood),
     .names = mood_names,
     .n_names = 2},
    {.name = "comm", .kind = FIELD_CHARS, PLACED(comm)},
    {.name = "path", .kind = FIELD_TEXT, PLACED(path)},
    {.name = "args", .kind = FIELD_TEXTS, PLACED(args)},
};

enum { N_FIELDS = sizeof(wire_fields) / sizeof(*wire_fields), ROOM = 4096 };

static const struct schema wire_schema = {.type_name = "struct wire",
                                          .size = sizeof(struct wire),
                                          .n_fields = N_FIELDS,
                                          .fields = wire_fields};

/* 2026-11-22T22:16:40Z when the machine had run for 1000 s */
static const struct wall_offset wall = {.offset = INT64_C(1795385800000000000) - 1000000000000};

static struct encoder *open_encoder(const struct schema *schema, const char *source)
{
    const struct encoder_options options = {.wall = &wall};
    struct encoder *encoder = NULL;

    assert_int_equal(encoder_find("json")->open(schema, source, &options, NULL, &encoder), 0);
    return encoder;
}

/* Encodes one sample and returns the text, NUL-ended, in a static buffer. */
static const char *encode_one(struct encoder *encoder, const struct schema *schema,
                              const void *data, uint32_t length)
{
    static char out[64 * 1024];
    const struct ringmill_view view = {.data = data, .length = length};
    struct batch batch = {.schema = schema, .views = &view, .count = 1};
    size_t used = 0;

    batch_select_all(&batch);
    assert_int_equal(encoder_batch(encoder, &batch, 0, out, sizeof(out) - 1, &used), 1);
    out[used] = '\0';
    return out;
}

static struct place16 wire_put(struct wire *wire, uint32_t at, const void *bytes, uint32_t length)
{
    memcpy(wire->heap + at, bytes, length);
    return (struct place16){(uint16_t)(offsetof(struct wire, heap) + at), (uint16_t)length};
}

static struct wire typical_wire(void)
{
    struct wire wire = {.ktime = 1000123456789,
                        .u64 = UINT64_MAX,
                        .s64 = INT64_MIN,
                        .started = 999999999999,
                        .u32 = 10,
                        .s32 = -10,
                        .u16 = 0,
                        .s16 = -1,
                        .u8 = 99,
                        .s8 = -128,
                        .flag = 2,
                        .level = 1,
                        .mood = -1,
                        .comm = "cron"};

    wire.path = wire_put(&wire, 0, "/tmp/\"x\"", 8);
    wire.args = wire_put(&wire, 8, "ls\0\0-l", 6);
    return wire;
}

static void whole_record(void **state)
{
    struct encoder *encoder = open_encoder(&wire_schema, "ex\"ec");
    struct wire wire = typical_wire();

    (void)state;
    assert_string_equal(
        encode_one(encoder, &wire_schema, &wire, sizeof(wire)),
        "{\"time\":\"2026-11-22T22:16:40.123456789Z\",\"source\":\"ex\\\"ec\","
        "\"u64\":18446744073709551615,\"s64\":-9223372036854775808,"
        "\"started\":\"2026-11-22T22:16:39.999999999Z\",\"u32\":10,\"s32\":-10,\"u16\":0,"
        "\"s16\":-1,\"u8\":99,\"s8\":-128,\"flag\":true,\"level\":\"LOW\",\"mood\":\"GLOOMY\","
        "\"comm\":\"cron\",\"path\":\"/tmp/\\\"x\\\"\",\"args\":[\"ls\",\"\",\"-l\"]}\n");

    wire.level = 7;
    wire.mood = 2;
    wire.flag = 0;
    wire.path = (struct place16){sizeof(wire), 1};
    wire.args = (struct place16){0, 0};
    assert_non_null(strstr(encode_one(encoder, &wire_schema, &wire, sizeof(wire)),
                           "\"flag\":false,\"level\":\"Q\\\"T\",\"mood\":2,\"comm\":\"cron\","
                           "\"path\":null,\"args\":[]}\n"));
    encoder_close(encoder);
}

/* Each length gives null for exactly the fields that are not wholly inside; of a text what is
 * there counts. */
static void short_samples(void **state)
{
    struct encoder *encoder = open_encoder(&wire_schema, "exec");
    struct wire wire = typical_wire();

    (void)state;
    for (uint32_t length = 0; length <= sizeof(wire); length++) {
        char *exact = malloc(length + 1); /* so that a read after the end is found */
        const char *text;

        memcpy(exact, &wire, length);
        text = encode_one(encoder, &wire_schema, exact, length);
        free(exact);
        for (uint32_t i = 0; i < N_FIELDS; i++) {
            const struct field *field = &wire_fields[i];
            bool inside = length >= field->offset + field->size;
            char null[32];

            if (field->kind == FIELD_CHARS)
                inside = length > field->offset;
            if (field->kind == FIELD_TEXT)
                inside = length >= offsetof(struct wire, heap) + 8;
            if (field->kind == FIELD_TEXTS)
                inside = length >= offsetof(struct wire, heap) + 14;
            snprintf(null, sizeof(null), "\"%s\":null", i ? field->name : "time");
            assert_true(!strstr(text, null) == inside);
        }
    }
    encoder_close(encoder);
}

static void without_time(void **state)
{
    static struct field fields[] = {
        {.name = "time", .kind = FIELD_UINT, .size = 4},
        {.name = "source", .kind = FIELD_UINT, .offset = 4, .size = 4},
        {.name = "a\"\n", .kind = FIELD_UINT, .size = 1},
    };
    static const struct schema schema = {
        .type_name = "struct x", .size = 8, .n_fields = 3, .fields = fields};
    struct encoder *encoder = open_encoder(&schema, "x");
    const uint32_t sample[] = {1, 2};

    (void)state;
    assert_string_equal(encode_one(encoder, &schema, sample, 8),
                        "{\"source\":\"x\",\"time\":1,\"source_\":2,\"a\\\"\\n\":1}\n");
    encoder_close(encoder);
}

/* A batch of several fits up to any room, and never a byte after it is touched. */
static void every_room(void **state)
{
    struct encoder *encoder = open_encoder(&wire_schema, "exec");
    struct wire wires[3] = {typical_wire(), typical_wire(), typical_wire()};
    struct ringmill_view views[3];
    struct batch batch = {.schema = &wire_schema, .views = views, .count = 3};
    char whole[ROOM];
    size_t ends[4] = {0}, used;

    (void)state;
    wires[1].path = wire_put(&wires[1], 0, "\x01\xc3\xa4\xff", 4);
    wires[2].level = 77;
    for (int i = 0; i < 3; i++)
        views[i] = (struct ringmill_view){.data = &wires[i], .length = sizeof(wires[i])};
    batch_select_all(&batch);
    for (uint32_t i = 0; i < 3; i++) {
        const char *text = encode_one(encoder, &wire_schema, &wires[i], sizeof(wires[i]));

        ends[i + 1] = ends[i] + strlen(text);
        memcpy(whole + ends[i], text, strlen(text));
    }
    for (size_t room = 0; room <= ends[3]; room++) {
        char *out = malloc(room + 1);
        uint32_t fitting = room >= ends[3] ? 3 : room >= ends[2] ? 2 : room >= ends[1] ? 1 : 0;

        out[room] = 'x';
        assert_int_equal(encoder_batch(encoder, &batch, 0, out, room, &used), fitting);
        assert_int_equal(used, ends[fitting]);
        assert_memory_equal(out, whole, used);
        assert_int_equal(out[room], 'x');
        free(out);
    }
    /* from the middle, and over a selection with gaps */
    char out[ROOM];
    assert_int_equal(encoder_batch(encoder, &batch, 2, out, sizeof(out), &used), 1);
    assert_memory_equal(out, whole + ends[2], used);
    batch.selection[1] = 2;
    batch.selected = 2;
    assert_int_equal(encoder_batch(encoder, &batch, 1, out, sizeof(out), &used), 1);
    assert_memory_equal(out, whole + ends[2], used);
    assert_int_equal(encoder_batch(encoder, &batch, 2, out, sizeof(out), &used), 0);
    assert_int_equal(used, 0);
    encoder_close(encoder);
}

/* A strict reader of what JSON lines may hold: fails the test on anything else. */
static void want(const char **at, const char *literal)
{
    if (strncmp(*at, literal, strlen(literal)) != 0)
        fail_msg("expected %s at %.60s", literal, *at);
    *at += strlen(literal);
}

/* A code that is not written as it is, as UTF-8 again. */
static size_t put_code(unsigned code, char *out)
{
    if (code < 0x80) {
        assert_true(code < 0x20 || code == 0x7f);
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        assert_true(code < 0xa0 || code == 0x61c);
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    assert_true(code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
                (code >= 0x2066 && code <= 0x2069));
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 63));
    out[2] = (char)(0x80 | (code & 63));
    return 3;
}

/* Reads a string; \xNN, as the encoder spells invalid bytes, becomes the byte again. */
static size_t read_string(const char **at, char *out)
{
    size_t used = 0;

    want(at, "\"");
    while (**at != '"') {
        unsigned byte = (unsigned char)**at;
        const char *escapes = "b\bf\fn\nr\rt\t\"\"\\\\";

        assert_true(byte >= 0x20 && byte != 0x7f);
        if (byte != '\\') {
            out[used++] = *(*at)++;
        } else if (sscanf(*at, "\\\\x%2x", &byte) == 1) {
            assert_true(byte >= 0x80);
            out[used++] = (char)byte;
            *at += 5;
        } else if (sscanf(*at, "\\u%4x", &byte) == 1) {
            used += put_code(byte, out + used);
            *at += 6;
        } else {
            while (*escapes && *escapes != (*at)[1])
                escapes += 2;
            assert_int_not_equal(*escapes, 0);
            out[used++] = escapes[1];
            *at += 2;
        }
    }
    want(at, "\"");
    return used;
}

static void want_string(const char **at, const char *bytes, size_t length)
{
    char got[ROOM];

    assert_int_equal(read_string(at, got), length);
    assert_memory_equal(got, bytes, length);
}

static void want_number(const char **at, const struct field *field, const void *data)
{
    const struct ringmill_view view = {.data = data, .length = UINT32_MAX};
    uint64_t bits = field_integer(field, &view);
    char number[32];

    if (field->is_signed)
        snprintf(number, sizeof(number), "%" PRId64, (int64_t)bits);
    else
        snprintf(number, sizeof(number), "%" PRIu64, bits);
    want(at, number);
    assert_false(**at >= '0' && **at <= '9');
}

static void want_enum(const char **at, const struct field *field, const void *data)
{
    const struct ringmill_view view = {.data = data, .length = UINT32_MAX};
    uint64_t bits = field_integer(field, &view);

    for (uint32_t i = 0; i < field->n_names; i++) {
        if ((uint64_t)field->names[i].value == bits)
            return want_string(at, field->names[i].name, strlen(field->names[i].name));
    }
    want_number(at, field, data);
}

static void want_list(const char **at, const char *bytes, uint32_t length)
{
    const char *end = bytes + length;
    bool first = true;

    want(at, "[");
    while (bytes < end) {
        size_t piece = strnlen(bytes, (size_t)(end - bytes));

        want(at, first ? "" : ",");
        want_string(at, bytes, piece);
        bytes += piece + 1;
        first = false;
    }
    want(at, "]");
}

/* 0 and what is beyond 2262 are none. */
static void want_time(const char **at, uint64_t ktime)
{
    char time[CLOCK_RFC3339_LENGTH + 1];

    if (ktime == 0 || ktime > (uint64_t)(INT64_MAX - wall.offset))
        return want(at, "null");
    clock_format_rfc3339((int64_t)(ktime + (uint64_t)wall.offset), time);
    want_string(at, time, CLOCK_RFC3339_LENGTH);
}

static void want_field(const char **at, const struct field *field, const struct wire *wire)
{
    const char *data = (const char *)wire;
    const char *path = data + wire->path.offset;

    switch (field->kind) {
    case FIELD_UINT:
    case FIELD_INT:
        if (field->meaning != MEANING_KTIME)
            return want_number(at, field, wire);
        return want_time(at, wire->started);
    case FIELD_BOOL:
        return want(at, wire->flag ? "true" : "false");
    case FIELD_ENUM:
        return want_enum(at, field, wire);
    case FIELD_CHARS:
        return want_string(at, wire->comm, strnlen(wire->comm, sizeof(wire->comm)));
    case FIELD_TEXT:
        return want_string(at, path, strnlen(path, wire->path.length));
    case FIELD_TEXTS:
        return want_list(at, data + wire->args.offset, wire->args.length);
    default:
        fail();
    }
}

static void random_wire(unsigned short seed[3], struct wire *wire)
{
    uint8_t *bytes = (uint8_t *)wire;
    unsigned taste = (unsigned)nrand48(seed) % 3; /* all bytes, ASCII, or hard ones */

    for (size_t i = 0; i < sizeof(*wire); i++) {
        static const char hard[] = "\"\\\0\n\xc3\xa4\xed\xa0\x80\xf4\x90\xe2\x82\xac\x7f\x1f";

        bytes[i] = (uint8_t)nrand48(seed);
        if (i >= offsetof(struct wire, comm) && taste)
            bytes[i] =
                (uint8_t)(taste == 1 ? 0x20 + bytes[i] % 0x60 : hard[bytes[i] % sizeof(hard)]);
        if (bytes[i] == 'x')
            bytes[i] = 'y'; /* a text that spells \\xNN reads like the byte */
    }
    wire->level = (uint8_t)(nrand48(seed) % 10);
    wire->mood = (int16_t)(nrand48(seed) % 4 - 2);
    wire->path.offset = (uint16_t)(offsetof(struct wire, heap) + (size_t)nrand48(seed) % 48);
    wire->path.length = (uint16_t)(nrand48(seed) % 49);
    wire->args.offset = (uint16_t)(offsetof(struct wire, heap) + (size_t)nrand48(seed) % 48);
    wire->args.length = (uint16_t)(nrand48(seed) % 49);
}

static void random_records(void **state)
{
    struct encoder *encoder = open_encoder(&wire_schema, "exec");
    unsigned short seed[3] = {7, 8, 9};

    (void)state;
    print_message("seed %u %u %u\n", seed[0], seed[1], seed[2]);
    for (int i = 0; i < 5000; i++) {
        struct wire wire;
        const char *at;

        random_wire(seed, &wire);
        at = encode_one(encoder, &wire_schema, &wire, sizeof(wire));
        want(&at, "{\"time\":");
        want_time(&at, wire.ktime);
        want(&at, ",\"source\":\"exec\"");
        for (uint32_t k = 1; k < N_FIELDS; k++) {
            want(&at, ",");
            want_string(&at, wire_fields[k].name, strlen(wire_fields[k].name));
            want(&at, ":");
            want_field(&at, &wire_fields[k], &wire);
        }
        want(&at, "}\n");
        assert_int_equal(*at, '\0');
    }
    encoder_close(encoder);
}

/* However much room there is, an event longer than event_max does not come out; others do. */
static void longest_event(void **state)
{
    struct wire wire = typical_wire();
    const struct ringmill_view view = {.data = &wire, .length = sizeof(wire)};
    struct batch batch = {.schema = &wire_schema, .views = &view, .count = 1};
    struct encoder *encoder = open_encoder(&wire_schema, "exec");
    uint32_t length = (uint32_t)strlen(encode_one(encoder, &wire_schema, &wire, sizeof(wire)));
    char out[ROOM];
    size_t used;

    (void)state;
    encoder_close(encoder);
    batch_select_all(&batch);
    for (uint32_t max = length - 1; max <= length + 1; max++) {
        const struct encoder_options options = {.wall = &wall, .event_max = max};

        assert_int_equal(json_encoder_ops.open(&wire_schema, "exec", &options, NULL, &encoder), 0);
        assert_int_equal(encoder_batch(encoder, &batch, 0, out, sizeof(out), &used), max >= length);
        assert_int_equal(used, max >= length ? length : 0);
        encoder_close(encoder);
    }
}

static void own_wall(void **state)
{
    struct encoder *encoder = NULL;
    struct wire wire = typical_wire();
    const struct wall_offset far = {.offset = INT64_C(4000000000000000000)};
    const struct encoder_options options = {.wall = &far};

    (void)state;
    assert_int_equal(json_encoder_ops.open(&wire_schema, "exec", NULL, NULL, &encoder), 0);
    wire.ktime = (uint64_t)clock_monotonic();
    assert_memory_equal(encode_one(encoder, &wire_schema, &wire, sizeof(wire)), "{\"time\":\"20",
                        11);
    encoder_close(encoder);
    /* what a time of four-digit years cannot be */
    assert_int_equal(json_encoder_ops.open(&wire_schema, "exec", &options, NULL, &encoder), 0);
    wire.ktime = INT64_MAX;
    assert_memory_equal(encode_one(encoder, &wire_schema, &wire, sizeof(wire)), "{\"time\":nul",
                        11);
    encoder_close(encoder);
    encoder_close(NULL);
}

static void losses(void **state)
{
    struct encoder *encoder = open_encoder(&wire_schema, "ex\"ec");
    struct loss loss = {
        .records = UINT64_MAX, .since = INT64_C(999999999999), .until = INT64_C(1000123456789)};
    static const char expected[] = "{\"time\":\"2026-11-22T22:16:40.123456789Z\","
                                   "\"source\":\"ex\\\"ec\",\"_lost\":18446744073709551615,"
                                   "\"_since\":\"2026-11-22T22:16:39.999999999Z\","
                                   "\"_until\":\"2026-11-22T22:16:40.123456789Z\"}\n";
    char out[sizeof(expected)];

    (void)state;
    for (size_t room = 0; room < sizeof(expected); room++) {
        out[room] = 'x';
        assert_int_equal(encoder->ops->encode_loss(encoder, &loss, out, room),
                         room == sizeof(expected) - 1 ? room : 0);
        assert_int_equal(out[room], 'x');
    }
    assert_memory_equal(out, expected, sizeof(expected) - 1);
    loss.since = 0;
    assert_int_equal(encoder->ops->encode_loss(encoder, &loss, out, sizeof(expected)),
                     sizeof(expected) - 1 - 28);
    assert_non_null(memmem(out, sizeof(out), "\"_since\":null", 13));
    encoder_close(encoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_record),   cmocka_unit_test(short_samples),
        cmocka_unit_test(without_time),   cmocka_unit_test(every_room),
        cmocka_unit_test(random_records), cmocka_unit_test(own_wall),
        cmocka_unit_test(longest_event),  cmocka_unit_test(losses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
