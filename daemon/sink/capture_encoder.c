// SPDX-License-Identifier: Apache-2.0

/* To print the same times again, a replay needs the offset of the wall clock as it was for each
 * record. The offset is measured every second, and each encoder writes it after each measurement:
 * all encoders of a file are on one thread and read the same measurement, so the latest clock
 * record before a record is the right one, whichever encoder wrote it. (If one day several threads,
 * each with its own clock, write to one file, each batch must begin with a clock record.)
 *
 * Where chunks can be dropped on their way to the file, each chunk starts over: description, clock
 * and names are repeated (capture_restart()), so the rest can be read whatever is missing.
 *
 * The description is written in front of a record, never alone: both are counted as one event, and
 * together they are at most as long as the longest event. */

#include "sink/capture_encoder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "capture/frame.h"
#include "capture/naming.h"
#include "capture/type.h"

#define CLOCK_EVERY INT64_C(1000000) /* ns: how exactly a replay can be paced */

struct capture_encoder {
    struct encoder encoder;
    /* immutable after open */
    const struct wall_offset *wall;
    struct wall_offset own_wall; /* where the caller has none */
    uint32_t event_max;
    void *type; /* the description */
    uint32_t type_size;
    uint32_t tag;
    struct naming naming;      /* owned by the consumer thread */
    struct capture_loss *loss; /* with the source's name, to be filled in */
    uint32_t loss_size;
    /* owned by the consumer thread */
    bool announced;
    int64_t clocked;  /* ns, monotonic: the last clock record */
    int64_t measured; /* the wall clock measurement that it had */
};

struct clock_record {
    struct frame frame;
    struct capture_clock clock;
    uint8_t zeroes[FRAME_ROOM - sizeof(struct capture_clock)];
};

/* What has to be written before the next record. */
struct preamble {
    bool type;
    bool clock;
    struct clock_record record;
    uint32_t size;
};

static uint32_t padded(uint32_t length)
{
    return (length + 7) & ~UINT32_C(7);
}

static struct preamble plan_preamble(const struct capture_encoder *capture)
{
    int64_t now = clock_monotonic();
    struct preamble preamble = {
        .type = !capture->announced,
        .clock = capture->wall->measured != capture->measured || !capture->clocked ||
                 now - capture->clocked >= CLOCK_EVERY,
        .record = {frame_control(CAPTURE_CLOCK, frame_padded(sizeof(struct capture_clock))),
                   {now, capture->wall->offset, capture->wall->slept},
                   {0}},
    };

    if (preamble.type)
        preamble.size += (uint32_t)sizeof(struct frame) + frame_padded(capture->type_size);
    if (preamble.clock)
        preamble.size += (uint32_t)sizeof(preamble.record);
    return preamble;
}

static char *put_frame(char *at, struct frame frame, const void *bytes, uint32_t length)
{
    memcpy(at, &frame, sizeof(frame));
    at += sizeof(frame);
    memcpy(at, bytes, length);
    memset(at + length, 0, padded(length) - length);
    return at + padded(length);
}

static char *put_control(char *at, enum capture_control kind, const void *bytes, uint32_t length)
{
    struct frame frame = frame_control(kind, frame_padded(length));

    memcpy(at, &frame, sizeof(frame));
    at += sizeof(frame);
    memcpy(at, bytes, length);
    memset(at + length, 0, frame_padded(length) - length);
    return at + frame_padded(length);
}

static char *put_preamble(struct capture_encoder *capture, const struct preamble *preamble,
                          char *at)
{
    if (preamble->type)
        at = put_control(at, CAPTURE_TYPE, capture->type, capture->type_size);
    if (preamble->clock) {
        memcpy(at, &preamble->record, sizeof(preamble->record));
        at += sizeof(preamble->record);
        capture->clocked = preamble->record.clock.monotonic;
        capture->measured = capture->wall->measured;
    }
    capture->announced = true;
    return at;
}

static bool fits(const struct capture_encoder *capture, uint64_t length, uint64_t before,
                 size_t room)
{
    uint64_t size = sizeof(struct frame) + before + ((length + 7) & ~UINT64_C(7));

    return size <= room && size <= capture->event_max;
}

/* Writes the record and everything that must precede it; preamble is NULL except for the first
 * record. Returns the position after it, or NULL if it does not fit. */
static char *put_record(struct capture_encoder *capture, const struct preamble *preamble,
                        const struct ringmill_view *view, char *at, const char *end)
{
    uint32_t before = preamble ? preamble->size : 0;
    char *start = at;

    if (!fits(capture, view->length, before, (size_t)(end - at)))
        return NULL;
    at = naming_put(&capture->naming, view, at + before, end);
    if (!at)
        return NULL;
    if (!fits(capture, view->length, (size_t)(at - start), (size_t)(end - start))) {
        naming_undo(&capture->naming);
        return NULL;
    }
    if (preamble)
        put_preamble(capture, preamble, start);
    return put_frame(at, frame_record(capture->tag, view->length), view->data, view->length);
}

static uint32_t capture_encode(struct encoder *encoder, const struct batch *batch, uint32_t from,
                               char *out, size_t room, size_t *ret_used)
{
    struct capture_encoder *capture = (struct capture_encoder *)encoder;
    struct preamble preamble = plan_preamble(capture);
    char *at = out;
    uint32_t i = from;

    naming_begin(&capture->naming);
    for (; i < batch->selected; i++) {
        char *after = put_record(capture, at == out && preamble.size ? &preamble : NULL,
                                 &batch->views[batch->selection[i]], at, out + room);

        if (!after)
            break;
        at = after;
    }
    naming_end(&capture->naming);
    *ret_used = (size_t)(at - out);
    return i - from;
}

static size_t capture_encode_loss(struct encoder *encoder, const struct loss *loss, char *out,
                                  size_t room)
{
    struct capture_encoder *capture = (struct capture_encoder *)encoder;
    bool announced = capture->announced;
    struct preamble preamble;
    char *at = out;

    capture->announced = true; /* a loss names its source itself, so it needs no description */
    preamble = plan_preamble(capture);
    if (fits(capture, frame_padded(capture->loss_size), preamble.size, room)) {
        capture->loss->records = loss->records;
        capture->loss->since = loss->since;
        capture->loss->until = loss->until;
        at = put_preamble(capture, &preamble, at);
        at = put_control(at, CAPTURE_LOSS, capture->loss, capture->loss_size);
    }
    capture->announced = announced;
    return (size_t)(at - out);
}

static void capture_restart(struct encoder *encoder)
{
    struct capture_encoder *capture = (struct capture_encoder *)encoder;

    capture->announced = false;
    capture->clocked = 0;
    naming_forget(&capture->naming);
}

static void capture_close(struct encoder *encoder)
{
    struct capture_encoder *capture = (struct capture_encoder *)encoder;

    if (!capture)
        return;
    naming_deinit(&capture->naming);
    free(capture->type);
    free(capture->loss);
    free(capture);
}

static int describe(struct capture_encoder *capture, const struct schema *schema,
                    const char *source, const struct encoder_options *options, struct error *error)
{
    const char *label = options ? options->type : NULL;
    uint32_t flags = options && options->lost_unknown ? CAPTURE_LOST_UNKNOWN : 0;
    size_t name = strlen(source) + 1;

    if (name > CAPTURE_NAME_MAX + 1 || (label && strlen(label) > CAPTURE_NAME_MAX))
        return error_set(
            error, -EINVAL,
            "the name of the source or type is too long for a capture: allowed are %d bytes",
            CAPTURE_NAME_MAX);
    capture->loss_size = (uint32_t)(sizeof(struct capture_loss) + name);
    capture->loss = calloc(1, capture->loss_size);
    if (!capture->loss)
        return error_set(error, -ENOMEM, "out of memory");
    memcpy(capture->loss->source, source, name);
    return capture_type_write(schema, source, label, flags, error, &capture->type,
                              &capture->type_size, &capture->tag);
}

static int capture_open_encoder(const struct schema *schema, const char *source,
                                const struct encoder_options *options, struct error *error,
                                struct encoder **ret_encoder)
{
    struct capture_encoder *capture = calloc(1, sizeof(*capture));
    int result;

    if (!capture)
        return error_set(error, -ENOMEM, "out of memory");
    result = describe(capture, schema, source, options, error);
    if (result == 0 &&
        naming_init(&capture->naming, schema, options ? options->resolver : NULL) < 0)
        result = error_set(error, -ENOMEM, "out of memory");
    if (result < 0) {
        capture_close(&capture->encoder);
        return result;
    }
    capture->encoder.ops = &capture_encoder_ops;
    capture->event_max = options && options->event_max ? options->event_max : UINT32_MAX;
    capture->wall = options ? options->wall : NULL;
    if (!capture->wall) {
        wall_offset_refresh(&capture->own_wall);
        capture->wall = &capture->own_wall;
    }
    *ret_encoder = &capture->encoder;
    return 0;
}

const struct encoder_ops capture_encoder_ops = {
    .name = "capture",
    .whole = true,
    .open = capture_open_encoder,
    .encode = capture_encode,
    .encode_loss = capture_encode_loss,
    .restart = capture_restart,
    .close = capture_close,
};
