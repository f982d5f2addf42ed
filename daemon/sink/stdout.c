// SPDX-License-Identifier: Apache-2.0

/* The descriptor is shared with the process that started us, which decides whether it blocks; if it
 * does not, we wait for room ourselves.
 *
 * If it is the journal, the content of an event must not be taken for a severity prefix such as
 * <3>. */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/journal_stream.h"
#include "sink/sink_kinds.h"
#include "sink/stdout_display.h"

struct stdout_sink {
    struct sink base;
    const char *header; /* the part of the header that is still to be written */
    bool journal;
    size_t n_escape; /* bytes written so far of the escape JOURNAL_STREAM_LESS for the next byte */
};

static int stdout_open(const void *config, const struct sink_options *options, struct error *error,
                       struct sink **ret)
{
    bool journal = journal_stream_is(STDOUT_FILENO);
    int result = stdout_check(error);
    struct stdout_sink *sink;

    (void)config;
    if (result < 0)
        return result;
    if (journal && options->framing != FRAMING_LINES)
        return error_set(error, -EINVAL,
                         "standard output is the journal, which takes only lines of text; choose a "
                         "text format, as in format: json");
    sink = calloc(1, sizeof(*sink));
    if (!sink)
        return error_set(error, -ENOMEM, "out of memory");
    sink->base.ops = &sink_stdout;
    sink->journal = journal;
    sink->header = options->header ? options->header : "";
    *ret = &sink->base;
    return 0;
}

static ssize_t write_some(const char *bytes, size_t size)
{
    struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
    ssize_t written;

    while ((written = write(STDOUT_FILENO, bytes, size)) < 0 && errno == EAGAIN)
        if (poll(&room, 1, -1) < 0)
            break;
    return written < 0 ? -errno : written;
}

/* Like write_some(), but escapes the < of each severity prefix. */
static ssize_t write_escaped(struct stdout_sink *sink, const char *bytes, size_t size)
{
    size_t plain = sink->journal ? journal_stream_plain(bytes, size) : size;

    if (plain > 0)
        return write_some(bytes, plain);
    while (JOURNAL_STREAM_LESS[sink->n_escape]) {
        ssize_t written = write_some(JOURNAL_STREAM_LESS + sink->n_escape,
                                     sizeof(JOURNAL_STREAM_LESS) - 1 - sink->n_escape);

        if (written < 0)
            return written;
        sink->n_escape += (size_t)written;
    }
    sink->n_escape = 0;
    return 1;
}

static ssize_t write_next(struct stdout_sink *sink, const char *bytes, size_t size)
{
    while (*sink->header) {
        ssize_t written = write_escaped(sink, sink->header, strlen(sink->header));

        if (written < 0)
            return written;
        sink->header += written;
    }
    return write_escaped(sink, bytes, size);
}

static enum sink_state stdout_write(struct sink *base, const char *bytes, size_t size,
                                    struct sink_outcome *outcome)
{
    ssize_t result = write_next((struct stdout_sink *)base, bytes, size);

    return result == -EPIPE ? SINK_GONE : sink_written(outcome, result, NULL);
}

static void stdout_watch(const struct sink *sink, struct pollfd *ret)
{
    (void)sink;
    ret->fd = STDOUT_FILENO;
}

static void stdout_close(struct sink *sink)
{
    free(sink);
}

const struct sink_ops sink_stdout = {
    .name = "stdout",
    .doc = "the daemon's standard output",
    .once = true,
    .takes_long_events = true,
    .ends_daemon = true,
    .open = stdout_open,
    .write = stdout_write,
    .watch = stdout_watch,
    .close = stdout_close,
};
