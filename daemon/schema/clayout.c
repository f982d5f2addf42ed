// SPDX-License-Identifier: Apache-2.0

/* The rules that gcc and clang share, proved by the test with random structs:
 *
 * A member lies at the next multiple of its alignment. `packed` makes that 1 (in bits, for a
 * bitfield), `aligned` raises it, packed or not. A struct is aligned as the strictest of its
 * members, or stricter by its own attribute, and its size is a multiple of that.
 *
 * A bitfield begins at the next free bit, unless it would then cross more units of its type than
 * its type has: then it begins at the next unit. Its type's alignment counts for the
 * struct, but not if it is unnamed. One of width 0 ends the unit. After bitfields, other members
 * begin at the next free byte:
 *
 *     struct { u8 a; u32 b:20; u32 c:12; u8 d; }
 *     | a       | b b b b b b b b b |      | c c c c |    | d       |      8 bytes
 *     0         8                   28     32        44   48        56
 *
 * c would cross from one u32 into the next, so it begins with that; d begins at a byte. */

#include "schema/clayout.h"

#include <errno.h>

struct member_layout {
    bool is_union;
    uint64_t end;   /* bits used so far; of a union: by its largest member */
    uint64_t align; /* bits */
};

bool clayout_has_size(const struct ctype *type)
{
    type = ctype_bare(type);
    if (!type)
        return false;
    switch (type->kind) {
    case CTYPE_VOID:
    case CTYPE_FUNCTION:
        return false;
    case CTYPE_STRUCT:
    case CTYPE_UNION:
    case CTYPE_ENUM:
        return type->is_complete;
    default:
        return true;
    }
}

uint32_t clayout_align(const struct ctype *type)
{
    while (type->align == 0 && (type->kind >= CTYPE_ALIAS || type->kind == CTYPE_ARRAY))
        type = type->target;
    return type->align ? type->align : 1;
}

static uint64_t round_up(uint64_t bits, uint64_t align)
{
    return (bits + align - 1) / align * align;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void place_whole(struct member_layout *layout, struct cmember *member)
{
    uint64_t align = member->is_packed ? 8 : 8 * (uint64_t)clayout_align(member->type);
    uint64_t bits = 8 * (uint64_t)ctype_bare(member->type)->size;

    align = larger(align, 8 * (uint64_t)member->align);
    member->bit = layout->is_union ? 0 : round_up(layout->end, align);
    layout->end = larger(layout->end, member->bit + bits);
    layout->align = larger(layout->align, align);
}

static void place_bitfield(struct member_layout *layout, struct cmember *member)
{
    uint64_t unit = 8 * (uint64_t)ctype_bare(member->type)->size;
    uint64_t align = 8 * (uint64_t)clayout_align(member->type);
    uint64_t asked = 8 * (uint64_t)member->align;
    uint64_t bit = layout->is_union ? 0 : layout->end;

    if (member->is_packed && member->bits > 0)
        align = 1;
    align = larger(align, asked);
    if (member->bits == 0 || bit % align + member->bits > unit)
        bit = round_up(bit, align);
    else if (asked)
        bit = round_up(bit, asked);
    member->bit = bit;
    layout->end = larger(layout->end, bit + member->bits);
    if (member->name)
        layout->align = larger(layout->align, align);
}

int clayout_place(struct ctype *type, struct cmember *members, bool is_packed, uint32_t align)
{
    struct member_layout layout = {.is_union = type->kind == CTYPE_UNION, .align = 8};
    uint64_t size;

    for (uint32_t i = 0; i < type->n_members; i++) {
        members[i].is_packed |= is_packed;
        if (members[i].is_bitfield)
            place_bitfield(&layout, &members[i]);
        else
            place_whole(&layout, &members[i]);
        if (layout.end > 8 * (uint64_t)CTYPE_SIZE_MAX)
            return -EFBIG;
    }
    layout.align = larger(layout.align, 8 * (uint64_t)align);
    size = round_up(layout.end, layout.align);
    if (size > 8 * (uint64_t)CTYPE_SIZE_MAX)
        return -EFBIG;
    type->members = members;
    type->size = (uint32_t)(size / 8);
    type->align = (uint32_t)(layout.align / 8);
    return 0;
}
