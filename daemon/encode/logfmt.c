// SPDX-License-Identifier: Apache-2.0

#include "encode/logfmt.h"

#include "encode/line_encoder.h"

static const struct encode_style style = {.quoting = QUOTING_LOGFMT,
                                          .bare_keys = true,
                                          .begin = "",
                                          .before_key = "",
                                          .after_key = "=",
                                          .between = " ",
                                          .end = "\n"};

static const struct line_format format = {.ops = &logfmt_encoder_ops,
                                          .style = &style,
                                          .loss =
                                              "time=%u source=%s _lost=%n _since=%b _until=%u\n"};

static int logfmt_open(const struct schema *schema, const char *source,
                       const struct encoder_options *options, struct error *error,
                       struct encoder **ret_encoder)
{
    return line_encoder_open(&format, schema, source, options, error, ret_encoder);
}

const struct encoder_ops logfmt_encoder_ops = {
    .name = "logfmt",
    .doc = "key=value pairs",
    .settings = line_settings,
    .config_size = sizeof(struct line_config),
    .open = logfmt_open,
    .encode = line_encoder_encode,
    .encode_loss = line_encoder_encode_loss,
    .close = line_encoder_close,
};
