// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What all text formats share: a plan is run over each record, and each event is one line. A format
 * is a struct line_format and what it takes from its config. */

#include "encode/encode_plan.h"
#include "encode/encoder.h"
#include "encode/record_print.h"

struct line_format {
    const struct encoder_ops *ops;
    const struct encode_style *style;
    /* An event about a loss, with its line feed: %u and %b the times until and since when, %n how
     * many records, %s the source, %c the commas between the columns of the source and of _lost. */
    const char *loss;
    const char *timeless_loss; /* the same where records have no time; NULL: no other */
};

struct line_encoder {
    struct encoder encoder;
    /* immutable after open */
    const struct line_format *format;
    struct encode_plan plan;
    struct prepared_text source; /* as a value */
    bool timed;                  /* records have a time */
    struct wall_offset own_wall; /* where the caller has none */
    ptrdiff_t event_max;
    /* owned by the consumer thread */
    struct record_print_state state;
};

/* What json, json-flat, logfmt and csv are configured with. */
struct line_config {
    bool id;
};

extern const struct setting line_settings[];

/* For encoder_ops.open of a format: makes the plan by `format` and options->config, which is NULL
 * or a struct line_config. Results and ownership are those of encoder_ops.open. */
int line_encoder_open(const struct line_format *format, const struct schema *schema,
                      const char *source, const struct encoder_options *options,
                      struct error *error, struct encoder **ret_encoder);

/* As line_encoder_open(), with a plan that the format has made itself. Takes over what the plan
 * holds, also on failure. */
int line_encoder_open_plan(const struct line_format *format, struct encode_plan *plan,
                           const struct schema *schema, const char *source,
                           const struct encoder_options *options, struct error *error,
                           struct encoder **ret_encoder);

/* encoder_ops.encode of all these formats. */
uint32_t line_encoder_encode(struct encoder *encoder, const struct batch *batch, uint32_t from,
                             char *out, size_t room, size_t *ret_used);
/* encoder_ops.encode_loss of all these formats. */
size_t line_encoder_encode_loss(struct encoder *encoder, const struct loss *loss, char *out,
                                size_t room);
/* encoder_ops.close of all these formats. */
void line_encoder_close(struct encoder *encoder);
