// SPDX-License-Identifier: Apache-2.0

/* A chunk is a piece of the file: it is accepted wholly or not at all, so what is delivered is in
 * the file and what is dropped is not. */

#include "sink/capture.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "capture/writer.h"
#include "sink/capture_encoder.h"

struct capture_config {
    const char *path;
};

static const struct setting capture_settings[] = {
    {
        .name = "path",
        .type = SETTING_PATH,
        .offset = offsetof(struct capture_config, path),
        .required = true,
        .doc = "the file to write, or to go on with",
    },
    {0},
};

struct capture_sink {
    struct sink base;
    struct capture_writer *writer;
};

static int capture_open_sink(const void *config, const struct sink_options *options,
                             struct error *error, struct sink **ret)
{
    const struct capture_config *capture = config;
    struct capture_sink *sink = calloc(1, sizeof(*sink));
    uint64_t cut = 0;
    int result;

    (void)options; /* the framing is our own: chunks are taken whole, nobody looks into them */
    if (!sink)
        return error_set(error, -ENOMEM, "out of memory");
    sink->base.ops = &sink_capture;
    result = capture_writer_new(capture->path, error, &cut, &sink->writer);
    if (result < 0) {
        free(sink);
        return result;
    }
    if (cut > 0)
        log_warning("%s ended in the middle of a record; %llu bytes were cut off", capture->path,
                    (unsigned long long)cut);
    *ret = &sink->base;
    return 0;
}

static ssize_t capture_write(struct sink *sink, const char *bytes, size_t size)
{
    int result = capture_writer_put(((struct capture_sink *)sink)->writer, bytes, size);

    return result < 0 ? result : (ssize_t)size;
}

static int capture_watch_fd(const struct sink *sink)
{
    (void)sink;
    return -1;
}

static void capture_rows(const struct sink *sink, row_emit emit, void *data)
{
    static const struct row size = {
        .name = "size",
        .unit = "bytes",
        .kind = ROW_LEVEL,
        .help = "Size of the file that is written to",
    };

    emit(data, &size, capture_writer_size(((const struct capture_sink *)sink)->writer));
}

static void capture_close(struct sink *sink)
{
    if (!sink)
        return;
    capture_writer_free(((struct capture_sink *)sink)->writer);
    free(sink);
}

static const char *capture_path(const void *config)
{
    return ((const struct capture_config *)config)->path;
}

const struct sink_ops sink_capture = {
    .name = "capture",
    .doc = "a file of records as they are, to be replayed",
    .format = &capture_encoder_ops,
    .settings = capture_settings,
    .config_size = sizeof(struct capture_config),
    .file = capture_path,
    .open = capture_open_sink,
    .write = capture_write,
    .watch_fd = capture_watch_fd,
    .rows = capture_rows,
    .close = capture_close,
};
