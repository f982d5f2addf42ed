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

enum { RECORD_TYPE_WHY_MAX = 320 }; /* bytes; names in it may be cut */

struct record_type {
    char *name;      /* the caller frees it; NULL: nothing can be said */
    uint32_t length; /* bytes of each record; 0: a convention names the type */
    bool is_union;
    char why[RECORD_TYPE_WHY_MAX]; /* it is that type, as in "the only type of 24 bytes" */
};

/* Reads the lengths of the ring's records. btf: the object's, or NULL. */
void record_type_lengths(const struct btf *btf, const void *elf, size_t size, const char *ring,
                         struct record_lengths *ret);

/* Finds the type of the ring's records, if all are of one length. 0 with it, or with no name where
 * a convention names types, but not for this ring; CHOICE_OPEN (schema/choice.h) with a sentence
 * that lists the author's types, if there are several that it may be; -ENOENT, there are none;
 * -ENOMEM. */
int record_type_find(const struct btf *btf, const void *elf, size_t size, const char *ring,
                     struct error *error, struct record_type *ret);

/* Checks a ring whose type a variable names by convention: CHOICE_OPEN with a sentence as that of
 * record_type_find() if the programs fill its records through variables of several types; -ENOMEM;
 * else 0. */
int record_type_contradict(const struct btf *btf, const void *elf, size_t size, const char *ring,
                           struct error *error);

/* As record_type_find(), or by a convention, which comes first. */
int record_type_of_ring(const struct btf *btf, const void *elf, size_t size, const char *ring,
                        struct error *error, struct record_type *ret);

/* Explains that the object has no type of that name, and which it has. -ENOENT with the sentence;
 * 0: nothing is known of its author's types. */
int record_type_refuse(const struct btf *btf, const void *elf, size_t size, const char *name,
                       struct error *error);

/* Whether records of that length can be of the type: as long, or longer where the type goes on to
 * their end, or cut inside the bytes or the text at its end. */
bool record_type_fits(const struct schema *schema, uint32_t length);
