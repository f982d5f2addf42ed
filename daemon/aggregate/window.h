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
    WINDOWS_SLOTS = 1024, /* at least; see windows_init() */
};

/* How far ahead of the clock a record's time may be. What is further ahead counts as now. The clock
 * was set by as much as this, or by more: then windows start again. */
#define WINDOWS_AHEAD_NS INT64_C(1000000000)

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
    int64_t offset; /* from these times to ns since 1970, as it was when the window was opened */
    bool open;      /* takes records */
    bool partial;   /* not all of it was seen */
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
    uint32_t boot;     /* see struct wall_offset */

    /* by a field */
    int64_t newest;        /* record's time */
    int64_t watermark;     /* what ended by then takes nothing more */
    int64_t oldest;        /* the number of the first window that has not ended by then */
    int64_t next_end;      /* when that window ends */
    int64_t arrival;       /* of the last record, ns, monotonic */
    int64_t number, begin; /* of the time that was asked for last: its window's number, and where
                              that window begins */
    uint32_t era;          /* counts how often windows started again */
};

enum { WINDOWS_NONE = UINT32_MAX };

/* wall is borrowed. on_wall: windows are by the wall clock. 0 or -ENOMEM. */
int windows_init(struct windows *windows, const struct window_spec *spec, bool on_wall,
                 const struct wall_offset *wall);

/* Frees what windows_init() took; accepts a zeroed one. */
void windows_deinit(struct windows *windows);

/* Open windows that there can be at a time, without those that a batch may add. */
uint32_t windows_open_most(const struct window_spec *spec);

/* Looks at the clock. When it was set, all windows that are open go to the queue, marked partial.
 */
void windows_look(struct windows *windows, int64_t now);
/* As windows_look(); also moves windows that have ended to the queue. */
void windows_tick(struct windows *windows, int64_t now);
/* The windows' time of that moment. */
int64_t windows_time(const struct windows *windows, int64_t now);
/* The number of the last window that the time is in; the others have the numbers before it. */
int64_t windows_number(const struct windows *windows, int64_t time);
/* The slot of the window of that number, opened if it has to be. WINDOWS_NONE: there are too many.
 */
uint32_t windows_slot(struct windows *windows, int64_t number);

/* By a field: what a record's time may be. Nothing that is computed of it overflows. */
int64_t windows_clip(int64_t time);
/* What is open and has a number below goes to the queue. */
void windows_end(struct windows *windows, int64_t below);
/* The watermark passed the end of a window. */
void windows_pass(struct windows *windows);
/* Nothing came for so long that all that is open has ended. */
void windows_give_up(struct windows *windows);

/* A record's time was seen, in the order of the ring: those of before no longer wait for what is
 * earlier by `late`. */
static inline void windows_see(struct windows *windows, int64_t time)
{
    if (time <= windows->newest)
        return;
    windows->newest = time;
    if (time - (int64_t)windows->spec.late <= windows->watermark)
        return;
    windows->watermark = time - (int64_t)windows->spec.late;
    if (windows->watermark >= windows->next_end)
        windows_pass(windows);
}

/* As windows_number(), for times that are mostly in the window of the time before. */
static inline int64_t windows_number_near(struct windows *windows, int64_t time)
{
    if ((uint64_t)time - (uint64_t)windows->begin < windows->spec.hop)
        return windows->number;
    windows->number = windows_number(windows, time);
    windows->begin = windows->origin + windows->number * (int64_t)windows->spec.hop;
    return windows->number;
}

/* Closes all that are open; partial: they would have gone on. */
void windows_close_all(struct windows *windows, bool partial);

/* The first slot of the queue; WINDOWS_NONE: the queue is empty. */
uint32_t windows_first_closing(const struct windows *windows);

/* Removes the first slot from the queue and frees it; its groups have been output. */
void windows_done(struct windows *windows);

/* When windows_tick() has to come next, ns, monotonic; INT64_MAX: no matter when. */
int64_t windows_due(const struct windows *windows);

/* What added to a time of the windows' clock gives ns since 1970. */
int64_t windows_offset(const struct windows *windows);
