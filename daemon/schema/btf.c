// SPDX-License-Identifier: Apache-2.0

/* One pass over a struct's members. A member's type is first stripped of its names (typedef) and
 * qualifiers, then read by its BTF kind: read_member() is the one place that knows which kinds can
 * be fields, so a new kind is a case there and a reader beside the others.
 *
 * Two compilers' habits matter. clang describes char as a signed integer without the "char" mark,
 * so what is text is decided by the name "char". And clang before 15 writes a 64-bit enum with its
 * values cut to 32 bits: its names would lie, so it is read as a plain number. */

#include "schema/btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema/lookup.h"

/* What is being read, for the readers below. */
struct member {
    const struct btf *btf;
    const struct btf_type *owner;
    uint32_t index;
    const struct btf_type *type; /* without typedefs and qualifiers */
    struct schema *schema;
    struct field *field;
};

static bool is_named(const struct btf *btf, const struct btf_type *type, const char *name)
{
    return strcmp(lookup_name(btf, type), name) == 0;
}

/* ---- one member ---- */

static bool is_bitfield(const struct member *member)
{
    uint32_t bit = btf_member_bit_offset(member->owner, member->index);
    uint32_t bits = btf_member_bitfield_size(member->owner, member->index);

    if (btf_is_int(member->type) && btf_int_bits(member->type) != member->type->size * 8)
        return true;
    return bits != 0 || bit % 8 != 0;
}

static bool is_char(const struct btf *btf, const struct btf_type *type)
{
    return type && btf_is_int(type) && type->size == 1 &&
           (is_named(btf, type, "char") || is_named(btf, type, "signed char"));
}

static bool is_char_array(const struct member *member)
{
    return btf_is_array(member->type) &&
           is_char(member->btf, lookup_bare(member->btf, btf_array(member->type)->type));
}

static bool is_tail(const struct member *member)
{
    return is_char_array(member) && btf_array(member->type)->nelems == 0 &&
           member->index + 1 == btf_vlen(member->owner);
}

/* Sizes that field_integer() can read; foreign BTF may claim any. */
static bool is_integer_size(uint32_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static int read_int(struct member *member)
{
    struct field *field = member->field;

    if (!is_integer_size(member->type->size))
        return -ENOTSUP;
    field->size = member->type->size;
    field->is_signed = (btf_int_encoding(member->type) & BTF_INT_SIGNED) != 0;
    field->kind = field->is_signed ? FIELD_INT : FIELD_UINT;
    if (btf_int_encoding(member->type) & BTF_INT_BOOL && field->size == 1)
        field->kind = FIELD_BOOL;
    if (field->kind == FIELD_UINT && field->size == 8 && strcmp(field->name, "ktime") == 0)
        field->meaning = MEANING_KTIME;
    return 0;
}

static int64_t enum_value(const struct btf_type *type, uint32_t index)
{
    if (btf_is_enum64(type))
        return (int64_t)btf_enum64_value(&btf_enum64(type)[index]);
    if (btf_kflag(type))
        return btf_enum(type)[index].val;
    return (uint32_t)btf_enum(type)[index].val;
}

static uint32_t enum_name_offset(const struct btf_type *type, uint32_t index)
{
    return btf_is_enum64(type) ? btf_enum64(type)[index].name_off : btf_enum(type)[index].name_off;
}

static int read_enum(struct member *member)
{
    const struct btf_type *type = member->type;
    struct field *field = member->field;
    uint32_t n_names = btf_vlen(type);
    struct enum_name *names;

    if (!is_integer_size(type->size))
        return -ENOTSUP;
    field->size = type->size;
    field->is_signed = btf_kflag(type);
    if (type->size == 8 && !btf_is_enum64(type)) {
        field->kind = field->is_signed ? FIELD_INT : FIELD_UINT;
        return 0;
    }
    names = schema_keep_array(member->schema, n_names, sizeof(*names));
    if (!names)
        return -ENOMEM;
    for (uint32_t i = 0; i < n_names; i++) {
        const char *name = btf__name_by_offset(member->btf, enum_name_offset(type, i));

        names[i].value = enum_value(type, i);
        names[i].name = schema_keep(member->schema, name ? name : "");
        if (!names[i].name)
            return -ENOMEM;
    }
    field->kind = FIELD_ENUM;
    field->names = names;
    field->n_names = n_names;
    return 0;
}

static int read_array(struct member *member)
{
    if (!is_char_array(member) || btf_array(member->type)->nelems == 0)
        return -ENOTSUP;
    member->field->kind = FIELD_CHARS;
    member->field->size = btf_array(member->type)->nelems;
    return 0;
}

static int read_struct(struct member *member)
{
    if (member->type->size != 4)
        return -ENOTSUP;
    if (is_named(member->btf, member->type, "ringmill_text"))
        member->field->kind = FIELD_TEXT;
    else if (is_named(member->btf, member->type, "ringmill_texts"))
        member->field->kind = FIELD_TEXTS;
    else
        return -ENOTSUP;
    member->field->size = member->type->size;
    return 0;
}

/* Fills the field but for its name and offset. -ENOTSUP: a kind that no field can be. */
static int read_member(struct member *member)
{
    if (is_bitfield(member))
        return -ENOTSUP;
    switch (btf_kind(member->type)) {
    case BTF_KIND_INT:
        return read_int(member);
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
        return read_enum(member);
    case BTF_KIND_ARRAY:
        return read_array(member);
    case BTF_KIND_STRUCT:
        return read_struct(member);
    default:
        return -ENOTSUP;
    }
}

/* What a person calls a member that cannot be a field. */
static const char *member_kind(const struct member *member)
{
    if (is_bitfield(member))
        return "a bitfield";
    switch (btf_kind(member->type)) {
    case BTF_KIND_INT:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
        return "an integer of an unusual size";
    case BTF_KIND_PTR:
        return "a pointer";
    case BTF_KIND_ARRAY:
        return btf_array(member->type)->nelems ? "an array" : "an array without a length";
    case BTF_KIND_STRUCT:
        return "a nested struct";
    case BTF_KIND_UNION:
        return "a union";
    case BTF_KIND_FLOAT:
        return "a floating point number";
    default:
        return "of an unknown kind";
    }
}

static int refuse_member(const struct member *member, struct error *error)
{
    return error_set(error, -ENOTSUP,
                     "%s: field \"%s\" is %s; allowed are integers, bool, enums, char[N], "
                     "struct ringmill_text and struct ringmill_texts",
                     member->schema->type_name, member->field->name, member_kind(member));
}

/* ---- the struct ---- */

static int read_name(struct member *member)
{
    const struct btf_member *raw = &btf_members(member->owner)[member->index];
    const char *name = btf__name_by_offset(member->btf, raw->name_off);

    member->field->name = schema_keep(member->schema, name && *name ? name : "(unnamed)");
    return member->field->name ? 0 : -ENOMEM;
}

static int read_members(const struct btf *btf, const struct btf_type *type, struct error *error,
                        struct schema *schema)
{
    uint32_t n_members = btf_vlen(type);

    schema->size = type->size;
    schema->n_fields = 0;
    for (uint32_t i = 0; i < n_members; i++) {
        struct member member = {.btf = btf, .owner = type, .index = i, .schema = schema};
        int r;

        member.type = lookup_bare(btf, btf_members(type)[i].type);
        member.field = &schema->fields[schema->n_fields];
        if (!member.type)
            return error_set(error, -EINVAL, "%s: its BTF is damaged", schema->type_name);
        if (is_tail(&member))
            break;
        r = read_name(&member);
        if (r == 0)
            r = read_member(&member);
        if (r == -ENOTSUP)
            return refuse_member(&member, error);
        if (r < 0)
            return error_set(error, r, "%s: out of memory", schema->type_name);
        member.field->offset = btf_member_bit_offset(type, i) / 8;
        schema->n_fields++;
    }
    return 0;
}

static struct schema *new_schema(const struct btf *btf, const struct btf_type *type,
                                 const char *asked_name)
{
    const char *name = lookup_name(btf, type);
    char type_name[256];

    if (!*name)
        return schema_new(asked_name, btf_vlen(type)); /* a typedef of an unnamed struct */
    snprintf(type_name, sizeof(type_name), "struct %s", name);
    return schema_new(type_name, btf_vlen(type));
}

int schema_from_btf(const struct btf *btf, const char *type_name, struct error *error,
                    struct schema **ret_schema)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    const struct btf_type *type;
    int r = lookup_struct(btf, type_name, error, &type);

    if (r < 0)
        return r;
    schema = new_schema(btf, type, type_name);
    if (!schema)
        return error_set(error, -ENOMEM, "out of memory");
    r = read_members(btf, type, error, schema);
    if (r < 0)
        return r;
    *ret_schema = TAKE_PTR(schema);
    return 0;
}
