// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Fields on a sample of bytes, and the one event that comes of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encode/json.h"

enum { EVENT_ROOM = 64 * 1024 };

/* 2026-11-22T22:16:40Z when the machine had run for 1000 s */
static const struct wall_offset wall = {.offset = INT64_C(1795385800000000000) - 1000000000000};

static inline struct encoder *open_fields(struct schema *schema, struct field *fields,
                                          uint32_t n_fields, const struct encoder_options *options)
{
    struct encoder *encoder = NULL;
    struct error error = {""};

    *schema = (struct schema){.type_name = "struct x", .n_fields = n_fields, .fields = fields};
    if (json_encoder_ops.open(schema, "x", options, &error, &encoder) != 0)
        fail_msg("%s", error.text);
    return encoder;
}

/* The event of the sample, NUL-ended, in a static buffer. columns: NULL-ended, or NULL. */
static inline const char *encode_sample(struct encoder *encoder, const struct schema *schema,
                                        const void *data, uint32_t length,
                                        const struct column *const *columns)
{
    static char out[EVENT_ROOM];
    const struct ringmill_view view = {.data = data, .length = length};
    struct batch batch = {.schema = schema, .views = &view, .count = 1};
    size_t used = 0;

    for (uint32_t i = 0; columns && columns[i]; i++)
        batch.columns[i] = columns[i];
    batch_select_all(&batch);
    assert_int_equal(encoder_batch(encoder, &batch, 0, out, sizeof(out) - 1, &used), 1);
    out[used] = '\0';
    return out;
}

static inline const char *encode_fields(struct field *fields, uint32_t n_fields, const void *data,
                                        uint32_t length)
{
    const struct encoder_options options = {.wall = &wall};
    struct schema schema;
    struct encoder *encoder = open_fields(&schema, fields, n_fields, &options);
    const char *event = encode_sample(encoder, &schema, data, length, NULL);

    encoder_close(encoder);
    return event;
}
