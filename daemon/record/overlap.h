// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Two fields that read the same bytes of a sample: members of a union, or a text and the array of
 * bytes that it lies in. Whoever hides the one must know of the other. */

#include "record/schema.h"

/* The first of the schema's fields without members that reads bytes of `of` in the sample, and the
 * path of it; false: there is none. */
bool overlap_find(const struct schema *schema, const struct field *of, char *path, size_t room);
