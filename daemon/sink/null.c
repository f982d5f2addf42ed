// SPDX-License-Identifier: Apache-2.0

/* For measurements, and for pipelines whose output nobody needs. */

#include "sink/sink_kinds.h"

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

static enum sink_state null_write(struct sink *sink, const char *bytes, size_t size,
                                  struct sink_outcome *outcome)
{
    (void)sink;
    (void)bytes;
    outcome->taken = size;
    return SINK_ACCEPTED;
}

const struct sink_ops sink_null = {
    .name = "null",
    .doc = "discards events after they were encoded and counted",
    .open = null_open,
    .write = null_write,
};
