// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A connection that comes back: opened when there is something to send, opened anew when the peer
 * went away. What the sinks unix, tcp, udp and syslog have in common.
 *
 * Over a byte stream "accepted by the kernel" is not "read by the peer", so the last bytes are kept
 * (sink/tail.h), and a new connection begins with them. How many that are: those that the kernel
 * still holds, of a unix socket until the peer has read them. Of TCP only until the peer's kernel
 * has acknowledged them, and that says nothing about its program: its kernel may hold as much as
 * its receive buffer takes, and forgets it when the program dies. How much that is no peer tells,
 * but the window scale of its first packet (RFC 7323) was chosen for it:
 *
 *     64 KiB << scale   the largest window that it can ever offer
 *     twice that        a Linux whose program sets SO_RCVBUF counts twice as many bytes, as they
 *                       may take that much memory; when they take less, more of them fit
 *
 * So that much is kept besides, up to resend_max. After an outage events may come twice.
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
#include "sink/tail.h"

enum {
    CONNECTION_UNSENT_MAX = 2 * 1024 * 1024, /* bytes that our kernel holds, at the most */
    CONNECTION_RETRY_MAX_MS = 10 * 1000,
    CONNECTION_IDLE_RETRY_MS = 1000, /* between tries while there is nothing to send, also with a
                                        peer that hangs up at once */
};

#define CONNECTION_RESEND_MAX "8MiB" /* what sinks that speak TCP take by default */

struct connection {
    /* immutable after connection_init() */
    struct endpoint endpoint; /* owned */
    enum framing framing;
    uint64_t resend_max; /* of TCP: acknowledged bytes that are kept */
    const char *header;  /* what a stream begins with, set after connection_init(); NULL: nothing */

    /* owned by the writer thread, any thread reads */
    _Atomic int fd; /* -1: not connected */
    counter connects;
    counter resent;                /* bytes */
    _Atomic uint64_t peer_buffers; /* of TCP: what the peer can hold acknowledged and unread */

    /* owned by the writer thread */
    struct tail tail; /* empty for ever where it is no byte stream */
    size_t n_header;  /* bytes of the header that this connection has been sent */
    size_t n_again;   /* the same of the kept bytes */
    int64_t opened;   /* when this or the last connection came about: ns, monotonic */
    bool one_way;     /* the peer has only ended its own direction, which says nothing anyway */
    struct error why;
};

/* Takes over what endpoint holds, also on failure. resend_max: see above, of TCP alone. 0 or
 * -errno. */
int connection_init(struct connection *connection, struct endpoint *endpoint, enum framing framing,
                    uint64_t resend_max);
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
