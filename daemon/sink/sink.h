// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A sink is where encoded events go. This file says all that somebody who adds a kind of sink has
 * to know. A new kind is a .c file with a const struct sink_ops, its declaration in
 * sink/sink_kinds.h, a row in sink/sink_kinds.c, and its section in docs/sinks.md.
 *
 * Life of a sink, and who calls what:
 *
 *     check, file, owns_name   setup thread: only look at the config
 *     open                     setup thread: returns a sink that the caller owns
 *     write, tend, watch       writer thread of this sink, between open() and close()
 *     finish                   writer thread, once, after the last write
 *     reopen, rows             main thread, while the writer thread runs
 *     close                    one thread, after the writer thread has ended or if there was none
 *
 * The setup thread is the main thread at the start, before capabilities are dropped, and the loader
 * thread at a reload; never two at once. So a sink shares only what reopen() and rows() need with
 * another thread: atomics and counters (base/counter.h). It needs no lock.
 *
 * The writer passes chunks of whole events, in order: at most CHUNK_BYTES (base/lane.h, 256 KiB),
 * each event at most EVENT_MAX (64 KiB); see takes_long_events. It calls write() with a chunk until
 * all of its bytes were taken. It calls tend() before it sleeps, when no chunk waits, and after the
 * last write; not between chunks, and not in the pause after a write() that returned SINK_WAITING.
 *
 * Bytes that were taken count as delivered: with `delivery: at-least-once`, their records are then
 * committed and not read again. So a sink whose peer acknowledges takes bytes after the
 * acknowledgement, or keeps them to send them again, which does not survive the daemon.
 *
 * write(), tend() and finish() may block. Meanwhile the queue of this sink fills, and its
 * `overflow` setting decides what happens then; the health check `sinks` is bad once nothing was
 * taken for `sink_grace` (30 s). A signal (SIGUSR2) ends a blocking system call with EINTR: once
 * when the daemon or the sink ends, to be finished in time, and again and again after the stop
 * deadline. After EINTR the sink returns SINK_ACCEPTED with what was taken so far, and the writer
 * calls it again unless it has to stop. Only a sink that cannot continue in the middle may try
 * again, once.
 *
 * Errors: open() and check() return a negative errno and a sentence. All later problems are the
 * result of write() or tend(); the writer counts and logs them, so a sink logs only what the writer
 * does not know, such as a file that was replaced. */

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

#include "base/error.h"
#include "config/setting.h"
#include "encode/framing.h"
#include "record/row.h"

struct encoder_ops;

/* Each kind's own struct begins with it. */
struct sink {
    const struct sink_ops *ops;
};

struct sink_options {
    const char *name;     /* in the config; outlives the sink */
    enum framing framing; /* of the bytes passed to write() */
    const char *header;   /* the first lines of each file, connection or request; outlives the sink.
                             NULL: none. Sinks that carry events one by one ignore it */
    bool
        retry_open; /* records wait in rings that an earlier process kept: if a problem can be
                       solved while the daemon runs, such as a missing folder, open() should
                       succeed, and write() try again. Only needed where open() looks at the peer */
};

/* What write() and tend() return, and what the writer then does. */
enum sink_state {
    /* write(): took bytes, which count as delivered. None: a signal interrupted it; the writer
     * calls it again unless it has to stop. tend(): the sink can be written to, as far as known. */
    SINK_ACCEPTED,
    /* Only write(): took bytes as with SINK_ACCEPTED, but dropped some of the events in them, which
     * this sink can never carry (outcome.refused, outcome.why). The writer counts these as
     * dropped. */
    SINK_REFUSED,
    /* Nothing can be written now, for the reason in outcome.why. The writer reports the sink as
     * retrying. write(): took nothing; the writer pauses, then passes the same bytes again. tend():
     * sets outcome.due_ms to try again. */
    SINK_WAITING,
    /* The peer is gone for good. The writer drops what is left and all that follows, and calls
     * neither write() nor tend() nor finish() again. */
    SINK_GONE,
};

/* What write() and tend() report beside their state. The writer fills it with 0, NULL and -1 before
 * each call, so a sink sets only what it has to say. */
struct sink_outcome {
    size_t taken;     /* by write(): bytes, at most those passed; SINK_WAITING and SINK_GONE: 0 */
    uint32_t refused; /* by write(): events within the taken bytes that were dropped */
    size_t unsent;    /* by tend(): bytes taken before that still have to be sent again. At the end
                         the writer calls tend() until this is 0 or the stop deadline is reached */
    int due_ms;      /* by tend(): ms until it has to be called again, >= 0; -1: not before the next
                        write or an event of watch() */
    const char *why; /* SINK_WAITING: a text for the log and status; the sink's, valid until its
                        next call. SINK_REFUSED: a constant text, after "3 events were dropped:" */
};

struct sink_ops {
    const char *name; /* the value of `type:` */
    const char *doc;
    const struct setting *settings;   /* of this kind only; ended by a NULL name; may be NULL */
    size_t config_size;               /* of the struct they are bound into */
    const struct encoder_ops *format; /* the only format it accepts; NULL: the one in the config */
    bool
        once; /* at most one sink of this kind in a config. A reload opens a changed one while the
                 old one is in use, and calls its write() and tend() after close() of the old one */
    bool takes_long_events; /* of up to EVENT_LONG_MAX bytes, in chunks that are longer by that */
    bool ends_daemon;       /* when its peer is gone, the daemon ends without an error */
    uint32_t retry_max_ms;  /* the longest pause after SINK_WAITING; 0: always WRITER_RETRY_MS */

    /* All but open() and write() may be NULL: the sink has nothing of this kind to do. */

    /* Finds mistakes that do not depend on the machine and concern more than one key. 0; or
     * -EINVAL, a sentence, and the key that it is about. open() may rely on it. */
    int (*check)(const void *config, enum framing framing, struct error *error,
                 const char **ret_key);

    /* The path of the file that the sink appends to; a text of the config. */
    const char *(*file)(const void *config);
    /* Whether the sink would treat a file `name`, in the folder of its own file `own`, as one of
     * its rotated files. */
    bool (*owns_name)(const void *config, const char *own, const char *name);

    /* 0 and a sink, which the caller gives to close(); or a negative errno and a sentence, and
     * nothing is left. Copies what it needs of config and options but for what outlives the sink.
     * A peer that is not reachable yet is not a failure if it can appear later: then write() says
     * SINK_WAITING until it does. */
    int (*open)(const void *config, const struct sink_options *options, struct error *error,
                struct sink **ret);

    /* Takes 1 to size bytes, or says why not; size > 0. What counts as delivered by this is in the
     * table of docs/sinks.md. What was not taken is passed first in the next call. After all was
     * taken, the next call brings a new chunk, which begins with a whole event. */
    enum sink_state (*write)(struct sink *sink, const char *bytes, size_t size,
                             struct sink_outcome *outcome);

    /* Does what is due before the writer thread sleeps, such as a sync or a new connection. */
    enum sink_state (*tend)(struct sink *sink, struct sink_outcome *outcome);

    /* Writes what was taken and not written yet: the last rows of a table. Most sinks hold nothing
     * back. Not called after SINK_GONE. Later messages of the daemon appear after it. */
    void (*finish)(struct sink *sink);

    /* A log rotation has moved the file: the next tend(), or the next write() that begins an event,
     * opens the path again. */
    void (*reopen)(struct sink *sink);

    /* Sets fd and events of *ret to what poll() reports when the peer goes away; fd -1: nothing.
     * When any of them happens tend() is called; without tend(), POLLERR and POLLHUP mean that the
     * peer is gone for good. */
    void (*watch)(const struct sink *sink, struct pollfd *ret);

    /* Emits the sink's own figures, always the same ones in the same order; must not block. */
    void (*rows)(const struct sink *sink, row_emit emit, void *data);

    /* Frees the sink; accepts NULL. */
    void (*close)(struct sink *sink);
};

/* For write() and tend() of a sink: the outcome of a call that returned a number of bytes or a
 * negative errno. why: a sentence that says more than the errno does; NULL or "": there is none. */
static inline enum sink_state sink_written(struct sink_outcome *outcome, ssize_t result,
                                           const char *why)
{
    if (result >= 0 || result == -EINTR) {
        outcome->taken = result > 0 ? (size_t)result : 0;
        return SINK_ACCEPTED;
    }
    outcome->why = why && why[0] ? why : strerror((int)-result);
    return SINK_WAITING;
}

/* Closes a sink and frees it; accepts NULL. */
static inline void sink_close(struct sink *sink)
{
    if (sink && sink->ops->close)
        sink->ops->close(sink);
}
