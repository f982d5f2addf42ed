// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Whether the daemon is healthy, and if not, what is wrong and which part causes it. Made of one
 * snapshot a second; the same result answers /healthz, feeds the service manager's watchdog and
 * sets the exit status of `ringmill status`. Each cause turns one check bad and no other.
 * Main thread only. */

#include <stdbool.h>
#include <stdint.h>

#include "control/control_config.h"
#include "control/snapshot.h"

enum {
    HEALTH_REASON_MAX = 400, /* bytes; further things that are bad find no room */
    HEALTH_LOSS_SECONDS = 10,
};

enum check {
    CHECK_RINGS, /* records are read from the rings; bad: corrupt, a busy head, records left unread
                  */
    CHECK_HANDLERS, /* handlers return to the consumer thread in time */
    CHECK_SINKS,    /* sinks accept the events that wait for them */
    CHECK_LOSSES,   /* no more records are lost, and no more runs skipped, than the limit says */
    CHECK_BOOKS,    /* every record has one known end; judged at quiet moments */
    CHECKS,
};

/* Since when something that should move has not. */
struct stillness {
    uint64_t mark;
    int64_t since; /* ns, monotonic */
};

struct loss_mark {
    int64_t time;
    uint64_t lost;
    uint64_t skipped;
};

struct health {
    const struct health_limits *limits;
    char reasons[CHECKS][HEALTH_REASON_MAX]; /* empty: good, or not known */
    char unknown[HEALTH_REASON_MAX];         /* why CHECK_LOSSES is not known; empty: it is */
    bool stuck;                              /* see health_stuck() */
    struct stillness rings[GRAPH_RINGS_MAX];
    struct stillness sinks[GRAPH_SINKS_MAX];
    struct stillness consumer;
    struct loss_mark losses[HEALTH_LOSS_SECONDS + 1]; /* a ring of looks */
    uint64_t looks;
};

/* limits stay the caller's. */
void health_init(struct health *health, const struct health_limits *limits);

/* A graph has begun to run: forgets what was noted about the previous one. */
void health_follow(struct health *health, const struct snapshot *snapshot);

/* Runs all checks. A check that begins to fail or to pass is logged. */
void health_look(struct health *health, const struct snapshot *snapshot);

/* "rings", "handlers"... */
const char *health_check_name(enum check check);

/* Whether the result of the check is unknown, which does not make the daemon unhealthy. */
bool health_unknown(const struct health *health, enum check check);

/* Whether no check fails. */
bool health_good(const struct health *health);
/* Whether a thread is stuck or memory is damaged: a restart solves that, and no other failure. */
bool health_stuck(const struct health *health);
/* "sinks: sink out has accepted no event for 31 s": the first bad check; NULL when all is well. */
const char *health_reason(const struct health *health, char *buffer, uint32_t size);
