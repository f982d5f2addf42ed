// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A strand is one pipeline's handlers for one of its sources: they know the source's schema, and
 * the strand keeps their books. A pipeline that reads from two sources has two strands. */

#include <stdbool.h>
#include <stdint.h>

#include "record/handler.h"

enum { STRAND_HANDLERS_MAX = 32 };

struct strand {
    /* immutable after it is built */
    struct handler *handlers[STRAND_HANDLERS_MAX];
    uint32_t n_handlers;

    /* owned by the consumer thread */
    struct books books;
};

/* Frees the handlers, not the strand. */
void strand_deinit(struct strand *strand);

/* Consumer thread: takes all views of the batch through the handlers and enters what became of each
 * record into the books. */
void strand_run(struct strand *strand, struct batch *batch);

/* Consumer thread: no record will ever come out of it again. */
bool strand_exhausted(const struct strand *strand);
