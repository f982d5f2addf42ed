// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An encoder turns a batch's selected views into bytes that a sink understands. All formats
 * follow this one interface, one file pair and one row in the registry each; the indirect call is
 * per batch, never per record. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "config/setting.h"
#include "encode/framing.h"
#include "record/batch.h"
#include "record/loss.h"
#include "record/schema.h"

struct resolver;

/* Where in a format's own options a mistake is. */
struct encoder_place {
    const char *setting; /* the name of a text; NULL: the mistake is not there */
    size_t offset;       /* in that text */
};

struct encoder_options {
    const struct wall_offset *wall; /* borrowed until close; read at each encode by its thread.
                                       NULL: measured once, at open */
    uint32_t event_max; /* bytes of the longest event that may come out; 0: as long as fits */
    struct resolver *resolver; /* of the names of ids; borrowed until close. NULL: numbers only */
    const char *type;   /* what the events say their type is, copied; NULL: they do not say it */
    const void *config; /* what the format's settings were bound into; NULL: their defaults */
    /* The other types that the source's records can have, NULL-ended; NULL: none. A name that only
     * they know is no mistake. */
    const struct schema *const *siblings;
    bool lost_unknown; /* records may be lost without an event that says so: nobody knows */
    struct encoder_place *place; /* filled when open() fails, zeroed before; NULL: not wanted */
};

/* Each format's own struct begins with it. */
struct encoder {
    const struct encoder_ops *ops;
    /* What the events of all encoders of one sink must have in common, as a text that they must
     * have the same; NULL: nothing. Owned by the encoder. */
    const char *common;
};

struct encoder_ops {
    const char *name; /* as the config's `format:` has it */
    const char *doc;
    enum framing framing;
    const struct setting *settings; /* of this format alone; NULL-name ended; may be NULL */
    size_t config_size;             /* of the struct they are bound into */
    bool whole;           /* it writes records as they lie in the ring, also what is no field */
    bool has_header;      /* encoder.common is a line: the first of every file and connection */
    const char *one_type; /* where there is encoder.common, why events of other types cannot stand
                             beside, as the end of a sentence */

    /* 0, -ENOMEM or -EINVAL with error filled. schema is borrowed until close; source is copied.
     * The caller owns *ret_encoder and gives it back by close. */
    int (*open)(const struct schema *schema, const char *source,
                const struct encoder_options *options, struct error *error,
                struct encoder **ret_encoder);

    /* Encodes the views selection[from], selection[from + 1], ... for as long as each fits wholly
     * into what is left of room. Returns how many did and sets *ret_used to their bytes; what is
     * after in out may have been scribbled on. If event_max bytes were still left, the record that
     * did not fit is longer than that, and always will be. Takes no memory. */
    uint32_t (*encode)(struct encoder *encoder, const struct batch *batch, uint32_t from, char *out,
                       size_t room, size_t *ret_used);

    /* Writes a loss as an event of its own. Returns its bytes; 0: this format cannot say it, or it
     * does not fit. */
    size_t (*encode_loss)(struct encoder *encoder, const struct loss *loss, char *out, size_t room);

    /* Forgets what it has written: what comes from now on can be read without anything before it.
     * NULL: that is always so. */
    void (*restart)(struct encoder *encoder);

    void (*close)(struct encoder *encoder); /* accepts NULL */
};

/* An encoder belongs to one consumer thread: it caches. */
static inline uint32_t encoder_batch(struct encoder *encoder, const struct batch *batch,
                                     uint32_t from, char *out, size_t room, size_t *ret_used)
{
    return encoder->ops->encode(encoder, batch, from, out, room, ret_used);
}

static inline size_t encoder_loss(struct encoder *encoder, const struct loss *loss, char *out,
                                  size_t room)
{
    return encoder->ops->encode_loss(encoder, loss, out, room);
}

static inline void encoder_close(struct encoder *encoder)
{
    if (encoder)
        encoder->ops->close(encoder);
}
