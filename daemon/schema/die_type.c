// SPDX-License-Identifier: Apache-2.0

/* Entries refer to each other by their place in the file, in any order and, in a damaged file, in
 * circles. A struct's type is therefore known from before its members are read; a circle without
 * a struct in it (a typedef of itself) is found by its depth. Behind a pointer only names
 * are of interest, so the reading stops there, and a list's node does not pull half the kernel in.
 */

#include "schema/die_type.h"

#include <dwarf.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct known {
    const void *address; /* of the entry */
    const struct ctype *type;
};

struct reader {
    Dwarf *dwarf;
    struct ctypes *types;
    struct error *error;
    void *known; /* a tree of struct known */
    uint32_t depth;
    uint32_t n_members;
    uint32_t n_names;
    uint32_t n_definitions;
    bool by_name; /* behind a pointer: no members, no sizes */
};

struct member_list {
    struct cmember *members;
    uint32_t used;
    uint32_t room;
};

static int read_type(struct reader *reader, Dwarf_Die *die, const struct ctype **ret_type);

static int refuse_damage(const struct reader *reader, Dwarf_Die *die, const char *what)
{
    return error_set(reader->error, -EINVAL, "the DWARF is damaged at 0x%llx: %s",
                     (unsigned long long)dwarf_dieoffset(die), what);
}

static int refuse_memory(const struct reader *reader)
{
    return error_set(reader->error, -ENOMEM, "out of memory");
}

/* ---- what is known ---- */

static int compare_known(const void *a, const void *b)
{
    const char *x = ((const struct known *)a)->address, *y = ((const struct known *)b)->address;

    return x < y ? -1 : x > y;
}

static const struct ctype *find_known(const struct reader *reader, const Dwarf_Die *die)
{
    const struct known key = {.address = die->addr};
    const struct known *const *found = tfind(&key, (void *const *)&reader->known, compare_known);

    return found ? (*found)->type : NULL;
}

static int add_known(struct reader *reader, const Dwarf_Die *die, const struct ctype *type)
{
    struct known *known;

    if (reader->by_name)
        return 0;
    known = ctypes_keep(reader->types, 1, sizeof(*known));
    if (!known)
        return refuse_memory(reader);
    *known = (struct known){.address = die->addr, .type = type};
    return tsearch(known, &reader->known, compare_known) ? 0 : refuse_memory(reader);
}

static void forget(void *known)
{
    (void)known; /* it belongs to the types */
}

/* ---- small parts ---- */

/* gcc's spelling of integers, and the one that clang writes and people read. */
static const char *common_spelling(const char *name)
{
    static const char *const spellings[][2] = {
        {"short int", "short"},
        {"short unsigned int", "unsigned short"},
        {"long int", "long"},
        {"long unsigned int", "unsigned long"},
        {"long long int", "long long"},
        {"long long unsigned int", "unsigned long long"},
        {"__int128 unsigned", "unsigned __int128"},
    };

    for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++)
        if (strcmp(name, spellings[i][0]) == 0)
            return spellings[i][1];
    return name;
}

static int add_type(struct reader *reader, enum ctype_kind kind, Dwarf_Die *die,
                    struct ctype **ret_type)
{
    struct ctype *type = ctypes_add(reader->types, kind);
    const char *name = die_name(die);

    if (!type)
        return refuse_memory(reader);
    if (name && *name) {
        if (kind == CTYPE_INTEGER)
            name = common_spelling(name);
        type->name = ctypes_keep_text(reader->types, name, strnlen(name, CTYPE_NAME_MAX));
        if (!type->name)
            return refuse_memory(reader);
    }
    *ret_type = type;
    return 0;
}

static int read_size(struct reader *reader, Dwarf_Die *die, struct ctype *type)
{
    uint64_t size = 0;

    if (die_number(die, DW_AT_byte_size, &size) && size > CTYPE_SIZE_MAX)
        return refuse_damage(reader, die, "a type is larger than any record");
    type->size = (uint32_t)size;
    return 0;
}

/* What DW_AT_type leads to; NULL: void. */
static int read_target(struct reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    Dwarf_Die target;
    int r = die_follow(die, DW_AT_type, &target);

    if (r < 0)
        return refuse_damage(reader, die, "a type leads nowhere");
    if (r > 0) {
        *ret_type = NULL;
        return 0;
    }
    return read_type(reader, &target, ret_type);
}

/* ---- values ---- */

static int read_base(struct reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    struct ctype *type;
    uint64_t encoding = 0;
    int r = add_type(reader, CTYPE_INTEGER, die, &type);

    if (r < 0)
        return r;
    die_number(die, DW_AT_encoding, &encoding);
    switch (encoding) {
    case DW_ATE_signed:
    case DW_ATE_signed_char:
        type->is_signed = true;
        break;
    case DW_ATE_unsigned:
    case DW_ATE_unsigned_char:
    case DW_ATE_UTF:
    case DW_ATE_address:
        break;
    case DW_ATE_boolean:
        type->kind = CTYPE_BOOL;
        break;
    case DW_ATE_float:
        type->kind = CTYPE_FLOAT;
        break;
    default:
        type->kind = CTYPE_OTHER;
    }
    *ret_type = type;
    return read_size(reader, die, type);
}

static int read_pointer(struct reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    bool was_by_name = reader->by_name;
    uint8_t address_size = 8;
    const struct ctype *target;
    struct ctype *type;
    Dwarf_Die unit;
    int r;

    reader->by_name = true;
    r = read_target(reader, die, &target);
    reader->by_name = was_by_name;
    if (r == 0)
        r = add_type(reader, CTYPE_POINTER, die, &type);
    if (r == 0)
        r = read_size(reader, die, type);
    if (r < 0)
        return r;
    type->target = target;
    if (type->size == 0 && dwarf_diecu(die, &unit, &address_size, NULL))
        type->size = address_size;
    *ret_type = type;
    return 0;
}

/* A typedef, const, volatile, function: a kind and what it leads to. */
static int read_derived(struct reader *reader, enum ctype_kind kind, Dwarf_Die *die,
                        const struct ctype **ret_type)
{
    const struct ctype *target = NULL;
    struct ctype *type;
    int r = add_type(reader, kind, die, &type);

    if (r == 0 && !(reader->by_name && kind == CTYPE_ALIAS))
        r = read_target(reader, die, &target);
    if (r < 0)
        return r;
    type->target = target;
    *ret_type = type;
    return 0;
}

/* ---- enums ---- */

static int count_children(struct reader *reader, Dwarf_Die *die, int tag, uint32_t *ret_count)
{
    uint32_t count = 0;
    Dwarf_Die child;
    int r;

    for (r = dies_first(die, &child); r == 0; r = dies_next(&child, &child))
        if (dwarf_tag(&child) == tag && ++count > DIE_TYPE_NAMES_MAX)
            break;
    if (r < 0)
        return refuse_damage(reader, die, "its entries lie in disorder");
    *ret_count = count;
    return 0;
}

static bool has_signed_base(Dwarf_Die *die, bool *ret_is_signed)
{
    uint64_t encoding;
    Dwarf_Die base = *die;

    for (int i = 0; i < DIES_DEPTH_MAX; i++) {
        if (die_number(&base, DW_AT_encoding, &encoding)) {
            *ret_is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
            return true;
        }
        if (die_follow(&base, DW_AT_type, &base) != 0)
            return false;
    }
    return false;
}

static int read_names(struct reader *reader, Dwarf_Die *die, struct ctype *type,
                      bool *ret_has_negative)
{
    struct enum_name *names;
    uint32_t n_names = 0;
    Dwarf_Die child;
    int r = count_children(reader, die, DW_TAG_enumerator, &n_names);

    if (r < 0)
        return r;
    reader->n_names += n_names;
    if (reader->n_names > DIE_TYPE_NAMES_MAX)
        return error_set(reader->error, -E2BIG, "the enums have more than %d names",
                         DIE_TYPE_NAMES_MAX);
    type->names = names = ctypes_keep(reader->types, n_names, sizeof(*names));
    if (!names)
        return refuse_memory(reader);
    for (r = dies_first(die, &child); r == 0; r = dies_next(&child, &child)) {
        const char *name = die_name(&child);
        uint64_t value = 0;

        if (dwarf_tag(&child) != DW_TAG_enumerator)
            continue;
        die_number(&child, DW_AT_const_value, &value);
        name = name ? name : "";
        names[type->n_names].value = (int64_t)value;
        names[type->n_names].name =
            ctypes_keep_text(reader->types, name, strnlen(name, CTYPE_NAME_MAX));
        if (!names[type->n_names++].name)
            return refuse_memory(reader);
        *ret_has_negative |= (int64_t)value < 0;
    }
    return 0;
}

static int read_enum(struct reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    bool has_negative = false;
    struct ctype *type;
    int r = add_type(reader, CTYPE_ENUM, die, &type);

    *ret_type = type;
    if (r < 0 || reader->by_name)
        return r;
    type->is_complete = !die_flag(die, DW_AT_declaration);
    r = read_size(reader, die, type);
    if (r == 0)
        r = read_names(reader, die, type, &has_negative);
    if (r == 0 && !has_signed_base(die, &type->is_signed))
        type->is_signed = has_negative;
    return r;
}

/* ---- arrays ---- */

/* The length of one dimension; 0: none is given. */
static uint64_t read_count(Dwarf_Die *range)
{
    uint64_t count, upper, lower = 0;

    if (die_number(range, DW_AT_count, &count))
        return count;
    if (!die_number(range, DW_AT_upper_bound, &upper))
        return 0;
    die_number(range, DW_AT_lower_bound, &lower);
    return upper - lower + 1; /* an upper bound of -1 is a length of 0 */
}

static int read_array(struct reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    uint64_t counts[DIE_TYPE_DIMENSIONS_MAX];
    uint32_t n_counts = 0;
    const struct ctype *type;
    Dwarf_Die child;
    int r = read_target(reader, die, &type);

    if (r < 0)
        return r;
    if (!type)
        return refuse_damage(reader, die, "an array has no elements");
    for (r = dies_first(die, &child); r == 0; r = dies_next(&child, &child)) {
        if (dwarf_tag(&child) != DW_TAG_subrange_type)
            continue;
        if (n_counts == DIE_TYPE_DIMENSIONS_MAX)
            return refuse_damage(reader, die, "an array has too many dimensions");
        counts[n_counts] = read_count(&child);
        if (counts[n_counts++] > CTYPE_SIZE_MAX)
            return refuse_damage(reader, die, "an array is larger than any record");
    }
    if (n_counts == 0)
        counts[n_counts++] = 0;
    for (r = 0; r == 0 && n_counts > 0;)
        r = ctypes_add_array(reader->types, type, (uint32_t)counts[--n_counts], &type);
    if (r == -EFBIG)
        return refuse_damage(reader, die, "an array is larger than any record");
    if (r < 0)
        return refuse_memory(reader);
    *ret_type = type;
    return 0;
}

/* ---- structs and unions ---- */

bool die_is_struct(Dwarf_Die *die)
{
    int tag = dwarf_tag(die);

    return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type;
}

bool die_is_definition(Dwarf_Die *die)
{
    return !die_flag(die, DW_AT_declaration);
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

/* The definition that belongs to a declaration; the entry itself where there is none. */
static void find_definition(Dwarf *dwarf, Dwarf_Die *die)
{
    struct definition wanted = {.name = die_name(die), .tag = dwarf_tag(die)};
    Dwarf_Die signed_by;

    if (die_is_definition(die))
        return;
    if (die_follow(die, DW_AT_signature, &signed_by) == 0 && die_is_definition(&signed_by) &&
        die_is_struct(&signed_by))
        *die = signed_by;
    else if (wanted.name && dies_walk(dwarf, visit_definition, &wanted) == 1)
        *die = wanted.die;
}

int die_find_struct(Dwarf *dwarf, Dwarf_Die *die, Dwarf_Die *ret_struct)
{
    Dwarf_Die found = *die;

    for (int i = 0; i < DIES_DEPTH_MAX; i++) {
        int tag = dwarf_tag(&found);

        if (die_is_struct(&found)) {
            find_definition(dwarf, &found);
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

static int read_member(struct reader *reader, Dwarf_Die *die, struct member_list *list)
{
    struct cmember member = {0};
    const char *name = dwarf_tag(die) == DW_TAG_member ? die_name(die) : NULL;
    uint64_t byte = 0, bits = 0;
    int r;

    if (++reader->n_members > DIE_TYPE_MEMBERS_MAX)
        return error_set(reader->error, -E2BIG, "a struct has more than %d members",
                         DIE_TYPE_MEMBERS_MAX);
    r = read_target(reader, die, &member.type);
    if (r < 0)
        return r;
    die_number(die, DW_AT_data_member_location, &byte);
    if (byte > CTYPE_SIZE_MAX)
        return refuse_damage(reader, die, "a member lies outside of its struct");
    member.bit = 8 * byte;
    if (die_number(die, DW_AT_bit_size, &bits) && bits <= CTYPE_BITS_MAX) {
        member.is_bitfield = true;
        member.bits = (uint8_t)bits;
        member.bit = bit_of(die, member.type, byte, bits);
    }
    if (bits > CTYPE_BITS_MAX || member.bit > 8 * (uint64_t)CTYPE_SIZE_MAX)
        return refuse_damage(reader, die, "a bitfield lies outside of its struct");
    if (name && *name) {
        member.name = ctypes_keep_text(reader->types, name, strnlen(name, CTYPE_NAME_MAX));
        if (!member.name)
            return refuse_memory(reader);
    }
    if (list->used == list->room) {
        uint32_t room = list->room ? 2 * list->room : 16;
        struct cmember *members = reallocarray(list->members, room, sizeof(*members));

        if (!members)
            return refuse_memory(reader);
        list->members = members;
        list->room = room;
    }
    list->members[list->used++] = member;
    return 0;
}

/* A base class is like an unnamed member; a static member is none. */
static bool is_member(Dwarf_Die *die)
{
    int tag = dwarf_tag(die);

    return tag == DW_TAG_inheritance || (tag == DW_TAG_member && !die_flag(die, DW_AT_external) &&
                                         !die_flag(die, DW_AT_declaration));
}

static int read_members(struct reader *reader, Dwarf_Die *die, struct member_list *list)
{
    Dwarf_Die child;
    int r;

    for (r = dies_first(die, &child); r == 0; r = dies_next(&child, &child)) {
        int code = is_member(&child) ? read_member(reader, &child, list) : 0;

        if (code < 0)
            return code;
    }
    return r < 0 ? refuse_damage(reader, die, "its entries lie in disorder") : 0;
}

static int read_body(struct reader *reader, Dwarf_Die *die, struct ctype *type)
{
    struct member_list list = {0};
    struct cmember *members = NULL;
    int r = read_size(reader, die, type);

    if (r == 0)
        r = read_members(reader, die, &list);
    if (r == 0) {
        members = ctypes_keep(reader->types, list.used, sizeof(*members));
        r = members ? 0 : refuse_memory(reader);
    }
    if (r == 0 && list.used)
        memcpy(members, list.members, list.used * sizeof(*members));
    type->members = members;
    type->n_members = r == 0 ? list.used : 0;
    type->is_complete = true;
    free(list.members);
    return r;
}

/* By value, a declaration is not enough. */
static int read_struct(struct reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    Dwarf_Die defined = *die;
    struct ctype *type;
    int r;

    if (!reader->by_name && !die_is_definition(die) &&
        reader->n_definitions++ < DIE_TYPE_DEFINITIONS_MAX)
        find_definition(reader->dwarf, &defined);
    r = add_type(reader, dwarf_tag(die) == DW_TAG_union_type ? CTYPE_UNION : CTYPE_STRUCT, &defined,
                 &type);
    if (r < 0)
        return r;
    *ret_type = type;
    if (reader->by_name)
        return 0;
    r = add_known(reader, die, type);
    if (r < 0 || !die_is_definition(&defined))
        return r;
    return read_body(reader, &defined, type);
}

/* ---- all of them ---- */

static int read_by_tag(struct reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    struct ctype *other;
    int r;

    switch (dwarf_tag(die)) {
    case DW_TAG_base_type:
        return read_base(reader, die, ret_type);
    case DW_TAG_enumeration_type:
        return read_enum(reader, die, ret_type);
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        return read_struct(reader, die, ret_type);
    case DW_TAG_array_type:
        return read_array(reader, die, ret_type);
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
        return read_pointer(reader, die, ret_type);
    case DW_TAG_typedef:
        return read_derived(reader, CTYPE_ALIAS, die, ret_type);
    case DW_TAG_const_type:
        return read_derived(reader, CTYPE_CONST, die, ret_type);
    case DW_TAG_volatile_type:
        return read_derived(reader, CTYPE_VOLATILE, die, ret_type);
    case DW_TAG_restrict_type:
    case DW_TAG_atomic_type:
    case DW_TAG_immutable_type:
    case DW_TAG_packed_type:
        return read_target(reader, die, ret_type);
    case DW_TAG_subroutine_type:
        return read_derived(reader, CTYPE_FUNCTION, die, ret_type);
    default: /* bytes, if it has any */
        r = add_type(reader, CTYPE_OTHER, die, &other);
        if (r == 0)
            *ret_type = other;
        return r < 0 ? r : read_size(reader, die, other);
    }
}

static int read_type(struct reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    const struct ctype *known = find_known(reader, die);
    int r;

    if (known) {
        *ret_type = known;
        return 0;
    }
    if (reader->depth == DIE_TYPE_DEPTH_MAX)
        return refuse_damage(reader, die, "its types go in a circle");
    reader->depth++;
    r = read_by_tag(reader, die, ret_type);
    reader->depth--;
    if (r < 0 || die_is_struct(die) || !*ret_type)
        return r;
    return add_known(reader, die, *ret_type);
}

int die_type_read(Dwarf *dwarf, Dwarf_Die *die, struct ctypes *types, struct error *error,
                  const struct ctype **ret_type)
{
    struct reader reader = {.dwarf = dwarf, .types = types, .error = error};
    int r = read_type(&reader, die, ret_type);

    tdestroy(reader.known, forget);
    return r;
}
