// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A schema's values as journal fields: one for each leaf of the tree; an array is one value.
 *
 *     {pid, to {addr, port[2]}}     RINGMILL_PID, RINGMILL_TO_ADDR, RINGMILL_TO_PORT
 *
 * The journal takes names of A-Z, 0-9 and _, of 64 bytes at most. Other characters become
 * _, longer names are cut, and of two names that are then equal the later one gets _2, _3... */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "encode/encode_plan.h"
#include "encode/prepared_text.h"
#include "record/schema.h"

enum {
    JOURNAL_NAME_MAX = 64,    /* journald passes over fields with longer names */
    JOURNAL_FIELDS_MAX = 960, /* of an entry; journald refuses those with more than 1024 */
};

struct journal_value {
    char key[JOURNAL_NAME_MAX + 1];
    struct prepared_text label; /* in the readable line, such as " to.port=" */
    struct encode_plan owned;   /* of the field; its steps may be those of two values */
    struct encode_plan value;   /* borrows from it: the value, nothing around it */
    bool is_time;               /* of the event itself: not in the readable line */
};

struct journal_plan {
    struct journal_value *values;
    uint32_t n_values;
    bool has_names;   /* there is a PRINT_NAME */
    bool has_users;   /* there is a PRINT_USER_SYMBOL */
    bool has_cgroups; /* there is a name of the id of a cgroup */
};

/* Makes the plan of a schema, which must outlive it. 0, -ENOMEM or -EINVAL with error filled; in
 * all cases the caller calls journal_plan_deinit(). */
int journal_plan_init(struct journal_plan *plan, const struct schema *schema, bool resolve_names,
                      struct error *error);
/* Frees what the plan holds; accepts a zeroed one. */
void journal_plan_deinit(struct journal_plan *plan);
