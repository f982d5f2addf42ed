// SPDX-License-Identifier: Apache-2.0

/* Rows are numbered from 1 and never move. Removed cgroups are in a list in the order in which they
 * were removed; the first of it gives way. */

#include "base/cgroups.h"

#include <stdlib.h>
#include <string.h>

#include "base/cgroup_tree.h"
#include "base/counter.h"
#include "base/hash_index.h"

struct cgroup_row {
    uint64_t id;
    char *path; /* NULL: the row is free */
    uint32_t length;
    bool removed;
    uint32_t next; /* of the list that the row is in */
};

struct row_list {
    uint32_t first, last; /* 0: none */
};

struct cgroups {
    uint32_t max, used; /* rows, and those that were ever used */
    struct cgroup_row *rows;
    void *slots;
    struct hash_index index;
    struct row_list removed;
    bool lacking;
    counter n_cgroups, dropped, unknown;
};

/* The lower half of an id counts up and the upper one hardly changes. */
static uint64_t hash_of(uint64_t id)
{
    id *= UINT64_C(0x9e3779b97f4a7c15);
    return id ^ id >> 32;
}

struct cgroups *cgroups_new(uint32_t max)
{
    struct cgroups *cgroups = calloc(1, sizeof(*cgroups));

    if (!cgroups)
        return NULL;
    cgroups->max = max ? max : CGROUPS_MAX;
    cgroups->lacking = true;
    cgroups->rows = calloc((size_t)cgroups->max + 1, sizeof(*cgroups->rows));
    cgroups->slots = calloc(1, hash_index_size(cgroups->max));
    cgroups->index = hash_index_over(cgroups->slots, cgroups->max);
    if (!cgroups->rows || !cgroups->slots) {
        cgroups_free(cgroups);
        return NULL;
    }
    return cgroups;
}

void cgroups_free(struct cgroups *cgroups)
{
    if (!cgroups)
        return;
    for (uint32_t i = 1; cgroups->rows && i <= cgroups->used; i++)
        free(cgroups->rows[i].path);
    free(cgroups->rows);
    free(cgroups->slots);
    free(cgroups);
}

static uint32_t find(const struct cgroups *cgroups, uint64_t id)
{
    uint64_t hash = hash_of(id);
    uint32_t at = (uint32_t)hash, row;

    do
        row = hash_index_next(&cgroups->index, hash, &at);
    while (row != HASH_INDEX_NONE && cgroups->rows[row].id != id);
    return row;
}

/* Frees the row of the cgroup that was removed longest ago; 0: none was removed. */
static uint32_t take_removed(struct cgroups *cgroups)
{
    uint32_t number = cgroups->removed.first;
    struct cgroup_row *row = &cgroups->rows[number];

    if (number == 0)
        return 0;
    cgroups->removed.first = row->next;
    if (row->next == 0)
        cgroups->removed.last = 0;
    hash_index_remove(&cgroups->index, hash_of(row->id), number);
    free(row->path);
    *row = (struct cgroup_row){0};
    counter_add(&cgroups->n_cgroups, (uint64_t)-1);
    return number;
}

/* Takes the path. */
static void enter(struct cgroups *cgroups, uint64_t id, char *path, uint32_t length)
{
    uint32_t number = 0;

    if (path)
        number = cgroups->used < cgroups->max ? ++cgroups->used : take_removed(cgroups);
    if (number == 0) {
        free(path);
        counter_add(&cgroups->dropped, 1);
        cgroups->lacking = true;
        return;
    }
    cgroups->rows[number] = (struct cgroup_row){.id = id, .path = path, .length = length};
    hash_index_add(&cgroups->index, hash_of(id), number);
    counter_add(&cgroups->n_cgroups, 1);
}

void cgroups_note(struct cgroups *cgroups, uint64_t id, const char *path, uint32_t length)
{
    char *copy;

    if (find(cgroups, id) != HASH_INDEX_NONE)
        return;
    copy = malloc(length + 1);
    if (copy)
        memcpy(copy, path, length);
    enter(cgroups, id, copy, length);
}

void cgroups_make(struct cgroups *cgroups, uint64_t id, uint64_t parent, const char *name,
                  uint32_t length)
{
    uint32_t above, whole;
    const char *path = cgroups_path(cgroups, parent, &above);
    char *copy;

    if (find(cgroups, id) != HASH_INDEX_NONE)
        return;
    if (!path) {
        counter_add(&cgroups->unknown, 1);
        cgroups->lacking = true;
        return;
    }
    above = above == 1 ? 0 : above; /* the root is "/" */
    whole = above + 1 + length;
    if (whole > CGROUP_PATH_MAX)
        return; /* a walk passes it over, too */
    copy = malloc(whole);
    if (copy) {
        memcpy(copy, path, above);
        copy[above] = '/';
        memcpy(copy + above + 1, name, length);
    }
    enter(cgroups, id, copy, whole);
}

void cgroups_remove(struct cgroups *cgroups, uint64_t id)
{
    uint32_t number = find(cgroups, id);
    struct cgroup_row *row = &cgroups->rows[number];

    if (number == HASH_INDEX_NONE || row->removed)
        return;
    row->removed = true;
    if (cgroups->removed.last)
        cgroups->rows[cgroups->removed.last].next = number;
    else
        cgroups->removed.first = number;
    cgroups->removed.last = number;
}

const char *cgroups_path(const struct cgroups *cgroups, uint64_t id, uint32_t *ret_length)
{
    uint32_t number = find(cgroups, id);

    if (number == HASH_INDEX_NONE)
        return NULL;
    *ret_length = cgroups->rows[number].length;
    return cgroups->rows[number].path;
}

bool cgroups_lacks_some(const struct cgroups *cgroups)
{
    return cgroups->lacking;
}

void cgroups_set_lacking(struct cgroups *cgroups, bool lacking)
{
    cgroups->lacking = lacking;
}

void cgroups_count(const struct cgroups *cgroups, struct cgroups_counts *ret)
{
    *ret = (struct cgroups_counts){counter_get(&cgroups->n_cgroups), counter_get(&cgroups->dropped),
                                   counter_get(&cgroups->unknown)};
}
