// SPDX-License-Identifier: Apache-2.0

/* The only place where a record's bytes are copied: from the ring's page straight into the chunk
 * that the sink will write, encoded in the sink's format. */

#include "record/builtin_handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/lane.h"
#include "base/log.h"
#include "config/setting.h"
#include "encode/encoder.h"
#include "record/field.h"

enum { FORWARD_OUTLETS_MAX = 16 };

struct forward_config {
    struct setting_texts sinks;
};

static const struct setting forward_setting = {
    .name = "forward",
    .type = SETTING_NAMES,
    .offset = offsetof(struct forward_config, sinks),
    .minimum = 1,
    .maximum = FORWARD_OUTLETS_MAX,
    .doc = "one or more sinks",
};

struct opened_outlet {
    struct lane *lane;
    struct encoder *encoder;
    uint32_t event_max;
    uint64_t chunk;   /* the last one that the encoder has started again for */
    char *sink_name;  /* owned */
    bool is_reported; /* that a record is too long */
};

struct forward {
    struct handler base;
    const struct field *ktime; /* when the kernel submitted a record; NULL: nobody knows */
    struct opened_outlet outlets[FORWARD_OUTLETS_MAX];
    uint32_t n_outlets;
};

static void forward_close(struct handler *handler)
{
    struct forward *forward = (struct forward *)handler;

    if (!forward)
        return;
    for (uint32_t i = 0; i < forward->n_outlets; i++) {
        encoder_close(forward->outlets[i].encoder);
        free(forward->outlets[i].sink_name);
    }
    free(forward);
}

/* A mistake in the format's own options is shown where they are. */
static void refuse(const struct outlet *outlet, const struct config_node *name,
                   const struct encoder_place *place, struct error *error, struct diag *diag)
{
    const struct config_node *option =
        place->setting ? config_map_get(outlet->config, place->setting) : NULL;

    if (option)
        diag_add_inside(diag, option, place->offset, "%s", error_join(error));
    else
        diag_add_error(diag, name, error);
}

/* What the format asks all events of a sink to have in common: the first encoder says it. */
static int agree(const struct outlet *outlet, const struct encoder *encoder, const char *type,
                 const struct config_node *name, struct diag *diag)
{
    struct outlet_common *common = outlet->common;

    if (!encoder->common || !common)
        return 0;
    if (!common->text) {
        common->text = strdup(encoder->common);
        common->type = strdup(type);
        return common->text && common->type ? 0 : -ENOMEM;
    }
    if (strcmp(common->text, encoder->common) == 0)
        return 0;
    diag_add(diag, name,
             "the sink %s cannot take both %s and %s: %s; use a separate sink for each, or another "
             "format",
             outlet->sink_name, common->type, type, outlet->format->one_type);
    return -EINVAL;
}

/* Such a format would undo what a handler before has done. */
static int check_hidden(const struct outlet *outlet, const struct schema *schema,
                        const struct config_node *name, struct diag *diag)
{
    if (!outlet->format->whole || !schema->hidden_bytes)
        return 0;
    diag_add(diag, name,
             "the format of the sink %s writes whole records and would reveal %s, which an earlier "
             "redact or select hides; forward to %s before that step, or use a text format",
             outlet->sink_name, schema->hidden_bytes, outlet->sink_name);
    return -EINVAL;
}

static uint32_t event_max_of(const struct outlet *outlet)
{
    return outlet && outlet->event_max ? outlet->event_max : EVENT_MAX;
}

static int open_outlet(struct forward *forward, const struct handler_host *host,
                       const struct config_node *name, struct diag *diag)
{
    const struct outlet *outlet = host->outlet(host, name, diag);
    struct opened_outlet *opened = &forward->outlets[forward->n_outlets];
    struct encoder_place place = {0};
    struct encoder_options options = {.wall = host->wall,
                                      .event_max = event_max_of(outlet),
                                      .resolver = host->resolver,
                                      .type = host->type,
                                      .config = outlet ? outlet->format_config : NULL,
                                      .siblings = host->siblings,
                                      .lost_unknown = host->lost_unknown,
                                      .place = &place};
    struct error error;
    int result;

    if (!outlet)
        return -ENOENT;
    if (!outlet->format)
        return -EINVAL; /* the sink's own error was reported where the sink is */
    result = check_hidden(outlet, host->schema, name, diag);
    if (result < 0)
        return result;
    result =
        outlet->format->open(host->schema, host->source_name, &options, &error, &opened->encoder);
    if (result < 0) {
        refuse(outlet, name, &place, &error, diag);
        return result;
    }
    opened->lane = outlet->lane;
    opened->event_max = options.event_max;
    opened->sink_name = strdup(outlet->sink_name);
    forward->n_outlets++;
    if (!opened->sink_name)
        return -ENOMEM;
    return agree(outlet, opened->encoder, host->schema->type_name, name, diag);
}

static int forward_open(const struct config_node *config, const struct handler_host *host,
                        struct diag *diag, struct handler **ret)
{
    struct forward *forward = calloc(1, sizeof(*forward));
    struct forward_config bound = {0};
    int result = 0;

    if (!forward)
        return -ENOMEM;
    forward->base.ops = &forward_ops;
    forward->ktime = schema_find_meaning(host->schema, MEANING_KTIME);
    if (forward->ktime && forward->ktime->column)
        forward->ktime = NULL; /* of the sample only */
    if (setting_bind_value(&forward_setting, config, &bound, diag) > 0)
        result = -EINVAL; /* and none is bound */
    for (uint32_t i = 0; i < bound.sinks.count; i++) {
        int opened = open_outlet(forward, host, bound.sinks.nodes[i], diag);

        result = opened < 0 ? opened : result;
    }
    if (result < 0) {
        forward_close(&forward->base);
        return result;
    }
    *ret = &forward->base;
    return 0;
}

/* When the first record of the batch that is still in was submitted; 0: unknown. */
static int64_t submit_time(const struct forward *forward, const struct batch *batch)
{
    const struct ringmill_view *view = &batch->views[batch->selection[0]];

    return forward->ktime && field_present(forward->ktime, view)
               ? (int64_t)field_integer(forward->ktime, view)
               : 0;
}

/* Any chunk of a lane that drops the oldest may be missing in the end, so each can be read without
 * the others. */
static void begin_chunk(struct opened_outlet *opened)
{
    uint64_t chunk = opened->lane->closed + 1;

    if (opened->lane->overflow != LANE_DROP_OLDEST || opened->chunk == chunk)
        return;
    opened->chunk = chunk;
    if (opened->encoder->ops->restart)
        opened->encoder->ops->restart(opened->encoder);
}

/* Once for each type and sink; the books count them all. */
static void report_too_long(struct opened_outlet *opened, const struct batch *batch, uint32_t index)
{
    if (opened->is_reported)
        return;
    opened->is_reported = true;
    log_about(
        LOG_LEVEL_WARNING, "sink", opened->sink_name,
        "did not get a record of %u bytes (%s): its event is longer than %u KiB; such records "
        "are counted as failed",
        batch->views[batch->selection[index]].length, batch->schema->type_name,
        opened->event_max / 1024);
}

/* An event that does not fit into a chunk that has room for the longest one is too long. */
static void fill_lane(const struct forward *forward, struct opened_outlet *opened,
                      struct batch *batch)
{
    uint32_t next = 0;

    if (opened->lane->refuses) {
        lane_refuse(opened->lane, batch->selected);
        batch->forwarded += batch->selected;
        return;
    }
    while (next < batch->selected) {
        uint32_t room, encoded;
        size_t used;
        char *tail = lane_tail(opened->lane, &room);

        begin_chunk(opened);
        encoded = encoder_batch(opened->encoder, batch, next, tail, room, &used);
        lane_add(opened->lane, (uint32_t)used, encoded);
        if (batch->clocked && next == 0 && encoded > 0)
            lane_stamp(opened->lane, submit_time(forward, batch));
        batch->forwarded += encoded;
        next += encoded;
        if (next == batch->selected)
            return;
        if (room - used < opened->lane->event_max) {
            lane_next_chunk(opened->lane);
        } else {
            report_too_long(opened, batch, next);
            batch->failed++;
            next++;
        }
    }
}

static void forward_process(struct handler *handler, struct batch *batch)
{
    struct forward *forward = (struct forward *)handler;

    for (uint32_t i = 0; i < forward->n_outlets; i++)
        fill_lane(forward, &forward->outlets[i], batch);
}

static uint32_t forward_lost(struct handler *handler, const struct loss *loss)
{
    struct forward *forward = (struct forward *)handler;
    uint32_t told = 0;

    for (uint32_t i = 0; i < forward->n_outlets; i++) {
        struct opened_outlet *opened = &forward->outlets[i];
        uint32_t room;
        size_t used;

        if (opened->lane->refuses) { /* there may be no chunk left to write into */
            lane_refuse(opened->lane, 1);
            told++;
            continue;
        }
        lane_tail(opened->lane, &room);
        if (room < LOSS_BYTES_MAX)
            lane_next_chunk(opened->lane);
        begin_chunk(opened);
        used = encoder_loss(opened->encoder, loss, lane_tail(opened->lane, &room), LOSS_BYTES_MAX);
        if (used == 0)
            continue;
        lane_add(opened->lane, (uint32_t)used, 1);
        told++;
    }
    return told;
}

const struct handler_ops forward_ops = {
    .name = "forward",
    .doc = "encodes each record and sends it to one or more sinks",
    .removes = BOOK_FORWARDED,
    .forwards = true,
    .open = forward_open,
    .process = forward_process,
    .lost = forward_lost,
    .close = forward_close,
};
