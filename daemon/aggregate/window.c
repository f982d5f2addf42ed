// SPDX-License-Identifier: Apache-2.0

/* Windows are numbered from their origin on, so a window is found from a time by one division, and
 * there is no list of boundaries to keep.
 *
 * By arrival all records of a turn of the consumer have one time, and the turn begins with a tick;
 * so no window ends between two batches. By a field, the greatest time seen says how far time is:
 * a window ends when that is `late` past its end, so that what happened is counted the same however
 * long it takes to be read and in whatever batches it comes. That is asked for each record, so a
 * batch is cut where a window ends (ingest.c): between two cuts it is a compare of two numbers.
 * When nothing comes for that long, and nothing waits in the ring, what is open ends by the clock.
 *
 * The wall clock may be set. Set back, it would bring windows again that have been put out, and
 * hold open the present one for longer than it is long; by a field, all records would be late until
 * it is where it was. So then all are put out, as partial ones, and start again. Small corrections
 * are not: time does not advance for a moment instead. */

#include "aggregate/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/handler.h"

#define LONGEST_NS (INT64_C(87600) * 3600 * 1000000000)
/* A time's distance from 0, so that it can be moved by a window's length, its hop and `late`. */
#define TIME_MOST (INT64_MAX - 4 * LONGEST_NS)

const struct setting window_settings[] = {
    {
        .name = "every",
        .type = SETTING_DURATION,
        .offset = offsetof(struct window_spec, every),
        .minimum = 1000000,
        .maximum = LONGEST_NS,
        .doc = "length of a window; of a running one, how often it is emitted",
    },
    {
        .name = "hop",
        .type = SETTING_DURATION,
        .offset = offsetof(struct window_spec, hop),
        .minimum = 1000000,
        .maximum = LONGEST_NS,
        .doc = "time from the start of a window to the start of the next; by default every",
    },
    {
        .name = "gap",
        .type = SETTING_DURATION,
        .offset = offsetof(struct window_spec, gap),
        .minimum = 1000000,
        .maximum = LONGEST_NS,
        .doc = "a group's window ends after this long without a record",
    },
    {
        .name = "running",
        .type = SETTING_BOOL,
        .offset = offsetof(struct window_spec, running),
        .doc = "one window since the start, emitted again and again",
    },
    {
        .name = "by",
        .type = SETTING_NODE,
        .offset = offsetof(struct window_spec, by_node),
        .doc = "the field with the time of a record; by default the time when it is read",
    },
    {
        .name = "late",
        .type = SETTING_DURATION,
        .offset = offsetof(struct window_spec, late),
        .maximum = LONGEST_NS,
        .doc = "how late a record may arrive, by that field",
    },
    {
        .name = "align",
        .type = SETTING_BOOL,
        .offset = offsetof(struct window_spec, align),
        .doc = "windows start at round times of the wall clock",
    },
    {0},
};

static void check(const struct window_spec *spec, const struct config_node *node, struct diag *diag)
{
    if (spec->gap && (spec->every || spec->hop || spec->running || spec->align))
        diag_add(diag, node, "gap: cannot be used with every:, hop:, running: or align:");
    else if (!spec->gap && !spec->every)
        diag_add(diag, node,
                 "missing key: write every, as in {every: 10s}, or gap, as in {gap: 30s}");
    else if (spec->running && (spec->hop || spec->by_node || spec->align))
        diag_add(diag, node, "running: cannot be used with hop:, by: or align:");
    else if (spec->hop && (spec->every % spec->hop || spec->every / spec->hop > WINDOWS_HOPS_MAX))
        diag_add(diag, node, "every: must be 1 to %d times hop:", WINDOWS_HOPS_MAX);
    else if (spec->late && !spec->by_node)
        diag_add(diag, node, "late: requires by:");
    else if (spec->late && !spec->gap && spec->late / (spec->hop ? spec->hop : spec->every) >= 64)
        diag_add(diag, node, "late: must be less than 64 windows");
    else if (spec->by_node && spec->by_node->kind != CONFIG_SCALAR)
        diag_add(diag, spec->by_node, "expected a field");
}

int window_read(const struct config_node *node, struct diag *diag, struct window_spec *ret_spec)
{
    struct window_spec spec = {0};
    size_t before = diag_count(diag);

    if (node->kind == CONFIG_MAP)
        setting_bind(window_settings, node, &spec, diag);
    else
        setting_bind_value(&window_settings[0], node, &spec, diag);
    if (diag_count(diag) == before)
        check(&spec, node, diag);
    if (diag_count(diag) > before)
        return -EINVAL;
    if (spec.hop == 0)
        spec.hop = spec.every;
    if (spec.by_node)
        spec.by = spec.by_node->text;
    *ret_spec = spec;
    return 0;
}

uint32_t windows_open_most(const struct window_spec *spec)
{
    if (spec->gap || spec->running)
        return 1;
    return (uint32_t)(spec->every / spec->hop) + (uint32_t)(spec->late / spec->hop) +
           (spec->by ? 1 : 0);
}

/* As if nothing had been seen yet. */
static void forget_times(struct windows *windows)
{
    windows->newest = windows->watermark = windows->oldest = INT64_MIN;
    windows->next_end = windows->spec.gap ? INT64_MAX : INT64_MIN; /* no window ends at a time */
}

/* Besides those that are open there may be those of a batch that were opened and ended, and as many
 * that wait to be put out. */
int windows_init(struct windows *windows, const struct window_spec *spec, bool on_wall,
                 const struct wall_offset *wall)
{
    memset(windows, 0, sizeof(*windows));
    windows->spec = *spec;
    windows->hops = spec->gap || spec->running ? 1 : (uint32_t)(spec->every / spec->hop);
    windows->capacity = windows_open_most(spec) + 2 * HANDLER_BATCH_MAX * windows->hops;
    if (windows->capacity < WINDOWS_SLOTS)
        windows->capacity = WINDOWS_SLOTS;
    windows->on_wall = on_wall;
    windows->wall = wall;
    windows->latest = WINDOWS_NONE;
    forget_times(windows);
    windows->slots = calloc(windows->capacity, sizeof(*windows->slots));
    windows->closing = calloc(windows->capacity, sizeof(*windows->closing));
    windows->free = calloc(windows->capacity, sizeof(*windows->free));
    windows->live = calloc(windows->capacity, sizeof(*windows->live));
    if (!windows->slots || !windows->closing || !windows->free || !windows->live) {
        windows_deinit(windows);
        return -ENOMEM;
    }
    while (windows->n_free < windows->capacity) {
        windows->free[windows->n_free] = windows->capacity - 1 - windows->n_free;
        windows->n_free++;
    }
    return 0;
}

void windows_deinit(struct windows *windows)
{
    free(windows->slots);
    free(windows->closing);
    free(windows->free);
    free(windows->live);
    memset(windows, 0, sizeof(*windows));
}

/* ---- time ------------------------------------------------------------------------------------ */

static bool by_arrival(const struct windows *windows)
{
    return windows->spec.by == NULL;
}

/* From CLOCK_MONOTONIC to the wall clock: of this machine, or, where a capture's records say when
 * they happened, of the one that it comes from. */
static int64_t wall_offset_of(const struct windows *windows)
{
    if (!windows->wall)
        return 0;
    return by_arrival(windows) && windows->wall->replayed ? windows->wall->here
                                                          : windows->wall->offset;
}

int64_t windows_offset(const struct windows *windows)
{
    return windows->on_wall ? 0 : wall_offset_of(windows);
}

static int64_t raw_time(const struct windows *windows, int64_t now)
{
    return windows->on_wall ? (int64_t)((uint64_t)now + (uint64_t)wall_offset_of(windows)) : now;
}

int64_t windows_time(const struct windows *windows, int64_t now)
{
    int64_t time = raw_time(windows, now);

    return time > windows->last_time ? time : windows->last_time;
}

int64_t windows_clip(int64_t time)
{
    return time > TIME_MOST ? TIME_MOST : time < -TIME_MOST ? -TIME_MOST : time;
}

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

int64_t windows_number(const struct windows *windows, int64_t time)
{
    if (windows->spec.gap || windows->spec.running)
        return 0;
    return floor_div(time - windows->origin, (int64_t)windows->spec.hop);
}

static void begin(struct windows *windows, int64_t now)
{
    windows->begun = true;
    windows->last_now = now;
    windows->last_time = raw_time(windows, now);
    windows->since = by_arrival(windows) ? windows->last_time : INT64_MIN;
    windows->origin = by_arrival(windows) && !windows->spec.align ? windows->last_time : 0;
    windows->arrival = now;
    windows->boot = windows->wall ? windows->wall->boot : 0;
}

/* The first that has not ended is the last of those that the watermark is in, as a time, less those
 * that begin before it. */
void windows_pass(struct windows *windows)
{
    int64_t hop = (int64_t)windows->spec.hop;

    if (windows->spec.gap)
        return;
    windows->oldest = windows_number(windows, windows->watermark) - (int64_t)windows->hops + 1;
    windows->next_end = windows->origin + windows->oldest * hop + (int64_t)windows->spec.every;
}

/* ---- slots ----------------------------------------------------------------------------------- */

static uint32_t open_slot(struct windows *windows, int64_t number)
{
    uint32_t slot;
    struct window *window;

    if (windows->n_free == 0)
        return WINDOWS_NONE;
    slot = windows->free[--windows->n_free];
    window = &windows->slots[slot];
    *window = (struct window){.number = number, .open = true};
    window->start = windows->origin + number * (int64_t)windows->spec.hop;
    window->end = window->start + (int64_t)windows->spec.every;
    window->offset = windows_offset(windows);
    window->partial = window->start < windows->since;
    windows->live[windows->n_live++] = slot;
    return slot;
}

uint32_t windows_slot(struct windows *windows, int64_t number)
{
    if (windows->latest != WINDOWS_NONE && windows->slots[windows->latest].open &&
        windows->slots[windows->latest].number == number)
        return windows->latest;
    for (uint32_t i = 0; i < windows->n_live; i++)
        if (windows->slots[windows->live[i]].number == number)
            return windows->latest = windows->live[i];
    return windows->latest = open_slot(windows, number);
}

static void close_live(struct windows *windows, uint32_t i, bool partial)
{
    uint32_t slot = windows->live[i];

    windows->live[i] = windows->live[--windows->n_live];
    windows->slots[slot].open = false;
    windows->slots[slot].partial |= partial;
    windows->closing[(windows->first_closing + windows->n_closing++) % windows->capacity] = slot;
}

/* Those that end soonest first, so that rows come in the order of their windows. */
static void close_until(struct windows *windows, int64_t time, bool partial)
{
    for (;;) {
        uint32_t first = WINDOWS_NONE;

        for (uint32_t i = 0; i < windows->n_live; i++) {
            const struct window *window = &windows->slots[windows->live[i]];

            if (window->end <= time &&
                (first == WINDOWS_NONE || window->end < windows->slots[windows->live[first]].end))
                first = i;
        }
        if (first == WINDOWS_NONE)
            return;
        close_live(windows, first, partial);
    }
}

void windows_close_all(struct windows *windows, bool partial)
{
    close_until(windows, INT64_MAX, partial);
}

/* Windows are in the order of their numbers. */
void windows_end(struct windows *windows, int64_t below)
{
    if (windows->n_live > 0 && below > INT64_MIN)
        close_until(windows,
                    windows->origin + (below - 1) * (int64_t)windows->spec.hop +
                        (int64_t)windows->spec.every,
                    false);
}

void windows_give_up(struct windows *windows)
{
    int64_t last = windows->watermark;

    if (windows->spec.gap && windows->newest > INT64_MIN)
        last = windows->newest + (int64_t)windows->spec.gap;
    for (uint32_t i = 0; i < windows->n_live && !windows->spec.gap; i++)
        if (windows->slots[windows->live[i]].end > last)
            last = windows->slots[windows->live[i]].end;
    if (last <= windows->watermark)
        return;
    windows->watermark = last;
    windows_pass(windows);
    if (!windows->spec.gap)
        windows_end(windows, windows->oldest);
}

uint32_t windows_first_closing(const struct windows *windows)
{
    return windows->n_closing > 0 ? windows->closing[windows->first_closing] : WINDOWS_NONE;
}

void windows_done(struct windows *windows)
{
    windows->free[windows->n_free++] = windows->closing[windows->first_closing];
    windows->first_closing = (windows->first_closing + 1) % windows->capacity;
    windows->n_closing--;
}

/* ---- the clock ------------------------------------------------------------------------------- */

static void begin_anew(struct windows *windows, int64_t time)
{
    if (!windows->spec.gap)
        windows_close_all(windows, true);
    if (by_arrival(windows))
        windows->since = time;
    windows->last_time = time;
    windows->era++;
    forget_times(windows);
}

/* The wall clock was set, or a capture goes on with what was recorded after a boot: nothing that is
 * open is what its times say. */
static void check_jump(struct windows *windows, int64_t now)
{
    int64_t time = raw_time(windows, now), passed = now - windows->last_now;
    int64_t jump = time - windows->last_time - passed;
    uint32_t boot = windows->wall ? windows->wall->boot : 0;
    bool rebooted = boot != windows->boot && !by_arrival(windows);

    windows->boot = boot;
    if (rebooted || (windows->on_wall && (jump >= WINDOWS_AHEAD_NS || jump <= -WINDOWS_AHEAD_NS)))
        begin_anew(windows, time);
}

void windows_look(struct windows *windows, int64_t now)
{
    if (!windows->begun)
        begin(windows, now);
    check_jump(windows, now);
    windows->last_time = windows_time(windows, now);
    windows->last_now = now;
}

/* When it was known last that something comes, ns, monotonic: the turn may have begun long before
 * its last record was read, and that cannot have been before it happened. */
static int64_t last_sign(const struct windows *windows)
{
    int64_t newest = windows->newest;

    if (newest == INT64_MIN || (windows->wall && windows->wall->replayed))
        return windows->arrival;
    newest -= windows->on_wall ? wall_offset_of(windows) : 0;
    return newest > windows->arrival ? newest : windows->arrival;
}

static int64_t patience(const struct windows *windows)
{
    return (int64_t)(windows->spec.gap + windows->spec.every + windows->spec.late);
}

void windows_tick(struct windows *windows, int64_t now)
{
    windows_look(windows, now);
    if (windows->spec.running)
        return;
    if (!by_arrival(windows)) {
        if (windows->n_live > 0 && now - last_sign(windows) >= patience(windows))
            windows_give_up(windows);
    } else if (!windows->spec.gap) {
        close_until(windows, windows->last_time, false);
    }
}

int64_t windows_due(const struct windows *windows)
{
    int64_t due = INT64_MAX;

    if (windows->spec.gap || windows->spec.running || windows->n_live == 0)
        return INT64_MAX;
    if (!by_arrival(windows))
        return last_sign(windows) + patience(windows);
    for (uint32_t i = 0; i < windows->n_live; i++) {
        int64_t left = windows->slots[windows->live[i]].end - windows->last_time;

        due = windows->last_now + left < due ? windows->last_now + left : due;
    }
    return due;
}
