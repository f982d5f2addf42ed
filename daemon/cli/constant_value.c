// SPDX-License-Identifier: Apache-2.0
#include "cli/constant_value.h"

#include <bpf/btf.h>
#include <stdio.h>
#include <string.h>

#include "schema/btf_lookup.h"

/* ---- types ----------------------------------------------------------------------------------- */

/* The name that the author wrote: of a typedef, or of what it leads to. */
static const char *name_of(const struct btf *btf, uint32_t id, const char **ret_keyword)
{
    const struct btf_type *type = btf__type_by_id(btf, id);

    *ret_keyword = "";
    for (int i = 0; type && btf_is_mod(type) && i < LOOKUP_ALIASES_MAX; i++)
        type = btf__type_by_id(btf, type->type);
    if (type && btf_is_any_enum(type))
        *ret_keyword = "enum";
    if (type && btf_is_composite(type))
        *ret_keyword = btf_is_struct(type) ? "struct" : "union";
    return type ? lookup_name(btf, type) : "";
}

void constant_type(const struct global_variable *constant, char text[CONSTANT_TYPE_MAX])
{
    char dimensions[CONSTANT_TYPE_MAX / 2] = "";
    const struct btf_type *type;
    uint32_t id = constant->type_id;
    const char *name, *keyword;

    while ((type = lookup_bare(constant->btf, id)) && btf_is_array(type)) {
        size_t used = strlen(dimensions);

        snprintf(dimensions + used, sizeof(dimensions) - used, "[%u]", btf_array(type)->nelems);
        id = btf_array(type)->type;
        if (used + sizeof("[4294967295]") > sizeof(dimensions))
            break; /* a circle */
    }
    name = name_of(constant->btf, id, &keyword);
    name = strcmp(name, "_Bool") == 0 ? "bool" : name;
    snprintf(text, CONSTANT_TYPE_MAX, "%s%s%.48s%s", keyword, *keyword && *name ? " " : "", name,
             dimensions);
}

/* ---- values ---------------------------------------------------------------------------------- */

static json_t *enum_value(const struct btf *btf, const struct btf_type *type, int64_t value)
{
    for (uint32_t i = 0; i < btf_vlen(type); i++) {
        bool is_wide = btf_is_enum64(type);
        uint32_t name = is_wide ? btf_enum64(type)[i].name_off : btf_enum(type)[i].name_off;
        int64_t other = is_wide ? (int64_t)btf_enum64_value(&btf_enum64(type)[i])
                                : (int64_t)btf_enum(type)[i].val;

        if (other == value)
            return json_string(btf__name_by_offset(btf, name));
    }
    return json_integer(value);
}

/* A number of up to 8 bytes; jansson has signed ones only, so a larger one is a text. */
static json_t *scalar_value(const struct btf *btf, const struct btf_type *type, const char *bytes)
{
    bool is_enum = btf_is_any_enum(type);
    bool is_signed =
        is_enum ? btf_kflag(type) || btf_is_enum(type) : btf_int_encoding(type) & BTF_INT_SIGNED;
    uint32_t bits = type->size * 8;
    uint64_t value = 0;
    char text[32];

    memcpy(&value, bytes, type->size);
    if (is_signed && bits < 64 && value >> (bits - 1) & 1)
        value |= UINT64_MAX << bits;
    if (is_enum)
        return enum_value(btf, type, (int64_t)value);
    if (btf_int_encoding(type) & BTF_INT_BOOL)
        return json_boolean(value);
    if (is_signed || value <= INT64_MAX)
        return json_integer((json_int_t)value);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    return json_string(text);
}

static json_t *value_at(const struct btf *btf, uint32_t type_id, const char *bytes, size_t size,
                        uint32_t depth);

static json_t *array_value(const struct btf *btf, const struct btf_array *array, const char *bytes,
                           size_t size, uint32_t depth)
{
    const struct btf_type *element = lookup_bare(btf, array->type);
    size_t stride = array->nelems ? size / array->nelems : 0;
    json_t *list;

    if (element && btf_is_int(element) && element->size == 1 &&
        !(btf_int_encoding(element) & BTF_INT_BOOL) && strstr(lookup_name(btf, element), "char") &&
        memchr(bytes, '\0', size)) {
        json_t *text = json_stringn(bytes, strnlen(bytes, size));

        if (text)
            return text;
    }
    list = json_array();
    for (uint32_t i = 0; i < array->nelems && stride > 0; i++)
        json_array_append_new(list, value_at(btf, array->type, bytes + i * stride, stride, depth));
    return list;
}

/* Adds the members that can be set to object, also those of unnamed structs. A member that overlaps
 * the previous one is left out, which bounds the work by the size of the struct. */
static void add_members(json_t *object, const struct btf *btf, const struct btf_type *type,
                        const char *bytes, size_t size, uint32_t depth)
{
    const struct btf_member *member = btf_members(type);
    size_t end = 0;

    for (uint32_t i = 0; i < btf_vlen(type); i++, member++) {
        const struct btf_type *inner = lookup_bare(btf, member->type);
        const char *name = btf__name_by_offset(btf, member->name_off);
        size_t offset = btf_member_bit_offset(type, i) / 8;
        int64_t length = btf__resolve_size(btf, member->type);

        if (!inner || length <= 0 || offset < end || offset > size ||
            (size_t)length > size - offset || btf_member_bitfield_size(type, i) > 0)
            continue;
        end = offset + (size_t)length;
        if (name && *name)
            json_object_set_new(object, name,
                                value_at(btf, member->type, bytes + offset, (size_t)length, depth));
        else if (btf_is_composite(inner) && depth > 0)
            add_members(object, btf, inner, bytes + offset, (size_t)length, depth - 1);
    }
}

static json_t *value_at(const struct btf *btf, uint32_t type_id, const char *bytes, size_t size,
                        uint32_t depth)
{
    const struct btf_type *type = lookup_bare(btf, type_id);

    if (type && btf_is_array(type) && depth > 0)
        return array_value(btf, btf_array(type), bytes, size, depth - 1);
    if (type && btf_is_composite(type) && depth > 0) {
        json_t *object = json_object();

        add_members(object, btf, type, bytes, size, depth - 1);
        return object;
    }
    if (!type || !(btf_is_int(type) || btf_is_any_enum(type)) || type->size > sizeof(uint64_t) ||
        type->size != size)
        return json_null();
    return scalar_value(btf, type, bytes);
}

json_t *constant_value(const struct global_variable *constant)
{
    enum { DEPTH_MAX = 8 };

    return value_at(constant->btf, constant->type_id, constant->bytes, constant->size, DEPTH_MAX);
}
