// SPDX-License-Identifier: Apache-2.0

/* A struct's type is known from before its members are read, so that a circle through it ends.
 * Where only a declaration is referred to, as type units and C++ do, the definition is looked up:
 * by its signature, else by name in the whole file, which costs, and so is done a few times at
 * most. */

#include "schema/die_struct.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct die_members {
    struct cmember *members;
    uint32_t used;
    uint32_t room;
};

bool die_is_struct(Dwarf_Die *die)
{
    int tag = dwarf_tag(die);

    return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type;
}

bool die_is_definition(Dwarf_Die *die)
{
    return !die_flag(die, DW_AT_declaration) && !dwarf_hasattr(die, DW_AT_signature);
}

struct definition {
    const char *name;
    int tag;
    Dwarf_Die die;
};

static int visit_definition(Dwarf_Die *die, void *context)
{
    struct definition *wanted = context;
    const char *name;

    if (dwarf_tag(die) != wanted->tag || !die_is_definition(die))
        return 0;
    name = die_name(die);
    if (!name || strcmp(name, wanted->name) != 0)
        return 0;
    wanted->die = *die;
    return 1;
}

static bool follow_signature(Dwarf_Die *die)
{
    Dwarf_Die found;

    if (die_follow(die, DW_AT_signature, &found) != 0 || !die_is_definition(&found) ||
        dwarf_tag(&found) != dwarf_tag(die))
        return false;
    *die = found;
    return true;
}

static void search_definition(Dwarf *dwarf, Dwarf_Die *die)
{
    struct definition wanted = {.name = die_name(die), .tag = dwarf_tag(die)};

    if (wanted.name && dies_walk(dwarf, visit_definition, &wanted) == 1)
        *die = wanted.die;
}

void die_find_definition(struct die_reader *reader, Dwarf_Die *die)
{
    if (die_is_definition(die) || follow_signature(die) || reader->by_name)
        return;
    if (reader->n_definitions++ < DIE_STRUCT_DEFINITIONS_MAX)
        search_definition(reader->dwarf, die);
}

int die_find_struct(Dwarf *dwarf, Dwarf_Die *die, Dwarf_Die *ret_struct)
{
    Dwarf_Die found = *die;

    for (int i = 0; i < DIES_DEPTH_MAX; i++) {
        int tag = dwarf_tag(&found);

        if (die_is_struct(&found)) {
            if (!die_is_definition(&found) && !follow_signature(&found))
                search_definition(dwarf, &found);
            *ret_struct = found;
            return die_is_definition(&found) ? 0 : 1;
        }
        if (tag != DW_TAG_typedef && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type)
            return 1;
        if (die_follow(&found, DW_AT_type, &found) != 0)
            return 1;
    }
    return -EINVAL;
}

/* Where a bitfield begins. Until DWARF 4 that could be counted from the upper end of the integer
 * around it, and from where it would lie then. */
static uint64_t bit_of(Dwarf_Die *die, const struct ctype *type, uint64_t byte, uint64_t bits)
{
    const struct ctype *bare = ctype_bare(type);
    uint64_t bit, storage, from_top;

    if (die_number(die, DW_AT_data_bit_offset, &bit))
        return bit;
    if (!die_number(die, DW_AT_bit_offset, &from_top))
        return 8 * byte;
    if (!die_number(die, DW_AT_byte_size, &storage))
        storage = bare ? bare->size : 0;
    return 8 * byte + 8 * storage - from_top - bits;
}

static int read_member(struct die_reader *reader, Dwarf_Die *die, struct die_members *list)
{
    struct cmember member = {0};
    const char *name = dwarf_tag(die) == DW_TAG_member ? die_name(die) : NULL;
    uint64_t byte = 0, bits = 0;
    int r;

    if (++reader->n_members > DIE_STRUCT_MEMBERS_MAX)
        return error_set(reader->error, -E2BIG, "a struct has more than %d members",
                         DIE_STRUCT_MEMBERS_MAX);
    r = die_read_target(reader, die, &member.type);
    if (r < 0)
        return r;
    die_number(die, DW_AT_data_member_location, &byte);
    if (byte > CTYPE_SIZE_MAX)
        return die_refuse_damage(reader, die, "a member is outside its struct");
    member.bit = 8 * byte;
    if (die_number(die, DW_AT_bit_size, &bits) && bits <= CTYPE_BITS_MAX) {
        member.is_bitfield = true;
        member.bits = (uint8_t)bits;
        member.bit = bit_of(die, member.type, byte, bits);
    }
    if (bits > CTYPE_BITS_MAX || member.bit > 8 * (uint64_t)CTYPE_SIZE_MAX)
        return die_refuse_damage(reader, die, "a bitfield is outside its struct");
    if (name && *name) {
        member.name = ctypes_keep_text(reader->types, name, strnlen(name, CTYPE_NAME_MAX));
        if (!member.name)
            return die_refuse_memory(reader);
    }
    if (list->used == list->room) {
        uint32_t room = list->room ? 2 * list->room : 16;
        struct cmember *members = reallocarray(list->members, room, sizeof(*members));

        if (!members)
            return die_refuse_memory(reader);
        list->members = members;
        list->room = room;
    }
    list->members[list->used++] = member;
    return 0;
}

/* A base class is like an unnamed member; a static member is not a member of the layout. */
static bool is_member(Dwarf_Die *die)
{
    int tag = dwarf_tag(die);

    return tag == DW_TAG_inheritance || (tag == DW_TAG_member && !die_flag(die, DW_AT_external) &&
                                         !die_flag(die, DW_AT_declaration));
}

static int read_members(struct die_reader *reader, Dwarf_Die *die, struct die_members *list)
{
    Dwarf_Die child;
    int r;

    for (r = dies_first(die, &child); r == 0; r = dies_next(&child, &child)) {
        int code = is_member(&child) ? read_member(reader, &child, list) : 0;

        if (code < 0)
            return code;
    }
    return r < 0 ? die_refuse_damage(reader, die, "its entries are out of order") : 0;
}

static int read_body(struct die_reader *reader, Dwarf_Die *die, struct ctype *type)
{
    struct die_members list = {0};
    struct cmember *members = NULL;
    int r = die_read_size(reader, die, type);

    if (r == 0)
        r = read_members(reader, die, &list);
    if (r == 0) {
        members = ctypes_keep(reader->types, list.used, sizeof(*members));
        r = members ? 0 : die_refuse_memory(reader);
    }
    if (r == 0 && list.used)
        memcpy(members, list.members, list.used * sizeof(*members));
    type->members = members;
    type->n_members = r == 0 ? list.used : 0;
    type->is_complete = true;
    free(list.members);
    return r;
}

int die_struct_read(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    Dwarf_Die defined = *die;
    struct ctype *type;
    int r;

    die_find_definition(reader, &defined);
    r = die_add_type(reader, dwarf_tag(die) == DW_TAG_union_type ? CTYPE_UNION : CTYPE_STRUCT,
                     &defined, &type);
    if (r < 0)
        return r;
    *ret_type = type;
    if (reader->by_name)
        return 0;
    r = die_add_known(reader, die, type);
    if (r < 0 || !die_is_definition(&defined))
        return r;
    return read_body(reader, &defined, type);
}
