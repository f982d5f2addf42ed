// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <jansson.h>

#include "cli/schema_list.h"
#include "record/schema.h"

/* What `ringmill schema --json` prints; docs/schemas.md says what the keys mean. The caller owns
 * the object; NULL when out of memory. */
json_t *schema_json_type(const struct schema *schema);
json_t *schema_json_list(const struct schema_list *list);
