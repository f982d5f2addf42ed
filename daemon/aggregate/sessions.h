// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Windows that end when nothing came for their group for a while. All live ones are in one pane,
 * which is swept round and round: those that ended go to a pane of their own, to be put out.
 *
 * A group whose session is over when its next record comes leaves the index at once, so that the
 * record begins another; the sweep finds the old one later. By a field, a session is over as soon
 * as the watermark is a gap after its last record, whether the sweep has been there or not, so
 * that it does not matter when that comes. Owned by the consumer thread. */

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/groups.h"

enum {
    SESSIONS_SWEEP = 1024, /* groups that one step looks at */
    SESSIONS_ROUNDS = 4,   /* of the whole pane while one gap passes */
};

struct sessions {
    struct groups *groups;
    int64_t gap;
    struct pane ended;
    uint32_t unswept;               /* groups of this round that are still to be looked at */
    int64_t swept;                  /* when this round began; ns, monotonic */
    int64_t swept_time;             /* the same by the windows' clock */
    uint32_t era;                   /* of struct windows: sessions of another one are over */
    int64_t offsets[UINT8_MAX + 1]; /* by era: to ns since 1970, as it was seen last */
};

/* groups stay the caller's; gap: ns. Nothing has to be freed. */
void sessions_init(struct sessions *sessions, struct groups *groups, int64_t gap);

/* Before a record of that time goes into its group: ends the group's session if it is over.
 * watermark: how far time is; by arrival, the record's. */
void sessions_part(struct sessions *sessions, struct pane *live, uint32_t pane_number,
                   uint32_t index, uint64_t hash, int64_t time, int64_t watermark);

/* A record of that time went into the group: its session begins with the record or goes on to it.
 */
void sessions_extend(const struct sessions *sessions, struct group *group, int64_t time);

/* Whether a sweep would find sessions that ended and there is hardly room for more. */
bool sessions_are_crowded(const struct sessions *sessions, const struct pane *live, int64_t time);

/* One step: time is how far time is by the windows' clock. due: a round begins, whenever the last
 * one was. False: this round is through. */
bool sessions_sweep(struct sessions *sessions, struct pane *live, int64_t now, int64_t time,
                    bool due, bool all);
/* When the next round should begin, ns, monotonic. */
int64_t sessions_due(const struct sessions *sessions, const struct pane *live, int64_t time);
