// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A chain is one pipeline's handlers for one type of one of its sources' records: they know the
 * type's schema, and the chain keeps their books. A pipeline that reads from two sources, of which
 * one has two types, has three chains.
 *
 * Handlers are on ways. The main way is the pipeline's own list; a tee or a route opens further
 * ones, its branches. All handlers are in one array in the order of the config:
 *
 *     [0] filter   [1] tee                  [3] route                         way 0
 *                       └ [2] tee.forward       │                             way 1
 *                                               ├ [4] route[0].filter,
 *                                               │ [5] route[0].forward        way 2
 *                                               └ [6] route[1].forward        way 3
 *
 * A record that goes into a branch is accounted for by the handlers there, in the same books. */

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/graph_share.h"
#include "record/handler.h"
#include "record/name_columns.h"

struct graph_pipeline;
struct graph_sink;
struct input_type;

enum {
    CHAIN_HANDLERS_MAX = 128, /* with those in branches */
    CHAIN_BRANCHES_MAX = 32,
    CHAIN_DEPTH_MAX = 4, /* branches inside each other */
    CHAIN_NAME_MAX = 96, /* bytes of a name like "route[1].tee.filter" */
};

/* What passed one handler. Its input is the output of the previous one. */
struct handler_account {
    counter out;     /* records still selected afterwards; where a way ends with branches, those
                        that went into them */
    counter clocked; /* records that came in while the clock ran */
    counter ns;      /* that those took, without what the branches of this handler took */
    counter slow;    /* batches that it held for longer than its budget */
    counter slowest; /* ns of the longest of them */
};

/* When a chain last looked at the time: all chains of a consumer thread share one. */
struct stopwatch {
    uint64_t cycles; /* as base/cycles.h counts */
    int64_t clock;   /* ns, monotonic; of a clocked batch only */
};

struct chain_branch {
    struct branch base; /* as the handler whose branch it is sees it */
    struct chain *chain;
    uint32_t owner;              /* index of that handler */
    uint16_t way;                /* what its own handlers have in `ways` */
    uint32_t depth;              /* 1: in the main way */
    char prefix[CHAIN_NAME_MAX]; /* "route[1]." */
    counter in;                  /* records that came in */
};

/* A sink that a chain forwards to. */
struct chain_sink {
    struct graph_sink *sink;
    uint32_t copies; /* at most, of one record */
};

struct chain {
    /* immutable after it is built; pipeline and type change when a reload keeps the chain */
    struct graph_share share;
    const struct graph_pipeline *pipeline;
    const struct input_type *type;
    bool not_in_books; /* in a replay: its records are of a source that the pipeline does not name,
                          so no handler is opened, and the pipeline's books are without them */
    struct chain_sink *sinks; /* n_sinks of them */
    uint32_t n_sinks;
    struct stopwatch *stopwatch;                  /* of the consumer thread */
    struct handler *handlers[CHAIN_HANDLERS_MAX]; /* NULL: it did not open */
    /* filled before the handler gets a batch, as its config mentions names of values; NULL: not */
    struct name_columns *names[CHAIN_HANDLERS_MAX];
    struct name_columns *kept_names[CHAIN_HANDLERS_MAX]; /* all that were made, owned */
    uint16_t ways[CHAIN_HANDLERS_MAX];                   /* 0: the main way; N: branches[N - 1] */
    struct chain_branch *branches[CHAIN_BRANCHES_MAX];
    uint32_t n_handlers;
    uint32_t n_branches;
    uint32_t n_kept_names;
    bool makes_records;     /* one of the handlers makes records */
    int64_t budget;         /* ns that a handler may hold a batch; 0: no limit */
    uint64_t budget_cycles; /* the same, by base/cycles.h */
    double speed;           /* cycles in a nanosecond */

    /* owned by the consumer thread */
    bool input_ended; /* no record comes any more, see change.h */
    uint64_t joined;  /* records that the rings of its type's source had given before it came */
    struct books books;
    struct handler_account accounts[CHAIN_HANDLERS_MAX];
    _Atomic uint32_t current; /* the handler at work, counted from 1; 0: none; any thread reads */

    /* owned by the main thread */
    bool told_slow[CHAIN_HANDLERS_MAX];
};

/* Frees the handlers and branches, not the chain. */
void chain_deinit(struct chain *chain);

/* While it is built: how long, in ns, a handler may hold a batch before that is counted; 0: as long
 * as it likes. speed is cycles_per_ns(). */
void chain_set_budget(struct chain *chain, uint64_t budget, double speed);

/* While it is built: a branch of the handler of that index; label is "tee" or "route[1]". The
 * chain must stay where it is from then on. NULL when out of memory. */
struct chain_branch *chain_add_branch(struct chain *chain, uint32_t owner, const char *label);

/* While it is built: takes over names that a handler is to be opened with. False: there is no room,
 * and the caller still owns them. */
bool chain_keep_names(struct chain *chain, struct name_columns *names);

/* Consumer thread: takes all views of the batch through the handlers and enters what became of each
 * record into the books; of a clocked batch also what each handler took. */
void chain_run(struct chain *chain, struct batch *batch);

/* Consumer thread, between batches: lets the handlers that make records make some, and takes those
 * through the handlers after them. There is room for a batch. records_wait: there are some in the
 * chain's rings. last: nothing comes any more. True: there is more to do. */
bool chain_emit(struct chain *chain, int64_t now, bool records_wait, bool last);
/* Consumer thread: when that has to be done next, ns, monotonic; INT64_MAX: no matter when. */
int64_t chain_due(const struct chain *chain);
/* Consumer thread: no record may come before chain_emit() was called again. */
bool chain_waits(const struct chain *chain);

/* Consumer thread: counts records of an unknown type that came to the chain. */
void chain_count_unknown(struct chain *chain, uint32_t records);

/* Consumer thread: says a loss in every outlet of the chain. No handler takes it away. */
void chain_tell_loss(struct chain *chain, const struct loss *loss);

/* Any thread: records that came to the handler of that index. */
uint64_t chain_handler_in(const struct chain *chain, uint32_t index);

/* Any thread: the name of a handler with its place: "filter", "route[1].filter". Returns buffer. */
const char *chain_handler_name(const struct chain *chain, uint32_t index,
                               char buffer[CHAIN_NAME_MAX]);

/* Consumer thread: no record will ever come out of it again. */
bool chain_exhausted(const struct chain *chain);
