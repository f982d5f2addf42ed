// SPDX-License-Identifier: Apache-2.0

/* O_APPEND, so that a second writer or a truncating log rotation never leaves a hole. */

#include "sink/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_config {
    const char *path;
};

static const struct setting file_settings[] = {
    {
        .name = "path",
        .type = SETTING_PATH,
        .offset = offsetof(struct file_config, path),
        .required = true,
        .doc = "the file to append to",
    },
    {0},
};

struct file_sink {
    struct sink base;
    int fd;
};

/* A fifo without a reader must not hold up the start, but once it is open, writing may block. */
static int open_for_append(const char *path)
{
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
    int fd = open(path, flags | O_NONBLOCK, 0640);

    if (fd >= 0)
        fcntl(fd, F_SETFL, O_APPEND);
    return fd;
}

static int file_open(const void *config, struct error *error, struct sink **ret)
{
    const struct file_config *file = config;
    struct file_sink *sink = calloc(1, sizeof(*sink));

    if (!sink)
        return error_set(error, -ENOMEM, "out of memory");
    sink->base.ops = &sink_file;
    sink->fd = open_for_append(file->path);
    if (sink->fd < 0) {
        int code = -errno;

        free(sink);
        return error_set(error, code, "cannot open %s for writing: %s", file->path,
                         code == -ENXIO ? "nobody reads this fifo" : strerror(-code));
    }
    *ret = &sink->base;
    return 0;
}

static ssize_t file_write(struct sink *sink, const char *bytes, size_t size)
{
    ssize_t written = write(((struct file_sink *)sink)->fd, bytes, size);

    return written < 0 ? -errno : written;
}

static int file_watch_fd(const struct sink *sink)
{
    (void)sink;
    return -1;
}

static void file_rows(const struct sink *sink, row_emit emit, void *data)
{
    static const struct row size = {
        .name = "size",
        .unit = "bytes",
        .kind = ROW_LEVEL,
        .help = "Size of the file that is written to",
    };
    struct stat stat;

    if (fstat(((const struct file_sink *)sink)->fd, &stat) == 0)
        emit(data, &size, (uint64_t)stat.st_size);
}

static void file_close(struct sink *sink)
{
    if (!sink)
        return;
    close(((struct file_sink *)sink)->fd);
    free(sink);
}

const struct sink_ops sink_file = {
    .name = "file",
    .doc = "a file, appended to",
    .settings = file_settings,
    .config_size = sizeof(struct file_config),
    .open = file_open,
    .write = file_write,
    .watch_fd = file_watch_fd,
    .rows = file_rows,
    .close = file_close,
};
