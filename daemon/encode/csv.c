// SPDX-License-Identifier: Apache-2.0

/* A line feed in a field would be valid, and yet break whoever reads by lines: this daemon's own
 * sinks, which cut and count events there, and most tools beside CSV readers. */

#include "encode/csv.h"

#include "encode/line_encoder.h"

static const struct encode_style style = {
    .quoting = QUOTING_CSV, .in_header = true, .begin = "", .between = ",", .end = "\n"};

static const struct line_format format = {
    .ops = &csv_encoder_ops, .style = &style, .loss = "%u,%s%c%n\n", .timeless_loss = "%s%c%n\n"};

static int csv_open(const struct schema *schema, const char *source,
                    const struct encoder_options *options, struct error *error,
                    struct encoder **ret_encoder)
{
    return line_encoder_open(&format, schema, source, options, error, ret_encoder);
}

const struct encoder_ops csv_encoder_ops = {
    .name = "csv",
    .doc = "comma-separated values with a header line",
    .settings = line_settings,
    .config_size = sizeof(struct line_config),
    .has_header = true,
    .one_type = "a CSV file has only one header",
    .open = csv_open,
    .encode = line_encoder_encode,
    .encode_loss = line_encoder_encode_loss,
    .close = line_encoder_close,
};
