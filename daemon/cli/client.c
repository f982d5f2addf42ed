// SPDX-License-Identifier: Apache-2.0

/* A minimal HTTP 1.0 client: the reply ends with the connection, so only the status needs parsing.
 */

#include "cli/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

static int explain(const char *path, int code, struct error *error)
{
    if (code == -ENOENT || code == -ECONNREFUSED)
        return error_set(error, code, "no ringmilld answers on %s; is it running?", path);
    if (code == -EACCES)
        return error_set(
            error, code,
            "permission denied on %s; run as root or as a member of the group ringmill", path);
    if (code == -EAGAIN)
        return error_set(error, code, "ringmilld did not answer on %s within %d s", path,
                         CLIENT_SECONDS_MAX);
    if (code == -EMSGSIZE)
        return error_set(error, code,
                         "the reply on %s is longer than %d bytes; the peer may not be ringmilld",
                         path, CLIENT_ANSWER_MAX);
    return error_set(error, code, "cannot connect to ringmilld on %s: %s", path, strerror(-code));
}

static int connect_to(const char *path, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = CLIENT_SECONDS_MAX};
    _cleanup_(cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    *ret_fd = TAKE_FD(fd);
    return 0;
}

/* Without SIGPIPE, and a failure is not an error yet: a daemon with too many connections closes
 * this one at once, and the next read returns that. */
static void send_request(int fd, const char *method, const char *path)
{
    char request[256];
    int length =
        snprintf(request, sizeof(request),
                 "%s %s HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", method, path);

    if (send(fd, request, (size_t)length, MSG_NOSIGNAL) < 0)
        return;
}

/* Reads up to the end of the connection. NUL-ended; "" when the daemon closed it without a reply.
 */
static int read_answer(int fd, char **ret_answer)
{
    int64_t end = clock_monotonic() + CLIENT_SECONDS_MAX * INT64_C(1000000000);
    _cleanup_(cleanup_free) char *answer = malloc(CLIENT_ANSWER_MAX + 1);
    size_t used = 0;
    ssize_t got;

    if (!answer)
        return -ENOMEM;
    while ((got = read(fd, answer + used, CLIENT_ANSWER_MAX - used)) > 0) {
        used += (size_t)got;
        if (used == CLIENT_ANSWER_MAX)
            return -EMSGSIZE;
        if (clock_monotonic() > end)
            return -EAGAIN;
    }
    if (got < 0 && errno != ECONNRESET)
        return -errno;
    answer[used] = '\0';
    *ret_answer = TAKE_PTR(answer);
    return 0;
}

int client_ask(const char *socket_path, const char *method, const char *path, struct error *error,
               char **ret_body)
{
    _cleanup_(cleanup_close) int fd = -1;
    _cleanup_(cleanup_free) char *answer = NULL;
    int result = connect_to(socket_path, &fd), status = 0;
    const char *body;

    if (result == 0) {
        send_request(fd, method, path);
        result = read_answer(fd, &answer);
    }
    if (result < 0)
        return explain(socket_path, result, error);
    body = strstr(answer, "\r\n\r\n");
    if (!body || sscanf(answer, "HTTP/1.%*1[01] %3d", &status) != 1 || status < 100)
        return error_set(error, -EBADMSG, "unexpected reply on %s: not ringmilld, or overloaded",
                         socket_path);
    *ret_body = strdup(body + 4);
    return *ret_body ? status : error_set(error, -ENOMEM, "out of memory");
}
