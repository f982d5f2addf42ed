// SPDX-License-Identifier: Apache-2.0

/* To adopt: both trees were made of the same struct, so the same field has the same place in its
 * list; where the lists differ, a name is looked for. */

#include "schema/enums.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

bool enums_are_doubtful(const struct btf *btf)
{
    for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *type = btf__type_by_id(btf, id);

        if (!btf_is_enum(type) || btf_kflag(type))
            continue;
        if (type->size == 8)
            return true;
        for (uint32_t i = 0; i < btf_vlen(type); i++)
            if (btf_enum(type)[i].val < 0)
                return true;
    }
    return false;
}

static const struct enum_name *keep_names(struct schema *schema, const struct field *better)
{
    struct enum_name *names = schema_keep_array(schema, better->n_names, sizeof(*names));

    for (uint32_t i = 0; names && i < better->n_names; i++) {
        names[i].value = better->names[i].value;
        names[i].name = schema_keep(schema, better->names[i].name);
        if (!names[i].name)
            return NULL;
    }
    return names;
}

static bool is_number(const struct field *field)
{
    return field->kind == FIELD_UINT || field->kind == FIELD_INT || field->kind == FIELD_ENUM;
}

static bool is_same_place(const struct field *a, const struct field *b)
{
    return a->offset == b->offset && a->size == b->size && a->bits == b->bits &&
           a->shift == b->shift;
}

static int adopt_one(struct schema *schema, struct field *field, const struct field *better)
{
    const struct enum_name *names = keep_names(schema, better);

    if (!names)
        return -ENOMEM;
    field->kind = FIELD_ENUM;
    field->is_signed = better->is_signed;
    field->names = names;
    field->n_names = better->n_names;
    return 0;
}

static uint32_t count_parts(const struct field *field)
{
    return field->kind == FIELD_ARRAY ? 1 : field->n_members;
}

static const struct field *find_same(const struct field *among, uint32_t count, uint32_t index,
                                     const char *name)
{
    if (index < count && strcmp(among[index].name, name) == 0)
        return &among[index];
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(among[i].name, name) == 0)
            return &among[i];
    return NULL;
}

static int adopt_all(struct schema *schema, struct field *fields, uint32_t count,
                     const struct field *among, uint32_t n_among)
{
    int r = 0;

    for (uint32_t i = 0; i < count && r == 0; i++) {
        const struct field *better = find_same(among, n_among, i, fields[i].name);

        if (!better || !is_same_place(&fields[i], better))
            continue;
        if (better->kind == FIELD_ENUM && is_number(&fields[i]))
            r = adopt_one(schema, &fields[i], better);
        else if (fields[i].kind == better->kind)
            r = adopt_all(schema, (struct field *)fields[i].members, count_parts(&fields[i]),
                          better->members, count_parts(better));
    }
    return r;
}

/* Whether so many bits, signed or not, can be the value, which then becomes what is read from them:
 * in a byte that is signed, 0xff and -1 are one. */
static bool fit(uint32_t bits, bool is_signed, int64_t *value)
{
    if (bits >= 64)
        return true;
    if (*value < -(INT64_C(1) << (bits - 1)) || *value >= INT64_C(1) << bits)
        return false;
    *value = (int64_t)((uint64_t)*value << (64 - bits));
    *value = is_signed ? *value >> (64 - bits) : (int64_t)((uint64_t)*value >> (64 - bits));
    return true;
}

int enums_give(struct schema *schema, struct field *field, const struct field *named)
{
    uint32_t bits = field->bits ? field->bits : field->size * 8, used = 0;
    bool is_signed = field->is_signed || named->is_signed;
    struct enum_name *names = (struct enum_name *)keep_names(schema, named);

    if (!names)
        return -ENOMEM;
    for (uint32_t i = 0; i < named->n_names; i++)
        if (fit(bits, is_signed, &names[i].value))
            names[used++] = names[i];
    field->kind = FIELD_ENUM;
    field->is_signed = is_signed;
    field->names = names;
    field->n_names = used;
    return 0;
}

int enums_adopt(struct schema *schema, const struct schema *better)
{
    return adopt_all(schema, schema->fields, schema->n_fields, better->fields, better->n_fields);
}
