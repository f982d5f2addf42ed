// SPDX-License-Identifier: Apache-2.0

/* The accounting is the same for all handlers, so it is here once: what is missing from the
 * selection afterwards, the handler took. One indirect call for each handler and batch.
 *
 * After every handler the time is looked at, also of batches that are not clocked: then it is the
 * processor's counter, which costs an instruction for each batch, and a batch that is held for long
 * is seen the first time. Time is charged to whoever was at work since the last look, whichever
 * chain that was in, so one look for each handler is enough, and a handler with branches is not
 * charged for what they do; the little that the consumer does between two batches is the next
 * handler's. What the counter says is believed as far as the clock allows: no handler was at work
 * for longer than the turn. */

#include "pipeline/chain.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/cycles.h"

void chain_deinit(struct chain *chain)
{
    /* backwards: a handler's schema outlives those after it, also in its branches */
    while (chain->n_handlers > 0) {
        struct handler *last = chain->handlers[--chain->n_handlers];

        if (last)
            last->ops->close(last);
    }
    while (chain->n_branches > 0)
        free(chain->branches[--chain->n_branches]);
    while (chain->n_kept_names > 0)
        name_columns_free(chain->kept_names[--chain->n_kept_names]);
}

bool chain_keep_names(struct chain *chain, struct name_columns *names)
{
    if (chain->n_kept_names == CHAIN_HANDLERS_MAX)
        return false;
    chain->kept_names[chain->n_kept_names++] = names;
    return true;
}

/* ---- books ----------------------------------------------------------------------------------- */

static void enter(struct chain *chain, enum book row, uint64_t records)
{
    if (records > 0)
        counter_add(&chain->books.rows[row], records);
}

static bool is_last(const struct chain *chain, uint32_t index)
{
    for (uint32_t i = index + 1; i < chain->n_handlers; i++)
        if (chain->ways[i] == chain->ways[index])
            return false;
    return true;
}

/* Of what a forward puts out, one record each is the one that came in, if it goes no further; all
 * others are copies. */
static void enter_forward(struct chain *chain, const struct batch *batch, bool last)
{
    uint32_t out = batch->forwarded + batch->failed;

    enter(chain, BOOK_COPIES, last ? out - batch->selected : out);
    enter(chain, BOOK_FORWARDED, batch->forwarded);
    enter(chain, BOOK_FAILED, batch->failed);
}

/* Only where each record went to one sink is it known which of them were not forwarded. */
static void give_back(struct chain *chain, uint32_t index, const struct batch *batch)
{
    if (batch->forwarded + batch->failed != batch->selected)
        return;
    for (uint32_t i = 0; i < index; i++)
        if (chain->ways[i] == chain->ways[index] && chain->handlers[i]->ops->give_back)
            chain->handlers[i]->ops->give_back(chain->handlers[i], batch->failed);
}

/* What the handler of that index did with the `before` records that it got. */
static void account(struct chain *chain, uint32_t index, struct batch *batch, uint32_t before)
{
    const struct handler_ops *ops = chain->handlers[index]->ops;
    uint32_t out = ops->divides ? batch->forwarded : batch->selected;

    counter_add(&chain->accounts[index].out, out);
    if (ops->forwards) {
        enter_forward(chain, batch, is_last(chain, index));
        if (batch->failed > 0)
            give_back(chain, index, batch);
        return;
    }
    enter(chain, ops->removes, before - out - batch->failed - batch->late);
    enter(chain, BOOK_FAILED, batch->failed);
    enter(chain, BOOK_LATE, batch->late);
    if (ops->divides)
        batch->selected = 0;
}

/* ---- times ----------------------------------------------------------------------------------- */

#ifdef RINGMILL_UNCOUNTED
static void set_current(struct chain *chain, uint32_t current)
{
    (void)chain;
    (void)current;
}

static void start_stopwatch(const struct chain *chain, const struct batch *batch)
{
    (void)chain;
    (void)batch;
}

static void charge(struct chain *chain, uint32_t index, const struct batch *batch)
{
    (void)chain;
    (void)index;
    (void)batch;
}
#else
static void set_current(struct chain *chain, uint32_t current)
{
    atomic_store_explicit(&chain->current, current, memory_order_relaxed);
}

static void start_stopwatch(const struct chain *chain, const struct batch *batch)
{
    if (batch->clocked)
        chain->stopwatch->clock = clock_monotonic();
}

static void charge_clocked(struct handler_account *account, struct stopwatch *stopwatch)
{
    int64_t now = clock_monotonic();

    counter_add(&account->ns, (uint64_t)(now - stopwatch->clock));
    stopwatch->clock = now;
}

static void charge_slow(struct chain *chain, struct handler_account *account,
                        const struct batch *batch, uint64_t cycles)
{
    int64_t turn = clock_monotonic() - batch->now;
    int64_t took = (int64_t)((double)cycles / chain->speed);

    took = took < turn ? took : turn;
    if (took <= chain->budget)
        return;
    counter_add(&account->slow, 1);
    if ((uint64_t)took > counter_get(&account->slowest))
        atomic_store_explicit(&account->slowest, (uint64_t)took, memory_order_relaxed);
}

/* The handler of that index was at work since the last look. */
static void charge(struct chain *chain, uint32_t index, const struct batch *batch)
{
    uint64_t now = cycles_now(), took = now - chain->stopwatch->cycles;

    chain->stopwatch->cycles = now;
    if (batch->clocked)
        charge_clocked(&chain->accounts[index], chain->stopwatch);
    if (took > chain->budget_cycles)
        charge_slow(chain, &chain->accounts[index], batch, took);
}
#endif

/* ---- running --------------------------------------------------------------------------------- */

/* The handlers of one way, from the index of its first one on. */
static void run_way(struct chain *chain, uint16_t way, uint32_t first, struct batch *batch)
{
    for (uint32_t i = first; i < chain->n_handlers && batch->selected > 0; i++) {
        struct handler *handler = chain->handlers[i];
        uint32_t before = batch->selected;

        if (chain->ways[i] != way)
            continue;
        batch->failed = 0;
        batch->late = 0;
        batch->forwarded = 0;
        set_current(chain, i + 1);
        if (chain->names[i])
            name_columns_fill(chain->names[i], batch);
        handler->ops->process(handler, batch);
        charge(chain, i, batch);
        if (batch->clocked)
            counter_add(&chain->accounts[i].clocked, before);
        account(chain, i, batch, before);
    }
}

void chain_run(struct chain *chain, struct batch *batch)
{
    const struct schema *schema = batch->schema;

    batch_select_all(batch);
    enter(chain, BOOK_SEEN, batch->count);
    start_stopwatch(chain, batch);
    run_way(chain, 0, 0, batch);
    set_current(chain, 0);
    batch->schema = schema; /* the next chain begins with it, too */
}

/* ---- records that are made here -------------------------------------------------------------- */

/* Counts records that continue after the handler of that index as its output. */
static bool make_step(struct chain *chain, uint32_t index, int64_t now, bool records_wait,
                      bool last)
{
    struct handler *handler = chain->handlers[index];
    struct batch batch;
    bool more;

    batch.clocked = false;
    batch.now = now;
    chain->stopwatch->cycles = cycles_now();
    batch.ring_id = 0; /* no ring has them */
    set_current(chain, index + 1);
    handler->records_wait = records_wait;
    more = handler->ops->make(handler, now, last, &batch);
    charge(chain, index, &batch);
    if (batch.selected > 0) {
        counter_add(&chain->accounts[index].out, batch.selected);
        enter(chain, BOOK_EMITTED, batch.selected);
        run_way(chain, chain->ways[index], index + 1, &batch);
    }
    set_current(chain, 0);
    return more;
}

/* One step of one handler: what is after another that makes records gets its turn when that
 * one is done, so that the last records of the one are in the last records of the other. */
bool chain_emit(struct chain *chain, int64_t now, bool records_wait, bool last)
{
    for (uint32_t i = 0; chain->makes_records && i < chain->n_handlers; i++)
        if (chain->handlers[i]->ops->make && make_step(chain, i, now, records_wait, last))
            return true;
    return false;
}

int64_t chain_due(const struct chain *chain)
{
    int64_t due = INT64_MAX;

    for (uint32_t i = 0; chain->makes_records && i < chain->n_handlers; i++) {
        const struct handler *handler = chain->handlers[i];
        int64_t own = handler->ops->make ? handler->ops->due(handler) : INT64_MAX;

        due = own < due ? own : due;
    }
    return due;
}

bool chain_waits(const struct chain *chain)
{
    for (uint32_t i = 0; chain->makes_records && i < chain->n_handlers; i++)
        if (chain->handlers[i]->waits)
            return true;
    return false;
}

static void branch_run(struct branch *base, struct batch *batch, bool copies)
{
    struct chain_branch *branch = (struct chain_branch *)base;
    struct chain *chain = branch->chain;

    if (batch->selected == 0)
        return;
    charge(chain, branch->owner, batch);
    counter_add(&branch->in, batch->selected);
    if (copies)
        enter(chain, BOOK_COPIES, batch->selected);
    run_way(chain, branch->way, branch->owner + 1, batch);
    set_current(chain, branch->owner + 1);
}

void chain_count_unknown(struct chain *chain, uint32_t records)
{
    enter(chain, BOOK_SEEN, records);
    enter(chain, BOOK_UNKNOWN_TYPE, records);
}

/* What came to the way of that number lacks something. After a handler that lets nothing pass for
 * ever, losses say nothing about what comes out. */
static void tell_way(struct chain *chain, uint16_t way, const struct loss *loss)
{
    for (uint32_t i = 0; i < chain->n_handlers; i++) {
        struct handler *handler = chain->handlers[i];
        uint32_t told;

        if (chain->ways[i] != way)
            continue;
        if (handler_is_exhausted(handler))
            return;
        told = handler->ops->lost ? handler->ops->lost(handler, loss) : 0;
        enter(chain, BOOK_EMITTED, told);
        enter(chain, BOOK_FORWARDED, told);
        for (uint32_t j = 0; j < chain->n_branches; j++)
            if (chain->branches[j]->owner == i)
                tell_way(chain, chain->branches[j]->way, loss);
    }
}

void chain_tell_loss(struct chain *chain, const struct loss *loss)
{
    tell_way(chain, 0, loss);
}

/* ---- building and looking -------------------------------------------------------------------- */

void chain_set_budget(struct chain *chain, uint64_t budget, double speed)
{
    chain->budget = (int64_t)budget;
    chain->speed = speed;
    chain->budget_cycles = budget > 0 ? (uint64_t)((double)budget * speed) : UINT64_MAX;
}

struct chain_branch *chain_add_branch(struct chain *chain, uint32_t owner, const char *label)
{
    uint16_t way = chain->ways[owner];
    const struct chain_branch *around = way > 0 ? chain->branches[way - 1] : NULL;
    struct chain_branch *branch = calloc(1, sizeof(*branch));
    size_t used;

    if (!branch)
        return NULL;
    branch->base.run = branch_run;
    branch->chain = chain;
    branch->owner = owner;
    branch->depth = around ? around->depth + 1 : 1;
    if (around)
        memcpy(branch->prefix, around->prefix, sizeof(branch->prefix));
    used = strlen(branch->prefix);
    snprintf(branch->prefix + used, sizeof(branch->prefix) - used, "%s.", label);
    chain->branches[chain->n_branches++] = branch;
    branch->way = (uint16_t)chain->n_branches;
    return branch;
}

uint64_t chain_handler_in(const struct chain *chain, uint32_t index)
{
    uint16_t way = chain->ways[index];

    for (uint32_t i = index; i-- > 0;)
        if (chain->ways[i] == way)
            return counter_get(&chain->accounts[i].out);
    return counter_get(way > 0 ? &chain->branches[way - 1]->in : &chain->books.rows[BOOK_SEEN]);
}

const char *chain_handler_name(const struct chain *chain, uint32_t index,
                               char buffer[CHAIN_NAME_MAX])
{
    uint16_t way = chain->ways[index];

    snprintf(buffer, CHAIN_NAME_MAX, "%s%s", way > 0 ? chain->branches[way - 1]->prefix : "",
             chain->handlers[index]->ops->name);
    return buffer;
}

static bool way_exhausted(const struct chain *chain, uint16_t way);

/* Of the handler of that index; a handler that has none is done when its way is. */
static bool branches_exhausted(const struct chain *chain, uint32_t owner)
{
    for (uint32_t i = 0; i < chain->n_branches; i++)
        if (chain->branches[i]->owner == owner && !way_exhausted(chain, (uint16_t)(i + 1)))
            return false;
    return true;
}

/* Records still come out of a forward, or a branch, that is before an exhausted handler. */
static bool way_exhausted(const struct chain *chain, uint16_t way)
{
    for (uint32_t i = 0; i < chain->n_handlers; i++) {
        const struct handler *handler = chain->handlers[i];

        if (chain->ways[i] != way)
            continue;
        if (handler_is_exhausted(handler))
            return true;
        if (handler->ops->forwards || !branches_exhausted(chain, i))
            return false;
        if (handler->ops->divides)
            return true;
    }
    return false;
}

bool chain_exhausted(const struct chain *chain)
{
    return way_exhausted(chain, 0);
}
