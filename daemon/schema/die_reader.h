// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the files that turn DWARF entries into C types share while they read one struct. All return
 * 0 or -errno with a sentence. */

#include "base/error.h"
#include "schema/ctype.h"
#include "schema/dies.h"

struct die_reader {
    Dwarf *dwarf;
    struct ctypes *types;
    struct error *error;
    void *known; /* a tree: which entry became which type */
    uint32_t depth;
    uint32_t n_members;
    uint32_t n_names;
    uint32_t n_definitions;
    bool by_name; /* after a pointer: no members, no sizes */
};

/* Frees what the reader remembers of entries; the types stay. */
void die_reader_deinit(struct die_reader *reader);

/* Writes what is wrong with the entry. Returns -EINVAL. */
int die_refuse_damage(const struct die_reader *reader, Dwarf_Die *die, const char *what);
/* "out of memory". Returns -ENOMEM. */
int die_refuse_memory(const struct die_reader *reader);

/* The type that an entry became; NULL: it was not read yet. */
const struct ctype *die_find_known(const struct die_reader *reader, const Dwarf_Die *die);
/* Remembers which type an entry became. Does nothing inside the target of a pointer, where types
 * are read by name only. */
int die_add_known(struct die_reader *reader, const Dwarf_Die *die, const struct ctype *type);

/* A type with the entry's name. */
int die_add_type(struct die_reader *reader, enum ctype_kind kind, Dwarf_Die *die,
                 struct ctype **ret_type);
/* Sets the size to DW_AT_byte_size; 0 where there is none. */
int die_read_size(struct die_reader *reader, Dwarf_Die *die, struct ctype *type);

/* The type of any entry; in die_type.c. */
int die_read_type(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type);
/* The type that DW_AT_type leads to; NULL: void. */
int die_read_target(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type);
