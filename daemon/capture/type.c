// SPDX-License-Identifier: Apache-2.0

/* A schema is a tree of pointers; in the file it is flat: fields level by level, so that each
 * field's members lie together and after all that were named before. A reader that insists on
 * exactly this order has proved that the fields are a tree: no circles, nothing shared, no work
 * beyond their number.
 *
 * Numbers of kinds are the format's own, and meanings are texts: record/schema.h may renumber its
 * enums, files stay. A meaning that is not known (any more, or yet) is read as none. */

#include "capture/type.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "capture/check.h"
#include "capture/format.h"
#include "capture/meaning_text.h"

static const uint8_t written_kinds[] = {
    [FIELD_UINT] = CAPTURE_KIND_UINT,     [FIELD_INT] = CAPTURE_KIND_INT,
    [FIELD_BOOL] = CAPTURE_KIND_BOOL,     [FIELD_ENUM] = CAPTURE_KIND_ENUM,
    [FIELD_FLOAT] = CAPTURE_KIND_FLOAT,   [FIELD_POINTER] = CAPTURE_KIND_POINTER,
    [FIELD_CHARS] = CAPTURE_KIND_CHARS,   [FIELD_TEXT] = CAPTURE_KIND_TEXT,
    [FIELD_TEXTS] = CAPTURE_KIND_TEXTS,   [FIELD_BYTES] = CAPTURE_KIND_BYTES,
    [FIELD_STRUCT] = CAPTURE_KIND_STRUCT, [FIELD_UNION] = CAPTURE_KIND_UNION,
    [FIELD_ARRAY] = CAPTURE_KIND_ARRAY,
};

enum { KINDS = sizeof(written_kinds) / sizeof(written_kinds[0]) };

/* ---- writing --------------------------------------------------------------------------------- */

struct flat {
    const struct field **fields;
    char **meanings; /* of the fields: those that are more than a name; else NULL */
    struct capture_type_head head;
    struct capture_field *out;
    struct capture_name *names;
    char *texts;
    uint32_t n_names; /* written so far, and of texts */
    uint32_t n_texts;
};

static void flat_deinit(struct flat *flat)
{
    for (uint32_t i = 0; flat->meanings && i < flat->head.n_fields; i++)
        free(flat->meanings[i]);
    free(flat->meanings);
    free(flat->fields);
}

static int add_fields(struct flat *flat, const struct field *fields, uint32_t count)
{
    const struct field **more;

    if (count > CAPTURE_TYPE_MAX / sizeof(struct capture_field) - flat->head.n_fields)
        return -E2BIG;
    more = reallocarray(flat->fields, (size_t)flat->head.n_fields + count + 1,
                        sizeof(const struct field *));
    if (!more)
        return -ENOMEM;
    flat->fields = more;
    for (uint32_t i = 0; i < count; i++)
        flat->fields[flat->head.n_fields++] = &fields[i];
    return 0;
}

static uint64_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

/* The meanings that are more than a name, and their bytes. */
static int write_meanings(struct flat *flat, uint64_t *ret_bytes)
{
    *ret_bytes = 0;
    flat->meanings = calloc(flat->head.n_fields + 1, sizeof(*flat->meanings));
    if (!flat->meanings)
        return -ENOMEM;
    for (uint32_t i = 0; i < flat->head.n_fields; i++) {
        const struct field *field = flat->fields[i];

        if (!capture_meaning_is_long(field)) {
            *ret_bytes += text_size(meaning_name(field->meaning));
            continue;
        }
        flat->meanings[i] = capture_meaning_write(field);
        if (!flat->meanings[i])
            return -ENOMEM;
        *ret_bytes += text_size(flat->meanings[i]);
    }
    return 0;
}

/* In the file an array's element is a member as others are. */
static uint32_t count_members(const struct field *field)
{
    return field->kind == FIELD_ARRAY ? 1 : field->n_members;
}

/* Lists all fields, level by level, and counts what they need. -E2BIG or -ENOMEM. */
static int flatten(struct flat *flat, const struct schema *schema, const char *source,
                   const char *label, uint64_t *ret_size)
{
    uint64_t texts = text_size(source) + text_size(label) + text_size(schema->type_name);
    uint64_t names = 0, meanings = 0;

    int result = add_fields(flat, schema->fields, schema->n_fields);

    flat->head.n_top = schema->n_fields;
    for (uint32_t i = 0; i < flat->head.n_fields && result == 0; i++) {
        const struct field *field = flat->fields[i];

        texts += text_size(field->name) + text_size(field->type_name);
        names += field->n_names;
        for (uint32_t j = 0; j < field->n_names; j++)
            texts += text_size(field->names[j].name);
        result = add_fields(flat, field->members, count_members(field));
    }
    if (result == 0)
        result = write_meanings(flat, &meanings);
    if (result < 0)
        return result;
    texts += meanings;
    *ret_size = sizeof(flat->head) + flat->head.n_fields * sizeof(struct capture_field) +
                names * sizeof(struct capture_name) + texts;
    flat->head.n_names = (uint32_t)names;
    flat->head.n_texts = (uint32_t)texts;
    return *ret_size <= CAPTURE_TYPE_MAX ? 0 : -E2BIG;
}

static uint32_t put_text(struct flat *flat, const char *text)
{
    uint32_t at = flat->n_texts;

    if (!text)
        return CAPTURE_NO_TEXT;
    memcpy(flat->texts + at, text, strlen(text) + 1);
    flat->n_texts += (uint32_t)strlen(text) + 1;
    return at;
}

static void put_names(struct flat *flat, const struct field *field)
{
    for (uint32_t i = 0; i < field->n_names; i++)
        flat->names[flat->n_names++] = (struct capture_name){
            .value = field->names[i].value, .name = put_text(flat, field->names[i].name)};
}

static void put_fields(struct flat *flat)
{
    uint32_t members = flat->head.n_top;

    for (uint32_t i = 0; i < flat->head.n_fields; i++) {
        const struct field *field = flat->fields[i];

        flat->out[i] = (struct capture_field){
            .name = put_text(flat, field->name),
            .type_name = put_text(flat, field->type_name),
            .meaning = put_text(flat, flat->meanings[i] ? flat->meanings[i]
                                                        : meaning_name(field->meaning)),
            .kind = field->in_place ? CAPTURE_KIND_CHARS : written_kinds[field->kind],
            .is_signed = field->is_signed,
            .bits = field->bits,
            .shift = field->shift,
            .offset = field->offset,
            .size = field->size,
            .count = field->count,
            .stride = field->stride,
            .members = members,
            .n_members = count_members(field),
            .names = flat->n_names,
            .n_names = field->n_names,
        };
        members += count_members(field);
        put_names(flat, field);
    }
}

static uint32_t tag_of(const void *bytes, size_t size)
{
    XXH64_hash_t hash = XXH3_64bits(bytes, size);
    uint32_t tag = (uint32_t)(hash ^ hash >> 32);

    return tag ? tag : 1;
}

static bool has_columns(const struct schema *schema)
{
    if (schema->n_columns)
        return true;
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (schema->fields[i].column)
            return true;
    return false;
}

int capture_type_write(const struct schema *schema, const char *source, const char *label,
                       uint32_t flags, struct error *error, void **ret_bytes, uint32_t *ret_size,
                       uint32_t *ret_tag)
{
    _cleanup_(flat_deinit) struct flat flat = {0};
    struct capture_type_head *head;
    uint64_t size = 0;
    uint8_t *bytes;
    int result;

    if (has_columns(schema))
        return error_set(error, -EINVAL,
                         "a capture stores records unchanged, but a handler adds or changes "
                         "values; forward to the capture before that handler");
    result = flatten(&flat, schema, source, label, &size);
    if (result == -E2BIG)
        return error_set(
            error, -EINVAL,
            "%s has too many fields for a capture; their description would take more than %d KiB",
            schema->type_name, CAPTURE_TYPE_MAX / 1024);
    bytes = result == 0 ? calloc(1, size) : NULL;
    if (!bytes)
        return error_set(error, -ENOMEM, "out of memory");
    head = (struct capture_type_head *)bytes;
    flat.out = (struct capture_field *)(head + 1);
    flat.names = (struct capture_name *)(flat.out + flat.head.n_fields);
    flat.texts = (char *)(flat.names + flat.head.n_names);
    *head = flat.head;
    head->size = schema->size;
    head->source = put_text(&flat, source);
    head->type_name = put_text(&flat, schema->type_name);
    head->label = put_text(&flat, label);
    head->flags = flags;
    put_fields(&flat);
    head->tag = tag_of(bytes, size);
    if (source[0]) /* empty: a stand-in for a source that was not opened, reported elsewhere */
        result = capture_check_type(head, flat.out, flat.names, flat.texts, error);
    if (result < 0) { /* never a file that cannot be read again */
        free(bytes);
        error_prefix(error, "a capture cannot store %s", schema->type_name);
        return -EINVAL;
    }
    *ret_bytes = bytes;
    *ret_size = (uint32_t)size;
    *ret_tag = head->tag;
    return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What was checked, so that it is read without further checks. */
struct parsed {
    const struct capture_type_head *head;
    const struct capture_field *fields;
    const struct capture_name *names;
    const char *texts;
};

static int parse(const void *bytes, size_t size, struct error *error, struct parsed *parsed)
{
    const struct capture_type_head *head = bytes;
    uint64_t want;

    if (size < sizeof(*head))
        return error_set(error, -EBADMSG, "a type's description is too short (%zu bytes)", size);
    want = sizeof(*head) + (uint64_t)head->n_fields * sizeof(struct capture_field) +
           (uint64_t)head->n_names * sizeof(struct capture_name) + head->n_texts;
    if (want > size || size - want >= CAPTURE_LINE)
        return error_set(error, -EBADMSG, "a type's description has %zu bytes instead of %llu",
                         size, (unsigned long long)want);
    *parsed = (struct parsed){.head = head, .fields = (const struct capture_field *)(head + 1)};
    parsed->names = (const struct capture_name *)(parsed->fields + head->n_fields);
    parsed->texts = (const char *)(parsed->names + head->n_names);
    return 0;
}

/* NULL where there is no text, or where it is outside, which the check refuses. */
static const char *text_of(const struct parsed *parsed, uint32_t at)
{
    return at < parsed->head->n_texts ? parsed->texts + at : NULL;
}

static enum field_kind kind_of(uint8_t written)
{
    for (int kind = 0; kind < KINDS; kind++)
        if (written_kinds[kind] == written)
            return (enum field_kind)kind;
    return FIELD_UINT; /* refused by the check */
}

/* Keeps a text once for all who name it. */
static const char *kept_text(const char *texts, const struct parsed *parsed, uint32_t at)
{
    return text_of(parsed, at) ? texts + at : NULL;
}

static void fill_names(const struct parsed *parsed, const char *texts, struct enum_name *names)
{
    for (uint32_t i = 0; i < parsed->head->n_names; i++)
        names[i] = (struct enum_name){.name = kept_text(texts, parsed, parsed->names[i].name),
                                      .value = parsed->names[i].value};
}

static int fill_fields(const struct parsed *parsed, struct schema *schema, const char *texts,
                       struct field *fields, const struct enum_name *names)
{
    int result = 0;

    for (uint32_t i = 0; i < parsed->head->n_fields && result == 0; i++) {
        const struct capture_field *from = &parsed->fields[i];

        fields[i] = (struct field){
            .name = kept_text(texts, parsed, from->name),
            .kind = kind_of(from->kind),
            .is_signed = from->is_signed,
            .bits = from->bits,
            .shift = from->shift,
            .offset = from->offset,
            .size = from->size,
            .names = from->n_names ? names + from->names : NULL,
            .n_names = from->n_names,
            .n_members = from->kind == CAPTURE_KIND_ARRAY ? 0 : from->n_members,
            .members = from->n_members ? fields + from->members : NULL,
            .count = from->count,
            .stride = from->stride,
            .type_name = kept_text(texts, parsed, from->type_name),
        };
        result = capture_meaning_read(schema, text_of(parsed, from->meaning), &fields[i]);
    }
    return result;
}

static int build(const struct parsed *parsed, struct capture_type *ret_type)
{
    const struct capture_type_head *head = parsed->head;
    _cleanup_(cleanup_schema_free) struct schema *schema =
        schema_new(text_of(parsed, head->type_name), 0);
    struct field *fields;
    struct enum_name *names;
    char *texts;

    if (!schema)
        return -ENOMEM;
    fields = schema_keep_array(schema, head->n_fields, sizeof(*fields));
    names = schema_keep_array(schema, head->n_names, sizeof(*names));
    texts = schema_keep_array(schema, head->n_texts, 1);
    if (!fields || !names || !texts)
        return -ENOMEM;
    memcpy(texts, parsed->texts, head->n_texts);
    fill_names(parsed, texts, names);
    if (fill_fields(parsed, schema, texts, fields, names) < 0)
        return -ENOMEM;
    schema->fields = fields;
    schema->n_fields = head->n_top;
    schema->size = head->size;
    *ret_type = (struct capture_type){.tag = head->tag,
                                      .source = kept_text(texts, parsed, head->source),
                                      .label = kept_text(texts, parsed, head->label),
                                      .lost_unknown = head->flags & CAPTURE_LOST_UNKNOWN};
    ret_type->schema = TAKE_PTR(schema);
    return 0;
}

int capture_type_read(const void *bytes, size_t size, struct error *error,
                      struct capture_type *ret_type)
{
    struct parsed parsed = {0};
    int result = parse(bytes, size, error, &parsed);

    if (result == 0)
        result = capture_check_type(parsed.head, parsed.fields, parsed.names, parsed.texts, error);
    if (result == 0) {
        result = build(&parsed, ret_type);
        if (result < 0)
            error_set(error, result, "out of memory");
    }
    return result;
}
