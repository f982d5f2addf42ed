// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the sinks unix, tcp, udp, syslog and journal share: a sink that is a connection. */

#include "sink/datagram.h"
#include "sink/sink.h"

/* The struct of such a sink begins with it. */
struct socket_sink {
    struct sink base;
    struct datagram datagram; /* of a stream, only its connection is used */
};

/* Makes a sink of `size` bytes, zeroed after its struct socket_sink. Takes over what endpoint
 * holds, also on failure. 0 and a sink for socket_sink_close(), or -ENOMEM and a sentence. */
int socket_sink_new(size_t size, const struct sink_ops *ops, struct endpoint *endpoint,
                    enum framing framing, uint64_t resend_max, struct error *error,
                    struct socket_sink **ret);

/* sink_ops.write: a stream takes bytes as they are, all else one event per message. */
enum sink_state socket_sink_write(struct sink *base, const char *bytes, size_t size,
                                  struct sink_outcome *outcome);
/* sink_ops.tend, see connection_tend(). */
enum sink_state socket_sink_tend(struct sink *base, struct sink_outcome *outcome);
/* sink_ops.watch, see connection_watch(). */
void socket_sink_watch(const struct sink *base, struct pollfd *ret);
/* sink_ops.rows, see datagram_rows(). */
void socket_sink_rows(const struct sink *base, row_emit emit, void *data);
/* sink_ops.close */
void socket_sink_close(struct sink *base);
