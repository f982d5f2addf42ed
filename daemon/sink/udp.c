// SPDX-License-Identifier: Apache-2.0

/* Only the glue between a config and datagrams. */

#include "sink/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "sink/datagram.h"

struct udp_config {
    const char *address;
    int64_t largest;
};

static const struct setting udp_settings[] = {
    {
        .name = "address",
        .type = SETTING_NAME,
        .offset = offsetof(struct udp_config, address),
        .required = true,
        .doc = "host:port of the peer",
    },
    {
        .name = "max_bytes",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct udp_config, largest),
        .minimum = 64,
        .maximum = 65507,
        .doc = "longest event to send; longer ones are dropped (default: what the path MTU allows)",
    },
    {0},
};

struct udp_sink {
    struct sink base;
    struct datagram datagram;
};

static void udp_close(struct sink *base)
{
    struct udp_sink *sink = (struct udp_sink *)base;

    if (!sink)
        return;
    connection_deinit(&sink->datagram.connection);
    free(sink);
}

static int udp_check(const void *config, enum framing framing, struct error *error,
                     const char **ret_key)
{
    (void)framing;
    *ret_key = "address";
    return endpoint_check_inet(((const struct udp_config *)config)->address, error);
}

static int udp_open(const void *config, const struct sink_options *options, struct error *error,
                    struct sink **ret)
{
    const struct udp_config *udp = config;
    struct udp_sink *sink = calloc(1, sizeof(*sink));
    struct endpoint endpoint;
    int result;

    if (!sink)
        return error_set(error, -ENOMEM, "out of memory");
    sink->base.ops = &sink_udp;
    sink->datagram.largest = (uint32_t)udp->largest;
    result = endpoint_inet(&endpoint, SOCK_DGRAM, udp->address, error);
    if (result == 0 &&
        connection_init(&sink->datagram.connection, &endpoint, options->framing, 0) < 0)
        result = error_set(error, -ENOMEM, "out of memory");
    if (result < 0) {
        udp_close(&sink->base);
        return result;
    }
    *ret = &sink->base;
    return 0;
}

static ssize_t udp_write(struct sink *base, const char *bytes, size_t size)
{
    struct udp_sink *sink = (struct udp_sink *)base;

    base->why = sink->datagram.connection.why.text;
    return datagram_write(&sink->datagram, bytes, size, &base->refused);
}

static int udp_watch_fd(const struct sink *sink)
{
    (void)sink;
    return -1;
}

static void udp_rows(const struct sink *base, row_emit emit, void *data)
{
    datagram_rows(&((const struct udp_sink *)base)->datagram, emit, data);
}

const struct sink_ops sink_udp = {
    .name = "udp",
    .doc = "UDP, one event per datagram",
    .settings = udp_settings,
    .config_size = sizeof(struct udp_config),
    .retry_max_ms = CONNECTION_RETRY_MAX_MS,
    .check = udp_check,
    .open = udp_open,
    .write = udp_write,
    .watch_fd = udp_watch_fd,
    .rows = udp_rows,
    .close = udp_close,
};
