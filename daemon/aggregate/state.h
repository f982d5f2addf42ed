// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One aggregate, as its parts see it: opening (aggregate.c), taking in records (ingest.c), where
 * windows are by a field (times.c), and rows (output.c). */

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/exposition.h"
#include "aggregate/groups.h"
#include "aggregate/rows.h"
#include "aggregate/sessions.h"
#include "aggregate/value.h"
#include "aggregate/window.h"
#include "aggregate/window_report.h"
#include "record/handler.h"

struct aggregate {
    struct handler base;

    /* immutable after it is open */
    struct key *key;   /* NULL: no by */
    struct expr *time; /* NULL: by arrival */
    bool time_is_wall;
    bool time_is_boot; /* ns of CLOCK_BOOTTIME */
    bool time_is_signed;
    int64_t (*clock)(void);     /* as handler_host has it */
    const struct field *weight; /* NULL: each record is one */
    struct value values[VALUES_MAX];
    uint32_t n_values;
    uint64_t bytes; /* what all groups take */

    /* owned by the consumer thread */
    struct windows windows;
    struct groups groups;
    struct rows rows;
    struct report report;
    struct exposition exposition;
    struct sessions sessions;
    uint32_t reporting; /* slot; WINDOWS_NONE: none */
    int64_t shown;      /* a running window, last; ns, monotonic */
    int64_t shown_time; /* the same by the windows' clock */
    bool stopped;       /* the last one was shown */
    struct column times;
    uint64_t weights[BATCH_MAX];
    uint64_t hashes[BATCH_MAX];
    uint64_t pane_hashes[BATCH_MAX];
    bool together;              /* all that is taken in now is in the same windows */
    int64_t present, lowest;    /* highest and lowest number of the last windows that it is in */
    int64_t oldest;             /* window that takes records; by arrival, all do */
    int64_t numbers[BATCH_MAX]; /* by a field: of each record's last window */
    int64_t bounds[BATCH_MAX];  /* and its `oldest`; of a session, the watermark */
    uint32_t slots[BATCH_MAX];
    char *states[BATCH_MAX];
    struct group *guesses[BATCH_MAX];
    counter windows_ended;
    counter ahead;  /* records from the future */
    counter missed; /* windows that had ended when a record came that others of its windows took */
};

/* The aggregate's process(), see record/handler.h: counts the selected records in their groups. */
void ingest_process(struct handler *handler, struct batch *batch);

/* By a field: fills numbers and bounds, and drops from the selection what is late, which
 * batch->late counts. */
void times_find(struct aggregate *aggregate, struct batch *batch);

/* The aggregate's make(), see record/handler.h: the next batch of rows. */
bool output_make(struct handler *handler, int64_t now, bool last, struct batch *batch);

/* The aggregate's due(), see record/handler.h: when output_make() has to be called next. */
int64_t output_due(const struct handler *handler);

/* How far time is by the windows' clock. */
static inline int64_t state_time(const struct aggregate *aggregate)
{
    return aggregate->time ? aggregate->windows.watermark : aggregate->windows.last_time;
}

/* Makes the handler wait while rows are to come whose places the next batch may need. If no rows
 * are to come, there are at least as many free places: see open_groups(). */
static inline void state_update_waits(struct aggregate *aggregate)
{
    const struct windows *windows = &aggregate->windows;
    const struct sessions *sessions = &aggregate->sessions;
    bool backlog = windows->n_closing > 0 || sessions->ended.count > 0;

    aggregate->base.waits =
        backlog && (aggregate->groups.n_free <= HANDLER_BATCH_MAX * windows->hops ||
                    windows->n_free < HANDLER_BATCH_MAX * windows->hops);
    if (window_is_session(&windows->spec) && windows->n_live > 0)
        aggregate->base.waits |= sessions_are_crowded(
            sessions, &windows->slots[windows->live[0]].pane, state_time(aggregate));
}
