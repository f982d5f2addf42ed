// SPDX-License-Identifier: Apache-2.0

/* Entries refer to each other by their place in the file, in any order and, in a damaged file, in
 * circles. One with a struct in it ends there; any other (a typedef of itself) is found by its
 * depth. After a pointer only names are of interest, so the reading stops there, and a list's
 * node does not pull half the kernel in. */

#include "schema/die_type.h"

#include <dwarf.h>
#include <errno.h>
#include <string.h>

#include "schema/die_struct.h"

/* ---- values ---- */

static int read_base(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    struct ctype *type;
    uint64_t encoding = 0;
    int r = die_add_type(reader, CTYPE_INTEGER, die, &type);

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
    return die_read_size(reader, die, type);
}

static int read_pointer(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    bool was_by_name = reader->by_name;
    uint8_t address_size = 8;
    const struct ctype *target;
    struct ctype *type;
    Dwarf_Die unit;
    int r;

    reader->by_name = true;
    r = die_read_target(reader, die, &target);
    reader->by_name = was_by_name;
    if (r == 0)
        r = die_add_type(reader, CTYPE_POINTER, die, &type);
    if (r == 0)
        r = die_read_size(reader, die, type);
    if (r < 0)
        return r;
    type->target = target;
    if (type->size == 0 && dwarf_diecu(die, &unit, &address_size, NULL))
        type->size = address_size;
    *ret_type = type;
    return 0;
}

/* A typedef, const, volatile, function: a kind and what it leads to. */
static int read_derived(struct die_reader *reader, enum ctype_kind kind, Dwarf_Die *die,
                        const struct ctype **ret_type)
{
    const struct ctype *target = NULL;
    struct ctype *type;
    int r = die_add_type(reader, kind, die, &type);

    if (r == 0 && !(reader->by_name && kind == CTYPE_ALIAS))
        r = die_read_target(reader, die, &target);
    if (r < 0)
        return r;
    type->target = target;
    if (target && kind != CTYPE_FUNCTION) { /* arrays of it ask for these */
        type->size = target->size;
        type->align = target->align;
    }
    *ret_type = type;
    return 0;
}

/* ---- enums ---- */

static int count_children(struct die_reader *reader, Dwarf_Die *die, int tag, uint32_t *ret_count)
{
    uint32_t count = 0;
    Dwarf_Die child;
    int r;

    for (r = dies_first(die, &child); r == 0; r = dies_next(&child, &child))
        if (dwarf_tag(&child) == tag && ++count > DIE_TYPE_NAMES_MAX)
            break;
    if (r < 0)
        return die_refuse_damage(reader, die, "its entries are out of order");
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

static int read_names(struct die_reader *reader, Dwarf_Die *die, struct ctype *type,
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
        return error_set(reader->error, -E2BIG,
                         "the enums have more than %d names, the most allowed", DIE_TYPE_NAMES_MAX);
    type->names = names = ctypes_keep(reader->types, n_names, sizeof(*names));
    if (!names)
        return die_refuse_memory(reader);
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
            return die_refuse_memory(reader);
        *ret_has_negative |= (int64_t)value < 0;
    }
    return 0;
}

static int read_enum(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    bool has_negative = false;
    Dwarf_Die defined = *die;
    struct ctype *type;
    int r;

    die_find_definition(reader, &defined);
    r = die_add_type(reader, CTYPE_ENUM, &defined, &type);
    if (r < 0)
        return r;
    *ret_type = type;
    if (reader->by_name)
        return 0;
    type->is_complete = die_is_definition(&defined);
    r = die_read_size(reader, &defined, type);
    if (r == 0)
        r = read_names(reader, &defined, type, &has_negative);
    if (r == 0 && !has_signed_base(&defined, &type->is_signed))
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

static int read_array(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    uint64_t counts[DIE_TYPE_DIMENSIONS_MAX];
    uint32_t n_counts = 0;
    const struct ctype *type;
    Dwarf_Die child;
    int r = die_read_target(reader, die, &type);

    if (r < 0)
        return r;
    if (!type)
        return die_refuse_damage(reader, die, "an array has no elements");
    for (r = dies_first(die, &child); r == 0; r = dies_next(&child, &child)) {
        if (dwarf_tag(&child) != DW_TAG_subrange_type)
            continue;
        if (n_counts == DIE_TYPE_DIMENSIONS_MAX)
            return die_refuse_damage(reader, die, "an array has too many dimensions");
        counts[n_counts] = read_count(&child);
        if (counts[n_counts++] > CTYPE_SIZE_MAX)
            return die_refuse_damage(reader, die, "an array is larger than any record");
    }
    if (n_counts == 0)
        counts[n_counts++] = 0;
    for (r = 0; r == 0 && n_counts > 0;)
        r = ctypes_add_array(reader->types, type, (uint32_t)counts[--n_counts], &type);
    if (r == -EFBIG)
        return die_refuse_damage(reader, die, "an array is larger than any record");
    if (r < 0)
        return die_refuse_memory(reader);
    *ret_type = type;
    return 0;
}

/* ---- all of them ---- */

static int read_by_tag(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
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
        return die_struct_read(reader, die, ret_type);
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
        return die_read_target(reader, die, ret_type);
    case DW_TAG_subroutine_type:
        return read_derived(reader, CTYPE_FUNCTION, die, ret_type);
    default: /* bytes, if it has any */
        r = die_add_type(reader, CTYPE_OTHER, die, &other);
        if (r == 0)
            *ret_type = other;
        return r < 0 ? r : die_read_size(reader, die, other);
    }
}

int die_read_type(struct die_reader *reader, Dwarf_Die *die, const struct ctype **ret_type)
{
    const struct ctype *known = die_find_known(reader, die);
    int r;

    if (known) {
        *ret_type = known;
        return 0;
    }
    if (reader->depth == DIE_TYPE_DEPTH_MAX)
        return die_refuse_damage(reader, die, "its types refer to themselves");
    reader->depth++;
    r = read_by_tag(reader, die, ret_type);
    reader->depth--;
    if (r < 0 || die_is_struct(die) || !*ret_type)
        return r;
    return die_add_known(reader, die, *ret_type);
}

int die_type_read(Dwarf *dwarf, Dwarf_Die *die, struct ctypes *types, struct error *error,
                  const struct ctype **ret_type)
{
    struct die_reader reader = {.dwarf = dwarf, .types = types, .error = error};
    int r = die_read_type(&reader, die, ret_type);

    die_reader_deinit(&reader);
    return r;
}
