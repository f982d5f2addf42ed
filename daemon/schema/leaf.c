// SPDX-License-Identifier: Apache-2.0

/* Values without parts. What no field kind can hold as a number (128 bits, long double) becomes
 * FIELD_BYTES of its size, so that the rest of the struct can still be read.
 *
 * Compilers' habits matter. clang describes char as a signed integer without the "char" mark, so
 * what is text is decided by the name "char". clang before 15 writes a 64-bit enum with its values
 * cut to 32 bits: its names would lie, so it is read as a plain number. And it marks no enum as
 * signed: -1 is there as 4294967295, and if the value is narrower than 32 bits that can only
 * have been meant as a negative one. */

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "schema/btf_lookup.h"
#include "schema/btf_reader.h"

/* Sizes that field_integer() can read; foreign BTF may claim any. */
static bool is_integer_size(uint32_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static int read_bytes(uint32_t size, struct field *field)
{
    field->kind = FIELD_BYTES;
    field->size = size;
    return size ? 0 : READER_SKIP;
}

static int read_int(const struct type_place *place, struct field *field)
{
    uint32_t size = place->type->size;

    if (!is_integer_size(size) && !field->bits)
        return read_bytes(size, field);
    field->size = size;
    field->kind = FIELD_UINT;
    if (btf_int_encoding(place->type) & BTF_INT_BOOL && size == 1)
        field->kind = FIELD_BOOL;
    else if (btf_int_encoding(place->type) & BTF_INT_SIGNED)
        field->kind = FIELD_INT;
    field->is_signed = field->kind == FIELD_INT;
    return 0;
}

/* ---- enums ---- */

static int64_t enum_value(const struct btf_type *type, uint32_t index, bool is_signed)
{
    if (btf_is_enum64(type))
        return (int64_t)btf_enum64_value(&btf_enum64(type)[index]);
    return is_signed ? (int64_t)btf_enum(type)[index].val
                     : (int64_t)(uint32_t)btf_enum(type)[index].val;
}

static uint32_t enum_name_offset(const struct btf_type *type, uint32_t index)
{
    return btf_is_enum64(type) ? btf_enum64(type)[index].name_off : btf_enum(type)[index].name_off;
}

/* Whether a value that is marked as unsigned fills 32 bits: a negative one, where they are fewer.
 */
static bool is_wide(struct reader_known *known, const struct btf_type *type)
{
    if (known->width_seen)
        return known->is_wide;
    for (uint32_t i = 0; i < btf_vlen(type) && !known->is_wide; i++)
        known->is_wide = btf_enum(type)[i].val < 0;
    known->width_seen = true;
    return known->is_wide;
}

static int keep_names(struct btf_reader *reader, const struct btf_type *type, bool is_signed,
                      const struct enum_name **ret_names)
{
    uint32_t n_names = btf_vlen(type);
    struct enum_name *names;
    int r = 0;

    reader->names += n_names * sizeof(*names);
    names = schema_keep_array(reader->schema, n_names, sizeof(*names));
    if (!names)
        return error_set(reader->error, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < n_names; i++) {
        const char *name = btf__name_by_offset(reader->btf, enum_name_offset(type, i));

        names[i].value = enum_value(type, i, is_signed);
        names[i].name = reader_keep(reader, name ? name : "", &r);
        if (!names[i].name)
            return r;
    }
    *ret_names = names;
    return 0;
}

/* The names of an enum are kept once. Not so where they were found to be signed by their width. */
static int read_names(struct btf_reader *reader, const struct type_place *place, bool by_width,
                      struct field *field)
{
    uint32_t id = place->type_id;
    const struct enum_name **known = &reader->known[id].names;
    const struct enum_name *names = NULL;
    int r;

    if (by_width || !*known) {
        r = keep_names(reader, place->type, field->is_signed, &names);
        if (r < 0)
            return r;
        if (!by_width)
            *known = names;
    } else {
        names = *known;
    }
    field->names = names;
    field->n_names = btf_vlen(place->type);
    return 0;
}

static int read_enum(struct btf_reader *reader, const struct type_place *place, struct field *field)
{
    const struct btf_type *type = place->type;
    uint32_t bits = field->bits ? field->bits : type->size * 8;
    bool by_width;

    if (!is_integer_size(type->size))
        return read_bytes(type->size, field);
    field->size = type->size;
    if (type->size == 8 && !btf_is_enum64(type)) {
        field->is_signed = btf_kflag(type);
        field->kind = field->is_signed ? FIELD_INT : FIELD_UINT;
        return 0;
    }
    by_width = !btf_kflag(type) && !btf_is_enum64(type) && bits < 32 &&
               is_wide(&reader->known[place->type_id], type);
    field->is_signed = btf_kflag(type) || by_width;
    field->kind = FIELD_ENUM;
    return read_names(reader, place, by_width, field);
}

/* ---- all of them ---- */

static int read_float(const struct type_place *place, struct field *field)
{
    uint32_t size = place->type->size;

    if (size != 4 && size != 8)
        return read_bytes(size, field);
    field->kind = FIELD_FLOAT;
    field->size = size;
    return 0;
}

static int read_pointer(struct btf_reader *reader, struct field *field)
{
    bool narrow = btf__pointer_size(reader->btf) == 4; /* a file for 32-bit machines */

    field->kind = narrow ? FIELD_UINT : FIELD_POINTER;
    field->size = narrow ? 4 : 8;
    return 0;
}

int leaf_read(struct btf_reader *reader, const struct type_place *place, struct field *field)
{
    switch (btf_kind(place->type)) {
    case BTF_KIND_INT:
        return read_int(place, field);
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
        return read_enum(reader, place, field);
    case BTF_KIND_FLOAT:
        return read_float(place, field);
    case BTF_KIND_PTR:
        return read_pointer(reader, field);
    default:
        return READER_SKIP;
    }
}

/* More bits than a number has are shown as the bytes that they touch. */
int leaf_read_bits(struct btf_reader *reader, const struct type_place *place, uint32_t bit,
                   uint32_t bits, struct field *field)
{
    uint32_t touched = (bit % 8 + bits + 7) / 8;
    int r;

    field->offset += bit / 8;
    if (bits > READER_BITS_MAX)
        return read_bytes(touched, field);
    field->bits = (uint8_t)bits;
    field->shift = bit % 8;
    r = leaf_read(reader, place, field);
    if (r == 0 &&
        (field->kind == FIELD_FLOAT || field->kind == FIELD_POINTER || field->kind == FIELD_BYTES))
        r = READER_SKIP;
    field->size = touched;
    return r;
}

static bool is_number_name(const char *name)
{
    return strcmp(name, "s8") == 0 || strcmp(name, "__s8") == 0 || strcmp(name, "int8_t") == 0;
}

bool leaf_is_char(const struct btf *btf, uint32_t type_id)
{
    const struct btf_type *bare = lookup_bare(btf, type_id), *type;
    const char *name;

    if (!bare || !btf_is_int(bare) || bare->size != 1)
        return false;
    name = lookup_name(btf, bare);
    if (strcmp(name, "char") != 0 && strcmp(name, "signed char") != 0)
        return false;
    for (type = btf__type_by_id(btf, type_id); type != bare;
         type = btf__type_by_id(btf, type->type))
        if (is_number_name(lookup_name(btf, type)))
            return false;
    return true;
}
