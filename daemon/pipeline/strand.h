// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A strand is one pipeline's handlers for one type of one of its sources' records: they know the
 * type's schema, and the strand keeps their books. A pipeline that reads from two sources, of which
 * one has two types, has three strands.
 *
 * Handlers stand on ways. The main way is the pipeline's own list; a tee or a route opens further
 * ones, its branches. All handlers stand in one array in the order of the config:
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

#include "record/handler.h"

enum {
    STRAND_HANDLERS_MAX = 128, /* with those in branches */
    STRAND_BRANCHES_MAX = 32,
    STRAND_DEPTH_MAX = 4, /* branches inside each other */
    STRAND_NAME_MAX = 96, /* bytes of a name like "route[1].tee.filter" */
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

struct strand_branch {
    struct branch base; /* as the handler whose branch it is sees it */
    struct strand *strand;
    uint32_t owner;               /* index of that handler */
    uint16_t way;                 /* what its own handlers have in `ways` */
    uint32_t depth;               /* 1: in the main way */
    char prefix[STRAND_NAME_MAX]; /* "route[1]." */
    counter in;                   /* records that came in */
};

struct strand {
    /* immutable after it is built */
    struct handler *handlers[STRAND_HANDLERS_MAX]; /* NULL: it did not open */
    uint16_t ways[STRAND_HANDLERS_MAX];            /* 0: the main way; N: branches[N - 1] */
    struct strand_branch *branches[STRAND_BRANCHES_MAX];
    uint32_t n_handlers;
    uint32_t n_branches;
    bool makes;             /* one of the handlers makes records */
    int64_t budget;         /* ns that a handler may hold a batch; 0: no limit */
    uint64_t budget_cycles; /* the same, by base/cycles.h */
    double speed;           /* cycles in a nanosecond */

    /* owned by the consumer thread */
    struct books books;
    struct handler_account accounts[STRAND_HANDLERS_MAX];
    _Atomic uint32_t current; /* the handler at work, counted from 1; 0: none; any thread reads */

    /* owned by the main thread */
    bool told_slow[STRAND_HANDLERS_MAX];
};

/* Frees the handlers and branches, not the strand. */
void strand_deinit(struct strand *strand);

/* While it is built: how long, in ns, a handler may hold a batch before that is counted; 0: as long
 * as it likes. speed is cycles_per_ns(). */
void strand_set_budget(struct strand *strand, uint64_t budget, double speed);

/* While it is built: a branch of the handler of that index; label is "tee" or "route[1]". The
 * strand must stay where it is from then on. NULL when out of memory. */
struct strand_branch *strand_add_branch(struct strand *strand, uint32_t owner, const char *label);

/* Consumer thread: takes all views of the batch through the handlers and enters what became of each
 * record into the books; of a clocked batch also what each handler took. */
void strand_run(struct strand *strand, struct batch *batch);

/* Consumer thread, between batches: lets the handlers that make records make some, and takes those
 * through the handlers after them. There is room for a batch. unread: records wait in the strand's
 * rings. last: nothing comes any more. True: there is more to do. */
bool strand_make(struct strand *strand, int64_t now, bool unread, bool last);
/* Consumer thread: when that has to be done next, ns, monotonic; INT64_MAX: no matter when. */
int64_t strand_due(const struct strand *strand);
/* Consumer thread: no record may come before strand_make() was called again. */
bool strand_waits(const struct strand *strand);

/* Consumer thread: counts records of an unknown type that came to the strand. */
void strand_pass_over(struct strand *strand, uint32_t records);

/* Consumer thread: says a loss in every outlet of the strand. No handler takes it away. */
void strand_tell_loss(struct strand *strand, const struct loss *loss);

/* Any thread: records that came to the handler of that index. */
uint64_t strand_handler_in(const struct strand *strand, uint32_t index);

/* Any thread: the name of a handler with its place: "filter", "route[1].filter". Returns buffer. */
const char *strand_handler_name(const struct strand *strand, uint32_t index,
                                char buffer[STRAND_NAME_MAX]);

/* Consumer thread: no record will ever come out of it again. */
bool strand_exhausted(const struct strand *strand);
