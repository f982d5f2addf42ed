// SPDX-License-Identifier: Apache-2.0

/* The descriptor is shared with whoever started us, so whether it blocks is theirs to say; where it
 * does not, we wait for room ourselves. */

#include "sink/stdout.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static struct sink the_stdout = {.ops = &sink_stdout};

static int stdout_open(const void *config, const struct sink_options *options, struct error *error,
                       struct sink **ret)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);

    (void)config;
    (void)options;
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
        return error_set(error, -EBADF,
                         "standard output is closed, or only for reading; redirect it somewhere");
    *ret = &the_stdout;
    return 0;
}

static ssize_t stdout_write(struct sink *sink, const char *bytes, size_t size)
{
    struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
    ssize_t written;

    (void)sink;
    while ((written = write(STDOUT_FILENO, bytes, size)) < 0 && errno == EAGAIN)
        if (poll(&room, 1, -1) < 0)
            break;
    return written < 0 ? -errno : written;
}

static int stdout_watch_fd(const struct sink *sink)
{
    (void)sink;
    return STDOUT_FILENO;
}

static void stdout_close(struct sink *sink)
{
    (void)sink;
}

const struct sink_ops sink_stdout = {
    .name = "stdout",
    .doc = "the daemon's standard output",
    .once = true,
    .ends_daemon = true,
    .open = stdout_open,
    .write = stdout_write,
    .watch_fd = stdout_watch_fd,
    .close = stdout_close,
};
