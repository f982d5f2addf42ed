// SPDX-License-Identifier: Apache-2.0

/* A chunk is accepted completely or not at all: what is delivered is in the file, and what is
 * dropped is not.
 *
 * A capture that was deleted cannot be continued in a new file, as the descriptions of the types
 * are in its first chunks. So writing fails, as on a full disk, until the daemon is restarted. A
 * capture that was moved or replaced is continued, since it can still be read where it is now. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/counter.h"
#include "base/log.h"
#include "capture/capture_writer.h"
#include "sink/capture_encoder.h"
#include "sink/followed_file.h"
#include "sink/sink_kinds.h"

#define LOOK_NS INT64_C(10000000)   /* within this time after a check, a write makes no other one */
#define TEND_NS INT64_C(1000000000) /* time between checks while no events come */

struct capture_sink_config {
    const char *path;
};

static const struct setting capture_settings[] = {
    {
        .name = "path",
        .type = SETTING_PATH,
        .offset = offsetof(struct capture_sink_config, path),
        .required = true,
        .doc = "the file to write; an existing capture is continued",
    },
    {0},
};

struct capture_sink {
    struct sink base;
    const char *name;
    char *path;
    struct capture_writer *writer;

    /* owned by the writer thread */
    struct followed_file file;
    enum followed_state state;
    struct error why;

    counter gone; /* any thread reads */
};

static void follow(struct capture_sink *sink)
{
    struct stat stat_of;

    sink->file.fd = -1;
    if (fstat(capture_writer_fd(sink->writer), &stat_of) == 0)
        followed_file_init(&sink->file, capture_writer_fd(sink->writer), &stat_of);
}

/* Logs each change once. A file that was replaced may have been deleted or moved. */
static void look_for_file(struct capture_sink *sink)
{
    struct stat stat_of;
    enum followed_state state = followed_file_look(&sink->file, sink->path, &stat_of);
    bool deleted = fstat(sink->file.fd, &stat_of) == 0 && stat_of.st_nlink == 0;

    state = deleted ? FOLLOWED_DELETED : state;
    if (state == sink->state)
        return;
    sink->state = state;
    if (state == FOLLOWED_HERE)
        return;
    counter_add(&sink->gone, 1);
    log_about(LOG_LEVEL_WARNING, "sink", sink->name, "%s was %s; %s", sink->path,
              followed_state_text(state),
              deleted ? "restart the daemon to start a new capture"
                      : "still writing to the same file at its new place");
}

static int capture_open_sink(const void *config, const struct sink_options *options,
                             struct error *error, struct sink **ret)
{
    const struct capture_sink_config *capture = config;
    struct capture_sink *sink = calloc(1, sizeof(*sink));
    uint64_t cut = 0;
    int result;

    if (!sink)
        return error_set(error, -ENOMEM, "out of memory");
    sink->base.ops = &sink_capture;
    sink->name = options->name; /* the framing is not needed: chunks are not looked into */
    sink->path = strdup(capture->path);
    result = sink->path ? capture_writer_new(capture->path, error, &cut, &sink->writer)
                        : error_set(error, -ENOMEM, "out of memory");
    if (result < 0) {
        free(sink->path);
        free(sink);
        return result;
    }
    follow(sink);
    if (cut > 0)
        log_warning("%s ended with a partial record; its last %llu bytes were removed",
                    capture->path, (unsigned long long)cut);
    *ret = &sink->base;
    return 0;
}

static enum sink_state capture_write(struct sink *base, const char *bytes, size_t size,
                                     struct sink_outcome *outcome)
{
    struct capture_sink *sink = (struct capture_sink *)base;
    int result;

    if (followed_file_is_due(&sink->file, LOOK_NS))
        look_for_file(sink);
    if (sink->state == FOLLOWED_DELETED) {
        error_set(&sink->why, 0, "%s was deleted; restart the daemon to start a new capture",
                  sink->path);
        outcome->why = sink->why.text;
        return SINK_WAITING;
    }
    result = capture_writer_put(sink->writer, bytes, size);
    return sink_written(outcome, result < 0 ? result : (ssize_t)size, NULL);
}

static enum sink_state capture_tend(struct sink *base, struct sink_outcome *outcome)
{
    struct capture_sink *sink = (struct capture_sink *)base;

    if (followed_file_is_due(&sink->file, TEND_NS))
        look_for_file(sink);
    outcome->due_ms = followed_file_due_in(&sink->file, TEND_NS);
    return SINK_ACCEPTED;
}

static void capture_rows(const struct sink *base, row_emit emit, void *data)
{
    static const struct row rows[] = {
        {"size", "bytes", ROW_LEVEL, "Size of the file"},
        {"gone", "", ROW_COUNT, "Times the file was moved, deleted or replaced"},
    };
    const struct capture_sink *sink = (const struct capture_sink *)base;

    emit(data, &rows[0], capture_writer_size(sink->writer));
    emit(data, &rows[1], counter_get(&sink->gone));
}

static void capture_close(struct sink *sink)
{
    if (!sink)
        return;
    capture_writer_free(((struct capture_sink *)sink)->writer);
    free(((struct capture_sink *)sink)->path);
    free(sink);
}

static const char *capture_path(const void *config)
{
    return ((const struct capture_sink_config *)config)->path;
}

const struct sink_ops sink_capture = {
    .name = "capture",
    .doc = "raw records in a file, for ringmill replay",
    .format = &capture_encoder_ops,
    .settings = capture_settings,
    .config_size = sizeof(struct capture_sink_config),
    .file = capture_path,
    .open = capture_open_sink,
    .write = capture_write,
    .tend = capture_tend,
    .rows = capture_rows,
    .close = capture_close,
};
