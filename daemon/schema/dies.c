// SPDX-License-Identifier: Apache-2.0

/* In a well-formed file each entry is after the previous one, and that is all it takes to
 * bound the walk: an entry may say where its sibling is, and libdw believes it, but here a sibling
 * or child that does not lie further on ends the matter. The walk as a whole only ever goes
 * forward, too, so it visits at most as many entries as there are bytes. */

#include "schema/dies.h"

#include <dwarf.h>
#include <errno.h>
#include <stddef.h>

int dies_first(Dwarf_Die *parent, Dwarf_Die *ret_die)
{
    int r = dwarf_child(parent, ret_die);

    if (r != 0)
        return r > 0 ? 1 : -EINVAL;
    return ret_die->addr > parent->addr ? 0 : -EINVAL;
}

int dies_next(Dwarf_Die *die, Dwarf_Die *ret_die)
{
    Dwarf_Die next;
    int r = dwarf_siblingof(die, &next);

    if (r != 0)
        return r > 0 ? 1 : -EINVAL;
    if (next.addr <= die->addr)
        return -EINVAL;
    *ret_die = next;
    return 0;
}

/* From the entry on top of the stack to the next one in the file; false: the unit ends. */
static bool step(Dwarf_Die *stack, uint32_t *depth)
{
    const void *last = stack[*depth].addr;
    Dwarf_Die next;

    if (*depth + 1 < DIES_DEPTH_MAX && dies_first(&stack[*depth], &next) == 0) {
        stack[++*depth] = next;
        return true;
    }
    for (; *depth > 0; --*depth) {
        int r = dies_next(&stack[*depth], &next);

        if (r < 0 || (r == 0 && next.addr <= last))
            return false;
        if (r > 0)
            continue;
        stack[*depth] = next;
        return true;
    }
    return false;
}

static int walk_unit(const Dwarf_Die *unit, int (*visit)(Dwarf_Die *, void *), void *context)
{
    Dwarf_Die stack[DIES_DEPTH_MAX] = {*unit};
    uint32_t depth = 0;
    int r;

    do
        r = visit(&stack[depth], context);
    while (r == 0 && step(stack, &depth));
    return r;
}

int dies_walk(Dwarf *dwarf, int (*visit)(Dwarf_Die *die, void *context), void *context)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;

    for (;;) {
        int r = dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL);

        if (r != 0)
            return r > 0 ? 0 : -EINVAL;
        if (!die.addr)
            continue;
        r = walk_unit(&die, visit, context);
        if (r != 0)
            return r;
    }
}

/* ---- attributes ---- */

const char *die_name(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;

    return dwarf_attr(die, DW_AT_name, &attribute) ? dwarf_formstring(&attribute) : NULL;
}

/* DWARF 2 says a member's place as a computation: "add so much". */
static bool read_addition(Dwarf_Attribute *attribute, uint64_t *ret_number)
{
    Dwarf_Op *steps;
    size_t n_steps;

    if (dwarf_getlocation(attribute, &steps, &n_steps) != 0 || n_steps != 1 ||
        steps[0].atom != DW_OP_plus_uconst)
        return false;
    *ret_number = steps[0].number;
    return true;
}

bool die_number(Dwarf_Die *die, unsigned attribute, uint64_t *ret_number)
{
    Dwarf_Attribute found;
    Dwarf_Sword negative;
    Dwarf_Word number;

    if (!dwarf_attr(die, attribute, &found))
        return false;
    switch (dwarf_whatform(&found)) {
    case DW_FORM_sdata:
    case DW_FORM_implicit_const:
        if (dwarf_formsdata(&found, &negative) != 0)
            return false;
        *ret_number = (uint64_t)negative;
        return true;
    case DW_FORM_block:
    case DW_FORM_block1:
    case DW_FORM_block2:
    case DW_FORM_block4:
    case DW_FORM_exprloc:
        return read_addition(&found, ret_number);
    default:
        if (dwarf_formudata(&found, &number) != 0)
            return false;
        *ret_number = number;
        return true;
    }
}

bool die_flag(Dwarf_Die *die, unsigned attribute)
{
    Dwarf_Attribute found;
    bool flag = false;

    return dwarf_attr(die, attribute, &found) && dwarf_formflag(&found, &flag) == 0 && flag;
}

int die_follow(Dwarf_Die *die, unsigned attribute, Dwarf_Die *ret_die)
{
    Dwarf_Attribute found;

    if (!dwarf_attr(die, attribute, &found))
        return 1;
    return dwarf_formref_die(&found, ret_die) ? 0 : -EINVAL;
}
