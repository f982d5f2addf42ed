// SPDX-License-Identifier: Apache-2.0

/* Two walks over the tree: the first finds how wide the columns must be, the second prints. Both
 * are one function, whose file is NULL the first time. */

#include "schema/schema_table.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/value_name.h"

enum {
    TYPE_WIDTH_MAX = 40, /* a wider type pushes its own line only */
    NAME_WIDTH_MAX = 40,
    STEP = 2, /* columns by which members are indented */
};

struct widths {
    int type;
    int name;
};

/* ---- one value ---- */

static const char *number_word(const struct field *field, char *text)
{
    snprintf(text, TABLE_READING_MAX, "%c%u", field->is_signed ? 's' : 'u',
             field->bits ? field->bits : field->size * 8);
    return text;
}

static const char *enum_words(const struct field *field, char *text)
{
    size_t used = (size_t)snprintf(text, TABLE_READING_MAX, "enum");

    for (uint32_t i = 0; i < field->n_names && used < TABLE_READING_MAX; i++) {
        if (i == TABLE_NAMES_MAX) {
            snprintf(text + used, TABLE_READING_MAX - used, ", ...");
            break;
        }
        used += (size_t)snprintf(text + used, TABLE_READING_MAX - used, "%s%s", i ? ", " : ": ",
                                 field->names[i].name);
    }
    return text;
}

static const char *plain_reading(const struct field *field, char *text);

/* All dimensions after the word for what is in the innermost: "u16[2][3]". */
static const char *array_words(const struct field *field, char *text)
{
    const struct field *element = field;
    size_t used;

    while (element->kind == FIELD_ARRAY)
        element = element->members;
    if (element->kind == FIELD_ENUM)
        snprintf(text, TABLE_READING_MAX, "enum");
    else
        plain_reading(element, text);
    for (; field->kind == FIELD_ARRAY; field = field->members) {
        used = strlen(text);
        if (field->count)
            snprintf(text + used, TABLE_READING_MAX - used, "[%" PRIu32 "]", field->count);
        else
            snprintf(text + used, TABLE_READING_MAX - used, "[]");
    }
    return text;
}

static const char *kind_word(const struct field *field)
{
    switch (field->kind) {
    case FIELD_BOOL:
        return "bool";
    case FIELD_POINTER:
        return "pointer";
    case FIELD_CHARS:
    case FIELD_TEXT:
        return "text";
    case FIELD_TEXTS:
        return "list of texts";
    case FIELD_STRUCT:
        return "struct";
    case FIELD_UNION:
        return "union";
    default:
        return "bytes";
    }
}

static const char *plain_reading(const struct field *field, char *text)
{
    if (meaning_name(field->meaning)) {
        snprintf(text, TABLE_READING_MAX, "%s", meaning_name(field->meaning));
        return text;
    }
    switch (field->kind) {
    case FIELD_UINT:
    case FIELD_INT:
        return number_word(field, text);
    case FIELD_FLOAT:
        snprintf(text, TABLE_READING_MAX, "f%u", field->size * 8);
        return text;
    case FIELD_ENUM:
        return enum_words(field, text);
    case FIELD_ARRAY:
        return array_words(field, text);
    default:
        snprintf(text, TABLE_READING_MAX, "%s", kind_word(field));
        return text;
    }
}

static const char *value_name(const struct field *tag, int64_t value, char *number, size_t size)
{
    for (uint32_t i = 0; i < tag->n_names; i++)
        if (tag->names[i].value == value)
            return tag->names[i].name;
    snprintf(number, size, "%" PRId64, value);
    return number;
}

/* A stack's addresses know the process. */
static const struct field *by_of(const struct field *field)
{
    return field->meaning == MEANING_USER_STACK ? field->members->by : field->by;
}

/* As in " by n", " if kind = OPEN, CLOSE": what it is read with, and which records have it. */
static void add_others(const struct field *field, FILE *file)
{
    const struct field_guard *guard = field->guard;

    if (by_of(field))
        fprintf(file, " by %s", by_of(field)->name);
    if (field->by_each)
        fputs(" in bytes", file);
    if (!guard)
        return;
    fprintf(file, guard->n_values ? " if %s = " : ", never by %s", guard->tag->name);
    for (uint32_t i = 0; i < guard->n_values; i++) {
        char number[24];

        fprintf(file, "%s%s", i ? ", " : "",
                value_name(guard->tag, guard->values[i], number, sizeof(number)));
    }
}

const char *table_reading(const struct field *field, char *text)
{
    FILE *file;

    plain_reading(field, text);
    file = by_of(field) || field->guard ? fmemopen(text, TABLE_READING_MAX, "a") : NULL;
    if (!file)
        return text;
    add_others(field, file);
    fclose(file);
    text[TABLE_READING_MAX - 1] = '\0';
    return text;
}

const struct field *table_parts(const struct field *field, uint32_t *ret_count)
{
    while (field->kind == FIELD_ARRAY)
        field = field->members;
    *ret_count = field->n_members;
    return field->members;
}

/* ---- lines ---- */

static const char *type_of(const struct field *field)
{
    return field->type_name ? field->type_name : "";
}

static int width(const char *text, int so_far, int most)
{
    int length = (int)strlen(text);

    return length > so_far && length <= most ? length : so_far;
}

static void print_offset(const struct field *field, FILE *file)
{
    char text[24];

    if (field->column)
        snprintf(text, sizeof(text), "-"); /* it is not in the sample */
    else if (field->bits)
        snprintf(text, sizeof(text), "%" PRIu32 ":%u", field->offset, field->shift);
    else
        snprintf(text, sizeof(text), "%" PRIu32, field->offset);
    fprintf(file, "%8s", text);
}

static void print_size(const struct field *field, FILE *file)
{
    char text[24];

    if (field->bits)
        snprintf(text, sizeof(text), "%u bit%s", field->bits, field->bits == 1 ? "" : "s");
    else if (field->size == 0 && !field->column)
        snprintf(text, sizeof(text), "rest");
    else
        snprintf(text, sizeof(text), "%" PRIu32, field->size);
    fprintf(file, "  %7s", text);
}

static void print_line(const struct field *field, const char *indent, int depth,
                       const struct widths *widths, FILE *file)
{
    char reading[TABLE_READING_MAX];

    fputs(indent, file);
    print_offset(field, file);
    print_size(field, file);
    fprintf(file, "  %-*s  %*s%-*s  %s\n", widths->type, type_of(field), depth * STEP, "",
            widths->name - depth * STEP > 0 ? widths->name - depth * STEP : 0, field->name,
            table_reading(field, reading));
}

static void walk(const struct field *fields, uint32_t count, const char *indent, int depth,
                 struct widths *widths, FILE *file)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n_parts;
        const struct field *parts = table_parts(&fields[i], &n_parts);

        if (file) {
            print_line(&fields[i], indent, depth, widths, file);
        } else {
            widths->type = width(type_of(&fields[i]), widths->type, TYPE_WIDTH_MAX);
            widths->name =
                width(fields[i].name, widths->name - depth * STEP, NAME_WIDTH_MAX - depth * STEP) +
                depth * STEP;
        }
        walk(parts, n_parts, indent, depth + 1, widths, file);
    }
}

/* The names of values, which are fields for steps that mention them. */
static uint32_t print_names(const struct field *fields, uint32_t count, uint32_t printed,
                            const char *indent, FILE *file)
{
    for (uint32_t i = 0; i < count; i++) {
        struct value_name name;

        for (uint32_t nth = 0; value_name_of(&fields[i], nth, &name); nth++) {
            _cleanup_(cleanup_free) char *key = value_name_key(&name, fields[i].name);

            if (!key || field_among(fields, count, key, strlen(key)))
                continue;
            fprintf(file, "%s%s%s", printed ? "" : indent, printed ? ", " : "names: ", key);
            printed++;
        }
    }
    return printed;
}

void table_print(const struct schema *schema, const char *indent, FILE *file)
{
    struct widths widths = {.type = (int)strlen("type"), .name = (int)strlen("name")};

    walk(schema->fields, schema->n_fields, indent, 0, &widths, NULL);
    fprintf(file, "%s%8s  %7s  %-*s  %-*s  %s\n", indent, "offset", "size", widths.type, "type",
            widths.name, "name", "reads as");
    walk(schema->fields, schema->n_fields, indent, 0, &widths, file);
    if (print_names(schema->fields, schema->n_fields, 0, indent, file) > 0)
        fputc('\n', file);
}
