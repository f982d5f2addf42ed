// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One event struct with every kind of field, its schema, and records of it, for the tests of the
 * language. */

#include <arpa/inet.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <ringmill/ring.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "expr/expr.h"
#include "record/schema.h"

struct place16 {
    uint16_t offset, length;
};

struct sample {
    uint8_t u8;
    int8_t s8;
    uint16_t u16;
    int16_t s16;
    uint8_t flag;
    uint8_t spare;
    uint32_t u32;
    int32_t s32;
    uint64_t u64;
    int64_t s64;
    uint32_t state;
    int32_t mood;
    uint64_t big;
    uint8_t done;
    uint8_t tiny;
    char comm[16];
    char tag[4];
    char name[11];
    struct place16 path;
    struct place16 other;
    struct place16 args;
    uint32_t flags;
    uint32_t raw4; /* nothing says that it is an address */
    double f64;
    float f32;
    uint8_t bits[4]; /* b3: 3, s5: 5, lit: 1, wide: 17 bits */
    uint64_t pointer;
    uint64_t when;
    uint32_t v4;
    uint8_t v4b[4];
    uint8_t v6[16];
    uint8_t hw[6];
    uint8_t id[5];
    uint8_t spare2;
    uint16_t port;
    struct sample_host {
        uint8_t id;
        uint8_t spare;
        uint16_t ports[2];
        char name[8];
    } hosts[3];
    union {
        uint32_t whole;
        uint16_t half[2];
    } either;
    char heap[64];
    char tail[10]; /* read as char[] and as u16[] */
};

static const struct enum_name state_names[] = {
    {"TCP_ESTABLISHED", 1}, {"TCP_SYN_SENT", 2}, {"TCP_CLOSE", 7}, {"u8", 9}};
static const struct enum_name mood_names[] = {{"GLOOMY", -1}, {"CALM", 0}, {"GLAD", 1}};
static const struct enum_name big_names[] = {{"BIG_NONE", 0}, {"BIG_ALL", -1}};

#define PLACED(member) \
    .offset = offsetof(struct sample, member), .size = sizeof(((struct sample *)0)->member)
#define NAMED(array) .names = array, .n_names = sizeof(array) / sizeof(*array)

static const struct enum_name flag_names[] = {
    {"O_WRONLY", 1}, {"O_RDWR", 2}, {"O_CREAT", 0x40}, {"O_TRUNC", 0x200}};

static struct field net_members[] = {
    {.name = "state", .kind = FIELD_ENUM, PLACED(state), NAMED(state_names)},
};

static struct field port_element[] = {
    {.name = "", .kind = FIELD_UINT, .offset = offsetof(struct sample, hosts[0].ports), .size = 2}};
static struct field host_members[] = {
    {.name = "id", .kind = FIELD_UINT, PLACED(hosts[0].id)},
    {.name = "ports",
     .kind = FIELD_ARRAY,
     PLACED(hosts[0].ports),
     .members = port_element,
     .count = 2,
     .stride = 2},
    {.name = "name", .kind = FIELD_CHARS, PLACED(hosts[0].name)},
};
static struct field host_element[] = {
    {.name = "", .kind = FIELD_STRUCT, PLACED(hosts[0]), .members = host_members, .n_members = 3}};
static struct field half_element[] = {{.name = "", .kind = FIELD_UINT, PLACED(either.half[0])}};
static struct field either_members[] = {
    {.name = "whole", .kind = FIELD_UINT, PLACED(either.whole)},
    {.name = "half",
     .kind = FIELD_ARRAY,
     PLACED(either.half),
     .members = half_element,
     .count = 2,
     .stride = 2},
};
static struct field number_element[] = {
    {.name = "", .kind = FIELD_UINT, .offset = offsetof(struct sample, tail), .size = 2}};

/* What `tiny` says the length or the family of, and what only a calm or a glad one has. */
static const struct field tiny_field = {.name = "tiny", .kind = FIELD_UINT, PLACED(tiny)};
static const struct field mood_field = {
    .name = "mood", .kind = FIELD_INT, .is_signed = true, PLACED(mood)};
static const int64_t calm_values[] = {0, 1};
static const struct field_guard calm_guard = {
    .tag = &mood_field, .values = calm_values, .n_values = 2};
static struct field few_element[] = {
    {.name = "", .kind = FIELD_UINT, .offset = offsetof(struct sample, heap), .size = 2}};

static struct field sample_fields[] = {
    {.name = "u8", .kind = FIELD_UINT, PLACED(u8)},
    {.name = "s8", .kind = FIELD_INT, .is_signed = true, PLACED(s8)},
    {.name = "u16", .kind = FIELD_UINT, PLACED(u16)},
    {.name = "s16", .kind = FIELD_INT, .is_signed = true, PLACED(s16)},
    {.name = "flag", .kind = FIELD_BOOL, PLACED(flag)},
    {.name = "u32", .kind = FIELD_UINT, PLACED(u32)},
    {.name = "s32", .kind = FIELD_INT, .is_signed = true, PLACED(s32)},
    {.name = "u64", .kind = FIELD_UINT, PLACED(u64)},
    {.name = "s64", .kind = FIELD_INT, .is_signed = true, PLACED(s64)},
    {.name = "net", .kind = FIELD_STRUCT, PLACED(state), .members = net_members, .n_members = 1},
    {.name = "mood", .kind = FIELD_ENUM, .is_signed = true, PLACED(mood), NAMED(mood_names)},
    {.name = "big", .kind = FIELD_ENUM, PLACED(big), NAMED(big_names)},
    {.name = "done", .kind = FIELD_BOOL, PLACED(done)},
    {.name = "comm", .kind = FIELD_CHARS, PLACED(comm)},
    {.name = "tag", .kind = FIELD_CHARS, PLACED(tag)},
    {.name = "name", .kind = FIELD_CHARS, PLACED(name)},
    {.name = "path", .kind = FIELD_TEXT, PLACED(path)},
    {.name = "other", .kind = FIELD_TEXT, PLACED(other)},
    {.name = "args", .kind = FIELD_TEXTS, PLACED(args)},
    {.name = "flags", .kind = FIELD_ENUM, PLACED(flags), NAMED(flag_names)},
    {.name = "raw4", .kind = FIELD_UINT, PLACED(raw4)},
    {.name = "f64", .kind = FIELD_FLOAT, PLACED(f64)},
    {.name = "f32", .kind = FIELD_FLOAT, PLACED(f32)},
    {.name = "b3", .kind = FIELD_UINT, .bits = 3, PLACED(bits[0])},
    {.name = "s5", .kind = FIELD_INT, .is_signed = true, .bits = 5, .shift = 3, PLACED(bits[0])},
    {.name = "lit", .kind = FIELD_BOOL, .bits = 1, PLACED(bits[1])},
    {.name = "wide",
     .kind = FIELD_UINT,
     .bits = 17,
     .shift = 1,
     .offset = offsetof(struct sample, bits[1]),
     .size = 3},
    {.name = "pointer", .kind = FIELD_POINTER, PLACED(pointer)},
    {.name = "when", .kind = FIELD_UINT, .meaning = MEANING_KTIME, PLACED(when)},
    {.name = "v4", .kind = FIELD_UINT, .meaning = MEANING_IPV4, PLACED(v4)},
    {.name = "v4b", .kind = FIELD_BYTES, .meaning = MEANING_IPV4, PLACED(v4b)},
    {.name = "v6", .kind = FIELD_BYTES, .meaning = MEANING_IPV6, PLACED(v6)},
    {.name = "hw", .kind = FIELD_BYTES, .meaning = MEANING_MAC, PLACED(hw)},
    {.name = "id", .kind = FIELD_BYTES, PLACED(id)},
    {.name = "port", .kind = FIELD_UINT, .meaning = MEANING_PORT_BE, PLACED(port)},
    {.name = "hosts",
     .kind = FIELD_ARRAY,
     PLACED(hosts),
     .members = host_element,
     .count = 3,
     .stride = sizeof(struct sample_host)},
    {.name = "either",
     .kind = FIELD_UNION,
     PLACED(either),
     .members = either_members,
     .n_members = 2},
    {.name = "tail", .kind = FIELD_CHARS, .offset = offsetof(struct sample, tail)},
    {.name = "numbers",
     .kind = FIELD_ARRAY,
     .offset = offsetof(struct sample, tail),
     .members = number_element,
     .stride = 2},
    {.name = "calm", .kind = FIELD_UINT, .guard = &calm_guard, PLACED(u64)},
    {.name = "calm_tag", .kind = FIELD_CHARS, .guard = &calm_guard, PLACED(tag)},
    {.name = "calm_v4",
     .kind = FIELD_UINT,
     .meaning = MEANING_IPV4,
     .guard = &calm_guard,
     PLACED(v4)},
    {.name = "told", .kind = FIELD_TEXT, .in_place = true, .by = &tiny_field, PLACED(name)},
    {.name = "words", .kind = FIELD_TEXTS, .in_place = true, .by = &tiny_field, PLACED(heap)},
    {.name = "few",
     .kind = FIELD_ARRAY,
     .by = &mood_field,
     .offset = offsetof(struct sample, heap),
     .size = 8,
     .count = 4,
     .stride = 2,
     .members = few_element},
    {.name = "home", .kind = FIELD_BYTES, .meaning = MEANING_IP, .by = &tiny_field, PLACED(v6)},
    {.name = "c_int", .kind = FIELD_INT, .is_signed = true, .size = 8, .column = 1},
    {.name = "c_text", .kind = FIELD_CHARS, .column = 2},
    {.name = "c_float", .kind = FIELD_FLOAT, .size = 8, .column = 3},
    {.name = "c_bool", .kind = FIELD_BOOL, .size = 1, .column = 4},
    {.name = "c_v4", .kind = FIELD_BYTES, .meaning = MEANING_IPV4, .size = 4, .column = 5},
    {.name = "c_port", .kind = FIELD_UINT, .meaning = MEANING_PORT_BE, .size = 2, .column = 6},
    {.name = "c_mac", .kind = FIELD_BYTES, .meaning = MEANING_MAC, .size = 6, .column = 7},
};

enum { SAMPLE_COLUMNS = 7 };

static const struct schema sample_schema = {
    .type_name = "struct sample",
    .size = offsetof(struct sample, tail),
    .n_fields = sizeof(sample_fields) / sizeof(*sample_fields),
    .fields = sample_fields,
    .n_columns = SAMPLE_COLUMNS,
};

/* Another type of the same source. */
static struct field other_fields[] = {
    {.name = "u8", .kind = FIELD_CHARS, .size = 4}, /* here a number */
    {.name = "elsewhere", .kind = FIELD_UINT, .size = 4},
    {.name = "elsetext", .kind = FIELD_CHARS, .size = 16},
    {.name = "elsev6", .kind = FIELD_BYTES, .meaning = MEANING_IPV6, .size = 16},
    {.name = "elsestate", .kind = FIELD_ENUM, .size = 4, NAMED(state_names)},
};
static const struct schema other_schema = {
    .type_name = "struct other", .size = 16, .n_fields = 5, .fields = other_fields};
static const struct schema *const sample_siblings[] = {&other_schema, NULL};

static const struct expr_scope sample_scope = {.schema = &sample_schema,
                                               .siblings = sample_siblings};

/* Puts bytes into the heap at `at` and returns their place. */
static inline struct place16 sample_put(struct sample *sample, uint32_t at, const void *bytes,
                                        uint32_t length)
{
    memcpy(sample->heap + at, bytes, length);
    return (struct place16){(uint16_t)(offsetof(struct sample, heap) + at), (uint16_t)length};
}

/* Everyday values. */
static inline struct sample sample_typical(void)
{
    struct sample sample = {.u8 = 5,
                            .s8 = -5,
                            .u16 = 500,
                            .s16 = -500,
                            .flag = 1,
                            .u32 = 1000,
                            .s32 = -1000,
                            .u64 = 5000000,
                            .s64 = -5000000,
                            .state = 7,
                            .mood = -1,
                            .big = 0,
                            .done = 0,
                            .tiny = 6,
                            .comm = "cron",
                            .tag = "abcd",
                            .name = "eleven-byte"};

    memcpy(sample.name, "eleven-byte", 11);
    sample.path = sample_put(&sample, 0, "/etc/passwd", 12);
    sample.other = sample_put(&sample, 12, "cron", 4);
    sample.args = sample_put(&sample, 16, "ls\0-l\0\0/tmp", 11);
    sample.flags = 0x41;
    sample.raw4 = htonl(0x0a010203); /* 10.1.2.3 */
    sample.f64 = 2.5;
    sample.f32 = -0.5F;
    memcpy(sample.bits, "\xed\x03\x02\x00", 4); /* 5, -3, 1, 0x101 */
    sample.pointer = 0xffff888000001000;
    sample.when = 1000000000;
    sample.v4 = htonl(0xc0a80117); /* 192.168.1.23 */
    memcpy(sample.v4b, "\x0a\x00\x00\x01", 4);
    memcpy(sample.v6, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    memcpy(sample.hw, "\x52\x54\x00\x12\x34\x56", 6);
    memcpy(sample.id, "ab\0cd", 5);
    sample.port = htons(443);
    for (int i = 0; i < 3; i++) {
        sample.hosts[i] = (struct sample_host){.id = (uint8_t)(10 + i),
                                               .ports = {(uint16_t)(80 + i), (uint16_t)(90 + i)}};
        memcpy(sample.hosts[i].name, "host", 4);
        sample.hosts[i].name[4] = (char)('0' + i);
    }
    sample.either.whole = 0x00020001;
    memcpy(sample.tail, "tail\0\0\x07\0\x08", 10);
    return sample;
}

/* The highest values of all. */
static inline struct sample sample_highest(void)
{
    struct sample sample = {.u8 = UINT8_MAX,
                            .s8 = INT8_MAX,
                            .u16 = UINT16_MAX,
                            .s16 = INT16_MAX,
                            .flag = 255,
                            .u32 = UINT32_MAX,
                            .s32 = INT32_MAX,
                            .u64 = UINT64_MAX,
                            .s64 = INT64_MAX,
                            .state = UINT32_MAX,
                            .mood = INT32_MAX,
                            .big = UINT64_MAX,
                            .done = 1};

    memcpy(sample.comm, "sixteen-bytes-ab", 16);
    sample.path = sample_put(&sample, 0, "a\0b", 3);
    sample.other = sample_put(&sample, 0, "a", 1);
    sample.args = sample_put(&sample, 8, "", 0);
    memset(&sample.flags, 0xff, offsetof(struct sample, heap) - offsetof(struct sample, flags));
    sample.f64 = INFINITY;
    sample.f32 = FLT_MAX;
    memset(sample.tail, 'x', sizeof(sample.tail));
    return sample;
}

/* The lowest values of all; all places lead outside. */
static inline struct sample sample_lowest(void)
{
    struct sample sample = {
        .s8 = INT8_MIN, .s16 = INT16_MIN, .s32 = INT32_MIN, .s64 = INT64_MIN, .mood = INT32_MIN};

    sample.path = sample.other = sample.args = (struct place16){UINT16_MAX, 1};
    sample.f64 = NAN;
    sample.f32 = -FLT_MAX;
    return sample;
}

/* A batch of the four kinds of records: the typical one, the highest, the lowest, and the typical
 * one cut behind s16, so that all else is null; of the columns, all of the lowest's are. */
enum {
    SAMPLE_KINDS = 4,
    SAMPLE_LENGTH = offsetof(struct sample, tail) + 10,
    SAMPLE_SHORT = offsetof(struct sample, flag),
};

struct sample_batch {
    struct sample samples[SAMPLE_KINDS];
    struct ringmill_view views[SAMPLE_KINDS];
    struct column columns[SAMPLE_COLUMNS];
    struct batch batch;
};

static inline void sample_fill_columns(struct sample_batch *all, int i)
{
    static const struct {
        int64_t integer;
        const char *text;
        double number;
        const char *v4, *mac;
        uint16_t port;
    } values[SAMPLE_KINDS] = {
        {-42, "computed", 0.25, "\x0a\x09\x08\x07", "\1\2\3\4\5\6", 22},
        {INT64_MAX, "", -1e300, "\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff", 65535},
        {0, "", 0, "\0\0\0\0", "\0\0\0\0\0\0", 0},
        {7, "seven", 7, "\x7f\0\0\1", "\1\2\3\4\5\7", 7},
    };

    all->columns[0].integers[i] = (uint64_t)values[i].integer;
    all->columns[1].texts[i] = (struct text){values[i].text, (uint32_t)strlen(values[i].text)};
    all->columns[2].floats[i] = values[i].number;
    all->columns[3].integers[i] = i == 0;
    all->columns[4].texts[i] = (struct text){values[i].v4, 4};
    all->columns[5].integers[i] = htons(values[i].port);
    all->columns[6].texts[i] = (struct text){values[i].mac, 6};
    for (int column = 0; column < SAMPLE_COLUMNS; column++)
        column_set_null(&all->columns[column], (uint32_t)i, i == 2);
}

static inline void sample_batch_init(struct sample_batch *all)
{
    *all = (struct sample_batch){
        .samples = {sample_typical(), sample_highest(), sample_lowest(), sample_typical()},
        .batch = {.schema = &sample_schema, .views = all->views, .count = SAMPLE_KINDS}};
    for (int i = 0; i < SAMPLE_KINDS; i++) {
        all->views[i] = (struct ringmill_view){.data = &all->samples[i], .length = SAMPLE_LENGTH};
        sample_fill_columns(all, i);
    }
    all->views[3].length = SAMPLE_SHORT;
    for (int i = 0; i < SAMPLE_COLUMNS; i++)
        all->batch.columns[i] = &all->columns[i];
    batch_select_all(&all->batch);
}
