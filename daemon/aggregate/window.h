// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Which windows a moment belongs to, when they end, and which of them are open.
 *
 *     tumbling    |----|----|----|              every
 *     hopping     |----|                        every, hop: a moment is in every / hop of them
 *                   |----|
 *                     |----|
 *     session     |--x-x--gap|   |x--gap|       one for each group
 *     running     |---------------------        since the start; shown every so often
 *
 * Times are those of the windows' own clock: CLOCK_MONOTONIC where records count when they arrive;
 * the wall clock where that is asked for; else a field. A window is [start, end): what comes at its
 * end is in the next one. Owned by the consumer thread. */

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/groups.h"
#include "base/clock.h"
#include "config/setting.h"

enum {
    WINDOWS_HOPS_MAX = 64,
    WINDOWS_OPEN_MAX = 1024, /* by a field that may come late */
};

struct window_spec {
    uint64_t every, hop, gap, late; /* ns */
    bool align, running;
    const char *by; /* an expression; NULL: by arrival */
    const struct config_node *by_node;
};

/* Reads `10s` or a map. 0 or -EINVAL after a message. */
int window_read(const struct config_node *node, struct diag *diag, struct window_spec *ret_spec);
extern const struct setting window_settings[];

static inline bool window_is_session(const struct window_spec *spec)
{
    return spec->gap > 0;
}

static inline bool window_is_hopping(const struct window_spec *spec)
{
    return !spec->running && spec->hop < spec->every;
}

struct window {
    struct pane pane;
    int64_t number;
    int64_t start, end;
    bool open;    /* takes records */
    bool partial; /* not all of it was seen */
};

struct windows {
    /* immutable */
    struct window_spec spec;
    uint32_t hops;     /* windows that a moment is in */
    uint32_t capacity; /* slots */
    bool on_wall;      /* their clock is the wall clock */
    const struct wall_offset *wall;

    struct window *slots;
    uint32_t *closing; /* a queue of slots whose groups wait to be put out */
    uint32_t n_closing, first_closing;
    uint32_t *free;
    uint32_t n_free;
    uint32_t *live; /* open slots */
    uint32_t n_live;
    uint32_t latest; /* the slot that was asked for last */

    bool begun;
    int64_t origin;    /* of the first window */
    int64_t since;     /* from when on all was seen */
    int64_t last_now;  /* ns, monotonic */
    int64_t last_time; /* by the windows' clock */
    int64_t watermark; /* what ended by then takes nothing more */
    int64_t newest;    /* record's time */
    int64_t arrival;   /* of the last record, ns, monotonic */
};

enum { WINDOWS_NONE = UINT32_MAX };

/* 0 or -ENOMEM. */
int windows_init(struct windows *windows, const struct window_spec *spec, bool on_wall,
                 const struct wall_offset *wall);
void windows_deinit(struct windows *windows); /* accepts a zeroed one */

/* Open windows that there can be at a time, without those that a batch may add. */
uint32_t windows_open_most(const struct window_spec *spec);

/* Moves the clock. Windows that ended go to the queue; so do, marked partial, all that are open
 * when the wall clock was set. */
void windows_tick(struct windows *windows, int64_t now);
/* The windows' time of that moment. */
int64_t windows_time(const struct windows *windows, int64_t now);
/* By a field: a record's time was seen. True: all windows that it is in have ended. */
bool windows_is_late(struct windows *windows, int64_t time);
/* The number of the last window that the time is in; the others have the numbers before it. */
int64_t windows_number(const struct windows *windows, int64_t time);
/* The slot of the window of that number, opened if it has to be. WINDOWS_NONE: it has ended, or
 * there are too many. */
uint32_t windows_slot(struct windows *windows, int64_t number);

/* Closes all that are open; partial: they would have gone on. */
void windows_close_all(struct windows *windows, bool partial);

/* The first slot of the queue; WINDOWS_NONE. windows_done() takes it off. */
uint32_t windows_first_closing(const struct windows *windows);
void windows_done(struct windows *windows);

/* When windows_tick() has to come next, ns, monotonic; INT64_MAX: no matter when. */
int64_t windows_due(const struct windows *windows);

/* A time of the windows' clock as ns since 1970. */
int64_t windows_wall(const struct windows *windows, int64_t time);
