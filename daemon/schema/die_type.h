// SPDX-License-Identifier: Apache-2.0
#pragma once

/* C types out of DWARF entries. Each entry is read once; what a pointer leads to is read by name
 * only. */

#include "base/error.h"
#include "schema/ctype.h"
#include "schema/dies.h"

enum {
    DIE_TYPE_DEPTH_MAX = 256,         /* entries that refer to each other */
    DIE_TYPE_MEMBERS_MAX = 64 * 1024, /* of all structs together */
    DIE_TYPE_NAMES_MAX = 64 * 1024,   /* of all enums together */
    DIE_TYPE_DEFINITIONS_MAX = 16,    /* looked up for a declaration */
    DIE_TYPE_DIMENSIONS_MAX = 16,
};

bool die_is_struct(Dwarf_Die *die); /* or a union, or a class */
bool die_is_definition(Dwarf_Die *die);

/* The struct or union that an entry (it, or a typedef of it) stands for, looked up by its name
 * where only a declaration is there. 0; 1: it stands for something else; -EINVAL: damaged. */
int die_find_struct(Dwarf *dwarf, Dwarf_Die *die, Dwarf_Die *ret_struct);

/* The C type of a struct's or union's entry. It belongs to types, its names too. -EINVAL: damaged;
 * -E2BIG: more than the limits above; -ENOMEM. */
int die_type_read(Dwarf *dwarf, Dwarf_Die *die, struct ctypes *types, struct error *error,
                  const struct ctype **ret_type);
