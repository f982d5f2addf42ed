// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Fields on a sample of bytes, and the one event that comes of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "encode/json.h"

enum { EVENT_ROOM = 64 * 1024 };

/* 2026-11-22T22:16:40Z when the machine had run for 1000 s */
static const struct wall_offset wall = {.offset = INT64_C(1795385800000000000) - 1000000000000};

static inline struct encoder *open_format(const struct encoder_ops *format, struct schema *schema,
                                          struct field *fields, uint32_t n_fields,
                                          const struct encoder_options *options)
{
    struct encoder *encoder = NULL;
    struct error error = {0};

    *schema = (struct schema){.type_name = "struct x", .n_fields = n_fields, .fields = fields};
    if (format->open(schema, "x", options, &error, &encoder) != 0)
        fail_msg("%s", error.text);
    return encoder;
}

static inline struct encoder *open_fields(struct schema *schema, struct field *fields,
                                          uint32_t n_fields, const struct encoder_options *options)
{
    return open_format(&json_encoder_ops, schema, fields, n_fields, options);
}

/* The event of the sample, NUL-ended, in a static buffer. columns: NULL-ended, or NULL. */
static inline const char *encode_sample(struct encoder *encoder, const struct schema *schema,
                                        const void *data, uint32_t length,
                                        const struct column *const *columns)
{
    static char out[EVENT_ROOM];
    const struct ringmill_view view = {.data = data, .length = length, .position = 4096};
    struct batch batch = {.schema = schema, .views = &view, .count = 1, .ring_id = 12};
    size_t used = 0;

    for (uint32_t i = 0; columns && columns[i]; i++)
        batch.columns[i] = columns[i];
    batch_select_all(&batch);
    assert_int_equal(encoder_batch(encoder, &batch, 0, out, sizeof(out) - 1, &used), 1);
    out[used] = '\0';
    return out;
}

static inline const char *encode_by(const struct encoder_options *options, struct field *fields,
                                    uint32_t n_fields, const void *data, uint32_t length)
{
    struct schema schema;
    struct encoder *encoder = open_fields(&schema, fields, n_fields, options);
    const char *event = encode_sample(encoder, &schema, data, length, NULL);

    encoder_close(encoder);
    return event;
}

static inline const char *encode_fields(struct field *fields, uint32_t n_fields, const void *data,
                                        uint32_t length)
{
    const struct encoder_options options = {.wall = &wall};

    return encode_by(&options, fields, n_fields, data, length);
}

/* ---- one record for all formats -------------------------------------------------------------- */

/* What most formats differ in: a time, a struct, a list, an array, texts of all kinds. */
struct motley {
    uint64_t ktime;
    uint32_t pid;
    uint16_t port;
    uint8_t ttl;
    uint8_t state;
    uint16_t hops[2];
    uint16_t path_offset, path_length;
    uint16_t args_offset, args_length;
    char comm[8];
    char texts[40];
};

static const struct enum_name motley_states[] = {{"OPEN", 1}, {"HALF OPEN", 2}};

#define MOTLEY(member) \
    .offset = offsetof(struct motley, member), .size = sizeof(((struct motley *)0)->member)

static struct field motley_to[] = {{.name = "port", .kind = FIELD_UINT, MOTLEY(port)},
                                   {.name = "ttl", .kind = FIELD_UINT, MOTLEY(ttl)}};
static struct field motley_hop = {
    .name = "", .kind = FIELD_UINT, .offset = offsetof(struct motley, hops), .size = 2};
static struct field motley_fields[] = {
    {.name = "ktime", .kind = FIELD_UINT, .meaning = MEANING_KTIME, MOTLEY(ktime)},
    {.name = "pid", .kind = FIELD_UINT, MOTLEY(pid)},
    {.name = "to",
     .kind = FIELD_STRUCT,
     .offset = offsetof(struct motley, port),
     .size = 3,
     .members = motley_to,
     .n_members = 2},
    {.name = "state", .kind = FIELD_ENUM, MOTLEY(state), .names = motley_states, .n_names = 2},
    {.name = "hops",
     .kind = FIELD_ARRAY,
     MOTLEY(hops),
     .count = 2,
     .stride = 2,
     .members = &motley_hop,
     .n_members = 1},
    {.name = "path", .kind = FIELD_TEXT, .offset = offsetof(struct motley, path_offset), .size = 4},
    {.name = "args",
     .kind = FIELD_TEXTS,
     .offset = offsetof(struct motley, args_offset),
     .size = 4},
    {.name = "comm", .kind = FIELD_CHARS, MOTLEY(comm)},
};

enum { MOTLEY_FIELDS = sizeof(motley_fields) / sizeof(*motley_fields) };

/* path is at most 15 bytes; args are two words. */
static inline struct motley motley_sample(const char *path, const char *comm)
{
    struct motley motley = {.ktime = 1000000000001,
                            .pid = 420,
                            .port = 443,
                            .ttl = 64,
                            .state = 1,
                            .hops = {7, 8},
                            .path_offset = offsetof(struct motley, texts),
                            .path_length = (uint16_t)strlen(path),
                            .args_offset = offsetof(struct motley, texts) + 16,
                            .args_length = 6};

    memcpy(motley.comm, comm, strlen(comm));
    memcpy(motley.texts, path, strlen(path));
    memcpy(motley.texts + 16, "ls\0-l", 6);
    return motley;
}

/* The event of the sample in a format, by the format's config, or NULL for its defaults. */
static inline const char *encode_motley(const struct encoder_ops *format, const void *config,
                                        const struct motley *motley, uint32_t length)
{
    const struct encoder_options options = {.wall = &wall, .event_max = 1024, .config = config};
    struct schema schema;
    struct encoder *encoder = open_format(format, &schema, motley_fields, MOTLEY_FIELDS, &options);
    const char *event = encode_sample(encoder, &schema, motley, length, NULL);

    encoder_close(encoder);
    return event;
}

/* However short the room is: the event as a whole, or nothing and no byte after the room. */
static inline void check_every_room(const struct encoder_ops *format, const void *config,
                                    const struct motley *motley)
{
    const struct encoder_options options = {.wall = &wall, .event_max = 1024, .config = config};
    const struct ringmill_view view = {.data = motley, .length = sizeof(*motley)};
    struct schema schema;
    struct batch batch = {.schema = &schema, .views = &view, .count = 1};
    struct encoder *encoder = open_format(format, &schema, motley_fields, MOTLEY_FIELDS, &options);
    char whole[1024], out[1024];
    size_t length, used;

    batch_select_all(&batch);
    assert_int_equal(encoder_batch(encoder, &batch, 0, whole, sizeof(whole), &length), 1);
    for (size_t room = 0; room <= length; room++) {
        memset(out, '!', sizeof(out));
        assert_int_equal(encoder_batch(encoder, &batch, 0, out, room, &used), room == length);
        assert_int_equal(used, room == length ? length : 0);
        assert_int_equal(out[room], '!');
    }
    assert_memory_equal(out, whole, length);
    encoder_close(encoder);
}
