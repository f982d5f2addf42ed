// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Enums that BTF from clang before 15 describes wrongly: of 64 bits with their values cut, and
 * negative values without a sign. The same struct's schema out of DWARF has them right. */

#include <stdbool.h>

#include "record/schema.h"

struct btf;

/* Whether the BTF has an enum that may be wrong. */
bool enums_are_doubtful(const struct btf *btf);

/* Takes kind, sign and names of enums from the same fields of a schema of the same struct. Fields
 * that differ otherwise stay as they are. 0 or -ENOMEM. */
int enums_adopt(struct schema *schema, const struct schema *better);

/* Makes an integer an enum with the names of another one's values, as far as the integer can have
 * these. It is signed if one of the two is. 0 or -ENOMEM. */
int enums_give(struct schema *schema, struct field *field, const struct field *named);
