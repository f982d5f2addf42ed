// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A sink is where encoded events go. One file pair per kind and one row in the registry.
 *
 * Threads: sink_open() on the main thread, before capabilities are dropped; write() and close() on
 * the sink's writer thread, or where no such thread runs. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "config/setting.h"
#include "record/row.h"

struct encoder_ops;

struct sink {
    const struct sink_ops *ops;
};

struct sink_ops {
    const char *name; /* the value of `type:` */
    const char *doc;
    const struct setting *settings;   /* of this kind alone; NULL-name ended; may be NULL */
    size_t config_size;               /* of the struct they are bound into */
    const struct encoder_ops *format; /* the only one it takes; NULL: what the config says */
    bool once;                        /* there is only one such thing in a process */
    bool ends_daemon;                 /* when its peer is gone, the daemon ends, and quietly */

    /* 0 and a sink that the caller owns, or a negative errno and a sentence. */
    int (*open)(const void *config, struct error *error, struct sink **ret);
    /* Bytes accepted (1 to size), or -EPIPE: the peer is gone for good; -EINTR: interrupted by
     * writer_give_up(); another negative errno: not now, may be tried again. May block. What is
     * accepted counts as acknowledged; each sink's manual row says what that means. */
    ssize_t (*write)(struct sink *sink, const char *bytes, size_t size);
    /* A descriptor that reports POLLERR or POLLHUP once the peer is gone, or -1. */
    int (*watch_fd)(const struct sink *sink);
    /* Main thread, while the writer thread runs: gives its own rows, always the same ones in the
     * same order; must not block. NULL: it has none. */
    void (*rows)(const struct sink *sink, row_emit emit, void *data);
    void (*close)(struct sink *sink); /* accepts NULL */
};

/* All kinds, NULL-ended, for lookups, error messages and manuals. */
extern const struct sink_ops *const sink_kinds[];

/* NULL when there is no such kind. */
const struct sink_ops *sink_find(const char *name);
