// SPDX-License-Identifier: Apache-2.0

/* The record is copied into the chunk like any other event. Giving the ring's pages themselves to
 * writev() was measured and is slower than this copy: docs/performance.md. */

#include "encode/raw.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "encode/bounded_put.h"

enum { TAG_MAX = UINT8_MAX };

struct raw_config {
    bool tag;
};

static const struct setting raw_settings[] = {
    {
        .name = "tag",
        .type = SETTING_BOOL,
        .offset = offsetof(struct raw_config, tag),
        .fallback = "false",
        .doc = "whether each record carries its source and type",
    },
    {0},
};

struct raw_encoder {
    struct encoder encoder;
    char *common;              /* what encoder.common is; NULL: tagged */
    struct prepared_text tag;  /* its length, and it; empty: none */
    struct prepared_text lost; /* the same of losses */
    size_t event_max;
};

static char *put_u32(char *at, const char *end, uint32_t value)
{
    value = htole32(value);
    return put_bytes(at, end, &value, sizeof(value));
}

static char *put_u64(char *at, const char *end, uint64_t value)
{
    value = htole64(value);
    return put_bytes(at, end, &value, sizeof(value));
}

static uint32_t raw_encode(struct encoder *encoder, const struct batch *batch, uint32_t from,
                           char *out, size_t room, size_t *ret_used)
{
    const struct raw_encoder *raw = (struct raw_encoder *)encoder;
    const char *end = out + room;
    char *at = out;
    uint32_t i = from;

    for (; i < batch->selected; i++) {
        const struct ringmill_view *view = &batch->views[batch->selection[i]];
        size_t length = raw->tag.length + (size_t)view->length;
        size_t whole = sizeof(uint32_t) + length;

        if (whole > (size_t)(end - at) || whole > raw->event_max)
            break;
        at = put_u32(at, end, (uint32_t)length);
        at = put_prepared(at, end, &raw->tag);
        at = put_bytes(at, end, view->data, view->length);
    }
    *ret_used = (size_t)(at - out);
    return i - from;
}

static size_t raw_encode_loss(struct encoder *encoder, const struct loss *loss, char *out,
                              size_t room)
{
    const struct raw_encoder *raw = (struct raw_encoder *)encoder;
    const char *end = out + room;
    char *at = out;

    if (raw->lost.length == 0)
        return 0;
    at = put_u32(at, end, raw->lost.length + 3 * (uint32_t)sizeof(uint64_t));
    at = put_prepared(at, end, &raw->lost);
    at = put_u64(at, end, loss->records);
    at = put_u64(at, end, (uint64_t)loss->since);
    at = put_u64(at, end, (uint64_t)loss->until);
    return at ? (size_t)(at - out) : 0;
}

static void raw_close(struct encoder *encoder)
{
    struct raw_encoder *raw = (struct raw_encoder *)encoder;

    if (!raw)
        return;
    free(raw->common);
    prepared_text_deinit(&raw->tag);
    prepared_text_deinit(&raw->lost);
    free(raw);
}

/* before:after, or before alone where after is NULL. */
static int make_tag(const char *before, const char *after, struct error *error,
                    struct prepared_text *ret)
{
    char tag[1 + TAG_MAX + 1];
    int length =
        snprintf(tag + 1, sizeof(tag) - 1, "%s%s%s", before, after ? ":" : "", after ? after : "");

    if (length > TAG_MAX)
        return error_set(error, -EINVAL, "the tag %s:%s is longer than %d bytes", before,
                         after ? after : "", TAG_MAX);
    tag[0] = (char)length;
    return prepared_text_set(ret, tag, 1 + (uint32_t)length) < 0
               ? error_set(error, -ENOMEM, "out of memory")
               : 0;
}

static int fill(struct raw_encoder *raw, const struct schema *schema, const char *source,
                const struct encoder_options *options, struct error *error)
{
    const struct raw_config *config = options->config;
    int r;

    if (!config || !config->tag) {
        if (asprintf(&raw->common, "%s of %u bytes", schema->type_name, schema->size) < 0) {
            raw->common = NULL;
            return error_set(error, -ENOMEM, "out of memory");
        }
        raw->encoder.common = raw->common;
        return prepared_text_set(&raw->tag, "", 0) < 0 ? error_set(error, -ENOMEM, "out of memory")
                                                       : 0;
    }
    r = make_tag(source, options->type, error, &raw->tag);
    return r < 0 ? r : make_tag(source, "!lost", error, &raw->lost);
}

/* Of a row of an aggregate all is in columns. */
static bool is_row(const struct schema *schema)
{
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (!schema->fields[i].column)
            return false;
    return schema->n_fields > 0;
}

static int raw_open(const struct schema *schema, const char *source,
                    const struct encoder_options *options, struct error *error,
                    struct encoder **ret_encoder)
{
    static const struct encoder_options none;
    struct raw_encoder *raw;
    int r;

    if (is_row(schema))
        return error_set(error, -EINVAL,
                         "the format raw writes bytes of a ring, and %s has none; choose another "
                         "format, such as json",
                         schema->type_name);
    raw = calloc(1, sizeof(*raw));
    if (!raw)
        return error_set(error, -ENOMEM, "out of memory");
    options = options ? options : &none;
    raw->encoder.ops = &raw_encoder_ops;
    raw->event_max = options->event_max ? options->event_max : UINT32_MAX;
    r = fill(raw, schema, source, options, error);
    if (r < 0) {
        raw_close(&raw->encoder);
        return r;
    }
    *ret_encoder = &raw->encoder;
    return 0;
}

const struct encoder_ops raw_encoder_ops = {
    .name = "raw",
    .doc = "the bytes of each record, preceded by their length",
    .framing = FRAMING_PREFIXED,
    .whole = true,
    .settings = raw_settings,
    .config_size = sizeof(struct raw_config),
    .one_type = "raw records carry their type only with tag: true",
    .open = raw_open,
    .encode = raw_encode,
    .encode_loss = raw_encode_loss,
    .close = raw_close,
};
