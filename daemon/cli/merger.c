// SPDX-License-Identifier: Apache-2.0

/* A merger is an aggregate whose records are rows: the same groups, values and rows, with each
 * state merged where a record would be counted. The key is one of columns, filled from each row. */

#include "cli/merger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/rows.h"
#include "cli/merge_shape.h"

enum { PLACE_MAX = 256 };

struct merged_window {
    struct row_form_window times;
    struct pane pane;
    uint32_t number; /* part of the key of its groups */
};

struct merger {
    uint32_t most;
    bool whole;
    bool begun; /* the shape is known */
    char place[PLACE_MAX];
    struct row_form form; /* the row that is being added */
    struct merge_shape shape;
    struct groups groups;
    struct rows rows;
    char *states; /* of the row that is being added */

    struct merged_window *windows; /* sorted by their times once all rows were added */
    uint32_t n_windows, room_windows, latest;
    uint32_t giving; /* the window whose rows come next */
    bool sorted;
    uint64_t n_rows;
};

struct merger *merger_new(uint32_t groups, bool whole)
{
    struct merger *merger = calloc(1, sizeof(*merger));

    if (merger) {
        merger->most = groups;
        merger->whole = whole;
    }
    return merger;
}

/* Forgets the shape after a first row that failed. */
static void forget(struct merger *merger)
{
    rows_deinit(&merger->rows);
    groups_deinit(&merger->groups);
    merge_shape_deinit(&merger->shape);
    free(merger->states);
    merger->states = NULL;
    merger->begun = false;
}

void merger_free(struct merger *merger)
{
    if (!merger)
        return;
    forget(merger);
    free(merger->windows);
    free(merger);
}

static int make_rows(struct merger *merger)
{
    struct merge_shape *shape = &merger->shape;
    const char *names[KEY_PARTS_MAX];
    struct diag diag;
    int result;

    for (uint32_t i = 0; i < shape->n_keys; i++)
        names[i] = shape->key_names[i];
    diag_init(&diag);
    result = rows_init(&merger->rows, shape->key, names, shape->values, shape->n_values, false,
                       merge_shape_node(shape), &diag);
    diag_deinit(&diag);
    merger->states = calloc(1, shape->states_size + 1);
    if (result == 0)
        result = merger->states ? groups_init(&merger->groups, shape->key, merger->most + 2,
                                              merger->most + 2, shape->states_size)
                                : -ENOMEM;
    return result;
}

static int begin(struct merger *merger, const char *place, struct error *error)
{
    int result = merge_shape_init(&merger->shape, &merger->form, error);

    if (result == 0) {
        result = make_rows(merger);
        if (result < 0)
            error_set(error, result, "out of memory");
    }
    snprintf(merger->place, sizeof(merger->place), "%s", place);
    merger->begun = result == 0;
    if (result < 0)
        forget(merger);
    return result;
}

/* ---- windows --------------------------------------------------------------------------------- */

static bool is_window(const struct merged_window *window, const struct row_form_window *times)
{
    return window->times.start == times->start && window->times.end == times->end;
}

static int add_window(struct merger *merger, struct error *error)
{
    struct merged_window *windows;

    if (merger->n_windows == MERGER_WINDOWS_MAX)
        return error_set(error, -ENOSPC, "too many windows; at most %d are allowed",
                         MERGER_WINDOWS_MAX);
    if (merger->n_windows == merger->room_windows) {
        uint32_t room = merger->room_windows ? 2 * merger->room_windows : 64;

        windows = realloc(merger->windows, room * sizeof(*windows));
        if (!windows)
            return error_set(error, -ENOMEM, "out of memory");
        merger->windows = windows;
        merger->room_windows = room;
    }
    merger->latest = merger->n_windows++;
    merger->windows[merger->latest] =
        (struct merged_window){.times = merger->form.window, .number = merger->latest};
    return 0;
}

/* Leaves the row's in `latest`. Windows come in the same order from each machine, so that one and
 * the next are looked at first. */
static int find_window(struct merger *merger, struct error *error)
{
    const struct row_form_window *times = &merger->form.window;
    struct row_form_window *own;

    if (merger->whole && merger->n_windows > 0) {
        own = &merger->windows[0].times;
        own->start = times->start < own->start ? times->start : own->start;
        own->end = times->end > own->end ? times->end : own->end;
        own->partial |= times->partial;
        return 0;
    }
    for (uint32_t i = 0; i < merger->n_windows; i++) {
        uint32_t index = (merger->latest + i) % merger->n_windows;

        if (!is_window(&merger->windows[index], times))
            continue;
        merger->latest = index;
        merger->windows[index].times.partial |= times->partial;
        return 0;
    }
    return add_window(merger, error);
}

/* ---- groups ---------------------------------------------------------------------------------- */

static int read_states(struct merger *merger, struct error *error)
{
    const struct merge_shape *shape = &merger->shape;

    memset(merger->states, 0, shape->states_size);
    for (uint32_t i = 0; i < shape->n_values; i++) {
        const struct value *value = &shape->values[i];
        const struct text *form = &merger->form.values[i].form;
        int result;

        if (value->size == 0)
            continue;
        result = value_read(value, (const uint8_t *)form->bytes, form->length,
                            merger->states + value->offset - shape->states_offset);
        if (result == -EPROTO)
            return error_set(error, -EINVAL, "%s has a newer format version; use a newer ringmill",
                             value->name);
        if (result < 0)
            return error_set(error, -EINVAL, "%s is damaged", value->name);
    }
    return 0;
}

static struct group *find_group(struct merger *merger)
{
    struct merged_window *window = &merger->windows[merger->latest];
    const struct key *key = merger->shape.key;
    uint64_t hashes[BATCH_MAX] = {0};
    struct ringmill_view view = {.data = "", .length = 0};
    struct batch batch = {.views = &view, .count = 1};

    groups_begin(&merger->groups);
    if (merger->form.other)
        return groups_other(&merger->groups, &window->pane, window->number);
    if (key) {
        merge_shape_fill(&merger->shape, &merger->form, &batch);
        key_hash((struct key *)key, &batch, hashes);
    }
    return groups_get(&merger->groups, &window->pane, window->number, 0,
                      groups_hash(hashes[0], window->number));
}

int merger_add(struct merger *merger, const char *place, const uint8_t *bytes, size_t length,
               struct error *error)
{
    const struct merge_shape *shape = &merger->shape;
    struct group *group;
    int result = row_form_read(bytes, length, &merger->form);

    if (result == -EPROTO)
        return error_set(error, -EINVAL, "unknown format version %u; this ringmill reads version 1",
                         bytes[3]);
    if (result < 0)
        return error_set(error, -EINVAL, "_sketches is damaged");
    if (merger->whole && merger->form.overlaps)
        return error_set(
            error, -EINVAL,
            "its windows overlap (hop or running), so they cannot be combined into one");
    result = merger->begun ? merge_shape_check(shape, &merger->form, merger->place, error)
                           : begin(merger, place, error);
    if (result == 0)
        result = read_states(merger, error);
    if (result == 0)
        result = find_window(merger, error);
    if (result < 0)
        return result;
    group = find_group(merger);
    if (!group || counter_get(&merger->groups.used) > merger->most)
        return error_set(error, -ENOSPC, "there are more than %" PRIu32 " groups", merger->most);
    for (uint32_t i = 0; i < shape->n_values; i++)
        if (shape->values[i].size > 0)
            shape->values[i].ops->merge(&shape->values[i], (char *)group + shape->values[i].offset,
                                        merger->states + shape->values[i].offset -
                                            shape->states_offset);
    merger->n_rows++;
    return 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

uint64_t merger_count(const struct merger *merger)
{
    return merger->n_rows;
}

const struct schema *merger_schema(const struct merger *merger)
{
    return merger->begun ? merger->rows.schema : NULL;
}

const char *merger_source(const struct merger *merger)
{
    return merger->begun ? merger->shape.source : NULL;
}

static int compare_windows(const void *one, const void *other)
{
    const struct row_form_window *a = &((const struct merged_window *)one)->times;
    const struct row_form_window *b = &((const struct merged_window *)other)->times;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

bool merger_next(struct merger *merger, struct batch *ret_batch)
{
    if (!merger->sorted && merger->n_windows > 0)
        qsort(merger->windows, merger->n_windows, sizeof(*merger->windows), compare_windows);
    merger->sorted = true;
    while (merger->giving < merger->n_windows &&
           merger->windows[merger->giving].pane.first == GROUPS_NONE)
        merger->giving++;
    if (merger->giving == merger->n_windows)
        return false;
    rows_clear(&merger->rows);
    while (merger->rows.count < ROWS_MAX) {
        struct merged_window *window = &merger->windows[merger->giving];
        uint32_t number = groups_pop(&merger->groups, &window->pane);
        int64_t length = 0;
        struct rows_window shown = {.start = window->times.start,
                                    .end = window->times.end,
                                    .partial = window->times.partial};

        if (number == GROUPS_NONE)
            break;
        if (__builtin_sub_overflow(shown.end, shown.start, &length) || length <= 0)
            length = 1;
        shown.seconds = (double)length / 1e9;
        rows_add(&merger->rows, groups_at(&merger->groups, number), &shown);
    }
    rows_batch(&merger->rows, 0, ret_batch);
    return true;
}
