// SPDX-License-Identifier: Apache-2.0
#include "schema/dwarf_locals.h"

#include <dwarf.h>
#include <errno.h>
#include <string.h>

#include "base/printable.h"
#include "schema/ctype.h"
#include "schema/debug_file.h"
#include "schema/die_struct.h"
#include "schema/dies.h"

enum { INSTRUCTION_BYTES = 8, INSTRUCTIONS_AFTER = 3 };

struct local_listing {
    void (*take)(void *context, const struct dwarf_local *local);
    void *context;
    const char *function;
};

/* ---- where a variable is --------------------------------------------------------------------- */

/* Whether its place at that address is one register. */
static bool is_in_register(Dwarf_Attribute *location, uint64_t address)
{
    Dwarf_Op *steps;
    size_t n_steps;

    return dwarf_getlocation_addr(location, address, &steps, &n_steps, 1) == 1 && n_steps == 1 &&
           steps[0].atom >= DW_OP_reg0 && steps[0].atom <= DW_OP_reg31;
}

/* The compiler may copy the result into another register before the variable begins there. */
bool dwarf_local_begins(const struct dwarf_local *local, uint64_t address)
{
    Dwarf_Attribute location;

    if (!local->location)
        return false;
    location = *(const Dwarf_Attribute *)local->location;
    if (is_in_register(&location, address))
        return false;
    for (int i = 1; i <= INSTRUCTIONS_AFTER; i++)
        if (is_in_register(&location, address + (uint64_t)i * INSTRUCTION_BYTES))
            return true;
    return false;
}

/* clang counts from the lowest byte of the frame. */
static bool is_on_frame(Dwarf_Attribute *location, uint64_t *ret_depth)
{
    Dwarf_Op *steps;
    size_t n_steps;

    if (dwarf_getlocation(location, &steps, &n_steps) != 0 || n_steps != 1 ||
        steps[0].atom != DW_OP_fbreg)
        return false;
    *ret_depth = steps[0].number;
    return true;
}

/* ---- of which type it is --------------------------------------------------------------------- */

/* From the type of a variable to a struct, through one pointer at most. */
static bool find_struct(Dwarf_Die *type, struct dwarf_local *local, Dwarf_Die *ret_struct)
{
    const char *alias = NULL;

    for (int i = 0; i < DIES_DEPTH_MAX; i++) {
        int tag = dwarf_tag(type);

        if (die_is_struct(type)) {
            local->type_name = die_name(type) ? die_name(type) : alias;
            *ret_struct = *type;
            return local->type_name && *local->type_name && printable(local->type_name) &&
                   die_is_definition(type);
        }
        if (tag == DW_TAG_pointer_type && local->is_pointer)
            return false;
        if (tag == DW_TAG_pointer_type)
            local->is_pointer = true;
        else if (tag == DW_TAG_typedef)
            alias = die_name(type);
        else if (tag != DW_TAG_const_type && tag != DW_TAG_volatile_type)
            return false;
        if (die_follow(type, DW_AT_type, type) != 0)
            return false;
    }
    return false;
}

/* What a variable of an inlined function has in common with others of it is at its origin. */
static void visit_variable(const struct local_listing *listing, Dwarf_Die *die)
{
    struct dwarf_local local = {.function = listing->function};
    Dwarf_Die origin = *die, type, group;
    Dwarf_Attribute location;
    uint64_t size;

    if (die_follow(die, DW_AT_abstract_origin, &origin) < 0 ||
        die_follow(&origin, DW_AT_type, &type) != 0 || !find_struct(&type, &local, &group) ||
        !die_number(&group, DW_AT_byte_size, &size) || size == 0 || size > CTYPE_SIZE_MAX)
        return;
    local.name = die_name(&origin);
    local.name = local.name && printable(local.name) ? local.name : "";
    local.size = (uint32_t)size;
    local.is_union = dwarf_tag(&group) == DW_TAG_union_type;
    if (dwarf_attr(die, DW_AT_location, &location)) {
        local.is_on_frame = is_on_frame(&location, &local.depth);
        local.location = &location;
    }
    listing->take(listing->context, &local);
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void visit_children(const struct local_listing *listing, Dwarf_Die *parent, uint32_t depth)
{
    Dwarf_Die child;

    if (depth == DIES_DEPTH_MAX)
        return;
    for (int r = dies_first(parent, &child); r == 0; r = dies_next(&child, &child)) {
        int tag = dwarf_tag(&child);

        if (tag == DW_TAG_variable || tag == DW_TAG_formal_parameter)
            visit_variable(listing, &child);
        else if (tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine)
            visit_children(listing, &child, depth + 1);
    }
}

/* A function that was inlined everywhere has no code of its own. */
static int visit_function(Dwarf_Die *die, void *context)
{
    struct local_listing *listing = context;
    Dwarf_Die origin = *die;

    if (dwarf_tag(die) != DW_TAG_subprogram || !dwarf_hasattr(die, DW_AT_low_pc) ||
        die_follow(die, DW_AT_abstract_origin, &origin) < 0)
        return 0;
    listing->function = die_name(&origin);
    if (listing->function && printable(listing->function))
        visit_children(listing, die, 0);
    return 0;
}

int dwarf_locals_list(const void *elf, size_t size, struct error *error,
                      void (*take)(void *context, const struct dwarf_local *local), void *context)
{
    struct local_listing listing = {.take = take, .context = context};
    struct debug_file file;
    int r = debug_file_open(elf, size, error, &file);

    if (r < 0)
        return r;
    r = dies_walk(file.dwarf, visit_function, &listing);
    debug_file_close(&file);
    return r < 0 ? error_set(error, -EINVAL, "the DWARF is damaged: it has no readable units") : 0;
}
