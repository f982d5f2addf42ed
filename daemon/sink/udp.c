// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include "sink/sink_kinds.h"
#include "sink/socket_sink.h"

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
    struct socket_sink *sink;
    struct endpoint endpoint;
    int result = endpoint_inet(&endpoint, SOCK_DGRAM, udp->address, error);

    if (result == 0)
        result =
            socket_sink_new(sizeof(*sink), &sink_udp, &endpoint, options->framing, 0, error, &sink);
    if (result < 0)
        return result;
    sink->datagram.largest = (uint32_t)udp->largest;
    *ret = &sink->base;
    return 0;
}

const struct sink_ops sink_udp = {
    .name = "udp",
    .doc = "UDP, one event per datagram",
    .settings = udp_settings,
    .config_size = sizeof(struct udp_config),
    .retry_max_ms = CONNECTION_RETRY_MAX_MS,
    .check = udp_check,
    .open = udp_open,
    .write = socket_sink_write,
    .rows = socket_sink_rows,
    .close = socket_sink_close,
};
