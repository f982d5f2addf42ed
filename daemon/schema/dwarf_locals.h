// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The structs that local variables and parameters of functions are of or point to, from the DWARF
 * of a BPF object. Those of inlined functions are variables of the function that they are in. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Valid during the call that gets it, with its texts. */
struct dwarf_local {
    const char *function;
    const char *name;      /* of the variable; "": it has none */
    const char *type_name; /* of the struct: its tag, or that of a typedef; without "struct" */
    uint32_t size;         /* bytes of the struct */
    bool is_union;
    bool is_pointer;      /* to the struct */
    bool is_on_frame;     /* it is in memory, */
    uint64_t depth;       /* so many bytes above the lowest one of its function's frame */
    const void *location; /* for dwarf_local_begins() */
};

/* Calls take for each of them. 0, or -errno and a sentence as schema_list_dwarf() has it. */
int dwarf_locals_list(const void *elf, size_t size, struct error *error,
                      void (*take)(void *context, const struct dwarf_local *local), void *context);

/* Whether the variable is in a register from the first instructions after that address on, and not
 * before: it holds the result of the call there. */
bool dwarf_local_begins(const struct dwarf_local *local, uint64_t address);
