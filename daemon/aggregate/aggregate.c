// SPDX-License-Identifier: Apache-2.0

/* A batch goes through in loops, not record by record: all hashes, then all slots fetched ahead,
 * then all groups, then one loop for each value. So the cache misses of 32 records overlap, where
 * a table that is asked record by record waits for each of them in turn.
 *
 * No window is ever put out from process(): rows need room in the lanes, which is asked for by the
 * consumer before it calls make(). Where windows end faster than their rows find room, the handler
 * says that it waits, and its stream is paused like one whose sink is slow. */

#include "aggregate/aggregate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/groups.h"
#include "aggregate/options.h"
#include "aggregate/report.h"
#include "aggregate/rows.h"
#include "aggregate/sessions.h"
#include "aggregate/value.h"
#include "aggregate/window.h"
#include "base/cleanup.h"
#include "expr/host.h"

#define NS_PER_SECOND 1e9

/* What a core's own cache holds beside all else. */
enum { NEAR_BYTES = 256 * 1024 };

struct aggregate {
    struct handler base;

    /* immutable after it is open */
    struct key *key;   /* NULL: no by */
    struct expr *time; /* NULL: by arrival */
    bool time_is_wall;
    const struct field *weight; /* NULL: each record is one */
    struct value values[VALUES_MAX];
    uint32_t n_values;
    uint64_t bytes; /* what all groups take */

    /* owned by the consumer thread */
    struct windows windows;
    struct groups groups;
    struct rows rows;
    struct report report;
    struct sessions sessions;
    uint32_t reporting; /* slot; WINDOWS_NONE: none */
    int64_t shown;      /* a running window, last; ns, monotonic */
    bool stopped;       /* the last one was shown */
    struct column times;
    uint64_t weights[BATCH_MAX];
    uint64_t hashes[BATCH_MAX];
    uint64_t pane_hashes[BATCH_MAX];
    int64_t numbers[BATCH_MAX];
    uint32_t slots[BATCH_MAX];
    char *states[BATCH_MAX];
    struct group *guesses[BATCH_MAX];
    counter windows_ended;
};

/* ---- opening --------------------------------------------------------------------------------- */

static void aggregate_close(struct handler *handler)
{
    struct aggregate *aggregate = (struct aggregate *)handler;

    if (!aggregate)
        return;
    report_deinit(&aggregate->report);
    rows_deinit(&aggregate->rows);
    groups_deinit(&aggregate->groups);
    windows_deinit(&aggregate->windows);
    for (uint32_t i = aggregate->n_values; i-- > 0;)
        value_close(&aggregate->values[i]);
    expr_free(aggregate->time);
    key_free(aggregate->key);
    free(aggregate);
}

static int open_key(struct aggregate *aggregate, const struct options *options,
                    const struct expr_scope *scope, struct diag *diag)
{
    struct setting_texts by = {options->texts, options->nodes, options->n_parts};

    return by.count > 0 ? key_open(&by, scope, key_seed(), diag, &aggregate->key) : 0;
}

static int open_time(struct aggregate *aggregate, const struct options *options,
                     const struct expr_scope *scope, struct diag *diag)
{
    const struct config_node *node = options->spec.by_node;
    enum field_meaning meaning;
    struct expr_error error;
    int result;

    if (!node)
        return 0;
    result = expr_compile_value(node->text, scope, &error, &aggregate->time);
    if (result < 0) {
        expr_report(&error, node, diag);
        return result;
    }
    meaning = expr_result(aggregate->time)->meaning;
    aggregate->time_is_wall = meaning == MEANING_UNIX_NS;
    if (meaning == MEANING_KTIME || meaning == MEANING_UNIX_NS)
        return 0;
    diag_add(diag, node, "expected a field that means a time: ktime or unix_ns");
    return -EINVAL;
}

static void share(struct aggregate *aggregate, uint32_t index)
{
    struct value *value = &aggregate->values[index];

    for (uint32_t i = 0; i < index; i++)
        value_share(value, &aggregate->values[i]);
    for (uint32_t i = 0; i < index; i++)
        if (value_shares_state(value, &aggregate->values[i])) {
            value->size = 0;
            value->offset = aggregate->values[i].offset;
            return;
        }
}

static int open_values(struct aggregate *aggregate, const struct options *options,
                       const struct expr_scope *scope, struct diag *diag, size_t *ret_size)
{
    size_t begin = groups_state_offset(aggregate->key), at = begin;
    int result = 0;

    for (const struct config_node *item = options->values->first; item; item = item->next) {
        struct value *value = &aggregate->values[aggregate->n_values++];
        int opened = value_open(item, scope, diag, value);

        result = opened < 0 ? opened : result;
        if (opened < 0)
            continue;
        value->offset = (uint32_t)at;
        share(aggregate, aggregate->n_values - 1);
        at += value->size;
    }
    *ret_size = at - begin;
    return result;
}

static void merge_groups(void *data, struct group *into, const struct group *from)
{
    const struct aggregate *aggregate = data;

    for (uint32_t i = 0; i < aggregate->n_values; i++) {
        const struct value *value = &aggregate->values[i];

        if (value->size > 0)
            value->ops->merge(value, (char *)into + value->offset,
                              (const char *)from + value->offset);
    }
}

static int open_groups(struct aggregate *aggregate, const struct options *options,
                       const struct config_node *config, size_t state_size, struct diag *diag)
{
    uint32_t most = aggregate->key ? (uint32_t)options->groups : 1;
    uint64_t places = ((uint64_t)most + 2) * (windows_open_most(&options->spec) + 1);
    char has[SCALAR_TEXT_MAX], needs[SCALAR_TEXT_MAX];
    int result;

    aggregate->bytes = places > UINT32_MAX / 4
                           ? UINT64_MAX
                           : groups_memory(aggregate->key, (uint32_t)places, state_size);
    if (aggregate->bytes > options->memory) {
        scalar_format_size(options->memory, has);
        scalar_format_size(aggregate->bytes, needs);
        diag_add(diag, config,
                 "%u groups of %zu bytes in up to %u windows at a time take %s, and \"memory\" "
                 "allows %s",
                 most, groups_state_offset(aggregate->key) + state_size,
                 windows_open_most(&options->spec) + 1, needs, has);
        return -EINVAL;
    }
    result = groups_init(&aggregate->groups, aggregate->key, (uint32_t)places, most, state_size);
    aggregate->groups.evicts = options->overflow == OVERFLOW_EVICT;
    aggregate->groups.merge = merge_groups;
    aggregate->groups.merge_data = aggregate;
    return result;
}

static int open_order(struct aggregate *aggregate, const struct options *options, struct diag *diag)
{
    const struct field *field;

    if (!options->order)
        return 0;
    field = schema_find(aggregate->rows.schema, options->order_name);
    if (!field) {
        diag_add(diag, options->order, "the rows have no field %s", options->order_name);
        return -EINVAL;
    }
    if (!field->column || field->kind == FIELD_CHARS || field->kind == FIELD_BYTES) {
        diag_add(diag, options->order, "rows are sorted by a number, and %s is none", field->name);
        return -EINVAL;
    }
    aggregate->report.order = field;
    aggregate->report.descending = options->descending;
    return 0;
}

static int open_report(struct aggregate *aggregate, const struct options *options,
                       const struct config_node *config, const struct handler_host *host,
                       struct diag *diag)
{
    struct expr_scope scope = {.defs = host->defs};
    const char *names[KEY_PARTS_MAX];
    struct expr_error error;
    int result;

    for (uint32_t i = 0; i < options->n_parts; i++)
        names[i] = options->names[i];
    result = rows_init(&aggregate->rows, aggregate->key, names, aggregate->values,
                       aggregate->n_values, config, diag);
    if (result < 0)
        return result;
    aggregate->report.groups = &aggregate->groups;
    aggregate->report.rows = &aggregate->rows;
    aggregate->report.limit = options->limit ? (uint64_t)options->limit : UINT64_MAX;
    aggregate->report.keeps = options->spec.running;
    scope.schema = aggregate->rows.schema;
    if (options->having) {
        result = expr_compile(options->having->text, &scope, &error, &aggregate->report.having);
        if (result < 0) {
            expr_report(&error, options->having, diag);
            return result;
        }
    }
    result = open_order(aggregate, options, diag);
    return result < 0 ? result : report_init(&aggregate->report);
}

static int open_parts(struct aggregate *aggregate, const struct options *options,
                      const struct config_node *config, const struct handler_host *host,
                      struct diag *diag)
{
    const struct expr_scope scope = expr_scope_of(host);
    size_t before = diag_count(diag), state_size = 0;
    int result = open_key(aggregate, options, &scope, diag), next;

    next = open_time(aggregate, options, &scope, diag);
    result = next < 0 ? next : result;
    if (result == 0)
        result = open_values(aggregate, options, &scope, diag, &state_size);
    if (result < 0 || diag_count(diag) > before)
        return result < 0 ? result : -EINVAL;
    aggregate->weight = schema_find_meaning(host->schema, MEANING_WEIGHT);
    result = open_groups(aggregate, options, config, state_size, diag);
    if (result == 0)
        result = windows_init(&aggregate->windows, &options->spec,
                              aggregate->time_is_wall || options->spec.align, host->wall);
    if (result == 0)
        result = open_report(aggregate, options, config, host, diag);
    sessions_init(&aggregate->sessions, &aggregate->groups, (int64_t)options->spec.gap);
    return result;
}

static int aggregate_open(const struct config_node *config, const struct handler_host *host,
                          struct diag *diag, struct handler **ret)
{
    struct aggregate *aggregate;
    struct options options;
    int result;

    if (options_read(config, diag, &options) < 0)
        return -EINVAL;
    aggregate = calloc(1, sizeof(*aggregate));
    if (!aggregate)
        return -ENOMEM;
    aggregate->base.ops = &aggregate_ops;
    aggregate->reporting = WINDOWS_NONE;
    result = open_parts(aggregate, &options, config, host, diag);
    if (result < 0) {
        aggregate_close(&aggregate->base);
        return result;
    }
    aggregate->base.schema = aggregate->rows.schema;
    *ret = &aggregate->base;
    return 0;
}

/* ---- taking records in ----------------------------------------------------------------------- */

/* A record's time by the windows' clock. What says to be from the future is of now: a single such
 * record would end all windows. Null is now, too. */
static int64_t time_of(const struct aggregate *aggregate, uint32_t index, int64_t now)
{
    const struct windows *windows = &aggregate->windows;
    int64_t time = (int64_t)aggregate->times.integers[index], present;

    present = windows_time(windows, now);
    if (column_is_null(&aggregate->times, index))
        return present;
    if (windows->on_wall && !aggregate->time_is_wall)
        time = wall_offset_apply(windows->wall, (uint64_t)time);
    return time < present ? time : present;
}

/* Fills numbers, and drops from the selection what is late. */
static void find_windows(struct aggregate *aggregate, struct batch *batch)
{
    struct windows *windows = &aggregate->windows;
    int64_t present = windows_number(windows, windows_time(windows, batch->now));
    uint32_t kept = 0;

    if (!aggregate->time) {
        for (uint32_t i = 0; i < batch->selected; i++)
            aggregate->numbers[batch->selection[i]] = present;
        return;
    }
    expr_values(aggregate->time, batch, &aggregate->times);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        int64_t time = time_of(aggregate, index, batch->now);

        aggregate->times.integers[index] = (uint64_t)time;
        aggregate->numbers[index] = windows_number(windows, time);
        if (!windows_is_late(windows, time))
            batch->selection[kept++] = index;
    }
    batch->late = batch->selected - kept;
    batch->selected = kept;
}

static void read_weights(struct aggregate *aggregate, const struct batch *batch)
{
    for (uint32_t i = 0; aggregate->weight && i < batch->selected; i++) {
        uint32_t index = batch->selection[i];

        aggregate->weights[index] = batch_present(batch, aggregate->weight, index)
                                        ? batch_integer(batch, aggregate->weight, index)
                                        : 1;
    }
}

/* Hops back from each record's last window; drops from the selection what that window is over for.
 */
static void prepare_pane(struct aggregate *aggregate, struct batch *batch, uint32_t hop)
{
    uint32_t kept = 0, slot = WINDOWS_NONE;
    int64_t number = 0;

    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        uint64_t hash;

        if (i == 0 || aggregate->numbers[index] != number) {
            number = aggregate->numbers[index];
            slot = windows_slot(&aggregate->windows, number - hop);
        }
        if (slot == WINDOWS_NONE)
            continue;
        hash = groups_hash(aggregate->hashes[index], slot);
        aggregate->slots[index] = slot;
        aggregate->pane_hashes[index] = hash;
        groups_prefetch_slot(&aggregate->groups, hash);
        batch->selection[kept++] = index;
    }
    batch->selected = kept;
    for (uint32_t i = 0; i < kept; i++)
        aggregate->guesses[i] =
            groups_guess(&aggregate->groups, aggregate->pane_hashes[batch->selection[i]]);
}

static int64_t session_time(const struct aggregate *aggregate, const struct batch *batch,
                            uint32_t index)
{
    return aggregate->time ? (int64_t)aggregate->times.integers[index]
                           : windows_time(&aggregate->windows, batch->now);
}

/* Fills states; drops from the selection what finds no place at all. */
static void find_sessions(struct aggregate *aggregate, struct batch *batch)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        uint32_t slot = aggregate->slots[index];
        uint64_t hash = aggregate->pane_hashes[index];
        int64_t time = session_time(aggregate, batch, index);
        struct group *group;

        sessions_part(&aggregate->sessions, slot, index, hash, time);
        group =
            groups_get(&aggregate->groups, &aggregate->windows.slots[slot].pane, slot, index, hash);
        if (!group)
            continue;
        sessions_extend(group, time);
        aggregate->states[kept] = (char *)group;
        batch->selection[kept++] = index;
    }
    batch->selected = kept;
}

/* The same for windows that are the same for all groups. Nearly all guesses are right. */
static void find_groups(struct aggregate *aggregate, struct batch *batch)
{
    struct groups *groups = &aggregate->groups;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        uint32_t slot = aggregate->slots[index];
        uint64_t hash = aggregate->pane_hashes[index];
        struct group *group = aggregate->guesses[i];

        if (group && groups_is(groups, group, slot, index, hash))
            groups_touch(groups, group);
        else
            group = groups_get(groups, &aggregate->windows.slots[slot].pane, slot, index, hash);
        if (!group)
            continue;
        aggregate->states[kept] = (char *)group;
        batch->selection[kept++] = index;
    }
    batch->selected = kept;
}

/* Both in one: where all groups are in the cache anyway, fetching ahead only costs. All records are
 * in one window, whose slot is given. */
static void find_near_groups(struct aggregate *aggregate, struct batch *batch, uint32_t slot)
{
    struct groups *groups = &aggregate->groups;
    uint32_t kept = 0;

    groups_begin(groups);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint16_t index = batch->selection[i];
        uint64_t hash = groups_hash(aggregate->hashes[index], slot);
        struct group *group = groups_look(groups, hash);

        if (group && groups_is(groups, group, slot, index, hash))
            groups_touch(groups, group);
        else
            group = groups_get(groups, &aggregate->windows.slots[slot].pane, slot, index, hash);
        if (!group)
            continue;
        aggregate->states[kept] = (char *)group;
        batch->selection[kept++] = index;
    }
    batch->selected = kept;
}

static void find_far_groups(struct aggregate *aggregate, struct batch *batch, uint32_t hop)
{
    prepare_pane(aggregate, batch, hop);
    groups_begin(&aggregate->groups);
    if (window_is_session(&aggregate->windows.spec))
        find_sessions(aggregate, batch);
    else
        find_groups(aggregate, batch);
}

static bool is_near(const struct aggregate *aggregate)
{
    return !aggregate->time && !window_is_session(&aggregate->windows.spec) &&
           counter_get(&aggregate->groups.used) * aggregate->groups.place_size < NEAR_BYTES;
}

static void take_in(struct aggregate *aggregate, struct batch *batch, uint32_t hop)
{
    struct value_input input = {.batch = batch,
                                .weights = aggregate->weight ? aggregate->weights : NULL,
                                .states = aggregate->states};

    if (is_near(aggregate)) {
        int64_t number = aggregate->numbers[batch->selection[0]] - hop;
        uint32_t slot = windows_slot(&aggregate->windows, number);

        if (slot == WINDOWS_NONE)
            batch->selected = 0;
        else
            find_near_groups(aggregate, batch, slot);
    } else {
        find_far_groups(aggregate, batch, hop);
    }
    for (uint32_t i = 0; i < aggregate->n_values; i++)
        if (aggregate->values[i].size > 0)
            aggregate->values[i].ops->update(&aggregate->values[i], &input);
}

/* Into each of the windows that they are in. A record counts as taken when one of them took it. */
static void take_in_hops(struct aggregate *aggregate, struct batch *batch)
{
    uint16_t selection[BATCH_MAX];
    bool taken[BATCH_MAX] = {false};
    uint32_t selected = batch->selected, n_taken = 0;

    memcpy(selection, batch->selection, selected * sizeof(*selection));
    for (uint32_t hop = 0; hop < aggregate->windows.hops; hop++) {
        memcpy(batch->selection, selection, selected * sizeof(*selection));
        batch->selected = selected;
        take_in(aggregate, batch, hop);
        for (uint32_t i = 0; i < batch->selected; i++) {
            n_taken += !taken[batch->selection[i]];
            taken[batch->selection[i]] = true;
        }
    }
    batch->failed = selected - n_taken;
}

/* Places for whatever a batch may bring, while there are rows whose places come free. */
static void check_room(struct aggregate *aggregate)
{
    bool backlog = aggregate->windows.n_closing > 0 || aggregate->sessions.ended.count > 0;

    aggregate->base.waits =
        backlog && (aggregate->groups.n_free <= BATCH_MAX * aggregate->windows.hops ||
                    aggregate->windows.n_free < aggregate->windows.capacity / 2);
}

static void aggregate_process(struct handler *handler, struct batch *batch)
{
    struct aggregate *aggregate = (struct aggregate *)handler;
    uint32_t selected;

    batch->schema = aggregate->rows.schema;
    if (!aggregate->windows.begun)
        windows_tick(&aggregate->windows, batch->now);
    aggregate->windows.arrival = batch->now;
    find_windows(aggregate, batch);
    selected = batch->selected;
    if (selected == 0)
        return;
    if (aggregate->key)
        key_hash(aggregate->key, batch, aggregate->hashes);
    read_weights(aggregate, batch);
    for (uint32_t i = 0; i < aggregate->n_values; i++)
        value_prepare(&aggregate->values[i], batch);
    if (aggregate->windows.hops > 1) {
        take_in_hops(aggregate, batch);
    } else {
        take_in(aggregate, batch, 0);
        batch->failed = selected - batch->selected;
    }
    batch->selected = 0;
    check_room(aggregate);
}

/* ---- putting rows out ------------------------------------------------------------------------ */

static struct rows_window describe(const struct aggregate *aggregate, int64_t start, int64_t end,
                                   bool partial)
{
    int64_t length = end - start;

    return (struct rows_window){
        .start = windows_wall(&aggregate->windows, start),
        .end = windows_wall(&aggregate->windows, end),
        .seconds = (double)(length > 0 ? length : 1) / NS_PER_SECOND,
        .partial = partial,
    };
}

/* Of the window that is put out. One that was not seen whole keeps its times, but its rates are of
 * what was seen. */
static struct rows_window describe_window(const struct aggregate *aggregate)
{
    const struct windows *windows = &aggregate->windows;
    const struct window *window = &windows->slots[aggregate->reporting];
    int64_t start = window->start, end = window->end;
    struct rows_window described;

    if (windows->spec.running)
        return describe(aggregate, windows->since, windows->last_time, aggregate->stopped);
    described = describe(aggregate, start, end, window->partial);
    if (window->partial && !windows->spec.by) {
        start = start < windows->since && windows->since < end ? windows->since : start;
        end = windows->last_time > start && windows->last_time < end ? windows->last_time : end;
        described.seconds = (double)(end - start) / NS_PER_SECOND;
    }
    return described;
}

static bool begin_window(struct aggregate *aggregate)
{
    uint32_t slot = windows_first_closing(&aggregate->windows);

    if (slot == WINDOWS_NONE)
        return false;
    aggregate->reporting = slot;
    report_begin(&aggregate->report, &aggregate->windows.slots[slot].pane);
    return true;
}

static void end_window(struct aggregate *aggregate)
{
    counter_add(&aggregate->windows_ended, 1);
    aggregate->reporting = WINDOWS_NONE;
    if (!aggregate->windows.spec.running)
        windows_done(&aggregate->windows);
}

static bool make_windows(struct aggregate *aggregate, int64_t now, bool last, struct batch *batch)
{
    struct rows_window window;

    windows_tick(&aggregate->windows, now);
    if (last)
        windows_close_all(&aggregate->windows, true);
    if (aggregate->reporting == WINDOWS_NONE && !begin_window(aggregate))
        return false;
    window = describe_window(aggregate);
    if (!report_slice(&aggregate->report, &aggregate->windows.slots[aggregate->reporting].pane,
                      &window, now, batch))
        end_window(aggregate);
    return true;
}

/* The last time it is shown, it is whatever it has become. */
static bool make_running(struct aggregate *aggregate, int64_t now, bool last, struct batch *batch)
{
    struct windows *windows = &aggregate->windows;
    struct rows_window window;

    if (!windows->begun)
        aggregate->shown = now;
    windows_tick(windows, now);
    if (aggregate->reporting == WINDOWS_NONE) {
        bool due = now - aggregate->shown >= (int64_t)windows->spec.every;

        if (windows->n_live == 0 || aggregate->stopped || !(due || last))
            return false;
        aggregate->stopped = last;
        aggregate->shown = now;
        aggregate->reporting = windows->live[0];
        report_begin(&aggregate->report, &windows->slots[aggregate->reporting].pane);
    }
    window = describe_window(aggregate);
    if (!report_slice(&aggregate->report, &windows->slots[aggregate->reporting].pane, &window, now,
                      batch))
        end_window(aggregate);
    return true;
}

static bool make_sessions(struct aggregate *aggregate, int64_t now, bool last, struct batch *batch)
{
    struct windows *windows = &aggregate->windows;
    struct pane *live;
    bool idle, more;
    int64_t time;

    windows_tick(windows, now);
    if (windows->n_live == 0)
        return false;
    live = &windows->slots[windows->live[0]].pane;
    idle = now - windows->arrival >= (int64_t)(windows->spec.gap + windows->spec.late);
    time = aggregate->time ? windows->watermark : windows->last_time;
    if (aggregate->time && idle)
        time = INT64_MAX;
    more = sessions_sweep(&aggregate->sessions, live, now, time, last);
    more |= last && live->count > 0;
    rows_clear(&aggregate->rows);
    while (aggregate->rows.count < ROWS_MAX && aggregate->sessions.ended.count > 0) {
        uint32_t number = groups_pop(&aggregate->groups, &aggregate->sessions.ended);
        const struct group *group = groups_at(&aggregate->groups, number);
        struct rows_window window = describe(aggregate, group->since, group->until,
                                             last && group->until > time - aggregate->sessions.gap);

        rows_add(&aggregate->rows, group, &window);
        aggregate->report.release[aggregate->report.n_release++] = number;
    }
    rows_batch(&aggregate->rows, now, batch);
    if (aggregate->report.having && batch->selected > 0)
        expr_select(aggregate->report.having, batch);
    report_release(&aggregate->report);
    counter_add(&aggregate->windows_ended, aggregate->rows.count);
    return more || aggregate->sessions.ended.count > 0;
}

static bool aggregate_make(struct handler *handler, int64_t now, bool last, struct batch *batch)
{
    struct aggregate *aggregate = (struct aggregate *)handler;
    const struct window_spec *spec = &aggregate->windows.spec;
    bool more;

    batch->selected = batch->count = 0;
    more = spec->running             ? make_running(aggregate, now, last, batch)
           : window_is_session(spec) ? make_sessions(aggregate, now, last, batch)
                                     : make_windows(aggregate, now, last, batch);
    check_room(aggregate);
    return more;
}

static int64_t aggregate_due(const struct handler *handler)
{
    const struct aggregate *aggregate = (const struct aggregate *)handler;
    const struct windows *windows = &aggregate->windows;

    if (aggregate->reporting != WINDOWS_NONE || windows->n_closing > 0)
        return 0;
    if (aggregate->stopped)
        return INT64_MAX;
    if (windows->spec.running && windows->n_live > 0)
        return aggregate->shown + (int64_t)windows->spec.every;
    if (window_is_session(&windows->spec) && windows->n_live > 0)
        return sessions_due(&aggregate->sessions, &windows->slots[windows->live[0]].pane);
    return windows_due(windows);
}

static void aggregate_rows(const struct handler *handler, row_emit emit, void *data)
{
    static const struct row ended = {"windows", "", ROW_COUNT, "Windows that were put out"};
    static const struct row groups = {"groups", "", ROW_LEVEL, "Groups of all open windows"};
    static const struct row overflowed = {"overflowed", "", ROW_COUNT,
                                          "Records that went to the row for all other groups"};
    static const struct row evicted = {"groups_evicted", "", ROW_COUNT,
                                       "Groups that made room for others"};
    static const struct row memory = {"memory", "bytes", ROW_LEVEL,
                                      "What all groups may take together"};
    const struct aggregate *aggregate = (const struct aggregate *)handler;

    emit(data, &ended, counter_get(&aggregate->windows_ended));
    emit(data, &groups, counter_get(&aggregate->groups.used));
    emit(data, &overflowed, counter_get(&aggregate->groups.overflowed));
    emit(data, &evicted, counter_get(&aggregate->groups.evicted));
    emit(data, &memory, aggregate->bytes);
}

const struct handler_ops aggregate_ops = {
    .name = "aggregate",
    .doc = "counts, sums and sketches of groups of records, over windows",
    .removes = BOOK_AGGREGATED,
    .settings = options_settings,
    .reads_fields = true,
    .open = aggregate_open,
    .process = aggregate_process,
    .make = aggregate_make,
    .due = aggregate_due,
    .rows = aggregate_rows,
    .close = aggregate_close,
};
