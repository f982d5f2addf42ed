// SPDX-License-Identifier: Apache-2.0
#pragma once

/* From a C struct to the fields of a schema. The same struct comes out as schema_from_btf() would
 * read it; the table there holds here, too. */

#include "base/error.h"
#include "schema/ctype.h"

enum {
    UNFOLD_DEPTH_MAX = 32,              /* structs, unions and arrays within each other */
    UNFOLD_MEMBERS_MAX = 64 * 1024,     /* of all those structs together */
    UNFOLD_NAMES_MAX = 16 * 1024 * 1024 /* bytes of all names together */
};

/* Builds the schema of a complete struct or union. name: what the type is called if it has no tag;
 * NULL: nobody gave it a name.
 *
 * The members of unnamed structs and unions stand among those around them. An unnamed bitfield is
 * no field, and neither is an array without elements, unless it lies at the end of all: then it
 * is a flexible tail. No field gets a meaning here.
 *
 * 0 and a schema that the caller owns, or: -EINVAL, the type contradicts itself (members outside of
 * it); -ENOENT, it has no members; -E2BIG, more of them or of names than the limits allow;
 * -ENOMEM. */
int unfold(const struct ctype *type, const char *name, struct error *error, struct schema **ret);
