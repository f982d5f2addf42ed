// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The schema of what comes out of a handler, made from that of what comes in: the same fields, in
 * the same place, and some more in columns. Fields are copied shallow, so the schema that came in
 * must outlive the new one; a handler's does. */

#include "config/diag.h"
#include "record/column.h"

/* A copy of the schema with room for `more` further fields. NULL when out of memory. The caller
 * calls schema_free(). */
struct schema *derive_schema(const struct schema *from, uint32_t more);

/* The top-level field of that name becomes, or else a new one at the end is, what a new column
 * holds: kind, size, is_signed, names and meaning as in `like`. There must be room for it. The
 * number of the column; -ENOSPC after a message at node when the chain has too many; -ENOMEM. */
int derive_column(struct schema *schema, const char *name, const struct field *like,
                  const struct config_node *node, struct diag *diag);

/* As derive_column(), for a name that must be new: if it exists, -EEXIST after a message at node's
 * key. */
int derive_new_column(struct schema *schema, const char *name, const struct field *like,
                      const struct config_node *node, struct diag *diag);

/* What columns often hold. */
extern const struct field derive_text;   /* a text of any length */
extern const struct field derive_count;  /* a u64 */
extern const struct field derive_weight; /* a u64 that means MEANING_WEIGHT */
extern const struct field derive_signed; /* an s64 */
extern const struct field derive_bool;
