// SPDX-License-Identifier: Apache-2.0
#pragma once

/* `object:` sources: BPF objects that users compiled; and the common part of all sources with a BPF
 * object once their rings are known, including the built-in ones. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "source/keep.h"
#include "source/kept_set.h"
#include "source/lost.h"
#include "source/own_rings.h"
#include "source/ring_config.h"
#include "source/shards.h"
#include "source/skipped_runs.h"
#include "source/source.h"

struct bpf_map;
struct bpf_object;
struct object;
struct perf_events;

/* The ring, or map of rings, of one stream. */
struct object_ring {
    const char *name; /* lives as long as the object */
    struct bpf_map *map;
    bool sharded;
    const struct ring_config *config; /* NULL: no settings */
    const char **inner_maps; /* the maps that it contains from the start, n_inner_maps names */
    uint32_t n_inner_maps;
    uint32_t template_size;   /* bytes of each ring that is made for it */
    struct perf_events *perf; /* owned; NULL: not a perf event array */
    struct lost_counter lost;

    /* owned by the loader thread */
    struct shards shards;
    struct own_ring *own;  /* shards.n of them, once it is loaded */
    int template_fd;       /* -1: none */
    uint64_t lost_noted;   /* for kept sources: the counter as read last */
    int64_t lost_noted_at; /* ns, monotonic */
    uint64_t lost_by_predecessors;
    bool predecessors_reported; /* of that loss */
};

/* The state of such a source; ring i is that of stream i. */
struct object_source {
    struct object *object;
    void *bytes;                 /* of its file; NULL: the bytes belong to others */
    struct ring_config *configs; /* of `rings:` */
    struct object_ring *rings;
    uint32_t n_rings;
    uint64_t recheck; /* as struct ringmill_ring_options has it */
    const struct keep_config *keep;
    /* Further changes to the object that is about to be loaded; NULL: none. */
    int (*prepare)(struct bpf_object *fresh, struct error *error);
    bool uses_lineage; /* the shared one, see source/lineage.h */

    /* owned by the loader thread */
    struct identity identity;
    struct kept_set *kept;         /* NULL: nothing is kept */
    struct kept_sets predecessors; /* see source/predecessor.h */
    bool predecessors_ended;       /* they will get no more records */
    bool waits;                    /* none of its records counts yet, see source/takeover.h */
    struct object_source *follows; /* the running source that this one replaces; NULL: none */
    struct skipped_runs skipped;
};

/* An empty one for source->state, or NULL when out of memory. */
struct object_source *object_source_new(void);

/* Makes a stream of each chosen ring. node: where messages go that concern no ring. 0, or -errno
 * after at least one message. */
int object_source_make_streams(struct source *source, const struct config_node *node,
                               struct diag *diag);

/* ---- The functions of struct source_kind for `object:` and `builtin:` sources. ---- */

/* close(): frees the object, its rings, and the descriptors of kept sets. */
void object_source_close(struct source *source);
/* load(): adopts the kept set of an earlier process, or else loads the object. */
int object_source_load(struct source *source, struct error *error);
/* attach(): attaches the programs of an object that was loaded, and keeps it if configured. */
int object_source_attach(struct source *source, struct error *error);
/* detach(): detaches the programs, kept ones for all processes. */
void object_source_detach(struct source *source);
/* leave(): closes the links of kept programs without detaching them. */
void object_source_leave(struct source *source);
/* release(): drops the kept set, except records that were not delivered. */
void object_source_release(struct source *source);
/* undo(): detaches what was attached, and drops a set that was not adopted. */
void object_source_undo(struct source *source);
/* lost(): by the loss counter of the stream, and by those of older sets; by the kernel's of a perf
 * event array. */
int object_source_lost(const struct source *source, uint32_t stream, struct lost_count *ret_count);
/* skipped(): also writes the sum into the ledger of a kept source. */
int object_source_skipped(const struct source *source, uint64_t *ret_skipped);
/* program(): the name of an attached program. */
const char *object_source_program(const struct source *source, uint32_t index);
