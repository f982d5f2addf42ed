// SPDX-License-Identifier: Apache-2.0

#include "sink/connection.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define NS_PER_MS INT64_C(1000000)

int connection_init(struct connection *connection, struct endpoint *endpoint, enum framing framing,
                    uint64_t resend_max)
{
    memset(connection, 0, sizeof(*connection));
    connection->endpoint = *endpoint;
    *endpoint = (struct endpoint){0};
    connection->framing = framing;
    connection->fd = -1;
    if (connection->endpoint.type != SOCK_STREAM)
        return 0;
    connection->resend_max = connection->endpoint.path ? 0 : resend_max;
    return resend_buffer_init(&connection->kept, CONNECTION_UNSENT_MAX + connection->resend_max,
                              framing);
}

void connection_deinit(struct connection *connection)
{
    if (connection->endpoint.type != 0)
        connection_close(connection);
    endpoint_deinit(&connection->endpoint);
    resend_buffer_deinit(&connection->kept);
}

static bool is_stream(const struct connection *connection)
{
    return connection->endpoint.type == SOCK_STREAM;
}

/* Bytes that the peer's kernel may have acknowledged and its program not read, see above. */
static uint64_t peer_buffers(const struct connection *connection)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);

    if (!is_stream(connection) || connection->endpoint.path)
        return 0;
    if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
        return UINT64_MAX;
    return UINT64_C(2) * 64 * 1024 << info.tcpi_snd_wscale;
}

int connection_open(struct connection *connection)
{
    int fd, result;

    if (connection->fd >= 0)
        return 0;
    result = endpoint_connect(&connection->endpoint, &connection->why, &fd);
    if (result < 0)
        return result;
    connection->fd = fd;
    connection->opened = clock_monotonic();
    connection->n_header = 0;
    connection->n_kept_sent = 0;
    connection->peer_buffers = peer_buffers(connection);
    connection->one_way = false;
    connection->why.text[0] = '\0';
    counter_add(&connection->connects, 1);
    return 0;
}

/* Bounded, because a peer may send without end. */
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
    if (is_stream(connection))
        drain(fd);
    close(fd);
}

static int64_t age(const struct connection *connection)
{
    return connection->opened ? clock_monotonic() - connection->opened : INT64_MAX;
}

/* Returns -errno if the peer has left, else 0. Reading a socket's error clears it. On a datagram
 * socket that error belongs to an earlier datagram, so the next one may still arrive. */
static int check_peer(struct connection *connection)
{
    struct pollfd peer = {.fd = connection->fd, .events = POLLIN | POLLRDHUP};
    socklen_t size = sizeof(int);
    int code = 0;

    if (poll(&peer, 1, 0) <= 0)
        return 0;
    if (!(peer.revents & (POLLERR | POLLHUP))) {
        if (is_stream(connection) && peer.revents & POLLIN)
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
        error_set(&connection->why, code, "the connection was lost: %s", strerror(-code));
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
    error_set(&connection->why, -code, "the connection failed: %s", strerror(code));
    return -code;
}

/* How many of the last kept bytes the peer may not have read. The number is valid only if the peer
 * is still connected afterwards: the kernel forgets what a closed peer had not read. */
static size_t unread_bytes(const struct connection *connection)
{
    uint64_t acknowledged = connection->peer_buffers;
    int held = 0;

    if (ioctl(connection->fd, SIOCOUTQ, &held) < 0)
        return SIZE_MAX;
    if (acknowledged > connection->resend_max)
        acknowledged = connection->resend_max;
    /* a unix socket counts its buffers' own size: more than the bytes, which is the safe side */
    return (size_t)held + acknowledged;
}

static void forget(struct connection *connection, size_t unread)
{
    connection->n_kept_sent -= resend_buffer_forget(&connection->kept, unread);
}

/* Appends what the kernel has just accepted to the bytes that are kept for sending again. */
static void keep(struct connection *connection, const char *bytes, size_t size)
{
    resend_buffer_add(&connection->kept, bytes, size);
    connection->n_kept_sent = connection->kept.count;
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
    while (connection->n_kept_sent < connection->kept.count) {
        ssize_t sent =
            send_some(connection, resend_buffer_bytes(&connection->kept) + connection->n_kept_sent,
                      connection->kept.count - connection->n_kept_sent);

        if (sent < 0)
            return (int)sent;
        connection->n_kept_sent += (size_t)sent;
        counter_add(&connection->resent, (uint64_t)sent);
    }
    return 0;
}

/* Sends the header and the kept bytes that a new connection needs before new events. */
static int catch_up(struct connection *connection)
{
    int result = send_header(connection);

    return result < 0 ? result : send_again(connection);
}

/* Returns the bytes sent, or -errno. */
static ssize_t write_stream(struct connection *connection, const char *bytes, size_t size)
{
    size_t unread;
    ssize_t sent;
    int result = connection->fd >= 0 ? check_peer(connection) : 0;

    if (result < 0)
        hang_up(connection, result);
    result = connection_open(connection);
    if (result == 0)
        result = catch_up(connection);
    if (result < 0)
        return result;
    unread = unread_bytes(connection);
    sent = send_some(connection, bytes, size);
    if (sent > 0) {
        forget(connection, unread);
        keep(connection, bytes, (size_t)sent);
    }
    return sent;
}

enum sink_state connection_write(struct connection *connection, const char *bytes, size_t size,
                                 struct sink_outcome *outcome)
{
    return sink_written(outcome, write_stream(connection, bytes, size), connection->why.text);
}

/* ---- while nothing is to be sent ------------------------------------------------------------- */

/* ms until a new connection may be tried while there is nothing to send; 0: now. */
static int pause_left(const struct connection *connection)
{
    int64_t left = CONNECTION_IDLE_RETRY_MS * NS_PER_MS;

    left = age(connection) < left ? left - age(connection) : 0;
    return left > 0 ? (int)(left / NS_PER_MS) + 1 : 0;
}

static int tend(struct connection *connection)
{
    bool open = connection->fd >= 0;
    size_t unread = is_stream(connection) && open ? unread_bytes(connection) : SIZE_MAX;
    int left = open ? check_peer(connection) : 0;

    if (left < 0)
        hang_up(connection, left);
    else if (connection->n_kept_sent == connection->kept.count)
        forget(connection, unread);
    left = connection->fd < 0 ? pause_left(connection) : 0;
    if (left > 0)
        return left;
    if (connection_open(connection) == 0 && is_stream(connection))
        catch_up(connection);
    return connection->fd < 0 ? CONNECTION_IDLE_RETRY_MS : -1;
}

enum sink_state connection_tend(struct connection *connection, struct sink_outcome *outcome)
{
    outcome->due_ms = tend(connection);
    outcome->why = connection->why.text;
    outcome->unsent = connection->kept.count - (connection->fd < 0 ? 0 : connection->n_kept_sent);
    return connection->fd < 0 ? SINK_WAITING : SINK_ACCEPTED;
}

void connection_watch(const struct connection *connection, struct pollfd *ret)
{
    ret->fd = connection->fd;
    ret->events = connection->one_way ? 0 : POLLRDHUP;
}

void connection_rows(const struct connection *connection, row_emit emit, void *data)
{
    static const struct row rows[] = {
        {"connected", "", ROW_LEVEL, "1 while connected"},
        {"connects", "", ROW_COUNT, "Connections made"},
        {"resent", "bytes", ROW_COUNT,
         "Sent again after a reconnect, as the peer may not have read it"},
        {"peer_buffers", "bytes", ROW_LEVEL,
         "Most that a TCP peer may have acknowledged without reading it"},
    };

    emit(data, &rows[0], connection->fd >= 0);
    emit(data, &rows[1], counter_get(&connection->connects));
    emit(data, &rows[2], counter_get(&connection->resent));
    emit(data, &rows[3], connection->peer_buffers);
}
