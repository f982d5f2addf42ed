// SPDX-License-Identifier: Apache-2.0

/* The kept bytes always begin with a whole event and end with what the kernel took last, be that
 * half an event: the writer goes on from there. So a new connection that gets all kept bytes first
 * gets whole events from its first byte on. */

#include "sink/connection.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define NS_PER_MS INT64_C(1000000)

int connection_init(struct connection *connection, struct endpoint *endpoint, enum framing framing)
{
    memset(connection, 0, sizeof(*connection));
    connection->endpoint = *endpoint;
    *endpoint = (struct endpoint){0};
    connection->framing = framing;
    connection->fd = -1;
    if (connection->endpoint.type != SOCK_STREAM)
        return 0;
    connection->kept = malloc(CONNECTION_KEPT_MAX);
    return connection->kept ? 0 : -ENOMEM;
}

void connection_deinit(struct connection *connection)
{
    if (connection->endpoint.type != 0)
        connection_close(connection);
    endpoint_deinit(&connection->endpoint);
    free(connection->kept);
    connection->kept = NULL;
}

int connection_open(struct connection *connection)
{
    int fd, result;

    if (connection->fd >= 0)
        return 0;
    result = endpoint_connect(&connection->endpoint, &connection->why, &fd);
    if (result < 0)
        return result == -EPIPE ? -ECONNRESET : result;
    connection->fd = fd;
    connection->opened = clock_monotonic();
    connection->n_again = 0;
    connection->one_way = false;
    connection->why.text[0] = '\0';
    counter_add(&connection->connects, 1);
    return 0;
}

/* Bounded, because a peer may talk without end. */
static void drain(int fd)
{
    char waste[16 * 1024];

    for (int i = 0; i < 64 && recv(fd, waste, sizeof(waste), MSG_DONTWAIT) > 0; i++)
        ;
}

void connection_close(struct connection *connection)
{
    int fd = connection->fd;

    connection->fd = -1;
    if (fd < 0)
        return;
    if (connection->kept)
        drain(fd);
    close(fd);
}

static int64_t age(const struct connection *connection)
{
    return connection->opened ? clock_monotonic() - connection->opened : INT64_MAX;
}

/* -errno, or 0. Reading a socket's error takes it away: of a datagram socket it is that of a
 * datagram sent before, and the next one may find somebody again. */
static int peer_left(struct connection *connection)
{
    struct pollfd peer = {.fd = connection->fd, .events = POLLIN | POLLRDHUP};
    socklen_t size = sizeof(int);
    int code = 0;

    if (poll(&peer, 1, 0) <= 0)
        return 0;
    if (!(peer.revents & (POLLERR | POLLHUP))) {
        if (connection->kept && peer.revents & POLLIN)
            drain(connection->fd);
        if (!(peer.revents & POLLRDHUP) || connection->one_way)
            return 0;
        connection->one_way =
            connection->endpoint.path || age(connection) < CONNECTION_IDLE_RETRY_MS * NS_PER_MS;
        return connection->one_way ? 0 : -ECONNRESET;
    }
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &code, &size);
    return code ? -code : -ECONNRESET;
}

static void hang_up(struct connection *connection, int code)
{
    if (code == -ECONNRESET)
        error_set(&connection->why, code, "the peer closed the connection");
    else
        error_set(&connection->why, code, "the peer is gone: %s", strerror(-code));
    connection_close(connection);
}

/* ---- streams --------------------------------------------------------------------------------- */

static ssize_t send_some(struct connection *connection, const char *bytes, size_t size)
{
    ssize_t sent = send(connection->fd, bytes, size, MSG_NOSIGNAL);
    int code = errno;

    if (sent >= 0)
        return sent;
    if (code == EINTR)
        return -EINTR;
    connection_close(connection);
    error_set(&connection->why, -code, "the connection broke: %s", strerror(code));
    return code == EPIPE ? -ECONNRESET : -code;
}

/* Lets go of whole events from the front: of those that begin before `most`, and do not end behind
 * `limit`. */
static void forget(struct connection *connection, size_t most, size_t limit)
{
    size_t gone = 0, length;

    while (gone < most &&
           (length = framing_next(connection->framing, connection->kept + gone,
                                  connection->n_kept - gone)) > 0 &&
           gone + length <= limit)
        gone += length;
    if (gone == 0)
        return;
    connection->n_kept -= gone;
    connection->n_again -= gone < connection->n_again ? gone : connection->n_again;
    memmove(connection->kept, connection->kept + gone, connection->n_kept);
}

/* How many bytes at the end of the kept ones the peer may not have read. It counts only if the peer
 * was still there afterwards: with the peer the kernel forgets what it had not read. */
static size_t unread_bytes(const struct connection *connection)
{
    size_t least = connection->endpoint.path ? 0 : CONNECTION_KEEP_TCP;
    int unread = 0;

    if (ioctl(connection->fd, SIOCOUTQ, &unread) < 0)
        return SIZE_MAX;
    /* a unix socket counts its buffers' own size: more than the bytes, which is the safe side */
    return (size_t)unread > least ? (size_t)unread : least;
}

static void forget_what_was_read(struct connection *connection, size_t unread)
{
    if (unread < connection->n_kept)
        forget(connection, connection->n_kept - unread, connection->n_kept - unread);
}

static void keep(struct connection *connection, const char *bytes, size_t size)
{
    if (connection->n_kept + size > CONNECTION_KEPT_MAX)
        forget(connection, connection->n_kept + size - CONNECTION_KEPT_MAX, connection->n_kept);
    memcpy(connection->kept + connection->n_kept, bytes, size);
    connection->n_kept += size;
    connection->n_again = connection->n_kept;
}

static int send_again(struct connection *connection)
{
    while (connection->n_again < connection->n_kept) {
        ssize_t sent = send_some(connection, connection->kept + connection->n_again,
                                 connection->n_kept - connection->n_again);

        if (sent < 0)
            return (int)sent;
        connection->n_again += (size_t)sent;
        counter_add(&connection->resent, (uint64_t)sent);
    }
    return 0;
}

ssize_t connection_write(struct connection *connection, const char *bytes, size_t size)
{
    size_t unread;
    ssize_t sent;
    int result = connection->fd >= 0 ? peer_left(connection) : 0;

    if (result < 0)
        hang_up(connection, result);
    result = connection_open(connection);
    if (result == 0)
        result = send_again(connection);
    if (result < 0)
        return result;
    unread = unread_bytes(connection);
    sent = send_some(connection, bytes, size);
    if (sent > 0) {
        forget_what_was_read(connection, unread);
        keep(connection, bytes, (size_t)sent);
    }
    return sent;
}

/* ---- while nothing is to be sent ------------------------------------------------------------- */

/* How long it is until a new connection may be tried while there is nothing to send; 0: now. */
static int pause_left(const struct connection *connection)
{
    int64_t left = CONNECTION_IDLE_RETRY_MS * NS_PER_MS;

    left = age(connection) < left ? left - age(connection) : 0;
    return left > 0 ? (int)(left / NS_PER_MS) + 1 : 0;
}

static int tend(struct connection *connection)
{
    bool open = connection->fd >= 0;
    size_t unread = connection->kept && open ? unread_bytes(connection) : SIZE_MAX;
    int left = open ? peer_left(connection) : 0;

    if (left < 0)
        hang_up(connection, left);
    else if (connection->n_again == connection->n_kept)
        forget_what_was_read(connection, unread);
    left = connection->fd < 0 ? pause_left(connection) : 0;
    if (left > 0)
        return left;
    if (connection_open(connection) == 0 && connection->kept)
        send_again(connection);
    return connection->fd < 0 ? CONNECTION_IDLE_RETRY_MS : -1;
}

int connection_tend(struct connection *connection, struct sink *sink)
{
    int timeout = tend(connection);

    sink->why = connection->why.text;
    sink->waiting = connection->fd < 0;
    sink->one_way = connection->one_way;
    return timeout;
}

void connection_rows(const struct connection *connection, row_emit emit, void *data)
{
    static const struct row rows[] = {
        {"connected", "", ROW_LEVEL, "1 while there is a connection"},
        {"connects", "", ROW_COUNT, "Connections that came about"},
        {"resent", "bytes", ROW_COUNT, "Sent again because it may not have been read"},
    };

    emit(data, &rows[0], connection->fd >= 0);
    emit(data, &rows[1], counter_get(&connection->connects));
    emit(data, &rows[2], counter_get(&connection->resent));
}
