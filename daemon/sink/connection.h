// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A connection that is opened when there is something to send, and opened again after the peer went
 * away. Shared by the sinks unix, tcp, udp, syslog and journal.
 *
 * On a byte stream, "accepted by the kernel" does not mean "read by the peer". So the last bytes
 * are kept (sink/resend_buffer.h), and a new connection sends them first. Kept is what our kernel
 * still holds: for a unix socket, until the peer has read it; for TCP, only until the peer's kernel
 * has acknowledged it. That kernel may hold as much as its receive buffer takes, and forgets it
 * when the program dies. No peer reports the size of that buffer, but the window scale of its first
 * packet (RFC 7323) gives a bound:
 *
 *     64 KiB << scale   the largest window that the peer can ever offer
 *     twice that        Linux doubles the value that a program sets by SO_RCVBUF, to leave room for
 *                       the kernel's own bookkeeping; if that takes less, more bytes fit
 *
 * That many acknowledged bytes are kept as well, up to resend_max. After an outage events may
 * arrive twice.
 *
 * A peer may shut down its own direction and continue to read (socat -u does). A unix socket
 * reports the difference between that and leaving; TCP does not. So a TCP peer that shuts down
 * within CONNECTION_IDLE_RETRY_MS after connecting is assumed to continue reading, and one that
 * does so later is assumed to have left.
 *
 * What the peer sends is read and discarded: left unread, it would make the kernel reset the
 * connection on close, and drop what the peer has not read yet.
 *
 * Threads: connection_init() on the setup thread; connection_rows() and connection_deinit() as
 * rows() and close() of a sink; all others on the writer thread. */

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
#include "sink/resend_buffer.h"
#include "sink/sink.h"

enum {
    CONNECTION_UNSENT_MAX = 2 * 1024 * 1024, /* bytes that our kernel holds, at the most */
    CONNECTION_RETRY_MAX_MS = 10 * 1000,
    CONNECTION_IDLE_RETRY_MS = 1000, /* between tries while there is nothing to send, also with a
                                        peer that hangs up at once */
};

#define CONNECTION_RESEND_MAX "8MiB" /* default of resend_max */

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
    struct resend_buffer kept; /* always empty for sockets that are not byte streams */
    size_t n_header;           /* bytes of the header that this connection has been sent */
    size_t n_kept_sent;        /* kept bytes that this connection has been sent */
    int64_t opened;            /* ns, monotonic: when the latest connection was made */
    bool one_way;              /* the peer has shut down its own direction and may still read */
    struct error why;
};

/* Takes over what endpoint holds, also on failure. resend_max: acknowledged bytes to keep (TCP
 * only). 0 or -errno. */
int connection_init(struct connection *connection, struct endpoint *endpoint, enum framing framing,
                    uint64_t resend_max);
/* Closes the connection and frees what belongs to it; accepts a zeroed one. */
void connection_deinit(struct connection *connection);

/* Connects if there is no connection yet. 0, or -errno and a sentence in why. */
int connection_open(struct connection *connection);
/* Closes the connection, if there is one; connection_open() makes a new one. */
void connection_close(struct connection *connection);

/* sink_ops.write, of streams: sends what must be sent again, then bytes. */
enum sink_state connection_write(struct connection *connection, const char *bytes, size_t size,
                                 struct sink_outcome *outcome);
/* sink_ops.tend: detects that the peer has left, connects while idle, sends what must be sent
 * again. */
enum sink_state connection_tend(struct connection *connection, struct sink_outcome *outcome);
/* sink_ops.watch */
void connection_watch(const struct connection *connection, struct pollfd *ret);
/* sink_ops.rows */
void connection_rows(const struct connection *connection, row_emit emit, void *data);
