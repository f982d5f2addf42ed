// SPDX-License-Identifier: Apache-2.0
#pragma once

/* C types out of DWARF entries. Each entry is read once; what a pointer leads to is read by name
 * only. */

#include "base/error.h"
#include "schema/ctype.h"
#include "schema/dies.h"

enum {
    DIE_TYPE_DEPTH_MAX = 256,       /* entries that refer to each other */
    DIE_TYPE_NAMES_MAX = 64 * 1024, /* of all enums together */
    DIE_TYPE_DIMENSIONS_MAX = 16,   /* of one array */
};

/* The C type of a struct's or union's entry. It belongs to types, its names too. -EINVAL: damaged;
 * -E2BIG: more than the limits above; -ENOMEM. */
int die_type_read(Dwarf *dwarf, Dwarf_Die *die, struct ctypes *types, struct error *error,
                  const struct ctype **ret_type);
