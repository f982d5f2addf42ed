// SPDX-License-Identifier: Apache-2.0
#pragma once

/* DWARF's entries (DIEs), walked so that no file can make the walk turn in a circle, and their
 * attributes as plain values. */

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

enum { DIES_DEPTH_MAX = 64 }; /* entries within each other; what lies deeper is not visited */

/* The first entry inside. 0; 1: there is none; -EINVAL: damaged. */
int dies_first(Dwarf_Die *parent, Dwarf_Die *ret_die);
/* The next entry beside. 0; 1: there is none; -EINVAL: damaged. */
int dies_next(Dwarf_Die *die, Dwarf_Die *ret_die);

/* Calls visit for each entry of all units, those inside of functions included, until it returns
 * something else than 0, which is passed on. Where a unit is damaged the walk goes on with the
 * next one; -EINVAL: not even that can be found. */
int dies_walk(Dwarf *dwarf, int (*visit)(Dwarf_Die *die, void *context), void *context);

/* The entry's name; NULL: it has none. */
const char *die_name(Dwarf_Die *die);
/* The value of an attribute. False: the entry does not have it, or it is not a number. */
bool die_number(Dwarf_Die *die, unsigned attribute, uint64_t *ret_number);
/* Whether the entry has the attribute and it is set. */
bool die_flag(Dwarf_Die *die, unsigned attribute);
/* The entry that an attribute leads to. 0; 1: it has no such attribute; -EINVAL: damaged. */
int die_follow(Dwarf_Die *die, unsigned attribute, Dwarf_Die *ret_die);
