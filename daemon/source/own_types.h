// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The types that the author of a BPF object declared and that records may be of. Types of the
 * kernel and of system headers are left out, and so are the definitions of maps and what programs
 * get as their context. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;

/* Without DWARF, those that only local variables have are missing. */
enum { OWN_TYPES_OF_BTF = 1 };

struct own_type {
    const char *name; /* without "struct"; valid during the call that gets it */
    uint32_t size;    /* bytes */
    bool is_union;
    bool is_kept; /* a convention names it (schema/btf_lookup.h); only known of types of BTF */
};

/* Calls take for each, each name once. btf: the object's, or NULL. 0; OWN_TYPES_OF_BTF; -ENOMEM. Of
 * a damaged object some may be missing. */
int own_types_list(const struct btf *btf, const void *elf, size_t size,
                   void (*take)(void *context, const struct own_type *type), void *context);
