// SPDX-License-Identifier: Apache-2.0

/* All that does not change from record to record is settled at open, in a plan; a record is then a
 * run over the plan's steps, from the ring's page into the chunk. Room is checked as it is used, so
 * the chunk keeps what was complete. */

#include "encode/line_encoder.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "encode/bounded_put.h"
#include "encode/event_id.h"

enum {
    ROOM_BYTES = 64 * 1024, /* of the longest list where events have no longest length */
    FETCH_AHEAD = 4,        /* records */
    FETCH_BYTES = 512,      /* of a record, at most; the CPU itself sees where more follows */
    CACHE_LINE_BYTES = 64,
};

const struct setting line_settings[] = {
    {
        .name = "id",
        .type = SETTING_BOOL,
        .offset = offsetof(struct line_config, id),
        .fallback = "false",
        .doc = "whether events have an _id, by which repeats can be recognized",
    },
    {0},
};

/* ---- on the consumer thread ------------------------------------------------------------------ */

/* The reader has fetched where each record begins; the rest of it is fetched here, while those
 * before it are encoded. */
static inline void fetch(const struct batch *batch, uint32_t i)
{
    const struct ringmill_view *view;

    if (i >= batch->selected)
        return;
    view = &batch->views[batch->selection[i]];
    for (uint32_t at = CACHE_LINE_BYTES; at < view->length && at < FETCH_BYTES;
         at += CACHE_LINE_BYTES)
        __builtin_prefetch((const char *)view->data + at);
}

static inline __attribute__((always_inline)) uint32_t
encode(struct line_encoder *line, bool is_json, const struct batch *batch, uint32_t from, char *out,
       size_t room, size_t *ret_used)
{
    enum quoting quoting = line->format->style->quoting;
    const char *end = out + room;
    char *at = out;
    uint32_t i = from;

    for (; i < batch->selected; i++) {
        const char *limit = end - at > line->event_max ? at + line->event_max : end;
        uint32_t index = batch->selection[i];

        fetch(batch, i + FETCH_AHEAD);
        char *after =
            is_json
                ? record_print_json(&line->plan, &line->state, batch, index, at, limit)
                : record_print_other(&line->plan, &line->state, quoting, batch, index, at, limit);

        if (!after)
            break;
        at = after;
    }
    *ret_used = (size_t)(at - out);
    return i - from;
}

uint32_t line_encoder_encode(struct encoder *encoder, const struct batch *batch, uint32_t from,
                             char *out, size_t room, size_t *ret_used)
{
    struct line_encoder *line = (struct line_encoder *)encoder;
    uint32_t encoded;

    if (line->state.names)
        resolver_begin(line->state.names);
    encoded = line->format->style->quoting == QUOTING_JSON
                  ? encode(line, true, batch, from, out, room, ret_used)
                  : encode(line, false, batch, from, out, room, ret_used);
    if (line->state.names)
        resolver_end(line->state.names);
    return encoded;
}

static char *put_commas(char *at, const char *end, uint32_t count)
{
    while (count-- > 0)
        at = put_char(at, end, ',');
    return at;
}

size_t line_encoder_encode_loss(struct encoder *encoder, const struct loss *loss, char *out,
                                size_t room)
{
    struct line_encoder *line = (struct line_encoder *)encoder;
    const struct line_format *format = line->format;
    enum quoting quoting = format->style->quoting;
    const char *end = out + room;
    const char *say = format->timeless_loss && !line->timed ? format->timeless_loss : format->loss;
    char *at = out;

    for (; *say; say++) {
        if (*say != '%')
            at = put_char(at, end, *say);
        else if (*++say == 's')
            at = put_prepared(at, end, &line->source);
        else if (*say == 'n')
            at = put_integer(at, end, loss->records, false);
        else if (*say == 'c')
            at = put_commas(at, end, line->plan.n_columns - 1 - line->timed);
        else
            at = record_print_ktime(&line->state, quoting, at, end,
                                    (uint64_t)(*say == 'u' ? loss->until : loss->since));
    }
    return at ? (size_t)(at - out) : 0;
}

/* ---- on the setup thread --------------------------------------------------------------------- */

void line_encoder_close(struct encoder *encoder)
{
    struct line_encoder *line = (struct line_encoder *)encoder;

    if (!line)
        return;
    resolver_leave(line->state.names);
    encode_plan_deinit(&line->plan);
    prepared_text_deinit(&line->source);
    free(line->state.room);
    free(line);
}

static int fill(struct line_encoder *line, const char *source,
                const struct encoder_options *options)
{
    int r = quote_prepare(line->format->style->quoting, source, &line->source);

    if (r < 0)
        return r;
    if (line->plan.has_lists) {
        line->state.room_size = options->event_max ? options->event_max : ROOM_BYTES;
        line->state.room = malloc(line->state.room_size);
        if (!line->state.room)
            return -ENOMEM;
    }
    if (line->plan.has_users)
        resolver_want_users(options->resolver);
    if (line->plan.has_cgroups)
        resolver_want_cgroups(options->resolver);
    return line->plan.has_names ? resolver_join(options->resolver, &line->state.names) : 0;
}

static void set_wall(struct line_encoder *line, const struct wall_offset *wall)
{
    line->state.wall = wall;
    if (wall)
        return;
    wall_offset_refresh(&line->own_wall);
    line->state.wall = &line->own_wall;
}

int line_encoder_open_plan(const struct line_format *format, struct encode_plan *plan,
                           const struct schema *schema, const char *source,
                           const struct encoder_options *options, struct error *error,
                           struct encoder **ret_encoder)
{
    struct line_encoder *line = calloc(1, sizeof(*line));

    if (!line) {
        encode_plan_deinit(plan);
        return error_set(error, -ENOMEM, "out of memory");
    }
    line->format = format;
    line->plan = *plan;
    *plan = (struct encode_plan){0};
    line->encoder.ops = format->ops;
    line->encoder.common = line->plan.header;
    line->timed = encode_plan_find_time(schema) != NULL;
    line->event_max = options->event_max ? options->event_max : PTRDIFF_MAX;
    set_wall(line, options->wall);
    if (fill(line, source, options) < 0) {
        line_encoder_close(&line->encoder);
        return error_set(error, -ENOMEM, "out of memory");
    }
    *ret_encoder = &line->encoder;
    return 0;
}

int line_encoder_open(const struct line_format *format, const struct schema *schema,
                      const char *source, const struct encoder_options *options,
                      struct error *error, struct encoder **ret_encoder)
{
    static const struct encoder_options none;
    const struct line_config *config;
    _cleanup_(cleanup_free) char *id = NULL;
    struct encode_plan plan;
    int r;

    options = options ? options : &none;
    config = options->config;
    if (config && config->id) {
        id = event_id_new(source);
        if (!id)
            return error_set(error, -ENOMEM, "out of memory");
    }
    r = encode_plan_init(&plan, schema,
                         &(struct encode_plan_options){.style = format->style,
                                                       .source = source,
                                                       .type = options->type,
                                                       .id = id,
                                                       .resolve_names = options->resolver != NULL},
                         error);
    if (r < 0) {
        encode_plan_deinit(&plan);
        return r;
    }
    return line_encoder_open_plan(format, &plan, schema, source, options, error, ret_encoder);
}
