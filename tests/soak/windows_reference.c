// SPDX-License-Identifier: Apache-2.0
#include "soak/windows_reference.h"

#include <err.h>
#include <string.h>

#define SECOND  INT64_C(1000000000)
#define NOTHING INT64_MIN

void reference_begin(struct reference *reference, const struct plan *plan)
{
    struct reference_row *rows = reference->rows;

    memset(reference, 0, sizeof(*reference));
    reference->rows = rows;
    reference->plan = *plan;
    reference->newest = reference->watermark = NOTHING;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void add_row(struct reference *reference, int64_t start, int64_t end, bool partial,
                    uint32_t key, const struct reference_cell *cell)
{
    if (cell->count == 0)
        return;
    if (reference->n_rows == REFERENCE_ROWS)
        errx(1, "the reference has room for %d rows", REFERENCE_ROWS);
    reference->rows[reference->n_rows++] = (struct reference_row){start, end, key, partial, *cell};
}

static void add_value(struct reference_cell *cell, uint64_t value)
{
    if (cell->count == 0)
        cell->first = value;
    cell->last = value;
    cell->count++;
    cell->sum += value;
}

static void end_window(struct reference *reference, uint32_t index, bool partial)
{
    struct reference_window *window = &reference->open[index];

    for (uint32_t key = 0; key < REFERENCE_KEYS; key++)
        add_row(reference, window->start + window->offset, window->end + window->offset,
                window->partial || partial, key, &window->cells[key]);
    *window = reference->open[--reference->n_open];
}

static void end_windows(struct reference *reference, int64_t until, bool partial)
{
    for (uint32_t i = reference->n_open; i-- > 0;)
        if (reference->open[i].end <= until)
            end_window(reference, i, partial);
}

static void end_session(struct reference *reference, uint32_t key, bool partial)
{
    struct reference_session *session = &reference->sessions[key];

    if (session->open)
        add_row(reference, session->since + session->offset, session->until + session->offset,
                partial, key, &session->cell);
    memset(session, 0, sizeof(*session));
}

static bool is_over(const struct reference *reference, const struct reference_session *session,
                    int64_t time)
{
    return time >= session->until && time - session->until >= reference->plan.gap;
}

/* ---- clocks ---------------------------------------------------------------------------------- */

static bool is_on_wall(const struct plan *plan)
{
    return plan->by == BY_UNIX || plan->aligned;
}

/* What is added to the windows' times for a row. */
static int64_t shown_offset(const struct plan *plan, const struct clocks *clocks)
{
    return is_on_wall(plan) ? 0 : clocks->offset;
}

static int64_t by_clock(const struct plan *plan, const struct clocks *clocks, int64_t monotonic)
{
    return is_on_wall(plan) ? monotonic + clocks->offset : monotonic;
}

static void begin_anew(struct reference *reference, int64_t time)
{
    end_windows(reference, INT64_MAX, true);
    for (uint32_t key = 0; key < REFERENCE_KEYS; key++)
        end_session(reference, key, true);
    reference->newest = reference->watermark = NOTHING;
    reference->whole_from = reference->last_time = time;
}

static void look(struct reference *reference, const struct clocks *clocks)
{
    const struct plan *plan = &reference->plan;
    int64_t time = by_clock(plan, clocks, clocks->now), wanted;

    if (!reference->begun) {
        reference->begun = true;
        reference->last_time = reference->whole_from = time;
        reference->origin = plan->by == BY_ARRIVAL && !plan->aligned ? time : 0;
        reference->activity = clocks->now;
        reference->boot = clocks->boot;
    } else {
        wanted = reference->last_time + clocks->now - reference->last_now;
        if ((is_on_wall(plan) && (time - wanted >= SECOND || wanted - time >= SECOND)) ||
            (clocks->boot != reference->boot && plan->by != BY_ARRIVAL))
            begin_anew(reference, time);
    }
    reference->boot = clocks->boot;
    reference->last_now = clocks->now;
    if (time > reference->last_time)
        reference->last_time = time;
}

/* Nothing came for long: all that is open has ended. */
static void give_up(struct reference *reference)
{
    int64_t until = reference->watermark;

    if (reference->plan.gap && reference->newest != NOTHING &&
        reference->newest + reference->plan.gap > until)
        until = reference->newest + reference->plan.gap;
    for (uint32_t i = 0; i < reference->n_open; i++)
        if (reference->open[i].end > until)
            until = reference->open[i].end;
    reference->watermark = until;
    end_windows(reference, until, false);
}

void reference_turn(struct reference *reference, const struct clocks *clocks, bool unread)
{
    const struct plan *plan = &reference->plan;
    int64_t sign; /* when it was known last that something comes */

    look(reference, clocks);
    if (plan->by == BY_ARRIVAL && !plan->gap)
        end_windows(reference, reference->last_time, false);
    if (plan->by == BY_ARRIVAL)
        return;
    if (unread)
        reference->activity = clocks->now;
    sign = reference->newest == NOTHING ? NOTHING : reference->newest - by_clock(plan, clocks, 0);
    if (plan->replayed || reference->activity > sign)
        sign = reference->activity;
    if (clocks->now - sign >= plan->every + plan->gap + plan->late)
        give_up(reference);
}

/* ---- records --------------------------------------------------------------------------------- */

static int64_t time_of(struct reference *reference, const struct clocks *clocks, uint64_t field)
{
    const struct plan *plan = &reference->plan;
    int64_t time = field > INT64_MAX ? INT64_MAX : (int64_t)field, present;

    if (plan->by == BY_ARRIVAL)
        return reference->last_time;
    if (plan->by == BY_KTIME && is_on_wall(plan) &&
        __builtin_add_overflow(time, clocks->offset, &time))
        time = INT64_MAX;
    if (clocks->read_by == INT64_MAX)
        return time;
    present = by_clock(plan, clocks, clocks->read_by);
    if (!plan->replayed && present < reference->last_time)
        present = reference->last_time;
    if (time - present <= SECOND)
        return time;
    reference->ahead++;
    if (!plan->replayed)
        return present;
    present = by_clock(plan, clocks, 0);
    return reference->newest > present ? reference->newest : present;
}

static struct reference_window *find_window(struct reference *reference,
                                            const struct clocks *clocks, int64_t start)
{
    const struct plan *plan = &reference->plan;
    struct reference_window *window;

    for (uint32_t i = 0; i < reference->n_open; i++)
        if (reference->open[i].start == start)
            return &reference->open[i];
    if (reference->n_open == REFERENCE_WINDOWS)
        errx(1, "the reference has room for %d open windows", REFERENCE_WINDOWS);
    window = &reference->open[reference->n_open++];
    memset(window, 0, sizeof(*window));
    window->start = start;
    window->end = start + plan->every;
    window->offset = shown_offset(plan, clocks);
    window->partial = plan->by == BY_ARRIVAL && start < reference->whole_from;
    return window;
}

static void take_window_record(struct reference *reference, const struct clocks *clocks,
                               int64_t time, uint32_t key, uint64_t value)
{
    const struct plan *plan = &reference->plan;
    int64_t into = ((time - reference->origin) % plan->hop + plan->hop) % plan->hop;
    uint64_t taken = 0, missed = 0;

    for (int64_t start = time - into; start + plan->every > time; start -= plan->hop) {
        if (plan->by != BY_ARRIVAL && start + plan->every <= reference->watermark) {
            missed++;
            continue;
        }
        add_value(&find_window(reference, clocks, start)->cells[key], value);
        taken++;
    }
    reference->late += taken == 0;
    reference->missed += taken == 0 ? 0 : missed;
}

static void take_session_record(struct reference *reference, const struct clocks *clocks,
                                int64_t time, uint32_t key, uint64_t value)
{
    const struct plan *plan = &reference->plan;
    struct reference_session *session = &reference->sessions[key];
    int64_t far = time > reference->watermark ? time : reference->watermark;

    if (plan->by != BY_ARRIVAL && time + plan->gap <= reference->watermark) {
        reference->late++;
        return;
    }
    if (session->open && is_over(reference, session, far))
        end_session(reference, key, false);
    if (!session->open || time < session->since)
        session->since = time;
    if (!session->open || time > session->until)
        session->until = time;
    session->open = true;
    session->offset = shown_offset(plan, clocks);
    add_value(&session->cell, value);
}

void reference_record(struct reference *reference, const struct clocks *clocks, uint64_t field,
                      uint32_t key, uint64_t value)
{
    const struct plan *plan = &reference->plan;
    int64_t time;

    if (plan->by != BY_ARRIVAL)
        look(reference, clocks);
    time = time_of(reference, clocks, field);
    reference->activity = clocks->now;
    if (time > reference->newest)
        reference->newest = time;
    if (reference->newest - plan->late > reference->watermark)
        reference->watermark = reference->newest - plan->late;
    if (plan->by != BY_ARRIVAL)
        end_windows(reference, reference->watermark, false);
    if (plan->gap)
        take_session_record(reference, clocks, time, key, value);
    else
        take_window_record(reference, clocks, time, key, value);
}

void reference_end(struct reference *reference, const struct clocks *clocks)
{
    const struct plan *plan = &reference->plan;
    int64_t far;

    reference_turn(reference, clocks, false);
    far = plan->by == BY_ARRIVAL ? reference->last_time : reference->watermark;
    end_windows(reference, INT64_MAX, true);
    for (uint32_t key = 0; key < REFERENCE_KEYS; key++)
        end_session(reference, key, !is_over(reference, &reference->sessions[key], far));
}
