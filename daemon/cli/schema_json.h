// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <jansson.h>

#include "record/schema.h"
#include "schema/lookup.h"

/* What `ringmill schema --json` prints; docs/schemas.md says what the keys mean. The caller owns
 * the object; NULL when out of memory. */
json_t *schema_json_type(const struct schema *schema);
json_t *schema_json_candidates(const struct candidate *list, uint32_t count);
