// SPDX-License-Identifier: Apache-2.0

/* A name is looked up for each new connection, so the peer may move to another address. All
 * addresses of a name are tried, in the order of the resolver. */

#include "sink/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"

int endpoint_unix(struct endpoint *endpoint, int type, const char *path, struct error *error)
{
    struct sockaddr_un address;

    *endpoint = (struct endpoint){.type = type};
    if (strlen(path) >= sizeof(address.sun_path))
        return error_set(error, -ENAMETOOLONG,
                         "the socket path %s is too long: it has %zu bytes, allowed are %zu", path,
                         strlen(path), sizeof(address.sun_path) - 1);
    if (path[0] != '/' && path[0] != '@')
        return error_set(error, -EINVAL,
                         "\"%s\" is not a valid socket path: write an absolute path, or @name for "
                         "an abstract socket",
                         path);
    if (!path[1])
        return error_set(error, -EINVAL, "\"%s\" is not a valid socket path: the name is missing",
                         path);
    endpoint->path = strdup(path);
    return endpoint->path ? 0 : error_set(error, -ENOMEM, "out of memory");
}

static int refuse_address(const char *address, struct error *error)
{
    return error_set(error, -EINVAL,
                     "\"%s\" is not a valid address: write host:port, as in logs.example:514, "
                     "10.0.0.1:514 or [fe80::1]:514",
                     address);
}

int endpoint_inet(struct endpoint *endpoint, int type, const char *address, struct error *error)
{
    const char *colon = strrchr(address, ':');
    const char *host = address;
    size_t length = colon ? (size_t)(colon - address) : 0;
    char *end;
    long port;

    *endpoint = (struct endpoint){.type = type};
    if (length == 0)
        return refuse_address(address, error);
    if (address[0] == '[') {
        if (length < 3 || colon[-1] != ']')
            return refuse_address(address, error);
        host++;
        length -= 2;
    } else if (memchr(address, ':', length)) {
        return refuse_address(address, error); /* an IPv6 address without brackets */
    }
    port = strtol(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end || port < 1 || port > 65535)
        return refuse_address(address, error);
    endpoint->host = strndup(host, length);
    endpoint->port = strdup(colon + 1);
    if (endpoint->host && endpoint->port)
        return 0;
    endpoint_deinit(endpoint);
    return error_set(error, -ENOMEM, "out of memory");
}

int endpoint_check_unix(const char *path, struct error *error)
{
    struct endpoint endpoint;
    int result = endpoint_unix(&endpoint, SOCK_STREAM, path, error);

    endpoint_deinit(&endpoint);
    return result;
}

int endpoint_check_inet(const char *address, struct error *error)
{
    struct endpoint endpoint;
    int result = endpoint_inet(&endpoint, SOCK_STREAM, address, error);

    endpoint_deinit(&endpoint);
    return result;
}

void endpoint_deinit(struct endpoint *endpoint)
{
    free(endpoint->path);
    free(endpoint->host);
    free(endpoint->port);
    host_lookup_free(endpoint->lookup);
    memset(endpoint, 0, sizeof(*endpoint));
}

/* Like connect(), but waits ENDPOINT_CONNECT_MS at most. */
static int connect_in_time(int fd, const struct sockaddr *address, socklen_t length)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    socklen_t size = sizeof(int);
    int code = 0;

    if (connect(fd, address, length) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return -errno;
    code = poll(&ready, 1, ENDPOINT_CONNECT_MS);
    if (code <= 0)
        return code < 0 ? -errno : -ETIMEDOUT;
    code = 0;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
    return -code;
}

/* Detects within a minute a peer that vanished, also while nothing is sent. */
static void keep_alive(int fd)
{
    const int on = 1, idle = 30, between = 10, most = 3;

    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between, sizeof(between));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &most, sizeof(most));
}

static int open_socket(int family, int type, int protocol, const struct sockaddr *address,
                       socklen_t length, int *ret_fd)
{
    const int buffer = ENDPOINT_SEND_BUFFER;
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    int result;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    if (family != AF_UNIX && type == SOCK_STREAM)
        keep_alive(fd);
    result = connect_in_time(fd, address, length);
    if (result < 0) {
        close(fd);
        return result;
    }
    fcntl(fd, F_SETFL, 0); /* blocking writes are the flow control of this sink */
    *ret_fd = fd;
    return 0;
}

static int connect_unix(const struct endpoint *endpoint, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(endpoint->path);

    memcpy(address.sun_path, endpoint->path, length);
    if (address.sun_path[0] == '@')
        address.sun_path[0] = '\0';
    else
        length++;
    return open_socket(AF_UNIX, endpoint->type, 0, (const struct sockaddr *)&address,
                       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length), ret_fd);
}

static int connect_inet(struct endpoint *endpoint, struct error *error, int *ret_fd)
{
    struct addrinfo *found = NULL;
    int result = host_lookup_ask(&endpoint->lookup, endpoint->host, endpoint->port, endpoint->type,
                                 ENDPOINT_CONNECT_MS, &found);

    if (result > 0)
        return error_set(error, -EHOSTUNREACH, "cannot look up %s: %s", endpoint->host,
                         gai_strerror(-result));
    if (result < 0)
        return error_set(error, result, "cannot look up %s: %s", endpoint->host,
                         result == -ETIMEDOUT ? "the name server has not answered yet"
                                              : strerror(-result));
    result = -EHOSTUNREACH;
    for (const struct addrinfo *at = found; at && result < 0 && result != -EINTR; at = at->ai_next)
        result = open_socket(at->ai_family, at->ai_socktype, at->ai_protocol, at->ai_addr,
                             at->ai_addrlen, ret_fd);
    freeaddrinfo(found);
    if (result < 0)
        return error_set(error, result, "cannot connect to %s port %s: %s", endpoint->host,
                         endpoint->port, strerror(-result));
    return 0;
}

/* The kernel reports "connection refused" also for a path that is not a socket. */
static const char *why_not(const char *path, int code)
{
    struct stat stat_of;

    if (code == -EPROTOTYPE)
        return "the socket is of another type (stream, datagram or seqpacket)";
    if (code == -ECONNREFUSED && stat(path, &stat_of) == 0 && !S_ISSOCK(stat_of.st_mode))
        return "it is not a socket";
    return strerror(-code);
}

int endpoint_connect(struct endpoint *endpoint, struct error *error, int *ret_fd)
{
    int result;

    if (!endpoint->path)
        return connect_inet(endpoint, error, ret_fd);
    result = connect_unix(endpoint, ret_fd);
    if (result < 0)
        return error_set(error, result, "cannot connect to %s: %s", endpoint->path,
                         why_not(endpoint->path, result));
    return 0;
}
