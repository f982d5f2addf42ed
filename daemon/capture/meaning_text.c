// SPDX-License-Identifier: Apache-2.0

/* The fields that decide about others are described here by their place, since a handler may have
 * given them other names, and by numbers that are checked: the text may be of any file. */

#include "capture/meaning_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/format.h"

enum { VALUES_MAX = 64, GUARDS_MAX = 32, BITS_BYTES_MAX = 9 };

/* ---- writing --------------------------------------------------------------------------------- */

bool capture_meaning_is_long(const struct field *field)
{
    return field->in_place || field->by || field->guard;
}

static void put_integer(FILE *file, const char *word, const struct field *field)
{
    fprintf(file, " %s=%" PRIu32 ".%" PRIu32 ".%c", word, field->offset, field->size,
            field->is_signed ? 's' : 'u');
    if (field->bits)
        fprintf(file, ".%u.%u", field->bits, field->shift);
}

static void put_guard(FILE *file, const struct field_guard *guard)
{
    put_integer(file, "if", guard->tag);
    for (uint32_t i = 0; i < guard->n_values; i++)
        fprintf(file, "%c%" PRId64, i ? ',' : ':', guard->values[i]);
}

char *capture_meaning_write(const struct field *field)
{
    const char *name = meaning_name(field->meaning);
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    fputs(name ? name : "-", file);
    if (field->in_place)
        fputs(field->kind == FIELD_TEXTS ? " texts" : " text", file);
    if (field->by)
        put_integer(file, "by", field->by);
    if (field->by_each)
        fprintf(file, " each=%" PRIu32, field->by_each);
    for (const struct field_guard *guard = field->guard; guard; guard = guard->outer)
        put_guard(file, guard);
    if (fclose(file) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_size(uint32_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/* OFFSET.SIZE.u[.BITS.SHIFT]; *ret_used: bytes of the text. */
static bool read_integer(const char *text, struct field *ret, int *ret_used)
{
    unsigned offset, size, bits = 0, shift = 0;
    char sign;
    int used = 0, more = 0;

    if (sscanf(text, "%9u.%1u.%c%n", &offset, &size, &sign, &used) != 3 || used == 0)
        return false;
    if (text[used] == '.' &&
        (sscanf(text + used, ".%2u.%1u%n", &bits, &shift, &more) != 2 || bits == 0))
        return false;
    *ret = (struct field){.name = "",
                          .kind = sign == 's' ? FIELD_INT : FIELD_UINT,
                          .is_signed = sign == 's',
                          .bits = (uint8_t)bits,
                          .shift = (uint8_t)shift,
                          .offset = offset,
                          .size = size};
    *ret_used = used + more;
    return (sign == 's' || sign == 'u') && offset <= CAPTURE_SAMPLE_MAX &&
           (bits ? bits <= 64 && shift <= 7 && size >= 1 && size <= BITS_BYTES_MAX &&
                       bits + shift <= 8 * size
                 : is_size(size));
}

static bool read_values(const char *text, int64_t values[VALUES_MAX], uint32_t *ret_count)
{
    uint32_t count = 0;

    while (*text == (count ? ',' : ':')) {
        char *end;

        errno = 0;
        if (count == VALUES_MAX)
            return false;
        values[count++] = strtoll(text + 1, &end, 10);
        if (errno || end == text + 1)
            return false;
        text = end;
    }
    *ret_count = count;
    return *text == '\0';
}

/* What a text says, before any of it is given to the field. */
struct meaning_text {
    struct schema *schema;
    struct field field; /* meaning, kind, in_place, by, by_each, guard */
    struct field_guard *last;
    uint32_t n_guards;
    bool no_memory;
};

static const struct field *keep(struct meaning_text *read, const struct field *field)
{
    struct field *copy = schema_keep_array(read->schema, 1, sizeof(*copy));

    read->no_memory |= !copy;
    if (copy)
        *copy = *field;
    return copy;
}

static bool take_by(struct meaning_text *read, const char *text)
{
    struct field by;
    int used;

    if (!read_integer(text, &by, &used) || text[used])
        return false;
    read->field.by = keep(read, &by);
    return read->field.by;
}

static bool take_guard(struct meaning_text *read, const char *text)
{
    struct field_guard *guard;
    int64_t values[VALUES_MAX], *kept;
    struct field tag;
    uint32_t count;
    int used;

    if (!read_integer(text, &tag, &used) || !read_values(text + used, values, &count) ||
        read->n_guards++ == GUARDS_MAX)
        return false;
    guard = schema_keep_array(read->schema, 1, sizeof(*guard));
    kept = schema_keep_array(read->schema, count + 1, sizeof(*kept));
    read->no_memory |= !guard || !kept;
    if (!guard || !kept)
        return false;
    memcpy(kept, values, count * sizeof(*kept));
    *guard = (struct field_guard){NULL, keep(read, &tag), kept, count};
    if (read->last)
        read->last->outer = guard;
    else
        read->field.guard = guard;
    read->last = guard;
    return guard->tag;
}

static bool take_name(struct meaning_text *read, const char *word)
{
    if (strcmp(word, "-") == 0)
        return true;
    for (int i = 0; i < MEANING_COUNT; i++) {
        const char *name = meaning_name((enum field_meaning)i);

        if (!name || strcmp(name, word) != 0)
            continue;
        read->field.meaning = (enum field_meaning)i;
        return true;
    }
    return false;
}

static bool take_text(struct meaning_text *read, enum field_kind kind)
{
    if (read->field.kind != FIELD_CHARS)
        return false;
    read->field.kind = kind;
    read->field.in_place = true;
    return true;
}

static bool take_word(struct meaning_text *read, const char *word)
{
    unsigned each;
    char more;

    if (strcmp(word, "text") == 0 || strcmp(word, "texts") == 0)
        return take_text(read, word[4] ? FIELD_TEXTS : FIELD_TEXT);
    if (strncmp(word, "by=", 3) == 0)
        return take_by(read, word + 3);
    if (strncmp(word, "if=", 3) == 0)
        return take_guard(read, word + 3);
    if (sscanf(word, "each=%9u%c", &each, &more) == 1) {
        read->field.by_each = each;
        return true;
    }
    return take_name(read, word);
}

/* What readers of records take for granted. */
static bool fits(const struct field *field)
{
    bool is_address = field->meaning == MEANING_IP;
    bool is_symbol = field->meaning == MEANING_USER_SYMBOL;

    if (is_address && (field->kind != FIELD_BYTES || field->size != 16 || !field->by))
        return false;
    if (is_symbol && (!field->by || field->in_place || field->kind != FIELD_UINT))
        return false;
    if (field->meaning == MEANING_USER_STACK && (field->kind != FIELD_ARRAY || field->by))
        return false;
    return !field->by || field->in_place || field->kind == FIELD_ARRAY || is_address || is_symbol;
}

int capture_meaning_read(struct schema *schema, const char *text, struct field *field)
{
    struct meaning_text read = {.schema = schema, .field = *field};
    char *words = text ? strdup(text) : NULL, *rest = NULL;
    bool known = true;

    if (!text)
        return 0;
    if (!words)
        return -ENOMEM;
    for (char *word = strtok_r(words, " ", &rest); word && known; word = strtok_r(NULL, " ", &rest))
        known = take_word(&read, word);
    free(words);
    if (read.no_memory)
        return -ENOMEM;
    if (known && fits(&read.field))
        *field = read.field;
    return 0;
}
