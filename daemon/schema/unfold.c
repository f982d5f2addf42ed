// SPDX-License-Identifier: Apache-2.0

/* One walk down a struct's members, as btf.c walks down BTF. A struct that a compiler accepted is
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

#include "schema/unfold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"

enum {
    BITS_MAX = 64, /* of a bitfield that is a number */
    SKIP = 1,      /* returned: nothing of it can be shown */
};

/* Names of an enum that the schema has already. */
struct kept_enum {
    const struct ctype *type;
    const struct enum_name *names;
};

struct unfold {
    struct schema *schema;
    struct error *error;
    uint32_t n_visited;
    size_t n_bytes; /* of names */
    bool has_texts; /* a struct ringmill_text was met */
    struct kept_enum *enums;
    uint32_t n_enums;
};

/* The fields of one struct so far. */
struct field_list {
    struct field *fields;
    uint32_t used;
    uint32_t room;
};

/* Where a value lies, before it is known what it is. */
struct unfold_place {
    uint32_t offset;
    uint64_t room; /* bytes from there to the end of the struct around */
    uint32_t depth;
    bool is_tail; /* what follows it is the sample's end */
};

static void list_deinit(struct field_list *list)
{
    free(list->fields);
}

static int read_type(struct unfold *unfold, const struct ctype *type, struct unfold_place place,
                     struct field *field);
static int read_members(struct unfold *unfold, const struct ctype *parent,
                        struct unfold_place place, struct field_list *list);

/* ---- what is kept ---- */

static int refuse_memory(const struct unfold *unfold)
{
    return error_set(unfold->error, -ENOMEM, "%s: out of memory", unfold->schema->type_name);
}

static int refuse_place(const struct unfold *unfold, const char *name)
{
    return error_set(unfold->error, -EINVAL,
                     "%s: its description is damaged: the member \"%s\" is outside its struct",
                     unfold->schema->type_name, name);
}

static int keep(struct unfold *unfold, const char *text, const char **ret_kept)
{
    unfold->n_bytes += strlen(text) + 1;
    if (unfold->n_bytes > UNFOLD_NAMES_MAX)
        return error_set(unfold->error, -E2BIG,
                         "%s: the names of its members take more than %d MiB, the most allowed",
                         unfold->schema->type_name, UNFOLD_NAMES_MAX >> 20);
    if (!printable(text))
        return error_set(unfold->error, -EINVAL,
                         "%s: the name \"%s\" holds control characters or is not valid UTF-8",
                         unfold->schema->type_name, text);
    *ret_kept = schema_keep(unfold->schema, text);
    return *ret_kept ? 0 : refuse_memory(unfold);
}

static int list_add(const struct unfold *unfold, struct field_list *list, const struct field *field)
{
    if (list->used == list->room) {
        uint32_t room = list->room ? 2 * list->room : 16;
        struct field *fields = reallocarray(list->fields, room, sizeof(*fields));

        if (!fields)
            return refuse_memory(unfold);
        list->fields = fields;
        list->room = room;
    }
    list->fields[list->used++] = *field;
    return 0;
}

static struct field *list_keep(const struct unfold *unfold, const struct field_list *list)
{
    struct field *kept = schema_keep_array(unfold->schema, list->used, sizeof(*kept));

    if (!kept)
        refuse_memory(unfold);
    else if (list->used > 0)
        memcpy(kept, list->fields, list->used * sizeof(*kept));
    return kept;
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

static bool is_number_name(const char *name)
{
    return strcmp(name, "s8") == 0 || strcmp(name, "__s8") == 0 || strcmp(name, "int8_t") == 0;
}

/* Whether an array of it is a text: char, signed char and what stands for them, but for s8 and the
 * like, which say that numbers are meant. */
static bool is_char(const struct ctype *type)
{
    const struct ctype *bare = ctype_bare(type);

    if (!bare || bare->kind != CTYPE_INTEGER || bare->size != 1 || !bare->name ||
        (strcmp(bare->name, "char") != 0 && strcmp(bare->name, "signed char") != 0))
        return false;
    for (; type != bare; type = type->target)
        if (type->name && is_number_name(type->name))
            return false;
    return true;
}

static int keep_names(struct unfold *unfold, const struct ctype *type,
                      const struct enum_name **ret_names)
{
    struct enum_name *names = schema_keep_array(unfold->schema, type->n_names, sizeof(*names));
    struct kept_enum *enums =
        reallocarray(unfold->enums, unfold->n_enums + 1, sizeof(*unfold->enums));

    if (enums)
        unfold->enums = enums;
    if (!enums || !names)
        return refuse_memory(unfold);
    for (uint32_t i = 0; i < type->n_names; i++) {
        int r = keep(unfold, type->names[i].name, &names[i].name);

        if (r < 0)
            return r;
        names[i].value = type->names[i].value;
    }
    enums[unfold->n_enums++] = (struct kept_enum){type, names};
    *ret_names = names;
    return 0;
}

/* The names of an enum are kept once, however many fields have it. */
static int read_enum(struct unfold *unfold, const struct ctype *type, struct field *field)
{
    field->kind = FIELD_ENUM;
    field->is_signed = type->is_signed;
    field->n_names = type->n_names;
    for (uint32_t i = 0; i < unfold->n_enums; i++) {
        if (unfold->enums[i].type != type)
            continue;
        field->names = unfold->enums[i].names;
        return 0;
    }
    return keep_names(unfold, type, &field->names);
}

static void read_integer(const struct ctype *type, struct field *field)
{
    field->kind = type->is_signed ? FIELD_INT : FIELD_UINT;
    field->is_signed = type->is_signed;
}

/* What cannot be computed with is bytes. */
static int read_scalar(struct unfold *unfold, const struct ctype *type, struct field *field)
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
        return read_enum(unfold, type, field);
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
static int read_group(struct unfold *unfold, const struct ctype *type, struct unfold_place place,
                      struct field *field)
{
    _cleanup_(list_deinit) struct field_list list = {0};
    int r;

    field->size = type->size;
    field->kind = text_kind(type);
    if (field->kind != FIELD_STRUCT) {
        unfold->has_texts = true;
        return 0;
    }
    r = place.depth < UNFOLD_DEPTH_MAX ? read_members(unfold, type, place, &list) : 0;
    if (r < 0)
        return r;
    if (list.used == 0) {
        field->kind = FIELD_BYTES;
        return field->size ? 0 : SKIP;
    }
    if (type->kind == CTYPE_UNION)
        field->kind = FIELD_UNION;
    field->members = list_keep(unfold, &list);
    field->n_members = list.used;
    return field->members ? 0 : -ENOMEM;
}

/* ---- arrays ---- */

/* Without a length: at the end of a sample it goes on until there; elsewhere it is nothing. Too
 * deep to go on: its bytes. */
static int read_array(struct unfold *unfold, const struct ctype *type, struct unfold_place place,
                      struct field *field)
{
    struct field element = {.name = "", .offset = place.offset}, *kept;
    int r;

    field->size = type->size;
    field->kind = FIELD_BYTES;
    if (type->count == 0 && !place.is_tail)
        return SKIP;
    if (is_char(type->target)) {
        field->kind = FIELD_CHARS;
        return 0;
    }
    if (place.depth == UNFOLD_DEPTH_MAX)
        return type->size ? 0 : SKIP;
    place.depth++;
    place.is_tail = false;
    if (type->count == 0)
        place.room = UINT32_MAX - place.offset;
    r = read_type(unfold, type->target, place, &element);
    if (r != 0)
        return r;
    if (element.size == 0)
        return SKIP;
    kept = schema_keep_array(unfold->schema, 1, sizeof(*kept));
    if (!kept)
        return refuse_memory(unfold);
    *kept = element;
    field->kind = FIELD_ARRAY;
    field->members = kept;
    field->count = type->count;
    field->stride = element.size;
    return 0;
}

/* Fills the field but for its name, its offset and what only bitfields have. 0, SKIP or -errno. */
static int read_type(struct unfold *unfold, const struct ctype *type, struct unfold_place place,
                     struct field *field)
{
    const struct ctype *bare = ctype_bare(type);
    char spelling[CTYPE_SPELLING_MAX];
    int r;

    if (!bare || bare->kind == CTYPE_VOID || bare->kind == CTYPE_FUNCTION)
        return SKIP;
    if (bare->size > place.room)
        return refuse_place(unfold, field->name);
    if (bare->kind == CTYPE_ARRAY)
        r = read_array(unfold, bare, place, field);
    else if (is_group(bare))
        r = read_group(unfold, bare, place, field);
    else
        r = read_scalar(unfold, bare, field);
    if (r != 0)
        return r;
    ctype_spell(type, spelling);
    return keep(unfold, spelling, &field->type_name);
}

/* ---- members ---- */

/* clang's DWARF tells a bitfield that fills its whole integer from no other member, so nobody does.
 */
static bool is_bitfield(const struct cmember *member)
{
    const struct ctype *bare = ctype_bare(member->type);

    return member->is_bitfield &&
           (member->bit % 8 || !bare || member->bits != 8 * (uint64_t)bare->size);
}

/* More bits than a number has are shown as the bytes that they touch. */
static int read_bitfield(struct unfold *unfold, const struct cmember *member,
                         struct unfold_place place, struct field *field)
{
    uint32_t shift = member->bit % 8, touched = (shift + member->bits + 7U) / 8;
    const struct ctype *bare = ctype_bare(member->type);
    int r;

    if (touched > place.room)
        return refuse_place(unfold, field->name);
    place.room = UINT32_MAX; /* of its type only some bits are there */
    r = read_type(unfold, member->type, place, field);
    if (r != 0)
        return r;
    if (bare->kind != CTYPE_INTEGER && bare->kind != CTYPE_BOOL && bare->kind != CTYPE_ENUM)
        return SKIP;
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

/* A char[] after a struct's texts is where those live, and no field of its own. */
static bool is_home_of_texts(const struct unfold *unfold, const struct field *field)
{
    return unfold->has_texts && field->kind == FIELD_CHARS && field->size == 0;
}

static int read_named(struct unfold *unfold, const struct cmember *member,
                      struct unfold_place place, struct field_list *list)
{
    struct field field = {.name = member->name, .offset = place.offset};
    int r;

    if (is_bitfield(member))
        r = member->bits ? read_bitfield(unfold, member, place, &field) : SKIP;
    else if (member->bit % 8)
        return refuse_place(unfold, member->name);
    else
        r = read_type(unfold, member->type, place, &field);
    if (r != 0)
        return r < 0 ? r : 0;
    if (is_home_of_texts(unfold, &field))
        return 0;
    r = keep(unfold, member->name, &field.name);
    return r < 0 ? r : list_add(unfold, list, &field);
}

/* Of the unnamed only structs and unions say anything: their members are also those of the struct
 * around. */
static int read_member(struct unfold *unfold, const struct cmember *member,
                       struct unfold_place place, struct field_list *list)
{
    const struct ctype *bare = ctype_bare(member->type);

    if (member->name)
        return read_named(unfold, member, place, list);
    if (!is_group(bare) || member->is_bitfield || place.depth == UNFOLD_DEPTH_MAX)
        return 0;
    if (bare->size > place.room)
        return refuse_place(unfold, "(unnamed)");
    return read_members(unfold, bare, place, list);
}

/* place: of the struct itself. */
static int read_members(struct unfold *unfold, const struct ctype *parent,
                        struct unfold_place place, struct field_list *list)
{
    for (uint32_t i = 0; i < parent->n_members; i++) {
        const struct cmember *member = &parent->members[i];
        bool is_last = parent->kind == CTYPE_UNION || i + 1 == parent->n_members;
        uint64_t byte = member->bit / 8;
        struct unfold_place inner = {
            .offset = place.offset + (uint32_t)byte,
            .room = parent->size - byte,
            .depth = place.depth + 1,
            .is_tail = place.is_tail && is_last,
        };
        int r;

        if (++unfold->n_visited > UNFOLD_MEMBERS_MAX)
            return error_set(unfold->error, -E2BIG, "%s has more than %d members, the most allowed",
                             unfold->schema->type_name, UNFOLD_MEMBERS_MAX);
        if (byte > parent->size)
            return refuse_place(unfold, member->name ? member->name : "(unnamed)");
        r = read_member(unfold, member, inner, list);
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

static int read_schema(struct unfold *unfold, const struct ctype *type)
{
    const struct unfold_place whole = {.room = type->size, .is_tail = true};
    _cleanup_(list_deinit) struct field_list list = {0};
    struct schema *schema = unfold->schema;
    int r;

    if (type->size > CTYPE_SIZE_MAX)
        return error_set(unfold->error, -EINVAL,
                         "%s: its description is damaged: it is larger than any record",
                         schema->type_name);
    r = read_members(unfold, type, whole, &list);
    if (r < 0)
        return r;
    if (list.used == 0)
        return error_set(unfold->error, -ENOENT, "%s has no members", schema->type_name);
    schema->size = type->size;
    schema->n_fields = list.used;
    schema->fields = list_keep(unfold, &list);
    return schema->fields ? 0 : -ENOMEM;
}

int unfold(const struct ctype *type, const char *name, struct error *error, struct schema **ret)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = new_schema(type, name);
    struct unfold state = {.schema = schema, .error = error};
    int r;

    if (!schema)
        return error_set(error, -ENOMEM, "out of memory");
    r = read_schema(&state, type);
    free(state.enums);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(schema);
    return 0;
}
