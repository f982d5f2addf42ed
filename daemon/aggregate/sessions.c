// SPDX-License-Identifier: Apache-2.0

/* A wheel of timers would find the end of each session to the nanosecond, at the price of moving a
 * group in it for each record. A sweep costs nothing on a record's way, and a session is put out at
 * most a quarter of its gap late; the row says when it really ended. */

#include "aggregate/sessions.h"

#include <string.h>

#include "record/handler.h"

void sessions_init(struct sessions *sessions, struct groups *groups, int64_t gap)
{
    memset(sessions, 0, sizeof(*sessions));
    sessions->groups = groups;
    sessions->gap = gap;
}

static bool is_past(const struct sessions *sessions, const struct group *group, int64_t time)
{
    return time >= group->until && time - group->until >= sessions->gap;
}

static bool is_over(const struct sessions *sessions, const struct group *group, int64_t time)
{
    return group->era != (uint8_t)sessions->era || is_past(sessions, group, time);
}

void sessions_part(struct sessions *sessions, struct pane *live, uint32_t pane_number,
                   uint32_t index, uint64_t hash, int64_t time, int64_t watermark)
{
    struct group *group = groups_find(sessions->groups, pane_number, index, hash);

    if (!group || !is_over(sessions, group, time > watermark ? time : watermark))
        return;
    groups_unindex(sessions->groups, group);
    live->gone++;
}

void sessions_extend(const struct sessions *sessions, struct group *group, int64_t time)
{
    if (group->records == 1) {
        group->since = group->until = time;
        group->era = (uint8_t)sessions->era;
    }
    if (time < group->since)
        group->since = time;
    if (time > group->until)
        group->until = time;
}

/* What left the index was over when it did. */
static void end_group(struct sessions *sessions, struct pane *live, uint32_t number, int64_t time)
{
    struct group *group = groups_at(sessions->groups, number);

    live->gone -= !group->indexed && !group->other;
    group->cut = (group->indexed || group->other) &&
                 (group->era != (uint8_t)sessions->era || !is_past(sessions, group, time));
    groups_unindex(sessions->groups, group);
    if (live->other == number)
        live->other = GROUPS_NONE;
    groups_push(sessions->groups, &sessions->ended, number);
}

static int64_t round_of(const struct sessions *sessions)
{
    return sessions->gap / SESSIONS_ROUNDS;
}

/* By a field, hours may pass in a moment. Set back, the clock went far, too. */
static bool time_passed(const struct sessions *sessions, int64_t time)
{
    return (uint64_t)time - (uint64_t)sessions->swept_time >= (uint64_t)round_of(sessions);
}

bool sessions_are_crowded(const struct sessions *sessions, const struct pane *live, int64_t time)
{
    const struct groups *groups = sessions->groups;

    return (live->gone > 0 || sessions->unswept > 0 || time_passed(sessions, time)) &&
           (groups->n_free <= HANDLER_BATCH_MAX ||
            pane_own(live) + HANDLER_BATCH_MAX > groups->most);
}

bool sessions_sweep(struct sessions *sessions, struct pane *live, int64_t now, int64_t time,
                    bool due, bool all)
{
    if (sessions->unswept == 0) {
        if (!all && !due && now - sessions->swept < round_of(sessions) &&
            !time_passed(sessions, time))
            return false;
        sessions->swept = now;
        sessions->swept_time = time;
        sessions->unswept = live->count;
    }
    for (uint32_t step = 0; step < SESSIONS_SWEEP && sessions->unswept > 0; step++) {
        uint32_t number = groups_pop(sessions->groups, live);
        const struct group *group;

        sessions->unswept--;
        if (number == GROUPS_NONE)
            break;
        group = groups_at(sessions->groups, number);
        if (all || is_over(sessions, group, time) || (!group->indexed && !group->other))
            end_group(sessions, live, number, time);
        else
            groups_push(sessions->groups, live, number);
    }
    return sessions->unswept > 0;
}

int64_t sessions_due(const struct sessions *sessions, const struct pane *live, int64_t time)
{
    if (sessions->unswept > 0 || sessions->ended.count > 0)
        return 0;
    if (live->count == 0)
        return INT64_MAX;
    return time_passed(sessions, time) ? 0 : sessions->swept + round_of(sessions);
}
