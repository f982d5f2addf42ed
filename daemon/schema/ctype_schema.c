// SPDX-License-Identifier: Apache-2.0

/* One walk down a struct's members. A struct that a compiler accepted is
 * never refused because of one odd member: what cannot be a number or text becomes FIELD_BYTES, and
 * what has no bytes at all is left out.
 *
 * Types may be shared: a struct of two structs of two structs is thirty types and a thousand
 * million fields. So what is counted here is members visited, not types, and the recursion is
 * bounded by its own depth, whatever the types say. Readers need not check that what they read
 * makes sense; it is here that each member must lie inside of its parent.
 *
 * The number of a struct's fields is not known before its unnamed members were looked into, and
 * looking twice would cost twice. Hence the list that grows, and the copy at its end. */

#include "schema/ctype_schema.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "schema/ctype_builder.h"

enum {
    BITS_MAX = 64, /* of a bitfield that is a number */
    SKIP = 1,      /* returned: nothing of it can be shown */
};

/* Where a value is in the record, before its kind is known. */
struct ctype_place {
    uint32_t offset;
    uint64_t room; /* bytes from there to the end of the struct around */
    uint32_t depth;
    bool is_tail; /* what follows it is the sample's end */
};

static int read_type(struct schema_builder *builder, const struct ctype *type,
                     struct ctype_place place, struct field *field);
static int read_members(struct schema_builder *builder, const struct ctype *parent,
                        struct ctype_place place, struct field_list *list);

static int refuse_place(const struct schema_builder *builder, const char *name)
{
    return error_set(builder->error, -EINVAL,
                     "%s: its %s is damaged: the member \"%s\" is outside its struct",
                     builder->schema->type_name, builder->origin, name);
}

/* ---- values ---- */

static bool is_integer_size(uint32_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool is_group(const struct ctype *bare)
{
    return bare && (bare->kind == CTYPE_STRUCT || bare->kind == CTYPE_UNION);
}

/* Whether an array of it is a text: char and what stands for it. Who writes signed char, or s8 and
 * the like, which stand for it, means numbers. */
static bool is_char(const struct ctype *type)
{
    const struct ctype *bare = ctype_bare(type);

    return bare && bare->kind == CTYPE_INTEGER && bare->size == 1 && bare->name &&
           strcmp(bare->name, "char") == 0;
}

static int keep_names(struct schema_builder *builder, const struct ctype *type,
                      const struct enum_name **ret_names)
{
    struct enum_name *names = schema_keep_array(builder->schema, type->n_names, sizeof(*names));

    if (!names)
        return builder_refuse_memory(builder);
    for (uint32_t i = 0; i < type->n_names; i++) {
        int r = builder_keep(builder, type->names[i].name, &names[i].name);

        if (r < 0)
            return r;
        names[i].value = type->names[i].value;
    }
    *ret_names = names;
    return 0;
}

static int read_enum(struct schema_builder *builder, const struct ctype *type, struct field *field)
{
    struct kept_type *kept = builder_keep_type(builder, type);
    int r = kept ? 0 : -ENOMEM;

    if (kept && !kept->names)
        r = keep_names(builder, type, &kept->names);
    if (r < 0)
        return r;
    field->kind = FIELD_ENUM;
    field->is_signed = type->is_signed;
    field->names = kept->names;
    field->n_names = type->n_names;
    return 0;
}

static void read_integer(const struct ctype *type, struct field *field)
{
    field->kind = type->is_signed ? FIELD_INT : FIELD_UINT;
    field->is_signed = type->is_signed;
}

/* What cannot be computed with is bytes. */
static int read_scalar(struct schema_builder *builder, const struct ctype *type,
                       struct field *field)
{
    field->size = type->size;
    field->kind = FIELD_BYTES;
    if (type->kind == CTYPE_FLOAT && (type->size == 4 || type->size == 8))
        field->kind = FIELD_FLOAT;
    if (!is_integer_size(type->size))
        return type->size ? 0 : SKIP;
    switch (type->kind) {
    case CTYPE_INTEGER:
        read_integer(type, field);
        return 0;
    case CTYPE_BOOL:
        field->kind = type->size == 1 ? FIELD_BOOL : FIELD_UINT;
        return 0;
    case CTYPE_ENUM:
        if (type->names)
            return read_enum(builder, type, field);
        read_integer(type, field);
        return 0;
    case CTYPE_POINTER:
        field->kind = type->size == 8 ? FIELD_POINTER : FIELD_UINT; /* of a 32-bit machine */
        return 0;
    default:
        return 0;
    }
}

/* ---- structs and unions ---- */

static enum field_kind text_kind(const struct ctype *type)
{
    if (type->kind != CTYPE_STRUCT || type->size != 4 || !type->name)
        return FIELD_STRUCT;
    if (strcmp(type->name, "ringmill_text") == 0)
        return FIELD_TEXT;
    return strcmp(type->name, "ringmill_texts") == 0 ? FIELD_TEXTS : FIELD_STRUCT;
}

/* One that shows nothing inside is shown as its bytes. */
static int read_group(struct schema_builder *builder, const struct ctype *type,
                      struct ctype_place place, struct field *field)
{
    _cleanup_(field_list_deinit) struct field_list list = {0};
    int r;

    field->size = type->size;
    field->kind = text_kind(type);
    if (field->kind != FIELD_STRUCT) {
        builder->has_texts = true;
        return 0;
    }
    r = place.depth < CTYPE_SCHEMA_DEPTH_MAX ? read_members(builder, type, place, &list) : 0;
    if (r < 0)
        return r;
    if (list.used == 0) {
        field->kind = FIELD_BYTES;
        return field->size ? 0 : SKIP;
    }
    if (type->kind == CTYPE_UNION)
        field->kind = FIELD_UNION;
    field->members = field_list_keep(builder, &list);
    field->n_members = list.used;
    return field->members ? 0 : -ENOMEM;
}

/* ---- arrays ---- */

/* Without a length: at the end of a sample it goes on until there; elsewhere it is left out. Too
 * deep to go on: its bytes. The size is counted again: in a circle of types the reader had to
 * measure the array before its elements. */
static int read_array(struct schema_builder *builder, const struct ctype *type,
                      struct ctype_place place, struct field *field)
{
    struct field element = {.name = field->name, .offset = place.offset}, *kept;
    uint64_t size;
    int r;

    field->size = type->size;
    field->kind = FIELD_BYTES;
    if (type->count == 0 && !place.is_tail)
        return SKIP;
    if (is_char(type->target)) {
        field->kind = FIELD_CHARS;
        return 0;
    }
    if (place.depth == CTYPE_SCHEMA_DEPTH_MAX)
        return type->size ? 0 : SKIP;
    place.depth++;
    place.is_tail = false;
    if (type->count == 0)
        place.room = CTYPE_SIZE_MAX;
    r = read_type(builder, type->target, place, &element);
    if (r != 0)
        return r;
    if (element.size == 0)
        return SKIP;
    size = (uint64_t)element.size * type->count;
    if (size > place.room)
        return refuse_place(builder, field->name);
    kept = schema_keep_array(builder->schema, 1, sizeof(*kept));
    if (!kept)
        return builder_refuse_memory(builder);
    *kept = element;
    kept->name = "";
    field->kind = FIELD_ARRAY;
    field->size = (uint32_t)size;
    field->members = kept;
    field->count = type->count;
    field->stride = element.size;
    return 0;
}

/* Fills the field but for its name, its offset and what only bitfields have. 0, SKIP or -errno. */
static int read_type(struct schema_builder *builder, const struct ctype *type,
                     struct ctype_place place, struct field *field)
{
    const struct ctype *bare = ctype_bare(type);
    int r;

    if (!bare || bare->kind == CTYPE_VOID || bare->kind == CTYPE_FUNCTION)
        return SKIP;
    if (bare->size > place.room)
        return refuse_place(builder, field->name);
    if (bare->kind == CTYPE_ARRAY)
        r = read_array(builder, bare, place, field);
    else if (is_group(bare))
        r = read_group(builder, bare, place, field);
    else
        r = read_scalar(builder, bare, field);
    return r == 0 ? builder_keep_spelling(builder, type, &field->type_name) : r;
}

/* ---- members ---- */

/* A bitfield that fills its whole integer is read as a plain member: in clang's DWARF the two look
 * the same. */
static bool is_bitfield(const struct cmember *member)
{
    const struct ctype *bare = ctype_bare(member->type);

    return member->is_bitfield &&
           (member->bit % 8 || !bare || member->bits != 8 * (uint64_t)bare->size);
}

/* More bits than a number has are shown as the bytes that they touch. */
static int read_bitfield(struct schema_builder *builder, const struct cmember *member,
                         struct ctype_place place, struct field *field)
{
    uint32_t shift = member->bit % 8, touched = (shift + member->bits + 7U) / 8;
    const struct ctype *bare = ctype_bare(member->type);
    int r;

    if (touched > place.room)
        return refuse_place(builder, field->name);
    if (!bare ||
        (bare->kind != CTYPE_INTEGER && bare->kind != CTYPE_BOOL && bare->kind != CTYPE_ENUM))
        return SKIP;
    place.room = UINT32_MAX; /* of its type only some bits are there */
    r = read_type(builder, member->type, place, field);
    if (r == 0 && bare->narrow && member->bits < 32)
        r = read_enum(builder, bare->narrow, field);
    if (r != 0)
        return r;
    if (field->kind == FIELD_BYTES)
        read_integer(bare, field);
    field->size = touched;
    if (member->bits > BITS_MAX) {
        field->kind = FIELD_BYTES;
        field->is_signed = false;
        return 0;
    }
    field->bits = member->bits;
    field->shift = (uint8_t)shift;
    return 0;
}

/* A flexible char[] after a struct's texts holds their bytes; it is not a field. */
static bool holds_texts(const struct schema_builder *builder, const struct field *field)
{
    return builder->has_texts && field->kind == FIELD_CHARS && field->size == 0;
}

static int read_named(struct schema_builder *builder, const struct cmember *member,
                      struct ctype_place place, struct field_list *list)
{
    struct field field = {.name = member->name, .offset = place.offset};
    int r;

    if (is_bitfield(member))
        r = member->bits ? read_bitfield(builder, member, place, &field) : SKIP;
    else if (member->bit % 8)
        return refuse_place(builder, member->name);
    else
        r = read_type(builder, member->type, place, &field);
    if (r != 0)
        return r < 0 ? r : 0;
    if (holds_texts(builder, &field))
        return 0;
    r = builder_keep(builder, member->name, &field.name);
    return r < 0 ? r : field_list_add(builder, list, &field);
}

/* Of unnamed members only structs and unions matter: their members are also those of the struct
 * around them. */
static int read_member(struct schema_builder *builder, const struct cmember *member,
                       struct ctype_place place, struct field_list *list)
{
    const struct ctype *bare = ctype_bare(member->type);

    if (member->name)
        return read_named(builder, member, place, list);
    if (!is_group(bare) || member->is_bitfield || place.depth == CTYPE_SCHEMA_DEPTH_MAX)
        return 0;
    if (bare->size > place.room)
        return refuse_place(builder, "(unnamed)");
    return read_members(builder, bare, place, list);
}

/* place: of the struct itself. */
static int read_members(struct schema_builder *builder, const struct ctype *parent,
                        struct ctype_place place, struct field_list *list)
{
    for (uint32_t i = 0; i < parent->n_members; i++) {
        const struct cmember *member = &parent->members[i];
        bool is_last = parent->kind == CTYPE_UNION || i + 1 == parent->n_members;
        uint64_t byte = member->bit / 8;
        struct ctype_place inner = {
            .offset = place.offset + (uint32_t)byte,
            .room = parent->size - byte,
            .depth = place.depth + 1,
            .is_tail = place.is_tail && is_last,
        };
        int r;

        if (++builder->n_visited > CTYPE_SCHEMA_MEMBERS_MAX)
            return error_set(builder->error, -E2BIG,
                             "%s has more than %d members, the most allowed",
                             builder->schema->type_name, CTYPE_SCHEMA_MEMBERS_MAX);
        if (byte > parent->size)
            return refuse_place(builder, member->name ? member->name : "(unnamed)");
        r = read_member(builder, member, inner, list);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- the whole ---- */

static struct schema *new_schema(const struct ctype *type, const char *name)
{
    char spelling[CTYPE_SPELLING_MAX];

    if (!type->name && name)
        return schema_new(name, 0);
    ctype_spell(type, spelling);
    return schema_new(spelling, 0);
}

static int read_only_field(struct schema_builder *builder, const struct ctype *type,
                           struct ctype_place place, struct field_list *list)
{
    struct field field = {.name = ""};
    int r = read_type(builder, type, place, &field);

    return r == 0 ? field_list_add(builder, list, &field) : r < 0 ? r : 0;
}

static int read_schema(struct schema_builder *builder, const struct ctype *type)
{
    const struct ctype_place whole = {.room = type->size, .is_tail = true};
    _cleanup_(field_list_deinit) struct field_list list = {0};
    struct schema *schema = builder->schema;
    int r;

    if (type->size > CTYPE_SIZE_MAX)
        return error_set(builder->error, -EINVAL,
                         "%s: its %s is damaged: it is larger than any record", schema->type_name,
                         builder->origin);
    r = is_group(type) ? read_members(builder, type, whole, &list)
                       : read_only_field(builder, type, whole, &list);
    if (r < 0)
        return r;
    if (list.used == 0)
        return error_set(builder->error, -ENOENT, "%s has no members", schema->type_name);
    schema->size = type->size;
    schema->n_fields = list.used;
    schema->fields = field_list_keep(builder, &list);
    return schema->fields ? 0 : -ENOMEM;
}

int schema_from_ctype(const struct ctype *type, const char *name, const char *origin,
                      struct error *error, struct schema **ret)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = new_schema(type, name);
    struct schema_builder builder = {.schema = schema, .origin = origin, .error = error};
    int r;

    if (!schema)
        return error_set(error, -ENOMEM, "out of memory");
    r = read_schema(&builder, type);
    tdestroy(builder.kept, free);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(schema);
    return 0;
}
