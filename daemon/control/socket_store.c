// SPDX-License-Identifier: Apache-2.0
#include "control/socket_store.h"

#include <event2/util.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/passed_fds.h"

/* Not those of socket units, which come without having been stored. */
static const char *const names[SERVER_KINDS] = {
    [SERVER_UNIX] = "ringmill-control",
    [SERVER_TCP] = "ringmill-metrics",
};

static bool is_at(int fd, enum server_kind kind, const char *wanted)
{
    struct sockaddr_storage own = {0}, other = {0};
    socklen_t length = sizeof(own);
    int other_length = sizeof(other);

    if (getsockname(fd, (struct sockaddr *)&own, &length) < 0)
        return false;
    if (kind == SERVER_UNIX)
        return own.ss_family == AF_UNIX &&
               strcmp(((const struct sockaddr_un *)&own)->sun_path, wanted) == 0;
    return evutil_parse_sockaddr_port(wanted, (struct sockaddr *)&other, &other_length) == 0 &&
           evutil_sockaddr_cmp((struct sockaddr *)&own, (struct sockaddr *)&other, 1) == 0;
}

int socket_store_take(enum server_kind kind, const char *address)
{
    _cleanup_(cleanup_close) int fd = passed_fds_take(names[kind]);

    if (fd < 0)
        return -1;
    if (address && is_at(fd, kind, address))
        return TAKE_FD(fd);
    sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", names[kind]);
    return -1;
}

void socket_store_put(enum server_kind kind, int fd)
{
    char message[64];

    snprintf(message, sizeof(message), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", names[kind]);
    sd_pid_notify_with_fds(0, 0, message, &fd, 1);
}
