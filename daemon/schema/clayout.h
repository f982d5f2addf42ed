// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Where C puts the members of a struct: by the rules that gcc and clang share on x86-64 and that
 * clang follows for BPF. */

#include "base/error.h"
#include "schema/ctype.h"

/* Whether a value of that type can exist: not void, not a function, not a struct that is only
 * declared. */
bool clayout_has_size(const struct ctype *type);

/* In bytes, 1 at least. A typedef can have its own. */
uint32_t clayout_align(const struct ctype *type);

/* Sets the place of each member (whose type must have a size), and the size and alignment of a
 * struct or union. is_packed and align (0: none) are the attributes of the type. -EFBIG: larger
 * than CTYPE_SIZE_MAX. */
int clayout_place(struct ctype *type, struct cmember *members, bool is_packed, uint32_t align);
