// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A schema out of DWARF, the compiler's debug information in an ELF file: types that clang left out
 * of BTF because only locals have them, and the names of 64-bit enums that clang 14 writes wrong
 * there. BPF objects (.o), and objects and executables for x86-64 and arm64. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "record/schema.h"

/* Builds the schema of one struct or union: of that name, with or without "struct " or "union ", or
 * as a typedef calls it; the first definition in the file. Of "enum NAME", as schema_from_ctype().
 * Fields are as schema_from_ctype() makes them, but for enums of 64 bits, which have their names
 * here.
 *
 * elf is the file's content; it is only read, and nothing of it is kept. 0 and a schema that the
 * caller owns, or: -ENOENT, there is no DWARF or no such type in it, or type_name is NULL (the
 * sentence lists those there are); -EINVAL, no ELF file or a damaged one; -ENOTSUP, an object of a
 * machine that is not known; -E2BIG, more members than schema/ctype_schema.h and
 * schema/die_*.h allow; -ENOMEM. */
int schema_from_dwarf(const void *elf, size_t size, const char *type_name, struct error *error,
                      struct schema **ret);

struct dwarf_candidate {
    const char *name; /* without "struct"; valid during the call */
    const char *file; /* that declares it; NULL: not known; valid during the call */
    uint32_t size;    /* bytes */
    bool is_union;
    bool is_typedef; /* of a struct or union without a tag */
};

/* Calls take for each struct and union that schema_from_dwarf() would find, each name once, until
 * it returns something else than 0, which is passed on. Errors as above. */
int schema_list_dwarf(const void *elf, size_t size, struct error *error,
                      int (*take)(void *context, const struct dwarf_candidate *candidate),
                      void *context);
