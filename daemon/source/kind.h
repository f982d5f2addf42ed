// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A kind of source: one file each, and a row in the registry (source.c). The key of an entry of
 * `sources:` selects the kind; each entry has exactly one such key. */

#include <stddef.h>

#include "base/error.h"
#include "config/diag.h"
#include "config/setting.h"
#include "source/source.h"

struct ringmill_error;

struct source_kind {
    const char *name;               /* the key that selects the kind; also a row of settings */
    const struct setting *settings; /* the keys of such a source; ended by a row without a name */
    size_t config_size;             /* of the struct they are bound into: source->config */
    /* The keys of one ring, too, for a source that has just one (source/ring_config.h), and where
     * in that struct they are bound; NULL: none. */
    const struct setting *ring_settings;
    size_t ring_offset;
    /* The keys that depend on another key of the entry, and where in the config they are bound: an
     * empty table if there are none. NULL: never any. */
    struct setting_table (*further)(const struct config_node *config, void *bound);
    /* Where the keys of source/keep.h are bound; 0: it has none. */
    size_t keep_offset;

    /* Setup thread (base/thread.h), needs no privileges as far as that is possible. source has its
     * name and its bound config; sets streams, n_streams and state. 0, or -errno after at least one
     * message in diag; what it has set by then is given to close(). */
    int (*open)(struct source *source, const struct config_node *config, struct diag *diag);
    /* Frees state, which may be NULL. Streams and config are freed by others, after it. */
    void (*close)(struct source *source);

    /* Called on the loader thread; NULL: nothing to do. Sentences need not name the source. */
    int (*load)(struct source *source, struct error *error);
    int (*attach)(struct source *source, struct error *error);
    void (*detach)(struct source *source);
    void (*leave)(struct source *source);
    void (*release)(struct source *source);
    void (*follow)(struct source *source, const struct source *previous);
    void (*take_over)(struct source *source); /* NULL: never needed */
    void (*undo)(struct source *source);      /* NULL: detach and release */
    /* For a stream whose `counted` is set. */
    int (*lost)(const struct source *source, uint32_t stream, struct lost_count *ret_count);

    /* See source_skipped(). NULL: it has no programs whose skipped runs can be read. */
    int (*skipped)(const struct source *source, uint64_t *ret_skipped);
    /* See source_forgotten(). NULL: it has no tables that forget. */
    int (*forgotten)(const struct source *source, uint64_t *ret_forgotten);

    /* After load(). The caller owns *ret_ring. */
    int (*open_ring)(const struct source *source, uint32_t stream, uint32_t ring,
                     struct ringmill_error *reason, struct ringmill_ring **ret_ring);
    /* See source_ring_bounds(). NULL: all of every ring counts. */
    struct ring_bounds *(*ring_bounds)(const struct source *source, uint32_t stream, uint32_t ring);
    /* The name of an attached program, by index from 0; NULL when there are no more, or no such
     * function. */
    const char *(*program)(const struct source *source, uint32_t index);
    /* See source_end_error(). NULL: always good. */
    int (*end_error)(const struct source *source, uint64_t position, struct error *error);
};

/* All kinds, NULL-ended, for lookups, messages and manuals. */
extern const struct source_kind *const source_kinds[];

extern const struct source_kind source_builtin;
extern const struct source_kind source_object;  /* a BPF object that users compiled */
extern const struct source_kind source_map;     /* a ring that another program writes to */
extern const struct source_kind source_capture; /* replays a file of a `capture` sink */
