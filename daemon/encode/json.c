// SPDX-License-Identifier: Apache-2.0

/* All that does not change from record to record is settled at open, in a plan; a record is then a
 * run over the plan's steps, from the ring's page into the chunk. Room is checked as it is used, so
 * the chunk keeps what was complete. */

#include "encode/json.h"

#include <errno.h>
#include <stdlib.h>

#include "encode/json_run.h"
#include "encode/put.h"

struct json_encoder {
    struct encoder encoder;
    /* immutable after open */
    struct json_plan plan;
    struct snippet source;       /* ,"source":"exec" */
    struct wall_offset own_wall; /* where the caller has none */
    ptrdiff_t event_max;
    /* owned by the consumer thread */
    struct json_state state;
};

static uint32_t json_encode(struct encoder *encoder, const struct batch *batch, uint32_t from,
                            char *out, size_t room, size_t *ret_used)
{
    struct json_encoder *json = (struct json_encoder *)encoder;
    const char *end = out + room;
    char *at = out;
    uint32_t i = from;

    if (json->state.names)
        resolver_begin(json->state.names);
    for (; i < batch->selected; i++) {
        const char *limit = end - at > json->event_max ? at + json->event_max : end;
        char *behind = json_run(&json->plan, &json->state, batch, batch->selection[i], at, limit);

        if (!behind)
            break;
        at = behind;
    }
    if (json->state.names)
        resolver_end(json->state.names);
    *ret_used = (size_t)(at - out);
    return i - from;
}

static size_t json_encode_loss(struct encoder *encoder, const struct loss *loss, char *out,
                               size_t room)
{
    struct json_encoder *json = (struct json_encoder *)encoder;
    const char *end = out + room;
    char *at = put_bytes(out, end, "{\"time\":", 8);

    at = json_put_ktime(&json->state, at, end, (uint64_t)loss->until);
    at = put_snippet(at, end, &json->source);
    at = put_bytes(at, end, ",\"_lost\":", 9);
    at = put_integer(at, end, loss->records, false);
    at = put_bytes(at, end, ",\"_since\":", 10);
    at = json_put_ktime(&json->state, at, end, (uint64_t)loss->since);
    at = put_bytes(at, end, ",\"_until\":", 10);
    at = json_put_ktime(&json->state, at, end, (uint64_t)loss->until);
    at = put_bytes(at, end, "}\n", 2);
    return at ? (size_t)(at - out) : 0;
}

static void json_close(struct encoder *encoder)
{
    struct json_encoder *json = (struct json_encoder *)encoder;

    if (!json)
        return;
    resolver_leave(json->state.names);
    json_plan_deinit(&json->plan);
    snippet_deinit(&json->source);
    free(json);
}

static int fill(struct json_encoder *json, const struct schema *schema, const char *source,
                const struct encoder_options *options, struct error *error)
{
    const struct json_plan_options plan_options = {
        .source = source, .type = options->type, .resolve_names = options->resolver != NULL};
    int r = json_plan_init(&json->plan, schema, &plan_options, error);

    if (r < 0)
        return r;
    r = snippet_init(&json->source, ",\"source\":\"", source, "\"");
    if (r == 0 && json->plan.has_names)
        r = resolver_join(options->resolver, &json->state.names);
    return r < 0 ? error_set(error, r, "out of memory") : 0;
}

static int json_open(const struct schema *schema, const char *source,
                     const struct encoder_options *options, struct error *error,
                     struct encoder **ret_encoder)
{
    static const struct encoder_options none;
    struct json_encoder *json = calloc(1, sizeof(*json));
    int r;

    if (!json)
        return error_set(error, -ENOMEM, "out of memory");
    options = options ? options : &none;
    r = fill(json, schema, source, options, error);
    if (r < 0) {
        json_close(&json->encoder);
        return r;
    }
    json->encoder.ops = &json_encoder_ops;
    json->event_max = options->event_max ? options->event_max : PTRDIFF_MAX;
    json->state.wall = options->wall;
    if (!json->state.wall) {
        wall_offset_refresh(&json->own_wall);
        json->state.wall = &json->own_wall;
    }
    *ret_encoder = &json->encoder;
    return 0;
}

const struct encoder_ops json_encoder_ops = {
    .name = "json",
    .open = json_open,
    .encode = json_encode,
    .encode_loss = json_encode_loss,
    .close = json_close,
};
