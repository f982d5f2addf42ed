// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The type of a ring's records where nothing names it: the programs of the object say how long they
 * are, and the object's DWARF, or else its BTF, which types its author has declared. Types of the
 * kernel, which vmlinux.h brings along, are left out. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "source/record_lengths.h"

struct btf;
struct schema;

struct record_type {
    char *name;      /* the caller frees it; NULL: nothing can be said */
    uint32_t length; /* bytes of each record, and of no other type of the author's */
    bool is_union;
};

/* Reads the lengths of the ring's records. btf: the object's, or NULL. */
void record_type_lengths(const struct btf *btf, const void *elf, size_t size, const char *ring,
                         struct record_lengths *ret);

/* Finds the author's only type that is as long as all records of the ring. 0 with it, or with no
 * name where the object does not tell its author's types from others; -ENOENT with a sentence that
 * lists the author's types, if records are long as several, as none, or vary; -ENOMEM. */
int record_type_find(const struct btf *btf, const void *elf, size_t size, const char *ring,
                     struct error *error, struct record_type *ret);

/* Whether records of that length can be of the type: as long, or longer where the type goes on to
 * their end, or cut inside the bytes or the text at its end. */
bool record_type_fits(const struct schema *schema, uint32_t length);
