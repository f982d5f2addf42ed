// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The type of a ring's samples, wherever it can be found. In this order:
 *
 *     1. the BTF of the object itself             what libbpf needs, so it is there mostly
 *     2. the BTF of another file                  types_from:
 *     3. DWARF, of the object and of that file    clang leaves out of BTF what only locals use
 *     4. C text                                   layout:
 *
 * The name may come from a convention in 1 or 2 (schema/btf_lookup.h), and then leads to all four.
 * No field gets a meaning here, see schema/meaning.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "record/schema.h"

struct btf;

/* All of it is the caller's, and only read. */
struct find_request {
    const char *type_name; /* NULL: by convention, or the last one in layout */
    bool is_enum; /* type_name is "enum NAME": its schema has one field, see ctype_schema.h */
    const char *map_name;  /* of the ring, for the conventions; NULL: any */
    const struct btf *btf; /* of the object; NULL: it has none */
    const void *elf;       /* the object's bytes, for its DWARF; NULL: there are none */
    size_t elf_size;
    const char *types_from; /* the path of another file; NULL: none was given */
    const char *layout;     /* C text; NULL: none was given */
    bool is_all;            /* there is no config that could name other places */
};

/* Where in layout a mistake is, from 1; 0: the mistake is not there. */
struct find_place {
    uint32_t line;
    uint32_t column;
};

/* 0 and a schema that the caller owns, or -errno and one sentence that says where was looked and
 * what to do: -ENOENT, there is no such type; -EINVAL, types_from, layout or the object is damaged;
 * others as the readers have them. ret_place may be NULL. */
int find_schema(const struct find_request *request, struct error *error,
                struct find_place *ret_place, struct schema **ret_schema);
