// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Windows that end when nothing came for their group for a while. All live ones stand in one pane,
 * which is swept round and round: those that ended go to a pane of their own, to be put out.
 *
 * A group whose session is over when its next record comes leaves the index at once, so that the
 * record begins another; the sweep finds the old one later. Owned by the consumer thread. */

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
    uint32_t left; /* of this round */
    int64_t swept; /* when this round began; ns, monotonic */
};

void sessions_init(struct sessions *sessions, struct groups *groups, int64_t gap);

/* Before a record of that time goes into its group: ends the group's session if it is over. */
void sessions_part(struct sessions *sessions, uint32_t pane_number, uint32_t index, uint64_t hash,
                   int64_t time);
void sessions_extend(struct group *group, int64_t time);

/* One step: time is how far time is by the windows' clock. False: this round is through. */
bool sessions_sweep(struct sessions *sessions, struct pane *live, int64_t now, int64_t time,
                    bool all);
/* When the next round should begin, ns, monotonic. */
int64_t sessions_due(const struct sessions *sessions, const struct pane *live);
