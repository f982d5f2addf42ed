// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One event struct with every kind of field, its schema, and records of it, for the tests of the
 * language. */

#include <limits.h>
#include <ringmill/ring.h>
#include <stddef.h>
#include <stdint.h>
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
    char heap[64];
};

static const struct enum_name state_names[] = {
    {"TCP_ESTABLISHED", 1}, {"TCP_SYN_SENT", 2}, {"TCP_CLOSE", 7}, {"u8", 9}};
static const struct enum_name mood_names[] = {{"GLOOMY", -1}, {"CALM", 0}, {"GLAD", 1}};
static const struct enum_name big_names[] = {{"BIG_NONE", 0}, {"BIG_ALL", -1}};

#define PLACED(member) \
    .offset = offsetof(struct sample, member), .size = sizeof(((struct sample *)0)->member)
#define NAMED(array) .names = array, .n_names = sizeof(array) / sizeof(*array)

static struct field net_members[] = {
    {.name = "state", .kind = FIELD_ENUM, PLACED(state), NAMED(state_names)},
};

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
};

static const struct schema sample_schema = {
    .type_name = "struct sample",
    .size = sizeof(struct sample),
    .n_fields = sizeof(sample_fields) / sizeof(*sample_fields),
    .fields = sample_fields,
};

static const struct expr_scope sample_scope = {.schema = &sample_schema};

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
                            .comm = "cron",
                            .tag = "abcd",
                            .name = "eleven-byte"};

    memcpy(sample.name, "eleven-byte", 11);
    sample.path = sample_put(&sample, 0, "/etc/passwd", 12);
    sample.other = sample_put(&sample, 12, "cron", 4);
    sample.args = sample_put(&sample, 16, "ls\0-l\0\0/tmp", 11);
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
    return sample;
}

/* The lowest values of all; all places lead outside. */
static inline struct sample sample_lowest(void)
{
    struct sample sample = {
        .s8 = INT8_MIN, .s16 = INT16_MIN, .s32 = INT32_MIN, .s64 = INT64_MIN, .mood = INT32_MIN};

    sample.path = sample.other = sample.args = (struct place16){UINT16_MAX, 1};
    return sample;
}
