// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An encoder turns the selected records of a batch into the bytes of a format. A new format is a
 * file pair with a const struct encoder_ops and a row in encode/registry.c. Its calls are indirect
 * once per batch, never per record.
 *
 * Threads: open() on the setup thread (main, or the loader at a reload); encode(), encode_loss()
 * and restart() on the consumer thread that the encoder belongs to, so an encoder may cache;
 * close() on one thread, after that thread has stopped using it. */

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

/* The place of a mistake in the settings of a format. */
struct encoder_place {
    const char *setting; /* the name of a text setting; NULL: the mistake is elsewhere */
    size_t offset;       /* in that text */
};

struct encoder_options {
    const struct wall_offset *wall; /* borrowed until close; read at each encode by its thread.
                                       NULL: measured once, at open */
    uint32_t event_max; /* bytes of the longest event that may come out; 0: as long as fits */
    struct resolver *resolver; /* of the names of ids; borrowed until close. NULL: numbers only */
    const char *type;          /* the `type` of the events, copied; NULL: they have none */
    const void *config; /* what the format's settings were bound into; NULL: their defaults */
    /* The other types that the source's records can have, NULL-ended; NULL: none. A name that only
     * they know is not a mistake. */
    const struct schema *const *siblings;
    bool lost_unknown; /* lost records are not counted, so there are no events about losses */
    struct encoder_place *place; /* filled when open() fails, zeroed before; NULL: not wanted */
};

/* Each format's own struct begins with it. */
struct encoder {
    const struct encoder_ops *ops;
    /* A text that must be equal for all encoders of one sink, such as a line of column names; NULL:
     * they need not have anything in common. Owned by the encoder. */
    const char *common;
};

struct encoder_ops {
    const char *name; /* as the config's `format:` has it */
    const char *doc;
    enum framing framing;
    const struct setting *settings; /* of this format alone; NULL-name ended; may be NULL */
    size_t config_size;             /* of the struct they are bound into */
    bool whole;           /* it writes all bytes of a record, also those that are not in a field */
    bool has_header;      /* encoder.common is a line: the first of every file and connection */
    const char *one_type; /* with encoder.common: why a sink cannot take events of other types too,
                             as the end of a sentence */

    /* 0, -ENOMEM or -EINVAL with error filled. schema is borrowed until close; source is copied.
     * The caller owns *ret_encoder and gives it back by close. */
    int (*open)(const struct schema *schema, const char *source,
                const struct encoder_options *options, struct error *error,
                struct encoder **ret_encoder);

    /* Encodes the views selection[from], selection[from + 1], ... as long as each fits wholly into
     * the rest of the `room` bytes. Returns how many fitted and sets *ret_used to their bytes;
     * bytes after these may have been overwritten. If the next record did not fit although
     * event_max bytes were left, it is too long and never will. Allocates nothing. */
    uint32_t (*encode)(struct encoder *encoder, const struct batch *batch, uint32_t from, char *out,
                       size_t room, size_t *ret_used);

    /* Writes a loss as an event of its own. Returns its bytes; 0: the format has no such event, or
     * it does not fit. */
    size_t (*encode_loss)(struct encoder *encoder, const struct loss *loss, char *out, size_t room);

    /* Makes the output from now on readable without what was written before. NULL: it always is. */
    void (*restart)(struct encoder *encoder);

    void (*close)(struct encoder *encoder); /* accepts NULL */
};

/* Calls encode() of the encoder. */
static inline uint32_t encoder_batch(struct encoder *encoder, const struct batch *batch,
                                     uint32_t from, char *out, size_t room, size_t *ret_used)
{
    return encoder->ops->encode(encoder, batch, from, out, room, ret_used);
}

/* Calls encode_loss() of the encoder. */
static inline size_t encoder_loss(struct encoder *encoder, const struct loss *loss, char *out,
                                  size_t room)
{
    return encoder->ops->encode_loss(encoder, loss, out, room);
}

/* Closes an encoder; accepts NULL. */
static inline void encoder_close(struct encoder *encoder)
{
    if (encoder)
        encoder->ops->close(encoder);
}
