// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include "sink/sink_kinds.h"
#include "sink/socket_sink.h"

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
    struct socket_sink *sink;
    struct endpoint endpoint;
    int result = endpoint_inet(&endpoint, SOCK_STREAM, tcp->address, error);

    if (result == 0)
        result = socket_sink_new(sizeof(*sink), &sink_tcp, &endpoint, options->framing,
                                 tcp->resend_max, error, &sink);
    if (result < 0)
        return result;
    sink->datagram.connection.header = options->header;
    *ret = &sink->base;
    return 0;
}

static void tcp_rows(const struct sink *base, row_emit emit, void *data)
{
    connection_rows(&((const struct socket_sink *)base)->datagram.connection, emit, data);
}

const struct sink_ops sink_tcp = {
    .name = "tcp",
    .doc = "a TCP connection",
    .settings = tcp_settings,
    .config_size = sizeof(struct tcp_config),
    .retry_max_ms = CONNECTION_RETRY_MAX_MS,
    .check = tcp_check,
    .open = tcp_open,
    .write = socket_sink_write,
    .tend = socket_sink_tend,
    .watch = socket_sink_watch,
    .rows = tcp_rows,
    .close = socket_sink_close,
};
