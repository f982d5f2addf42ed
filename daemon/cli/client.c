// SPDX-License-Identifier: Apache-2.0

/* The least HTTP there is: a request of version 1.0 is answered in one piece that ends with the
 * connection, so there is nothing to be parsed but the status. */

#include "cli/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"

static int explain(const char *path, int code, struct error *error)
{
    if (code == -ENOENT || code == -ECONNREFUSED)
        return error_set(error, code, "no ringmilld answers on %s; is it running?", path);
    if (code == -EACCES)
        return error_set(error, code,
                         "not allowed to open %s; be root or a member of the group ringmill", path);
    if (code == -EAGAIN)
        return error_set(error, code, "ringmilld does not answer on %s within %d s", path,
                         CLIENT_SECONDS_MAX);
    return error_set(error, code, "cannot ask ringmilld on %s: %s", path, strerror(-code));
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

/* All of it, NUL-ended. */
static int read_answer(int fd, char **ret_answer)
{
    _cleanup_(cleanup_free) char *answer = NULL;
    size_t used = 0, room = 0;
    ssize_t got;

    do {
        if (room - used < 2) {
            char *larger = realloc(answer, room = room ? 2 * room : 64 * 1024);

            if (!larger || room > CLIENT_ANSWER_MAX)
                return -ENOMEM;
            answer = larger;
        }
        got = read(fd, answer + used, room - used - 1);
        if (got < 0)
            return -errno;
        used += (size_t)got;
    } while (got > 0);
    answer[used] = '\0';
    *ret_answer = TAKE_PTR(answer);
    return 0;
}

int client_get(const char *socket_path, const char *path, struct error *error, char **ret_body)
{
    _cleanup_(cleanup_close) int fd = -1;
    _cleanup_(cleanup_free) char *answer = NULL;
    int result = connect_to(socket_path, &fd), status = 0;
    const char *body;

    if (result == 0 && dprintf(fd, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path) < 0)
        result = -errno;
    if (result == 0)
        result = read_answer(fd, &answer);
    if (result < 0)
        return explain(socket_path, result, error);
    body = strstr(answer, "\r\n\r\n");
    if (!body || sscanf(answer, "HTTP/1.%*1[01] %3d", &status) != 1 || status < 100)
        return error_set(error, -EBADMSG, "what answers on %s is no ringmilld, or a busy one",
                         socket_path);
    *ret_body = strdup(body + 4);
    return *ret_body ? status : error_set(error, -ENOMEM, "out of memory");
}
