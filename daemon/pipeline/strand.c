// SPDX-License-Identifier: Apache-2.0

/* The accounting is the same for all handlers, so it stands here once: what is missing from the
 * selection afterwards, the handler took. One indirect call for each handler and batch.
 *
 * After every handler the time is looked at, also of batches that are not clocked: then it is the
 * processor's counter, which costs an instruction for each batch, and a batch that is held for long
 * is seen the first time. Time is charged to whoever was at work since the last look, whichever
 * strand that was in, so one look for each handler is enough, and a handler with branches is not
 * charged for what they do; the little that the consumer does between two batches is the next
 * handler's. What the counter says is believed as far as the clock allows: no handler was at work
 * for longer than the turn. */

#include "pipeline/strand.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/cycles.h"

void strand_deinit(struct strand *strand)
{
    /* backwards: a handler's schema outlives those behind it, also in its branches */
    while (strand->n_handlers > 0) {
        struct handler *last = strand->handlers[--strand->n_handlers];

        if (last)
            last->ops->close(last);
    }
    while (strand->n_branches > 0)
        free(strand->branches[--strand->n_branches]);
}

/* ---- books ----------------------------------------------------------------------------------- */

static void enter(struct strand *strand, enum book row, uint64_t records)
{
    if (records > 0)
        counter_add(&strand->books.rows[row], records);
}

static bool is_last(const struct strand *strand, uint32_t index)
{
    for (uint32_t i = index + 1; i < strand->n_handlers; i++)
        if (strand->ways[i] == strand->ways[index])
            return false;
    return true;
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

/* What the handler of that index did with the `before` records that it got. */
static void account(struct strand *strand, uint32_t index, struct batch *batch, uint32_t before)
{
    const struct handler_ops *ops = strand->handlers[index]->ops;
    uint32_t out = ops->divides ? batch->forwarded : batch->selected;

    counter_add(&strand->accounts[index].out, out);
    if (ops->forwards) {
        enter_forward(strand, batch, is_last(strand, index));
        return;
    }
    enter(strand, ops->removes, before - out - batch->failed - batch->late);
    enter(strand, BOOK_FAILED, batch->failed);
    enter(strand, BOOK_LATE, batch->late);
    if (ops->divides)
        batch->selected = 0;
}

/* ---- times ----------------------------------------------------------------------------------- */

#ifdef RINGMILL_UNCOUNTED
static void set_current(struct strand *strand, uint32_t current)
{
    (void)strand;
    (void)current;
}

static void start_watch(struct batch *batch)
{
    (void)batch;
}

static void charge(struct strand *strand, uint32_t index, struct batch *batch)
{
    (void)strand;
    (void)index;
    (void)batch;
}
#else
static void set_current(struct strand *strand, uint32_t current)
{
    atomic_store_explicit(&strand->current, current, memory_order_relaxed);
}

static void start_watch(struct batch *batch)
{
    if (batch->clocked)
        batch->clock = clock_monotonic();
}

static void charge_clocked(struct handler_account *account, struct batch *batch)
{
    int64_t now = clock_monotonic();

    counter_add(&account->ns, (uint64_t)(now - batch->clock));
    batch->clock = now;
}

static void charge_slow(struct strand *strand, struct handler_account *account,
                        const struct batch *batch, uint64_t cycles)
{
    int64_t turn = clock_monotonic() - batch->now;
    int64_t took = (int64_t)((double)cycles / strand->speed);

    took = took < turn ? took : turn;
    if (took <= strand->budget)
        return;
    counter_add(&account->slow, 1);
    if ((uint64_t)took > counter_get(&account->slowest))
        atomic_store_explicit(&account->slowest, (uint64_t)took, memory_order_relaxed);
}

/* The handler of that index was at work since the last look. */
static void charge(struct strand *strand, uint32_t index, struct batch *batch)
{
    uint64_t now = cycles_now(), took = now - batch->mark;

    batch->mark = now;
    if (batch->clocked)
        charge_clocked(&strand->accounts[index], batch);
    if (took > strand->budget_cycles)
        charge_slow(strand, &strand->accounts[index], batch, took);
}
#endif

/* ---- running --------------------------------------------------------------------------------- */

/* The handlers of one way, from the index of its first one on. */
static void run_way(struct strand *strand, uint16_t way, uint32_t first, struct batch *batch)
{
    for (uint32_t i = first; i < strand->n_handlers && batch->selected > 0; i++) {
        struct handler *handler = strand->handlers[i];
        uint32_t before = batch->selected;

        if (strand->ways[i] != way)
            continue;
        batch->failed = 0;
        batch->late = 0;
        batch->forwarded = 0;
        set_current(strand, i + 1);
        handler->ops->process(handler, batch);
        charge(strand, i, batch);
        if (batch->clocked)
            counter_add(&strand->accounts[i].clocked, before);
        account(strand, i, batch, before);
    }
}

void strand_run(struct strand *strand, struct batch *batch)
{
    const struct schema *schema = batch->schema;

    batch_select_all(batch);
    enter(strand, BOOK_SEEN, batch->count);
    start_watch(batch);
    run_way(strand, 0, 0, batch);
    set_current(strand, 0);
    batch->schema = schema; /* the next strand begins with it, too */
}

/* ---- records that are made here ---------------------------------------------------------------
 */

/* Counts records that continue after the handler of that index as its output. */
static bool make_some(struct strand *strand, uint32_t index, int64_t now, bool unread, bool last)
{
    struct handler *handler = strand->handlers[index];
    struct batch batch;
    bool more;

    batch.clocked = false;
    batch.now = now;
    batch.mark = cycles_now();
    batch.ring_id = 0; /* no ring has them */
    set_current(strand, index + 1);
    handler->unread = unread;
    more = handler->ops->make(handler, now, last, &batch);
    charge(strand, index, &batch);
    if (batch.selected > 0) {
        counter_add(&strand->accounts[index].out, batch.selected);
        enter(strand, BOOK_EMITTED, batch.selected);
        run_way(strand, strand->ways[index], index + 1, &batch);
    }
    set_current(strand, 0);
    return more;
}

/* One step of one handler: what stands behind another that makes records gets its turn when that
 * one is done, so that the last records of the one are in the last records of the other. */
bool strand_make(struct strand *strand, int64_t now, bool unread, bool last)
{
    for (uint32_t i = 0; strand->makes && i < strand->n_handlers; i++)
        if (strand->handlers[i]->ops->make && make_some(strand, i, now, unread, last))
            return true;
    return false;
}

int64_t strand_due(const struct strand *strand)
{
    int64_t due = INT64_MAX;

    for (uint32_t i = 0; strand->makes && i < strand->n_handlers; i++) {
        const struct handler *handler = strand->handlers[i];
        int64_t own = handler->ops->make ? handler->ops->due(handler) : INT64_MAX;

        due = own < due ? own : due;
    }
    return due;
}

bool strand_waits(const struct strand *strand)
{
    for (uint32_t i = 0; strand->makes && i < strand->n_handlers; i++)
        if (strand->handlers[i]->waits)
            return true;
    return false;
}

static void branch_run(struct branch *base, struct batch *batch, bool copies)
{
    struct strand_branch *branch = (struct strand_branch *)base;
    struct strand *strand = branch->strand;

    if (batch->selected == 0)
        return;
    charge(strand, branch->owner, batch);
    counter_add(&branch->in, batch->selected);
    if (copies)
        enter(strand, BOOK_COPIES, batch->selected);
    run_way(strand, branch->way, branch->owner + 1, batch);
    set_current(strand, branch->owner + 1);
}

void strand_pass_over(struct strand *strand, uint32_t records)
{
    enter(strand, BOOK_SEEN, records);
    enter(strand, BOOK_UNKNOWN_TYPE, records);
}

/* What came to the way of that number lacks something. Behind a handler that lets nothing pass for
 * ever, losses say nothing about what comes out. */
static void tell_way(struct strand *strand, uint16_t way, const struct loss *loss)
{
    for (uint32_t i = 0; i < strand->n_handlers; i++) {
        struct handler *handler = strand->handlers[i];
        uint32_t told;

        if (strand->ways[i] != way)
            continue;
        if (handler_is_exhausted(handler))
            return;
        told = handler->ops->lost ? handler->ops->lost(handler, loss) : 0;
        enter(strand, BOOK_EMITTED, told);
        enter(strand, BOOK_FORWARDED, told);
        for (uint32_t j = 0; j < strand->n_branches; j++)
            if (strand->branches[j]->owner == i)
                tell_way(strand, strand->branches[j]->way, loss);
    }
}

void strand_tell_loss(struct strand *strand, const struct loss *loss)
{
    tell_way(strand, 0, loss);
}

/* ---- building and looking -------------------------------------------------------------------- */

void strand_set_budget(struct strand *strand, uint64_t budget, double speed)
{
    strand->budget = (int64_t)budget;
    strand->speed = speed;
    strand->budget_cycles = budget > 0 ? (uint64_t)((double)budget * speed) : UINT64_MAX;
}

struct strand_branch *strand_add_branch(struct strand *strand, uint32_t owner, const char *label)
{
    uint16_t way = strand->ways[owner];
    const struct strand_branch *around = way > 0 ? strand->branches[way - 1] : NULL;
    struct strand_branch *branch = calloc(1, sizeof(*branch));
    size_t used;

    if (!branch)
        return NULL;
    branch->base.run = branch_run;
    branch->strand = strand;
    branch->owner = owner;
    branch->depth = around ? around->depth + 1 : 1;
    if (around)
        memcpy(branch->prefix, around->prefix, sizeof(branch->prefix));
    used = strlen(branch->prefix);
    snprintf(branch->prefix + used, sizeof(branch->prefix) - used, "%s.", label);
    strand->branches[strand->n_branches++] = branch;
    branch->way = (uint16_t)strand->n_branches;
    return branch;
}

uint64_t strand_handler_in(const struct strand *strand, uint32_t index)
{
    uint16_t way = strand->ways[index];

    for (uint32_t i = index; i-- > 0;)
        if (strand->ways[i] == way)
            return counter_get(&strand->accounts[i].out);
    return counter_get(way > 0 ? &strand->branches[way - 1]->in : &strand->books.rows[BOOK_SEEN]);
}

const char *strand_handler_name(const struct strand *strand, uint32_t index,
                                char buffer[STRAND_NAME_MAX])
{
    uint16_t way = strand->ways[index];

    snprintf(buffer, STRAND_NAME_MAX, "%s%s", way > 0 ? strand->branches[way - 1]->prefix : "",
             strand->handlers[index]->ops->name);
    return buffer;
}

static bool way_exhausted(const struct strand *strand, uint16_t way);

/* Of the handler of that index; a handler that has none is done when its way is. */
static bool branches_exhausted(const struct strand *strand, uint32_t owner)
{
    for (uint32_t i = 0; i < strand->n_branches; i++)
        if (strand->branches[i]->owner == owner && !way_exhausted(strand, (uint16_t)(i + 1)))
            return false;
    return true;
}

/* Records still come out of a forward, or a branch, that stands before an exhausted handler. */
static bool way_exhausted(const struct strand *strand, uint16_t way)
{
    for (uint32_t i = 0; i < strand->n_handlers; i++) {
        const struct handler *handler = strand->handlers[i];

        if (strand->ways[i] != way)
            continue;
        if (handler_is_exhausted(handler))
            return true;
        if (handler->ops->forwards || !branches_exhausted(strand, i))
            return false;
        if (handler->ops->divides)
            return true;
    }
    return false;
}

bool strand_exhausted(const struct strand *strand)
{
    return way_exhausted(strand, 0);
}
