// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A stream is one ring of a source, or the shards of one, with the types that its records have. A
 * built-in program has one stream of one type; an object may bring several rings; and the records
 * of one ring may be of several types, told apart by the value of a selector.
 *
 *     source ──▶ stream "opens"  ──▶ ring                 types: struct open_event
 *           └──▶ stream "flows"  ──▶ ring, ring, ring     types: kind 1: struct tcp_flow,
 *                                   (shards)                     kind 2: struct udp_flow
 *
 * Immutable once its source is open, but for n_rings and ring_size, which source_load() may set. */

#include <stdbool.h>
#include <stdint.h>

#include "record/schema.h"

struct capture;

enum { STREAM_TYPES_MAX = 256 }; /* types of one stream */

enum stream_selector {
    STREAM_ONE_TYPE, /* all records are of types[0] */
    STREAM_BY_FIELD, /* by the value of an integer field at the same place in all types */
    STREAM_BY_TAG,   /* by the second word of a record's header: captures */
};

struct stream_type {
    int64_t value; /* the selector's; unique */
    struct schema *schema;
    const char *source_name; /* the source name in its events */
    const char *label;       /* STREAM_BY_TAG: the type name in its events; NULL: none */
};

struct stream {
    const char *name; /* of the ring's map */
    enum stream_selector selector;
    struct field selected_by;  /* STREAM_BY_FIELD; a copy without names, called by its path */
    struct stream_type *types; /* by value, ascending; at least one */
    uint32_t n_types;
    uint32_t n_rings;   /* 1, or the shards; after source_load() */
    uint64_t ring_size; /* bytes of each ring; 0: not known before source_load() */

    uint32_t longest; /* bytes of its longest records, as far as the programs say it; 0: unknown */

    bool ordered;        /* records of all shards are sorted by this timestamp */
    struct field order;  /* u64, ns of CLOCK_MONOTONIC */
    uint64_t order_hold; /* ns */

    bool perf;          /* a perf event array: a ring for each CPU, gone with this process; samples
                           may be up to 7 bytes longer than the program wrote */
    bool counted;       /* source_lost() returns how many did not fit */
    int64_t lost_since; /* ns, monotonic: for an adopted ring, the time until which losses were
                           reported; 0: since the start; after source_load() */

    bool numbered; /* a field numbers the records of each ring: a gap is a loss, unless the stream
                      is counted */
    struct field sequence; /* u32 or u64 */

    const struct capture *capture; /* STREAM_BY_TAG: what the file contains besides its records */
};

/* Returns count zeroed streams, each with room for one zeroed type; NULL when out of memory. The
 * names in them belong to the kind of the source. */
struct stream *streams_new(uint32_t count);
/* Frees the schemas, too. Accepts NULL and half-built ones. */
void streams_free(struct stream *streams, uint32_t count);
/* Whether the number of lost records is known: by a counter, by gaps in the sequence, or from the
 * capture that is read. */
bool stream_knows_lost(const struct stream *stream);
/* Makes room for count zeroed types instead; those that were there must not have schemas yet. 0 or
 * -ENOMEM. */
int stream_set_types(struct stream *stream, uint32_t count);
