// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Where records come from: something with rings and schemas. Its config is an entry of `sources:`;
 * one of its keys selects the kind, see source/kind.h.
 *
 * Threads: source_open() and source_free() on the setup thread (main or loader, never both at
 * once); the calls that say so on the loader thread; reading the fields anywhere. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/diag.h"
#include "config/node.h"
#include "source/ring_bounds.h"
#include "source/stream.h"

struct lost_count;
struct ringmill_ring;
struct source_kind;

struct source {
    /* immutable after source_open(), but for what source/stream.h says */
    const char *name; /* its key in the config, which it does not outlive */
    const struct source_kind *kind;
    struct stream *streams; /* at least one */
    uint32_t n_streams;
    void *config;           /* what kind->settings were bound into */
    void *state;            /* the kind's own */
    const char *pin_folder; /* NULL: no pins are made of it */
    bool ends_with_us;      /* its rings are gone when this process is */
    const char *if_silent;  /* what a user can do to trigger a record; NULL: nothing */

    bool once; /* set before source_load(): its events are delivered at most once */

    /* set by source_load(), source_follow() and source_attach() */
    bool kept;    /* rings and attached programs outlive this process, but for source_detach() */
    bool adopted; /* they existed before this process */
    bool
        found; /* rings that an earlier process kept are read: those of an adopted set, or others */
    bool takes_over; /* the one that it follows records the same events: source_take_over() */
    uint32_t stored; /* descriptors of it that are in the fd store, if it has room for them */
};

/* Reads its config, needs no privileges. 0 and a source that the caller owns, or -errno after at
 * least one message in diag. */
int source_open(const struct config_node *config, struct diag *diag, struct source **ret);
/* Closes the source and frees it. Accepts NULL. */
void source_free(struct source *source);

/* On the loader thread: loads its programs and creates its rings, or adopts kept ones. 0, or -errno
 * and a sentence that names the source. */
int source_load(struct source *source, struct error *error);
/* On the loader thread, after its rings were opened: attaches the programs, so records follow. 0,
 * or -errno and a sentence that names the source. */
int source_attach(struct source *source, struct error *error);
/* On the loader thread: detaches the programs. When it returns, no record will follow. */
void source_detach(struct source *source);
/* On the loader thread, instead of source_detach(), after the rings were read as far as they will
 * be: this process ends, and kept programs continue without it. */
void source_leave(struct source *source);
/* On the loader thread, after source_detach() and after the rings were drained: nothing is kept any
 * more, except records that could not be delivered. */
void source_release(struct source *source);
/* On the loader thread, between source_load() and source_attach(): the source replaces a running
 * one, and from source_attach() on records of both count for this one. */
void source_follow(struct source *source, const struct source *previous);
/* On the loader thread, after source_attach(), for a source with takes_over, with the bounds
 * `until` of the rings of the running one set: records of this one count from now on, and of the
 * running one those before. */
void source_take_over(struct source *source);
/* On the loader thread, instead of source_release(): the source was loaded, and maybe attached, but
 * will not run. What existed before it stays unchanged. */
void source_undo(struct source *source);
/* On the loader thread: records of that stream lost since the load because the ring was full, by
 * its counter; see source/lost.h. Only for counted streams. 0 or -errno. */
int source_lost(const struct source *source, uint32_t stream, struct lost_count *ret_count);

/* On the loader thread: runs of its programs that the kernel skipped since the load, see
 * source/skipped_runs.h; for an adopted source, since the last report. 0, or -ENOTSUP if they are
 * not counted, or another -errno. */
int source_skipped(const struct source *source, uint64_t *ret_skipped);

/* On the loader thread: what its tables forgot since the load, see source/forgotten.h. 0, or
 * -ENOTSUP if it is not counted, or another -errno. */
int source_forgotten(const struct source *source, uint64_t *ret_forgotten);

/* Opens one of a stream's rings, after source_load(). The caller owns *ret_ring. 0, or -errno and a
 * sentence. */
int source_open_ring(const struct source *source, uint32_t stream, uint32_t ring,
                     struct error *error, struct ringmill_ring **ret_ring);

/* Which part of an open ring counts; NULL: all of it. Lives as long as the source. Whoever reads
 * the ring must leave out what is before `from` if no event may be delivered twice; and sets
 * `until` of a source that is replaced, see source_take_over(). */
struct ring_bounds *source_ring_bounds(const struct source *source, uint32_t stream, uint32_t ring);

/* The name of an attached program, by index from 0; NULL: there are no more. Not while the loader
 * thread attaches or detaches. */
const char *source_program(const struct source *source, uint32_t index);

/* Main thread, after the stop, with the position up to which its ring was read: 0, or -errno and a
 * sentence if records are missing, as for a damaged capture. */
int source_end_error(const struct source *source, uint64_t position, struct error *error);
