// SPDX-License-Identifier: Apache-2.0

#include "encode/json.h"

#include "encode/line_encoder.h"

#define LOSS "{\"time\":%u,\"source\":%s,\"_lost\":%n,\"_since\":%b,\"_until\":%u}\n"

static const struct line_format nested = {
    .ops = &json_encoder_ops, .style = &encode_style_json, .loss = LOSS};

static const struct encode_style flat_style = {.quoting = QUOTING_JSON,
                                               .begin = "{",
                                               .before_key = "\"",
                                               .after_key = "\":",
                                               .between = ",",
                                               .end = "}\n"};

static const struct line_format flat = {
    .ops = &json_flat_encoder_ops, .style = &flat_style, .loss = LOSS};

static int json_open(const struct schema *schema, const char *source,
                     const struct encoder_options *options, struct error *error,
                     struct encoder **ret_encoder)
{
    return line_encoder_open(&nested, schema, source, options, error, ret_encoder);
}

static int json_flat_open(const struct schema *schema, const char *source,
                          const struct encoder_options *options, struct error *error,
                          struct encoder **ret_encoder)
{
    return line_encoder_open(&flat, schema, source, options, error, ret_encoder);
}

const struct encoder_ops json_encoder_ops = {
    .name = "json",
    .doc = "a JSON object a line",
    .settings = line_settings,
    .config_size = sizeof(struct line_config),
    .open = json_open,
    .encode = line_encoder_encode,
    .encode_loss = line_encoder_encode_loss,
    .close = line_encoder_close,
};

const struct encoder_ops json_flat_encoder_ops = {
    .name = "json-flat",
    .doc = "JSON without nested objects: \"from.port\":443",
    .settings = line_settings,
    .config_size = sizeof(struct line_config),
    .open = json_flat_open,
    .encode = line_encoder_encode,
    .encode_loss = line_encoder_encode_loss,
    .close = line_encoder_close,
};
