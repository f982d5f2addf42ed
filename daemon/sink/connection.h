// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A connection that comes back: opened when there is something to send, opened anew when the peer
 * went away. What the sinks unix, tcp, udp and syslog have in common.
 *
 * Over a byte stream "accepted by the kernel" is not "read by the peer", so the last bytes are kept
 * until the kernel says that they have left, and a new connection begins with them:
 *
 *     sent, read by the peer | kept: perhaps not read | being sent
 *                            '-- event boundary       '-- also the rest of an event
 *
 * How many that are: of a unix socket, exactly those that the peer has not read; of TCP, those that
 * the peer's kernel has not acknowledged, and CONNECTION_KEEP_TCP before them, because it says
 * nothing about its program. So after an outage events may come twice.
 *
 * A peer may end its own direction and go on reading (socat -u does). On a unix socket that differs
 * from leaving; on TCP it does not, so who ends it within CONNECTION_IDLE_RETRY_MS of the beginning
 * is taken to go on, and who does it later to have left.
 *
 * What the peer says is read and thrown away: unread it would, at the end, make the kernel reset
 * the connection and forget what the peer has not read.
 *
 * Threads: init on the main thread; the rest on the writer thread; rows anywhere. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/counter.h"
#include "base/error.h"
#include "encode/framing.h"
#include "record/row.h"
#include "sink/endpoint.h"
#include "sink/sink.h"

enum {
    CONNECTION_KEEP_TCP = 256 * 1024,      /* bytes acknowledged by the peer's kernel, sent again */
    CONNECTION_KEPT_MAX = 2 * 1024 * 1024, /* bytes kept at the most */
    CONNECTION_RETRY_MAX_MS = 10 * 1000,
    CONNECTION_IDLE_RETRY_MS = 1000, /* between tries while there is nothing to send, also with a
                                        peer that hangs up at once */
};

struct connection {
    /* immutable after connection_init() */
    struct endpoint endpoint; /* owned */
    enum framing framing;

    /* owned by the writer thread, any thread reads */
    _Atomic int fd; /* -1: not connected */
    counter connects;
    counter resent; /* bytes */

    /* owned by the writer thread */
    char *kept; /* NULL: not a byte stream */
    size_t n_kept;
    size_t n_again; /* of the kept bytes, those that this connection has been sent */
    int64_t opened; /* when this or the last connection came about: ns, monotonic */
    bool one_way;   /* the peer has only ended its own direction, which says nothing anyway */
    struct error why;
};

/* Takes over what endpoint holds, also on failure. 0 or -ENOMEM. */
int connection_init(struct connection *connection, struct endpoint *endpoint, enum framing framing);
void connection_deinit(struct connection *connection); /* accepts a zeroed one */

/* 0 when there is a connection, or now is one; else -errno, see why. */
int connection_open(struct connection *connection);
void connection_close(struct connection *connection);

/* Streams: sends again what must be, then bytes. Returns how many of bytes the kernel took (>= 1),
 * or -errno, never -EPIPE. */
ssize_t connection_write(struct connection *connection, const char *bytes, size_t size);

/* For sink_ops: notices a peer that left, connects while idle, sends again what must be. Sets what
 * tend() sets in the sink. */
int connection_tend(struct connection *connection, struct sink *sink);
void connection_rows(const struct connection *connection, row_emit emit, void *data);
