// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Where records come from: something with a ring and a schema. Its config is an entry of
 * `sources:`; which kind it is follows from the key that is there (so far: `builtin`).
 *
 * Threads: source_open() and source_free() on the main thread; the calls that say so on the loader
 * thread; reading the fields anywhere. */

#include <stdint.h>

#include "base/error.h"
#include "config/diag.h"
#include "config/node.h"
#include "source/stream.h"

struct object;
struct ringmill_ring;

struct source {
    /* immutable after source_open() */
    const char *name; /* its key in the config, which it does not outlive */
    struct stream *streams;
    uint32_t n_streams;
    struct object *object;
};

/* Reads its config, needs no privileges. 0 and a source that the caller owns, or -errno after at
 * least one message in diag. */
int source_open(const struct config_node *config, struct diag *diag, struct source **ret);
void source_free(struct source *source); /* accepts NULL */

/* On the loader thread. 0, or -errno and a sentence that names the source. */
int source_load(struct source *source, struct error *error);
int source_attach(struct source *source, struct error *error);
/* On the loader thread: when it returns, no record will follow. */
void source_detach(struct source *source);
/* On the loader thread: records lost since the load because the ring was full. 0 or -errno. */
int source_lost(const struct source *source, uint64_t *ret_lost);

/* Opens one of a stream's rings, after source_load(). The caller owns *ret_ring. 0, or -errno and a
 * sentence. */
int source_open_ring(const struct source *source, uint32_t stream, uint32_t ring,
                     struct error *error, struct ringmill_ring **ret_ring);
