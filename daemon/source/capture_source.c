// SPDX-License-Identifier: Apache-2.0

/* One stream with all types of the file, told apart by their tags, in one linear ring over the
 * mapped file. From stream->capture the pipeline learns that the stream ends, and what the file
 * contains besides records. */

#include "source/kind.h"

#include <errno.h>
#include <math.h>
#include <ringmill/ring.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "ring/linear.h"
#include "source/feeder.h"

#define SPEED_MAX 1e6

struct capture_source_config {
    const char *path;
    const char *speed;
    int64_t count; /* 0: all */
};

static const struct setting capture_settings[] = {
    {
        .name = "capture",
        .type = SETTING_PATH,
        .offset = offsetof(struct capture_source_config, path),
        .required = true,
        .doc = "a capture file, written by a sink of type capture",
    },
    {
        .name = "speed",
        .type = SETTING_TEXT,
        .offset = offsetof(struct capture_source_config, speed),
        .fallback = "max",
        .doc = "replay speed: max, recorded (the original timing), or a factor of it such as 0.5 "
               "or 10",
    },
    {
        .name = "count",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct capture_source_config, count),
        .minimum = 1,
        .maximum = INT64_MAX,
        .doc = "replay only this many records (default: all)",
    },
    {0},
};

struct capture_state {
    struct capture *capture;
    double speed; /* 0: max */
    struct feeder feeder;
};

/* 0 or -EINVAL. */
static int parse_speed(const char *text, double *ret_speed)
{
    char *end;
    double factor;

    if (strcmp(text, "max") == 0) {
        *ret_speed = 0;
        return 0;
    }
    if (strcmp(text, "recorded") == 0) {
        *ret_speed = 1;
        return 0;
    }
    factor = strtod(text, &end);
    if (end == text || *end || !(factor >= 1 / SPEED_MAX && factor <= SPEED_MAX))
        return -EINVAL;
    *ret_speed = factor;
    return 0;
}

/* The stream takes over the schemas; the names live as long as the capture. */
static int make_stream(struct source *source, struct capture *capture)
{
    struct stream *stream = source->streams = streams_new(1);
    int result;

    if (!stream)
        return -ENOMEM;
    source->n_streams = 1;
    result = stream_set_types(stream, capture->n_types);
    if (result < 0)
        return result;
    stream->name = "capture";
    stream->selector = STREAM_BY_TAG;
    stream->ring_size = capture->mapped;
    stream->capture = capture;
    for (uint32_t i = 0; i < capture->n_types; i++)
        stream->types[i] = (struct stream_type){.value = capture->types[i].tag,
                                                .schema = TAKE_PTR(capture->types[i].schema),
                                                .source_name = capture->types[i].source,
                                                .label = capture->types[i].label};
    return 0;
}

static int capture_open_source(struct source *source, const struct config_node *config,
                               struct diag *diag)
{
    const struct capture_source_config *bound = source->config;
    struct capture_state *state = source->state = calloc(1, sizeof(*state));
    struct error error;
    int result;

    if (!state)
        return -ENOMEM;
    if (parse_speed(bound->speed, &state->speed) < 0) {
        diag_add(diag, config_map_get(config, "speed"),
                 "allowed are max, recorded, or a factor from %g to %g", 1 / SPEED_MAX, SPEED_MAX);
        return -EINVAL;
    }
    result = capture_open(bound->path, &error, &state->capture);
    if (result == 0 && bound->count > 0)
        capture_cut(state->capture, (uint64_t)bound->count);
    if (result == 0 && state->capture->n_types == 0)
        result = state->capture->damaged
                     ? error_set(&error, -EBADMSG, "%s", state->capture->damage.text)
                     : error_set(&error, -ENODATA, "%s contains no records", bound->path);
    if (result == 0) {
        result = make_stream(source, state->capture);
        if (result < 0)
            error_set(&error, result, "out of memory");
    }
    if (result < 0)
        diag_add_error(diag, config_map_get(config, "capture"), &error);
    return result;
}

static void capture_close_source(struct source *source)
{
    struct capture_state *state = source->state;

    if (!state)
        return;
    feeder_stop(&state->feeder);
    capture_free(state->capture);
    free(state);
}

static int capture_open_ring(const struct source *source, uint32_t stream, uint32_t ring,
                             struct ringmill_error *reason, struct ringmill_ring **ret_ring)
{
    struct capture_state *state = source->state;
    const struct capture *capture = state->capture;
    struct linear linear = {.data = capture->bytes,
                            .start = capture->begin,
                            .published = capture->begin,
                            .end = capture->end,
                            .name = "capture"};
    struct ringmill_ring_options options = {.size = sizeof(options), .recheck = RINGMILL_OFF};
    int result = linear_open(&linear, &options, reason, ret_ring);

    (void)stream;
    (void)ring;
    if (result == 0)
        state->feeder.ring = *ret_ring;
    return result;
}

static int capture_attach(struct source *source, struct error *error)
{
    struct capture_state *state = source->state;
    int result;

    state->feeder.capture = state->capture;
    state->feeder.speed = state->speed;
    result = feeder_start(&state->feeder);
    return result < 0 ? error_set(error, result, "cannot start a thread: %s", strerror(-result))
                      : 0;
}

static void capture_detach(struct source *source)
{
    feeder_stop(&((struct capture_state *)source->state)->feeder);
}

static int capture_end_error(const struct source *source, uint64_t position, struct error *error)
{
    const struct capture_state *state = source->state;
    const struct capture *capture = state->capture;

    if (!capture->damaged || position != capture->end)
        return 0;
    *error = capture->damage;
    return -EBADMSG;
}

const struct source_kind source_capture = {
    .name = "capture",
    .settings = capture_settings,
    .config_size = sizeof(struct capture_source_config),
    .open = capture_open_source,
    .close = capture_close_source,
    .attach = capture_attach,
    .detach = capture_detach,
    .open_ring = capture_open_ring,
    .end_error = capture_end_error,
};
