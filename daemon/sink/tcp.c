// SPDX-License-Identifier: Apache-2.0

/* Only the glue between a config and a connection. */

#include "sink/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "sink/connection.h"

struct tcp_config {
    const char *address;
    uint64_t resend_max;
};

static const struct setting tcp_settings[] = {
    {
        .name = "address",
        .type = SETTING_NAME,
        .offset = offsetof(struct tcp_config, address),
        .required = true,
        .doc = "host:port of the peer",
    },
    {
        .name = "resend_max",
        .type = SETTING_SIZE,
        .offset = offsetof(struct tcp_config, resend_max),
        .minimum = 0,
        .maximum = 1 << 30,
        .fallback = CONNECTION_RESEND_MAX,
        .doc = "how much acknowledged data is kept, to be sent again after a reconnect",
    },
    {0},
};

struct tcp_sink {
    struct sink base;
    struct connection connection;
};

static void tcp_close(struct sink *base)
{
    struct tcp_sink *sink = (struct tcp_sink *)base;

    if (!sink)
        return;
    connection_deinit(&sink->connection);
    free(sink);
}

static int tcp_check(const void *config, enum framing framing, struct error *error,
                     const char **ret_key)
{
    (void)framing;
    *ret_key = "address";
    return endpoint_check_inet(((const struct tcp_config *)config)->address, error);
}

static int tcp_open(const void *config, const struct sink_options *options, struct error *error,
                    struct sink **ret)
{
    const struct tcp_config *tcp = config;
    struct tcp_sink *sink = calloc(1, sizeof(*sink));
    struct endpoint endpoint;
    int result;

    if (!sink)
        return error_set(error, -ENOMEM, "out of memory");
    sink->base.ops = &sink_tcp;
    result = endpoint_inet(&endpoint, SOCK_STREAM, tcp->address, error);
    if (result == 0 &&
        connection_init(&sink->connection, &endpoint, options->framing, tcp->resend_max) < 0)
        result = error_set(error, -ENOMEM, "out of memory");
    if (result < 0) {
        tcp_close(&sink->base);
        return result;
    }
    sink->connection.header = options->header;
    *ret = &sink->base;
    return 0;
}

static ssize_t tcp_write(struct sink *base, const char *bytes, size_t size)
{
    struct tcp_sink *sink = (struct tcp_sink *)base;

    base->why = sink->connection.why.text;
    return connection_write(&sink->connection, bytes, size);
}

static int tcp_tend(struct sink *base)
{
    struct tcp_sink *sink = (struct tcp_sink *)base;

    return connection_tend(&sink->connection, base);
}

static int tcp_watch_fd(const struct sink *base)
{
    return ((const struct tcp_sink *)base)->connection.fd;
}

static void tcp_rows(const struct sink *base, row_emit emit, void *data)
{
    connection_rows(&((const struct tcp_sink *)base)->connection, emit, data);
}

const struct sink_ops sink_tcp = {
    .name = "tcp",
    .doc = "a TCP connection",
    .settings = tcp_settings,
    .config_size = sizeof(struct tcp_config),
    .retry_max_ms = CONNECTION_RETRY_MAX_MS,
    .check = tcp_check,
    .open = tcp_open,
    .write = tcp_write,
    .tend = tcp_tend,
    .watch_fd = tcp_watch_fd,
    .rows = tcp_rows,
    .close = tcp_close,
};
