// SPDX-License-Identifier: Apache-2.0

/* For measurements, and for pipelines whose output nobody needs. */

#include "sink/null.h"

static struct sink the_null = {.ops = &sink_null};

static int null_open(const void *config, const struct sink_options *options, struct error *error,
                     struct sink **ret)
{
    (void)config;
    (void)options;
    (void)error;
    *ret = &the_null;
    return 0;
}

static ssize_t null_write(struct sink *sink, const char *bytes, size_t size)
{
    (void)sink;
    (void)bytes;
    return (ssize_t)size;
}

static int null_watch_fd(const struct sink *sink)
{
    (void)sink;
    return -1;
}

static void null_close(struct sink *sink)
{
    (void)sink;
}

const struct sink_ops sink_null = {
    .name = "null",
    .doc = "discards events after they were encoded and counted",
    .open = null_open,
    .write = null_write,
    .watch_fd = null_watch_fd,
    .close = null_close,
};
