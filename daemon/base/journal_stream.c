// SPDX-License-Identifier: Apache-2.0

/* systemd tells its services by JOURNAL_STREAM that they have one, but systemd-cat does not; the
 * name of the socket at the other end says it of both, and of a namespace's journal, too. */

#include "base/journal_stream.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static const char begin[] = "/run/systemd/journal", end[] = "/stdout";

bool journal_stream_is(int fd)
{
    struct sockaddr_un peer = {0};
    socklen_t size = sizeof(peer) - 1; /* so that the path has a NUL */
    size_t length;

    if (getpeername(fd, (struct sockaddr *)&peer, &size) < 0 || peer.sun_family != AF_UNIX)
        return false;
    length = strlen(peer.sun_path);
    return length >= sizeof(begin) + sizeof(end) - 2 &&
           strncmp(peer.sun_path, begin, sizeof(begin) - 1) == 0 &&
           strcmp(peer.sun_path + length - (sizeof(end) - 1), end) == 0;
}

static bool is_severity(const char *at, size_t size)
{
    size_t digits = 1;

    while (digits < size && digits <= 4 && at[digits] >= '0' && at[digits] <= '9')
        digits++;
    return digits > 1 && digits <= 4 && digits < size && at[digits] == '>';
}

size_t journal_stream_plain(const char *bytes, size_t size)
{
    const char *at = memchr(bytes, '<', size);

    while (at && !is_severity(at, size - (size_t)(at - bytes)))
        at = memchr(at + 1, '<', size - (size_t)(at - bytes) - 1);
    return at ? (size_t)(at - bytes) : size;
}
