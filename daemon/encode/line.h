// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What all text formats are: a plan, run over each record, and one line for each event. A format
 * is a struct line_format and what it takes from its config. */

#include "encode/encoder.h"
#include "encode/plan.h"
#include "encode/print.h"

struct line_format {
    const struct encoder_ops *ops;
    const struct plan_style *style;
    /* An event about a loss, with its line feed: %u and %b the times until and since when, %n how
     * many records, %s the source, %c the commas between the columns of the source and of _lost. */
    const char *loss;
    const char *timeless_loss; /* the same where records have no time; NULL: no other */
};

struct line_encoder {
    struct encoder encoder;
    /* immutable after open */
    const struct line_format *format;
    struct plan plan;
    struct snippet source;       /* as a value */
    bool timed;                  /* records have a time */
    struct wall_offset own_wall; /* where the caller has none */
    ptrdiff_t event_max;
    /* owned by the consumer thread */
    struct print_state state;
};

/* What json, json-flat, logfmt and csv are configured with. */
struct line_config {
    bool id;
};

extern const struct setting line_settings[];

/* For encoder_ops: a format's open() calls line_open() with its own line_format, which lays the
 * schema out by line_config. */
int line_open(const struct line_format *format, const struct schema *schema, const char *source,
              const struct encoder_options *options, struct error *error,
              struct encoder **ret_encoder);

/* As line_open(), with a plan that the format has made itself; the callee owns it, also on failure.
 */
int line_open_plan(const struct line_format *format, struct plan *plan, const struct schema *schema,
                   const char *source, const struct encoder_options *options, struct error *error,
                   struct encoder **ret_encoder);

uint32_t line_encode(struct encoder *encoder, const struct batch *batch, uint32_t from, char *out,
                     size_t room, size_t *ret_used);
size_t line_encode_loss(struct encoder *encoder, const struct loss *loss, char *out, size_t room);
void line_close(struct encoder *encoder);
