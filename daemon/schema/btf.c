// SPDX-License-Identifier: Apache-2.0

/* BTF read into C types, from which schema_from_ctype() makes the fields. Each type is read once;
 * of what a pointer leads to only the names are read.
 *
 * A struct and an array are known from before their parts are read, so a circle through one of them
 * ends there, and only as many levels as a schema has are followed later. Any other circle (a
 * typedef of itself) is refused by its depth.
 *
 * Compilers' habits matter. clang before 15 writes a 64-bit enum with its values cut to 32 bits:
 * its names would be wrong, so it has none. And it marks no enum as signed: -1 is there as
 * 4294967295, and in fewer than 32 bits that can only have been meant as a negative value. */

#include "schema/btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>

#include "schema/btf_lookup.h"
#include "schema/ctype.h"
#include "schema/ctype_schema.h"

struct btf_reader {
    const struct btf *btf;
    struct ctypes *types;
    struct error *error;
    const struct ctype **known; /* by type id; NULL: not read yet */
    uint32_t depth;
    bool by_name; /* after a pointer: no members, no sizes */
};

static int read_type(struct btf_reader *reader, uint32_t id, const struct ctype **ret_type);

static int refuse_memory(const struct btf_reader *reader)
{
    return error_set(reader->error, -ENOMEM, "out of memory");
}

/* A type with the name that it has in the BTF. */
static int add_type(struct btf_reader *reader, enum ctype_kind kind, const struct btf_type *from,
                    struct ctype **ret_type)
{
    const char *name = lookup_name(reader->btf, from);
    struct ctype *type = ctypes_add(reader->types, kind);

    if (!type)
        return refuse_memory(reader);
    type->name = *name ? name : NULL;
    *ret_type = type;
    return 0;
}

/* A value without parts. */
static int read_scalar(struct btf_reader *reader, enum ctype_kind kind, const struct btf_type *from,
                       const struct ctype **ret_type)
{
    struct ctype *type;
    int r = add_type(reader, kind, from, &type);

    if (r < 0)
        return r;
    type->size = from->size;
    if (kind == CTYPE_INTEGER && btf_int_encoding(from) & BTF_INT_BOOL && from->size == 1)
        type->kind = CTYPE_BOOL;
    else
        type->is_signed = kind == CTYPE_INTEGER && btf_int_encoding(from) & BTF_INT_SIGNED;
    *ret_type = type;
    return 0;
}

/* ---- enums ---- */

static int64_t enum_value(const struct btf_type *from, uint32_t index, bool is_signed)
{
    if (btf_is_enum64(from))
        return (int64_t)btf_enum64_value(&btf_enum64(from)[index]);
    return is_signed ? (int64_t)btf_enum(from)[index].val
                     : (int64_t)(uint32_t)btf_enum(from)[index].val;
}

static int read_names(struct btf_reader *reader, const struct btf_type *from, struct ctype *type)
{
    uint32_t n_names = btf_vlen(from);
    struct enum_name *names = ctypes_keep(reader->types, n_names, sizeof(*names));

    if (!names)
        return refuse_memory(reader);
    for (uint32_t i = 0; i < n_names; i++) {
        const char *name =
            btf__name_by_offset(reader->btf, btf_is_enum64(from) ? btf_enum64(from)[i].name_off
                                                                 : btf_enum(from)[i].name_off);

        names[i] = (struct enum_name){.name = name ? name : "",
                                      .value = enum_value(from, i, type->is_signed)};
    }
    type->names = names;
    type->n_names = n_names;
    return 0;
}

/* Whether the enum is not marked as signed and a value fills 32 bits: in fewer bits, a negative
 * one. */
static bool has_unmarked_negatives(const struct btf_type *from)
{
    if (btf_kflag(from) || btf_is_enum64(from))
        return false;
    for (uint32_t i = 0; i < btf_vlen(from); i++)
        if (btf_enum(from)[i].val < 0)
            return true;
    return false;
}

static int read_enum(struct btf_reader *reader, const struct btf_type *from,
                     const struct ctype **ret_type)
{
    bool has_negatives = has_unmarked_negatives(from);
    struct ctype *type, *narrow;
    int r = add_type(reader, CTYPE_ENUM, from, &type);

    if (r < 0)
        return r;
    *ret_type = type;
    type->size = from->size;
    type->is_signed = btf_kflag(from) || (has_negatives && from->size < 4);
    type->is_complete = true;
    if (reader->by_name || (from->size == 8 && !btf_is_enum64(from)))
        return 0;
    r = read_names(reader, from, type);
    if (r < 0 || !has_negatives || type->is_signed)
        return r;
    r = add_type(reader, CTYPE_ENUM, from, &narrow);
    if (r < 0)
        return r;
    narrow->is_signed = true;
    type->narrow = narrow;
    return read_names(reader, from, narrow);
}

/* ---- what is made of other types ---- */

/* A typedef, qualifier or function. */
static int read_derived(struct btf_reader *reader, enum ctype_kind kind,
                        const struct btf_type *from, const struct ctype **ret_type)
{
    struct ctype *type;
    int r = add_type(reader, kind, from, &type);

    if (r == 0 && !(reader->by_name && kind == CTYPE_ALIAS))
        r = read_type(reader, from->type, &type->target);
    if (r == 0)
        *ret_type = type;
    return r;
}

static int read_pointer(struct btf_reader *reader, const struct btf_type *from,
                        const struct ctype **ret_type)
{
    bool was_by_name = reader->by_name;
    struct ctype *type;
    int r = add_type(reader, CTYPE_POINTER, from, &type);

    if (r < 0)
        return r;
    reader->by_name = true;
    r = read_type(reader, from->type, &type->target);
    reader->by_name = was_by_name;
    type->size = btf__pointer_size(reader->btf) == 4 ? 4 : 8; /* 4: a file for 32-bit machines */
    *ret_type = type;
    return r;
}

/* One larger than any record has a size that no struct has room for. */
static int read_array(struct btf_reader *reader, uint32_t id, const struct btf_type *from,
                      const struct ctype **ret_type)
{
    const struct ctype *element;
    struct ctype *type;
    uint64_t size;
    int r = add_type(reader, CTYPE_ARRAY, from, &type);

    if (r < 0)
        return r;
    *ret_type = type;
    type->count = btf_array(from)->nelems;
    if (!reader->by_name)
        reader->known[id] = type;
    r = read_type(reader, btf_array(from)->type, &type->target);
    if (r < 0)
        return r;
    element = ctype_bare(type->target);
    size = element ? (uint64_t)type->count * element->size : 0;
    type->size = size > CTYPE_SIZE_MAX ? CTYPE_SIZE_MAX + 1 : (uint32_t)size;
    return 0;
}

/* ---- structs and unions ---- */

/* A bitfield is described in the member itself, or by an integer type made for it. One that begins
 * within a byte and has no width cannot be shown. */
static void place_member(const struct btf_reader *reader, const struct btf_type *group,
                         uint32_t index, struct cmember *member)
{
    const struct btf_type *bare = lookup_bare(reader->btf, btf_members(group)[index].type);

    member->bit = btf_member_bit_offset(group, index);
    member->bits = (uint8_t)btf_member_bitfield_size(group, index);
    if (bare && btf_is_int(bare) && !member->bits && !btf_kflag(group)) {
        member->bits = btf_int_bits(bare);
        member->bit += btf_int_offset(bare);
    }
    member->is_bitfield = member->name && (member->bits || member->bit % 8);
}

static int read_struct(struct btf_reader *reader, uint32_t id, const struct btf_type *from,
                       const struct ctype **ret_type)
{
    struct cmember *members;
    struct ctype *type;
    int r = add_type(reader, btf_is_union(from) ? CTYPE_UNION : CTYPE_STRUCT, from, &type);

    if (r < 0)
        return r;
    *ret_type = type;
    if (reader->by_name)
        return 0;
    type->size = from->size;
    type->is_complete = true;
    type->members = members = ctypes_keep(reader->types, btf_vlen(from), sizeof(*members));
    if (!members)
        return refuse_memory(reader);
    reader->known[id] = type;
    for (uint32_t i = 0; i < btf_vlen(from) && r == 0; i++) {
        const char *name = btf__name_by_offset(reader->btf, btf_members(from)[i].name_off);

        members[i].name = name && *name ? name : NULL;
        r = read_type(reader, btf_members(from)[i].type, &members[i].type);
        place_member(reader, from, i, &members[i]);
    }
    type->n_members = btf_vlen(from);
    return r;
}

/* ---- all of them ---- */

static int read_by_kind(struct btf_reader *reader, uint32_t id, const struct btf_type *from,
                        const struct ctype **ret_type)
{
    struct ctype *other;
    int r;

    switch (btf_kind(from)) {
    case BTF_KIND_UNKN:
        *ret_type = NULL;
        return 0;
    case BTF_KIND_INT:
        return read_scalar(reader, CTYPE_INTEGER, from, ret_type);
    case BTF_KIND_FLOAT:
        return read_scalar(reader, CTYPE_FLOAT, from, ret_type);
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
        return read_enum(reader, from, ret_type);
    case BTF_KIND_PTR:
        return read_pointer(reader, from, ret_type);
    case BTF_KIND_ARRAY:
        return read_array(reader, id, from, ret_type);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
        return read_struct(reader, id, from, ret_type);
    case BTF_KIND_TYPEDEF:
        return read_derived(reader, CTYPE_ALIAS, from, ret_type);
    case BTF_KIND_CONST:
        return read_derived(reader, CTYPE_CONST, from, ret_type);
    case BTF_KIND_VOLATILE:
        return read_derived(reader, CTYPE_VOLATILE, from, ret_type);
    case BTF_KIND_FUNC_PROTO:
        return read_derived(reader, CTYPE_FUNCTION, from, ret_type);
    case BTF_KIND_RESTRICT:
    case BTF_KIND_TYPE_TAG:
        return read_type(reader, from->type, ret_type);
    case BTF_KIND_FWD:
        r = add_type(reader, btf_kflag(from) ? CTYPE_UNION : CTYPE_STRUCT, from, &other);
        break;
    default: /* a variable, a function: no value that a record could hold */
        r = add_type(reader, CTYPE_VOID, from, &other);
    }
    if (r == 0)
        *ret_type = other;
    return r;
}

static int refuse_type(const struct btf_reader *reader, uint32_t id, const char *what)
{
    return error_set(reader->error, -EINVAL, "the BTF is damaged at type %u: %s", id, what);
}

static int read_type(struct btf_reader *reader, uint32_t id, const struct ctype **ret_type)
{
    const struct btf_type *from = btf__type_by_id(reader->btf, id);
    int r;

    if (!from)
        return refuse_type(reader, id, "there is no such type");
    *ret_type = reader->known[id];
    if (*ret_type)
        return 0;
    if (reader->depth == BTF_DEPTH_MAX)
        return refuse_type(reader, id, "its types refer to themselves");
    reader->depth++;
    r = read_by_kind(reader, id, from, ret_type);
    reader->depth--;
    if (r == 0 && !reader->by_name)
        reader->known[id] = *ret_type;
    return r;
}

int schema_from_btf(const struct btf *btf, const char *type_name, struct error *error,
                    struct schema **ret_schema)
{
    _cleanup_(cleanup_ctypes_free) struct ctypes *types = NULL;
    _cleanup_(cleanup_free) const struct ctype **known = NULL;
    struct btf_reader reader = {.btf = btf, .error = error};
    const struct ctype *type;
    struct candidate found;
    uint32_t id = 1;
    int r = lookup_type(btf, type_name, NULL, error, &found);

    if (r < 0)
        return r;
    reader.types = types = ctypes_new();
    reader.known = known = calloc(btf__type_cnt(btf), sizeof(*known));
    if (!types || !known)
        return refuse_memory(&reader);
    while (btf__type_by_id(btf, id) != found.type)
        id++;
    r = read_type(&reader, id, &type);
    return r < 0 ? r : schema_from_ctype(type, found.name, "BTF", error, ret_schema);
}
