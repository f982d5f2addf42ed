// SPDX-License-Identifier: Apache-2.0
#include "sink/socket_sink.h"

#include <stdlib.h>
#include <sys/socket.h>

int socket_sink_new(size_t size, const struct sink_ops *ops, struct endpoint *endpoint,
                    enum framing framing, uint64_t resend_max, struct error *error,
                    struct socket_sink **ret)
{
    struct socket_sink *sink = calloc(1, size);

    if (!sink) {
        endpoint_deinit(endpoint);
        return error_set(error, -ENOMEM, "out of memory");
    }
    sink->base.ops = ops;
    if (connection_init(&sink->datagram.connection, endpoint, framing, resend_max) < 0) {
        socket_sink_close(&sink->base);
        return error_set(error, -ENOMEM, "out of memory");
    }
    *ret = sink;
    return 0;
}

enum sink_state socket_sink_write(struct sink *base, const char *bytes, size_t size,
                                  struct sink_outcome *outcome)
{
    struct socket_sink *sink = (struct socket_sink *)base;
    struct connection *connection = &sink->datagram.connection;

    return connection->endpoint.type == SOCK_STREAM
               ? connection_write(connection, bytes, size, outcome)
               : datagram_write(&sink->datagram, bytes, size, outcome);
}

enum sink_state socket_sink_tend(struct sink *base, struct sink_outcome *outcome)
{
    return connection_tend(&((struct socket_sink *)base)->datagram.connection, outcome);
}

void socket_sink_watch(const struct sink *base, struct pollfd *ret)
{
    connection_watch(&((const struct socket_sink *)base)->datagram.connection, ret);
}

void socket_sink_rows(const struct sink *base, row_emit emit, void *data)
{
    datagram_rows(&((const struct socket_sink *)base)->datagram, emit, data);
}

void socket_sink_close(struct sink *base)
{
    struct socket_sink *sink = (struct socket_sink *)base;

    if (!sink)
        return;
    connection_deinit(&sink->datagram.connection);
    free(sink);
}
