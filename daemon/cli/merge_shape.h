// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What rows that can be merged have in common: where they come from, what makes a group, and which
 * values there are. */

#include <stddef.h>
#include <stdint.h>

#include "aggregate/row_form.h"
#include "aggregate/value.h"
#include "base/error.h"
#include "config/tree.h"
#include "expr/key.h"

struct merge_shape {
    char source[ROW_FORM_NAME_MAX + 1];
    uint32_t n_keys, n_values;
    char key_names[KEY_PARTS_MAX][ROW_FORM_NAME_MAX + 1];
    struct key *key;       /* NULL: all is one group */
    struct schema *schema; /* that the key is computed of: its parts, in columns */
    struct column *columns;
    struct config_tree *tree;    /* where messages would go */
    struct row_form_value *told; /* n_values of them, as the first row has them */
    struct value values[VALUES_MAX];
    size_t states_offset, states_size; /* in a group */
};

/* As a row has it. 0, -EINVAL or -ENOMEM with error filled. merge_shape_deinit() follows in all
 * cases. */
int merge_shape_init(struct merge_shape *shape, const struct row_form *form, struct error *error);
/* Accepts a zeroed one. */
void merge_shape_deinit(struct merge_shape *shape);

/* Whether the row can be merged with that at the place. 0, or -EINVAL with error filled. */
int merge_shape_check(const struct merge_shape *shape, const struct row_form *form,
                      const char *place, struct error *error);

/* Makes the batch, which has one view, the row's key. */
void merge_shape_fill(struct merge_shape *shape, const struct row_form *form, struct batch *batch);

/* A place for messages that nobody sees. */
const struct config_node *merge_shape_node(const struct merge_shape *shape);
