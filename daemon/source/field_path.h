// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Finds a field of a schema by its path: "kind", "hdr.kind", "ports[2]". */

#include "base/error.h"
#include "record/schema.h"

/* 0 and a copy of the field with its own offset (it borrows from the schema), or -ENOENT and a
 * sentence with the known names and the nearest one. */
int path_find(const struct schema *schema, const char *path, struct error *error,
              struct field *ret_field);
