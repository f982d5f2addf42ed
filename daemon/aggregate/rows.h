// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Groups as records: the schema of an aggregate's rows, and a batch of them. Scalars are in
 * columns; lists, such as a histogram's buckets, in the row's own bytes:
 *
 *     columns    _start, _end, by..., values..., (_sketches,) _partial, _other, _saturated
 *     row        [n][elements...] [n][elements...]
 */

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/groups.h"
#include "aggregate/row_form.h"
#include "aggregate/value.h"
#include "record/handler.h"

enum { ROWS_MAX = HANDLER_MADE_MAX };

struct rows {
    struct schema *schema;
    const struct key *key; /* NULL: no by */
    const struct value *values;
    uint32_t n_values;
    uint32_t first_value; /* its column */
    struct column *columns;
    uint32_t *value_columns; /* by value; counted from 1; 0: a list */
    uint32_t *list_offsets;  /* by value */
    uint32_t row_size;
    char *memory; /* ROWS_MAX rows */
    struct ringmill_view views[ROWS_MAX];
    uint32_t count;

    /* the portable form, see row_form.h */
    bool emits;
    struct row_form_head head;
    uint8_t *form;    /* of one row */
    char *forms;      /* base64; ROWS_MAX of them */
    size_t form_room; /* of each of those */
};

/* What the rows of one window say of it. */
struct rows_window {
    int64_t start, end; /* ns since 1970 */
    double seconds;
    bool partial;
};

/* names: of the key's parts. emits: there is a field _sketches. values and key stay the caller's
 * and must outlive it. 0; -EEXIST and the like after a message at node; -ENOMEM. rows_deinit()
 * follows in all cases. */
int rows_init(struct rows *rows, const struct key *key, const char *const *names,
              struct value *values, uint32_t n_values, bool emits, const struct config_node *node,
              struct diag *diag);
/* Of rows that emit their sketches: what these say of where they come from. 0 or -ENOMEM. */
int rows_set_origin(struct rows *rows, const char *source, const struct wall_offset *wall,
                    bool overlaps);

/* Frees what rows_init() took; accepts a zeroed one. */
void rows_deinit(struct rows *rows);

/* Removes all rows. */
void rows_clear(struct rows *rows);
/* Adds the group; there are fewer than ROWS_MAX. What its columns say lies in the group's memory.
 */
void rows_add(struct rows *rows, const struct group *group, const struct rows_window *window);
/* A batch of all that were added, all of them selected. */
void rows_batch(const struct rows *rows, int64_t now, struct batch *ret_batch);

/* The column's value in the row, as a number to sort by; nulls come last. */
double rows_rank(const struct rows *rows, const struct field *field, uint32_t row);
