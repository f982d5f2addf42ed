// SPDX-License-Identifier: Apache-2.0

/* One walk down a struct's members. Each value is a place, read by the kind of its type once
 * typedefs and qualifiers are off: structs and unions become lists of fields, arrays one field for
 * their element, all else is a leaf.
 *
 * A struct that a compiler accepted is never refused because of one odd member: what cannot be a
 * number or text becomes FIELD_BYTES, and what has no bytes at all (an empty struct, an array
 * without elements amid others) is left out. BTF that no compiler writes is refused: members
 * outside of their struct, circles of typedefs. A struct that holds itself ends at
 * READER_DEPTH_MAX, and its breadth at READER_MEMBERS_MAX. */

#include "schema/btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "schema/btf_lookup.h"
#include "schema/btf_reader.h"
#include "schema/spelling.h"

/* The fields of one struct while it is read; they move into the schema once all are known. */
struct list {
    struct field *fields;
    uint32_t count;
    uint32_t room;
};

static void list_deinit(struct list *list)
{
    free(list->fields);
}

static int read_place(struct btf_reader *reader, const struct type_place *place,
                      struct field *field);

/* ---- what is kept ---- */

const char *reader_keep(struct btf_reader *reader, const char *text, int *ret_code)
{
    const char *kept;

    reader->names += strlen(text) + 1;
    if (reader->names > READER_NAMES_MAX) {
        *ret_code =
            error_set(reader->error, -E2BIG,
                      "%s: the names of its members take more than %d MiB, the most allowed",
                      reader->schema->type_name, READER_NAMES_MAX >> 20);
        return NULL;
    }
    if (!printable(text)) {
        *ret_code = error_set(reader->error, -EINVAL,
                              "%s: the name \"%s\" holds control characters or is not valid UTF-8",
                              reader->schema->type_name, text);
        return NULL;
    }
    kept = schema_keep(reader->schema, text);
    if (!kept)
        *ret_code = error_set(reader->error, -ENOMEM, "out of memory");
    return kept;
}

int reader_spell(struct btf_reader *reader, uint32_t type_id, const char **ret_spelling)
{
    const char **known = &reader->known[type_id].spelling;
    char text[SPELLING_MAX];
    int r = 0;

    if (!*known) {
        spelling_put(reader->btf, type_id, text);
        *known = reader_keep(reader, text, &r);
    }
    *ret_spelling = *known;
    return r;
}

static int refuse_damage(const struct btf_reader *reader, const char *name)
{
    return error_set(reader->error, -EINVAL,
                     "%s: its BTF is damaged: the member \"%s\" is outside its struct",
                     reader->schema->type_name, name);
}

/* ---- lists of fields ---- */

static int list_add(struct btf_reader *reader, struct list *list, const struct field *field)
{
    if (list->count == list->room) {
        uint32_t room = list->room ? 2 * list->room : 16;
        struct field *fields = reallocarray(list->fields, room, sizeof(*fields));

        if (!fields)
            return error_set(reader->error, -ENOMEM, "out of memory");
        list->fields = fields;
        list->room = room;
    }
    list->fields[list->count++] = *field;
    return 0;
}

static struct field *list_keep(struct btf_reader *reader, const struct list *list)
{
    struct field *kept = schema_keep_array(reader->schema, list->count, sizeof(*kept));

    if (!kept)
        error_set(reader->error, -ENOMEM, "out of memory");
    else if (list->count > 0)
        memcpy(kept, list->fields, list->count * sizeof(*kept));
    return kept;
}

/* ---- members ---- */

static bool is_group(const struct btf_type *type)
{
    return btf_is_struct(type) || btf_is_union(type);
}

/* How many bits, and how many after the place's offset, if the member is a bitfield. There are
 * two ways to say it: in the member itself, or in an integer type made for it. */
static uint32_t bitfield_of(const struct type_place *place, uint32_t index, uint32_t *ret_bit)
{
    uint32_t bit = btf_member_bit_offset(place->owner, index) % 8;
    uint32_t bits = btf_member_bitfield_size(place->owner, index);

    if (btf_is_int(place->type) && !bits && !btf_kflag(place->owner)) {
        bits = btf_int_bits(place->type);
        bit += btf_int_offset(place->type);
    }
    if (bit == 0 && bits == place->type->size * 8)
        bits = 0; /* a whole integer, whatever it is called */
    *ret_bit = bit;
    return bits;
}

static int read_bits(struct btf_reader *reader, const struct type_place *place, uint32_t bit,
                     uint32_t bits, struct field *field)
{
    int r;

    if ((uint64_t)bit + bits > place->room * 8)
        return refuse_damage(reader, place->name);
    r = leaf_read_bits(reader, place, bit, bits, field);
    return r == 0 ? reader_spell(reader, place->type_id, &field->type_name) : r;
}

/* A char[] after a struct's texts is where those live, and no field of its own. */
static bool is_home_of_texts(const struct btf_reader *reader, const struct field *field)
{
    return reader->has_texts && field->kind == FIELD_CHARS && field->size == 0;
}

static int read_member(struct btf_reader *reader, const struct type_place *place, uint32_t index,
                       struct list *list)
{
    struct field field = {.offset = place->offset};
    uint32_t bit, bits = bitfield_of(place, index, &bit);
    int r;

    if (!bits && bit)
        return 0; /* how wide it is, nobody says */
    r = bits ? read_bits(reader, place, bit, bits, &field) : read_place(reader, place, &field);
    if (r != 0)
        return r < 0 ? r : 0;
    if (is_home_of_texts(reader, &field))
        return 0;
    field.name = reader_keep(reader, place->name, &r);
    return field.name ? list_add(reader, list, &field) : r;
}

static int read_members(struct btf_reader *reader, const struct type_place *group,
                        struct list *list);

/* Of the unnamed only structs and unions say anything: their members are also those of the struct
 * around. */
static int read_one(struct btf_reader *reader, const struct type_place *place, uint32_t index,
                    struct list *list)
{
    if (*place->name)
        return read_member(reader, place, index, list);
    if (!is_group(place->type) || place->depth == READER_DEPTH_MAX)
        return 0;
    if (place->type->size > place->room)
        return refuse_damage(reader, "(unnamed)");
    return read_members(reader, place, list);
}

static int find_member(struct btf_reader *reader, const struct type_place *group, uint32_t index,
                       struct type_place *ret_place)
{
    const struct btf_member *member = &btf_members(group->type)[index];
    const char *name = btf__name_by_offset(reader->btf, member->name_off);
    uint32_t bytes = btf_member_bit_offset(group->type, index) / 8;
    bool last = btf_is_union(group->type) || index + 1 == btf_vlen(group->type);

    *ret_place = (struct type_place){
        .owner = group->type,
        .name = name ? name : "",
        .type_id = member->type,
        .type = lookup_bare(reader->btf, member->type),
        .offset = group->offset + bytes,
        .room = (uint64_t)group->type->size - bytes,
        .depth = group->depth + 1,
        .tail = group->tail && last,
    };
    if (!ret_place->type || bytes > group->type->size)
        return refuse_damage(reader, ret_place->name);
    return 0;
}

static int read_members(struct btf_reader *reader, const struct type_place *group,
                        struct list *list)
{
    for (uint32_t i = 0; i < btf_vlen(group->type); i++) {
        struct type_place place;
        int r;

        if (++reader->members > READER_MEMBERS_MAX)
            return error_set(reader->error, -E2BIG, "%s has more than %d members, the most allowed",
                             reader->schema->type_name, READER_MEMBERS_MAX);
        r = find_member(reader, group, i, &place);
        if (r == 0)
            r = read_one(reader, &place, i, list);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- structs and unions ---- */

static enum field_kind text_kind(const struct btf_reader *reader, const struct btf_type *type)
{
    const char *name = lookup_name(reader->btf, type);

    if (!btf_is_struct(type) || type->size != 4)
        return FIELD_STRUCT;
    if (strcmp(name, "ringmill_text") == 0)
        return FIELD_TEXT;
    return strcmp(name, "ringmill_texts") == 0 ? FIELD_TEXTS : FIELD_STRUCT;
}

/* One that shows nothing inside is shown as its bytes. */
static int read_group(struct btf_reader *reader, const struct type_place *place,
                      struct field *field)
{
    _cleanup_(list_deinit) struct list list = {0};
    int r;

    field->size = place->type->size;
    field->kind = text_kind(reader, place->type);
    if (field->kind != FIELD_STRUCT) {
        reader->has_texts = true;
        return 0;
    }
    r = place->depth < READER_DEPTH_MAX ? read_members(reader, place, &list) : 0;
    if (r < 0)
        return r;
    if (list.count == 0) {
        field->kind = FIELD_BYTES;
        return field->size ? 0 : READER_SKIP;
    }
    if (btf_is_union(place->type))
        field->kind = FIELD_UNION;
    field->members = list_keep(reader, &list);
    field->n_members = list.count;
    return field->members ? 0 : -ENOMEM;
}

/* ---- arrays ---- */

/* Without a length: at the end of a sample it goes on until there; elsewhere it is nothing. */
static int read_array(struct btf_reader *reader, const struct type_place *place,
                      struct field *field)
{
    const struct btf_array *array = btf_array(place->type);
    struct type_place inner = *place;
    struct field element = {.name = "", .offset = place->offset};
    struct field *kept;
    uint64_t size;
    int r;

    if (array->nelems == 0 && !place->tail)
        return READER_SKIP;
    if (leaf_is_char(reader->btf, array->type)) {
        field->kind = FIELD_CHARS;
        field->size = array->nelems;
        return 0;
    }
    inner.type_id = array->type;
    inner.type = lookup_bare(reader->btf, array->type);
    inner.depth = place->depth + 1;
    inner.tail = false;
    inner.room = array->nelems ? place->room : UINT32_MAX - place->offset;
    if (!inner.type)
        return refuse_damage(reader, place->name);
    r = read_place(reader, &inner, &element);
    if (r != 0)
        return r;
    size = (uint64_t)element.size * array->nelems;
    if (size > place->room)
        return refuse_damage(reader, place->name);
    if (element.size == 0)
        return READER_SKIP;
    kept = schema_keep_array(reader->schema, 1, sizeof(*kept));
    if (!kept)
        return error_set(reader->error, -ENOMEM, "out of memory");
    *kept = element;
    field->kind = FIELD_ARRAY;
    field->size = (uint32_t)size;
    field->members = kept;
    field->count = array->nelems;
    field->stride = element.size;
    return 0;
}

/* Too deep to go on: its bytes, as far as their number is known. */
static int read_depth(struct btf_reader *reader, const struct type_place *place,
                      struct field *field)
{
    int64_t size = btf__resolve_size(reader->btf, place->type_id);

    if (size <= 0)
        return READER_SKIP;
    field->kind = FIELD_BYTES;
    field->size = (uint32_t)size;
    return 0;
}

/* Fills the field but for its name and offset. 0, READER_SKIP, or -errno with a sentence. */
static int read_place(struct btf_reader *reader, const struct type_place *place,
                      struct field *field)
{
    int r;

    if (is_group(place->type))
        r = place->type->size > place->room ? refuse_damage(reader, place->name)
                                            : read_group(reader, place, field);
    else if (!btf_is_array(place->type))
        r = leaf_read(reader, place, field);
    else
        r = place->depth < READER_DEPTH_MAX ? read_array(reader, place, field)
                                            : read_depth(reader, place, field);
    if (r == 0 && field->size > place->room)
        r = refuse_damage(reader, place->name);
    if (r == 0)
        r = reader_spell(reader, place->type_id, &field->type_name);
    return r;
}

/* ---- the whole ---- */

static struct schema *new_schema(const struct btf *btf, const struct candidate *found)
{
    const char *word = btf_is_union(found->type) ? "union" : "struct";
    char type_name[SPELLING_MAX];

    if (!*lookup_name(btf, found->type))
        return schema_new(found->name, 0); /* a typedef of an unnamed struct */
    snprintf(type_name, sizeof(type_name), "%s %s", word, found->name);
    return schema_new(type_name, 0);
}

static int read_schema(struct btf_reader *reader, const struct btf_type *type)
{
    const struct type_place whole = {.name = "", .type = type, .room = type->size, .tail = true};
    _cleanup_(list_deinit) struct list list = {0};
    int r = read_members(reader, &whole, &list);

    if (r < 0)
        return r;
    if (list.count == 0)
        return error_set(reader->error, -ENOENT, "%s has no members", reader->schema->type_name);
    reader->schema->size = type->size;
    reader->schema->n_fields = list.count;
    reader->schema->fields = list_keep(reader, &list);
    return reader->schema->fields ? 0 : -ENOMEM;
}

int schema_from_btf(const struct btf *btf, const char *type_name, struct error *error,
                    struct schema **ret_schema)
{
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    _cleanup_(cleanup_free) struct reader_known *known = NULL;
    struct btf_reader reader = {.btf = btf, .error = error};
    struct candidate found;
    int r = lookup_type(btf, type_name, NULL, error, &found);

    if (r < 0)
        return r;
    reader.schema = schema = new_schema(btf, &found);
    reader.known = known = calloc(btf__type_cnt(btf), sizeof(*known));
    if (!schema || !known)
        return error_set(error, -ENOMEM, "out of memory");
    r = read_schema(&reader, found.type);
    if (r < 0)
        return r;
    *ret_schema = TAKE_PTR(schema);
    return 0;
}
