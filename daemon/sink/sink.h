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
    uint32_t refused; /* set by write(): of the events it accepted, those it had to throw away */
    const char *why;  /* set by write() and tend() when they fail, where more is known than errno */
    bool waiting;     /* set by tend(): the peer is not there, so nothing could be written now */
    bool gone;        /* set by tend(): the peer is gone for good */
    bool owes; /* set by tend(): something that was accepted must be sent again, and is not yet */
    bool one_way; /* set by tend(): that the peer ended its own direction is no sign of leaving */
};

struct sink_options {
    const char *name;     /* in the config; outlives the sink */
    enum framing framing; /* of what it gets to write */
    const char *header;   /* what every file and connection begins with, a line or more; outlives
                             the sink. NULL: nothing. Sinks that carry events one by one have no
                             beginning and pass it over */
    bool patient; /* records wait for it: what can be mended while the daemon runs, as a folder
                     that is missing, is no failure of open(), and is tried again */
};

struct sink_ops {
    const char *name; /* the value of `type:` */
    const char *doc;
    const struct setting *settings;   /* of this kind alone; NULL-name ended; may be NULL */
    size_t config_size;               /* of the struct they are bound into */
    const struct encoder_ops *format; /* the only one it takes; NULL: what the config says */
    bool once;                        /* there is only one such thing in a process */
    bool ends_daemon;                 /* when its peer is gone, the daemon ends, and quietly */

    /* What is wrong whatever the machine is like, and not for one key alone to know. 0; or -EINVAL,
     * a sentence, and the key that it is about. open() may count on it. NULL: nothing to check. */
    int (*check)(const void *config, enum framing framing, struct error *error,
                 const char **ret_key);

    /* The path of the file that it appends to. NULL: it has no file. */
    const char *(*file)(const void *config);
    /* Whether it takes a file called `name` beside its own one, `own`, for one that it has rotated
     * away. NULL: it rotates none. */
    bool (*takes)(const void *config, const char *own, const char *name);

    uint32_t retry_max_ms; /* the longest pause between tries; 0: always WRITER_RETRY_MS */

    /* 0 and a sink that the caller owns, or a negative errno and a sentence. A peer that is not
     * there yet is no failure where one can come later. */
    int (*open)(const void *config, const struct sink_options *options, struct error *error,
                struct sink **ret);
    /* Bytes accepted (1 to size), or -EPIPE: the peer is gone for good; -EINTR: interrupted by
     * writer_give_up(); another negative errno: not now, may be tried again. May block. What is
     * accepted counts as acknowledged; each sink's manual row says what that means. A chunk is
     * given again from where it was left, so a call begins a chunk when the one before took all. */
    ssize_t (*write)(struct sink *sink, const char *bytes, size_t size);
    /* Before the writer thread sleeps: does what is due, such as a sync or a new connection.
     * Returns after how many ms it wants to be called again; -1: not before the next write, or what
     * watch_fd() tells. NULL: nothing is ever due. */
    int (*tend)(struct sink *sink);
    /* Once, on the writer thread, after the last write: what was held back goes out now. What the
     * daemon then says comes behind it. NULL: nothing is held back. */
    void (*finish)(struct sink *sink);
    /* Any thread: whoever looks after the file has moved it away; tend() or the next write that
     * begins an event opens it anew. NULL: nothing to open. */
    void (*reopen)(struct sink *sink);
    /* A descriptor that reports POLLERR or POLLHUP once the peer is gone, or -1. Where there is
     * tend(), that is called then; else the peer is gone for good. */
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
