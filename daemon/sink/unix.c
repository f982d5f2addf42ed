// SPDX-License-Identifier: Apache-2.0

/* A stream carries chunks as they are; datagram and seqpacket carry one event per message. */

#include <sys/socket.h>

#include "sink/sink_kinds.h"
#include "sink/socket_sink.h"

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
    struct socket_sink *sink;
    struct endpoint endpoint;
    int result = endpoint_unix(&endpoint, bound->kind, bound->path, error);

    if (result == 0)
        result = socket_sink_new(sizeof(*sink), &sink_unix, &endpoint, options->framing, 0, error,
                                 &sink);
    if (result < 0)
        return result;
    sink->datagram.connection.header = options->header;
    *ret = &sink->base;
    return 0;
}

const struct sink_ops sink_unix = {
    .name = "unix",
    .doc = "a unix socket",
    .settings = unix_settings,
    .config_size = sizeof(struct unix_config),
    .retry_max_ms = CONNECTION_RETRY_MAX_MS,
    .check = unix_check,
    .open = unix_open,
    .write = socket_sink_write,
    .tend = socket_sink_tend,
    .watch = socket_sink_watch,
    .rows = socket_sink_rows,
    .close = socket_sink_close,
};
