// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A strand is one pipeline's handlers for one type of one of its sources' records: they know the
 * type's schema, and the strand keeps their books. A pipeline that reads from two sources, of which
 * one has two types, has three strands. */

#include <stdbool.h>
#include <stdint.h>

#include "record/handler.h"

enum { STRAND_HANDLERS_MAX = 32 };

/* What passed one handler. What came in is what left the one before it. */
struct handler_account {
    counter out;     /* records still selected afterwards */
    counter clocked; /* records that came in while the clock ran */
    counter ns;      /* that those took */
};

struct strand {
    /* immutable after it is built */
    struct handler *handlers[STRAND_HANDLERS_MAX];
    uint32_t n_handlers;

    /* owned by the consumer thread */
    struct books books;
    struct handler_account accounts[STRAND_HANDLERS_MAX];
    _Atomic uint32_t current; /* the handler at work, counted from 1; 0: none; any thread reads */
};

/* Frees the handlers, not the strand. */
void strand_deinit(struct strand *strand);

/* Consumer thread: takes all views of the batch through the handlers and enters what became of each
 * record into the books; of a clocked batch also what each handler took. */
void strand_run(struct strand *strand, struct batch *batch);

/* Consumer thread: so many records came to the strand whose type nobody knows. */
void strand_pass_over(struct strand *strand, uint32_t records);

/* Consumer thread: says a loss in every outlet of the strand. No handler takes it away. */
void strand_tell_loss(struct strand *strand, const struct loss *loss);

/* Any thread: records that came to the handler of that index. */
uint64_t strand_handler_in(const struct strand *strand, uint32_t index);

/* Consumer thread: no record will ever come out of it again. */
bool strand_exhausted(const struct strand *strand);
