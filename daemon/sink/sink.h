// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A sink is where encoded events go. One file pair per kind and one row in the registry.
 *
 * Threads: open() on the main thread, before capabilities are dropped; write(), tend() and close()
 * on the sink's writer thread, or where no such thread runs. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "config/setting.h"
#include "encode/framing.h"
#include "record/row.h"

struct encoder_ops;

struct sink {
    const struct sink_ops *ops;
    uint32_t refused; /* set by write(): how many of the accepted events it had to drop */
    const char *why;  /* set by write() and tend() on failure if more is known than errno */
    bool waiting;     /* set by tend(): not connected, so nothing can be written now */
    bool gone;        /* set by tend(): the peer is gone for good */
    bool owes;        /* set by tend(): accepted data still has to be sent again */
    bool one_way; /* set by tend(): the peer has shut down its own direction and may still read */
};

struct sink_options {
    const char *name;     /* in the config; outlives the sink */
    enum framing framing; /* of the bytes passed to write() */
    const char *header;   /* the first lines of each file and connection; outlives the sink. NULL:
                             none. Sinks that carry events one by one ignore it */
    bool patient; /* records wait for this sink: a problem that can be solved while the daemon runs,
                     such as a missing folder, does not make open() fail; the sink tries again */
};

struct sink_ops {
    const char *name; /* the value of `type:` */
    const char *doc;
    const struct setting *settings;   /* of this kind only; ended by a NULL name; may be NULL */
    size_t config_size;               /* of the struct they are bound into */
    const struct encoder_ops *format; /* the only format it accepts; NULL: the one in the config */
    bool once;                        /* at most one sink of this kind in a process */
    bool ends_daemon;                 /* when its peer is gone, the daemon ends without an error */

    /* Finds mistakes that do not depend on the machine and concern more than one key. 0; or
     * -EINVAL, a sentence, and the key that it is about. open() may rely on it. NULL: nothing to
     * check. */
    int (*check)(const void *config, enum framing framing, struct error *error,
                 const char **ret_key);

    /* The path of the file that the sink appends to. NULL: the sink has no file. */
    const char *(*file)(const void *config);
    /* Whether the sink would take a file `name`, in the folder of its own file `own`, for one of
     * its rotated files. NULL: it never rotates. */
    bool (*takes)(const void *config, const char *own, const char *name);

    uint32_t retry_max_ms; /* the longest pause between tries; 0: always WRITER_RETRY_MS */

    /* 0 and a sink that the caller owns, or a negative errno and a sentence. A peer that is not
     * reachable yet is not a failure if it can appear later. */
    int (*open)(const void *config, const struct sink_options *options, struct error *error,
                struct sink **ret);
    /* Returns the number of bytes accepted (1 to size), or -EPIPE: the peer is gone for good;
     * -EINTR: interrupted by writer_give_up(); another negative errno: try again later. May block.
     * What is accepted counts as acknowledged; what that means is in the table of docs/sinks.md.
     * The rest of a chunk is passed again, so a call begins a new chunk only if the previous call
     * accepted everything. */
    ssize_t (*write)(struct sink *sink, const char *bytes, size_t size);
    /* Called before the writer thread sleeps: does what is due, such as a sync or a new connection.
     * Returns in how many ms it wants to be called again; -1: not before the next write or an event
     * of watch_fd(). NULL: nothing is ever due. */
    int (*tend)(struct sink *sink);
    /* Called once, on the writer thread, after the last write: writes what was held back. Later
     * messages of the daemon appear after it. NULL: nothing is held back. */
    void (*finish)(struct sink *sink);
    /* Any thread: a log rotation has moved the file; tend(), or the next write that begins an
     * event, opens the path again. NULL: nothing to open. */
    void (*reopen)(struct sink *sink);
    /* A descriptor that reports POLLERR or POLLHUP once the peer is gone, or -1. Then tend() is
     * called if the sink has one; else the peer is gone for good. */
    int (*watch_fd)(const struct sink *sink);
    /* Main thread, while the writer thread runs: emits the sink's own figures, always the same ones
     * in the same order; must not block. NULL: none. */
    void (*rows)(const struct sink *sink, row_emit emit, void *data);
    void (*close)(struct sink *sink); /* accepts NULL */
};

/* All kinds, NULL-ended, for lookups, error messages and manuals. */
extern const struct sink_ops *const sink_kinds[];

/* NULL when there is no such kind. */
const struct sink_ops *sink_find(const char *name);
