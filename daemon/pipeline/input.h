// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Where records come in: a stream of a source (see source/stream.h), its open rings, and for each
 * type of its records the chains that read it. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/histogram.h"
#include "record/loss.h"
#include "source/source.h"

struct chain;
struct graph_pipeline;
struct graph_sink;
struct commit_queue;
struct resolver;
struct ringmill_ring;

/* How much of a ring may be read and not acknowledged: what a kill can make come again. */
struct unacked_limit {
    uint64_t bytes;
    uint32_t percent; /* of the ring; the lesser of both counts */
};

/* One of the types that the input's records can have. */
struct input_type {
    struct input *input;
    const struct stream_type *stream_type; /* NULL: all types that the stream does not know */
    struct chain **chains; /* n_chains of them, one for each pipeline; the graph's */
    const struct graph_pipeline **readers; /* whose they are in this graph */
    uint32_t n_chains;
    uint32_t *copies;          /* how often one record goes to each of the graph's sinks */
    const struct field *ktime; /* NULL: the records do not say when they were submitted */
    uint32_t least;            /* bytes that every record of the type has */
    uint32_t size; /* bytes of the type; further bytes of a sample are in no field; UINT32_MAX:
                     unlimited */
};

/* One ring of an input. */
struct input_ring {
    /* immutable once it is open */
    struct input *input;
    struct ringmill_ring *handle;
    bool watched;               /* it is in the reader, whose it is then */
    char *name;                 /* of its map; NAME/NUMBER for a shard */
    char *about;                /* for sentences: "exec", or "flows, ring rb/2" */
    struct ring_bounds *bounds; /* which part counts, the source's; NULL: all of it */

    /* owned by the consumer thread, once that runs */
    struct commit_queue *next_commits; /* see change.h */
    struct commit_queue *commits;      /* commits that wait; NULL: delivery is at-most-once */
    uint64_t unacked_max;              /* bytes, see commit_set_limit() */
    uint64_t last;                     /* position at which it ends, once its input is ending */

    /* owned by the consumer thread, any thread reads */
    struct histogram commit_latency; /* see consumer.h */
    counter overlap;                 /* records that an older set has, too; see ring_part.h */

    /* owned by the consumer thread */
    bool overlaps;            /* the next records may be such */
    uint32_t clock_countdown; /* batches until the next one is clocked */
    int64_t clocked_at;       /* ns, monotonic */
    bool numbered;            /* the two below mean something */
    uint64_t next_number;     /* in the sequence */
    int64_t numbered_at;      /* ns, monotonic: when the record before it was there already */

    /* of a capture's, see capture_notes.h; owned by the consumer thread */
    struct wall_offset *wall;    /* the graph's */
    struct wall_offset replayed; /* as the capture has it by now */
    uint64_t next_note;          /* where something is said; UINT64_MAX: nothing any more */
    size_t next_wall;            /* indexes into the capture's */
    size_t next_gap;
    size_t next_naming;
    struct resolver *resolver; /* the graph's, if names are given; NULL: they are found out */
};

/* A stream as one graph reads it: which chains get its records, and what became of them. */
struct input {
    const struct source *source;
    const struct stream *stream;
    uint32_t index;            /* among those of the source */
    bool plain;                /* one type, and no gaps to look for */
    bool makes_records;        /* one of its chains makes records */
    struct input_type *types;  /* as the stream has them; with a selector one more, see above */
    uint32_t n_types;          /* that one included */
    struct graph_sink **sinks; /* n_sinks of them: where its records can go */
    uint32_t n_sinks;
    bool at_least_once;                /* of one of the pipelines that read it */
    struct graph_sink **acknowledgers; /* n_acknowledgers of them: those that must acknowledge */
    uint32_t n_acknowledgers;
    struct unacked_limit max_unacked; /* the smallest of those pipelines */
    struct input_ring **rings;        /* those that are open */
    uint32_t n_rings;

    /* set by the main thread before the drain: its rings are left to the next process */
    atomic_bool kept_for_next;

    /* owned by the consumer thread, any thread reads */
    atomic_bool paused;
    counter held_up;       /* times that it was paused because of max_unacked */
    counter gaps;          /* records that the sequence says are missing */
    counter unknown;       /* records of unknown type */
    counter long_records;  /* records longer than their type */
    counter short_records; /* records shorter than their type */
    counter long_bytes;    /* bytes of records after the end of their type */

    /* owned by the consumer thread */
    uint32_t uncommitted; /* records handled and not committed: of ordered shards */
    bool told_unknown;
    bool told_short;
    bool ending; /* what its rings had when that was set is the last that is read */
    bool ended;  /* nothing of it is read any more: it stays paused */

    /* the main thread's, or the loader's while that has a job; change_take() hands them on to the
     * next graph. Final when the programs are detached */
    uint64_t lost;        /* as last read, where it is counted */
    uint64_t lost_told;   /* of them, in `loss` so far */
    uint64_t lost_resets; /* times that the counter was set by others, see source/lost.h */
    int64_t lost_clean;   /* ns, monotonic: when no more than those were lost for certain */
    uint64_t unread;      /* records that the stop had no time for */
    bool
        unread_unknown; /* the rest of one of its rings could not be read, so unread is not exact */

    /* see loss_report.h */
    atomic_bool loss_posted;
    struct loss loss;
};

/* Finds out the types of the source's stream of that index. 0 or -ENOMEM; input_deinit() is the
 * caller's to call in both cases. */
int input_init(struct input *input, const struct source *source, uint32_t index);
/* Frees its lists. Rings and chains are the graph's. Accepts a zeroed input. */
void input_deinit(struct input *input);

/* The source has other streams, so a name is needed to tell them apart. */
bool input_is_one_of_many(const struct input *input);
/* The source has more than one ring, so the name of a ring is needed to tell them apart. After the
 * source was loaded. */
bool input_is_one_of_many_rings(const struct input *input);
/* Gaps in the sequence are what says how many records were lost: nothing counts them. */
bool input_is_numbered(const struct input *input);
/* Main thread: as last read; 0 where nothing says it, see stream_knows_lost(). */
uint64_t input_lost(const struct input *input);

/* Consumer thread between batches, or while there is none: makes room for a whole batch in the
 * lanes of all sinks of the input. False: there is none; the consumer thread is woken when a writer
 * has given chunks back. */
bool input_make_room(const struct input *input);
/* As input_make_room(); false also while a handler must make records before it can take more in.
 */
bool input_make_ready(const struct input *input);
