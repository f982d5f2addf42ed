// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The type of a ring's records where nothing names it: the programs of the object say how long they
 * are, and the object's DWARF, or else its BTF, which types its author has declared. Types of the
 * kernel, which vmlinux.h brings along, are left out. If several are as long, the variables that
 * records are filled through or copied from tell which it is. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "source/record_lengths.h"

struct btf;
struct schema;

enum { RECORD_TYPE_WHY_MAX = 320, RECORD_VARIABLE_BYTES = 128 };

struct record_type {
    char *name;      /* the caller frees it; NULL: nothing can be said */
    uint32_t length; /* bytes of each record */
    bool is_union;
    /* The variable that has this type, and its function; "": it is the author's only type of that
     * length. Names that are longer are cut. */
    char variable[RECORD_VARIABLE_BYTES];
    char function[RECORD_FUNCTION_BYTES];
};

/* Reads the lengths of the ring's records. btf: the object's, or NULL. */
void record_type_lengths(const struct btf *btf, const void *elf, size_t size, const char *ring,
                         struct record_lengths *ret);

/* Finds the type of the ring's records, if all are of one length. 0 with it, or with no name where
 * the object does not tell its author's types from others; -ENOENT with a sentence that lists the
 * author's types, if there are several that it may be, or none; -ENOMEM. */
int record_type_find(const struct btf *btf, const void *elf, size_t size, const char *ring,
                     struct error *error, struct record_type *ret);

/* Writes why it is that type, as in "the only type of 24 bytes". */
void record_type_explain(const struct record_type *type, char text[RECORD_TYPE_WHY_MAX]);

/* Whether records of that length can be of the type: as long, or longer where the type goes on to
 * their end, or cut inside the bytes or the text at its end. */
bool record_type_fits(const struct schema *schema, uint32_t length);
