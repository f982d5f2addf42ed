// SPDX-License-Identifier: Apache-2.0
#pragma once

/* DWARF's structs, unions and classes. */

#include "schema/die_reader.h"

enum {
    DIE_STRUCT_MEMBERS_MAX = 64 * 1024, /* of all structs together */
    DIE_STRUCT_DEFINITIONS_MAX = 16,    /* looked up by name for a declaration */
};

/* Whether the entry is a struct, union or class. */
bool die_is_struct(Dwarf_Die *die);
/* Whether the entry is more than a declaration or a reference to a type unit. */
bool die_is_definition(Dwarf_Die *die);

/* The struct or union that an entry (it, or a typedef of it) stands for, looked up where only a
 * declaration is there. 0; 1: it stands for something else, or is not defined; -EINVAL: damaged. */
int die_find_struct(Dwarf *dwarf, Dwarf_Die *die, Dwarf_Die *ret_struct);

/* Replaces the declaration of a struct, union or enum by its definition, if there is one. After a
 * pointer only a signature is followed, which may be all that is there. */
void die_find_definition(struct die_reader *reader, Dwarf_Die *die);

/* The type of a struct's entry; after a pointer the name only. */
int die_struct_read(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type);
