// SPDX-License-Identifier: Apache-2.0

/* The kept bytes always begin with a whole event and end with what the kernel took last, be that
 * half an event: the writer goes on from there. So a new connection that gets all kept bytes first
 * gets whole events from its first byte on. */

#include "sink/connection.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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
    connection->n_header = 0;
    connection->n_again = 0;
    connection->why.text[0] = '\0';
    counter_add(&connection->connects, 1);
    return 0;
}

void connection_close(struct connection *connection)
{
    int fd = connection->fd;

    connection->fd = -1;
    if (fd >= 0)
        close(fd);
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

/* Lets go of whole events from the front, until no more than `most` bytes are left. */
static void forget(struct connection *connection, size_t most)
{
    size_t gone = 0, length;

    while (connection->n_kept - gone > most &&
           (length = framing_next(connection->framing, connection->kept + gone,
                                  connection->n_kept - gone)) > 0)
        gone += length;
    if (gone == 0)
        return;
    connection->n_kept -= gone;
    connection->n_again -= gone < connection->n_again ? gone : connection->n_again;
    memmove(connection->kept, connection->kept + gone, connection->n_kept);
}

static void forget_what_was_read(struct connection *connection)
{
    size_t keep = connection->endpoint.path ? 0 : CONNECTION_KEEP_TCP;
    int unread = 0;

    if (ioctl(connection->fd, SIOCOUTQ, &unread) < 0)
        return;
    /* a unix socket counts its buffers' own size: more than the bytes, which is the safe side */
    forget(connection, (size_t)unread > keep ? (size_t)unread : keep);
}

static void keep(struct connection *connection, const char *bytes, size_t size)
{
    if (connection->n_kept + size > CONNECTION_KEPT_MAX)
        forget(connection, CONNECTION_KEPT_MAX - size);
    memcpy(connection->kept + connection->n_kept, bytes, size);
    connection->n_kept += size;
    connection->n_again = connection->n_kept;
}

static int send_header(struct connection *connection)
{
    size_t size = connection->header ? strlen(connection->header) : 0;

    while (connection->n_header < size) {
        ssize_t sent = send_some(connection, connection->header + connection->n_header,
                                 size - connection->n_header);

        if (sent < 0)
            return (int)sent;
        connection->n_header += (size_t)sent;
    }
    return 0;
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
    ssize_t sent;
    int result = connection_open(connection);

    if (result == 0)
        result = send_header(connection);
    if (result == 0)
        result = send_again(connection);
    if (result < 0)
        return result;
    forget_what_was_read(connection);
    sent = send_some(connection, bytes, size);
    if (sent > 0)
        keep(connection, bytes, (size_t)sent);
    return sent;
}

/* ---- while nothing is to be sent --------------------------------------------------------------
 */

static bool peer_left(const struct connection *connection)
{
    struct pollfd peer = {.fd = connection->fd, .events = POLLRDHUP};

    return poll(&peer, 1, 0) > 0 && peer.revents & (POLLERR | POLLHUP | POLLRDHUP);
}

int connection_tend(struct connection *connection)
{
    if (connection->fd >= 0 && peer_left(connection)) {
        error_set(&connection->why, -ECONNRESET, "the peer closed the connection");
        connection_close(connection);
    }
    return connection_open(connection) < 0 ? CONNECTION_IDLE_RETRY_MS : -1;
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
