// SPDX-License-Identifier: Apache-2.0

/* A stream carries chunks as they are; datagram and seqpacket carry one event per message. */

#include "sink/unix.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "sink/datagram.h"

struct unix_config {
    const char *path;
    int kind;
};

static const struct setting_choice kind_choices[] = {
    {"stream", SOCK_STREAM},
    {"datagram", SOCK_DGRAM},
    {"seqpacket", SOCK_SEQPACKET},
    {0},
};

static const struct setting unix_settings[] = {
    {
        .name = "path",
        .type = SETTING_NAME,
        .offset = offsetof(struct unix_config, path),
        .required = true,
        .doc = "path of the peer's socket; @name for an abstract socket",
    },
    {
        .name = "kind",
        .type = SETTING_CHOICE,
        .offset = offsetof(struct unix_config, kind),
        .fallback = "stream",
        .choices = kind_choices,
        .doc = "socket type; datagram and seqpacket carry one event per message",
    },
    {0},
};

struct unix_sink {
    struct sink base;
    struct datagram datagram; /* of a stream, only its connection */
};

static void unix_close(struct sink *base)
{
    struct unix_sink *sink = (struct unix_sink *)base;

    if (!sink)
        return;
    connection_deinit(&sink->datagram.connection);
    free(sink);
}

static int unix_check(const void *config, enum framing framing, struct error *error,
                      const char **ret_key)
{
    (void)framing;
    *ret_key = "path";
    return endpoint_check_unix(((const struct unix_config *)config)->path, error);
}

static int unix_open(const void *config, const struct sink_options *options, struct error *error,
                     struct sink **ret)
{
    const struct unix_config *bound = config;
    struct unix_sink *sink = calloc(1, sizeof(*sink));
    struct endpoint endpoint;
    int result;

    if (!sink)
        return error_set(error, -ENOMEM, "out of memory");
    sink->base.ops = &sink_unix;
    result = endpoint_unix(&endpoint, bound->kind, bound->path, error);
    if (result == 0 &&
        connection_init(&sink->datagram.connection, &endpoint, options->framing, 0) < 0)
        result = error_set(error, -ENOMEM, "out of memory");
    if (result < 0) {
        unix_close(&sink->base);
        return result;
    }
    sink->datagram.connection.header = options->header;
    *ret = &sink->base;
    return 0;
}

static ssize_t unix_write(struct sink *base, const char *bytes, size_t size)
{
    struct unix_sink *sink = (struct unix_sink *)base;
    struct connection *connection = &sink->datagram.connection;

    base->why = connection->why.text;
    if (connection->endpoint.type == SOCK_STREAM)
        return connection_write(connection, bytes, size);
    return datagram_write(&sink->datagram, bytes, size, &base->refused);
}

static int unix_tend(struct sink *base)
{
    struct unix_sink *sink = (struct unix_sink *)base;

    return connection_tend(&sink->datagram.connection, base);
}

static int unix_watch_fd(const struct sink *base)
{
    return ((const struct unix_sink *)base)->datagram.connection.fd;
}

static void unix_rows(const struct sink *base, row_emit emit, void *data)
{
    datagram_rows(&((const struct unix_sink *)base)->datagram, emit, data);
}

const struct sink_ops sink_unix = {
    .name = "unix",
    .doc = "a unix socket",
    .settings = unix_settings,
    .config_size = sizeof(struct unix_config),
    .retry_max_ms = CONNECTION_RETRY_MAX_MS,
    .check = unix_check,
    .open = unix_open,
    .write = unix_write,
    .tend = unix_tend,
    .watch_fd = unix_watch_fd,
    .rows = unix_rows,
    .close = unix_close,
};
