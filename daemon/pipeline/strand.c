// SPDX-License-Identifier: Apache-2.0

/* The accounting is the same for all handlers, so it stands here once: what is missing from the
 * selection afterwards, the handler took. One indirect call for each handler and batch. */

#include "pipeline/strand.h"

#include "base/clock.h"

void strand_deinit(struct strand *strand)
{
    /* backwards: a handler's schema outlives those behind it */
    while (strand->n_handlers > 0) {
        struct handler *last = strand->handlers[--strand->n_handlers];

        last->ops->close(last);
    }
}

static void enter(struct strand *strand, enum book row, uint64_t records)
{
    if (records > 0)
        counter_add(&strand->books.rows[row], records);
}

/* Of what a forward puts out, one record each is the one that came in, if it goes no further; all
 * others are copies. */
static void enter_forward(struct strand *strand, const struct batch *batch, bool last)
{
    uint32_t out = batch->forwarded + batch->failed;

    enter(strand, BOOK_COPIES, last ? out - batch->selected : out);
    enter(strand, BOOK_FORWARDED, batch->forwarded);
    enter(strand, BOOK_FAILED, batch->failed);
}

static void set_current(struct strand *strand, uint32_t current)
{
#ifndef RINGMILL_UNCOUNTED
    atomic_store_explicit(&strand->current, current, memory_order_relaxed);
#endif
    (void)strand;
    (void)current;
}

static void process_clocked(struct strand *strand, uint32_t index, struct batch *batch)
{
    struct handler *handler = strand->handlers[index];
    struct handler_account *account = &strand->accounts[index];
    uint32_t before = batch->selected;
    int64_t start = clock_monotonic();

    handler->ops->process(handler, batch);
    counter_add(&account->ns, (uint64_t)(clock_monotonic() - start));
    counter_add(&account->clocked, before);
}

void strand_run(struct strand *strand, struct batch *batch)
{
    batch_select_all(batch);
    enter(strand, BOOK_SEEN, batch->count);
    for (uint32_t i = 0; i < strand->n_handlers && batch->selected > 0; i++) {
        struct handler *handler = strand->handlers[i];
        uint32_t before = batch->selected;

        batch->failed = 0;
        batch->forwarded = 0;
        set_current(strand, i + 1);
        if (batch->clocked)
            process_clocked(strand, i, batch);
        else
            handler->ops->process(handler, batch);
        counter_add(&strand->accounts[i].out, batch->selected);
        if (handler->ops->forwards) {
            enter_forward(strand, batch, i + 1 == strand->n_handlers);
        } else {
            enter(strand, handler->ops->removes, before - batch->selected - batch->failed);
            enter(strand, BOOK_FAILED, batch->failed);
        }
    }
    set_current(strand, 0);
}

void strand_pass_over(struct strand *strand, uint32_t records)
{
    enter(strand, BOOK_SEEN, records);
    enter(strand, BOOK_UNKNOWN_TYPE, records);
}

/* Behind a handler that lets nothing pass for ever, losses say nothing about what comes out. */
void strand_tell_loss(struct strand *strand, const struct loss *loss)
{
    for (uint32_t i = 0; i < strand->n_handlers && !strand->handlers[i]->exhausted; i++) {
        struct handler *handler = strand->handlers[i];
        uint32_t told = handler->ops->lost ? handler->ops->lost(handler, loss) : 0;

        enter(strand, BOOK_EMITTED, told);
        enter(strand, BOOK_FORWARDED, told);
    }
}

uint64_t strand_handler_in(const struct strand *strand, uint32_t index)
{
    return counter_get(index > 0 ? &strand->accounts[index - 1].out
                                 : &strand->books.rows[BOOK_SEEN]);
}

/* Records still come out of a forward that stands before an exhausted handler. */
bool strand_exhausted(const struct strand *strand)
{
    for (uint32_t i = 0; i < strand->n_handlers; i++) {
        if (strand->handlers[i]->exhausted)
            return true;
        if (strand->handlers[i]->ops->forwards)
            return false;
    }
    return false;
}
