// SPDX-License-Identifier: Apache-2.0

/* The path is read from left to right; a message is about the step that fails. */

#include "source/field_path.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggestion.h"

enum { STEP_MAX = 256 }; /* bytes of one name, with the NUL */

static int refuse_name(const struct field *members, uint32_t count, const char *name,
                       const char *parent, struct error *error)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, name);
    for (uint32_t i = 0; i < count; i++)
        suggestion_offer(&suggestion, members[i].name);
    return error_set(error, -ENOENT, "%s has no field \"%s\"; %s", parent, name,
                     suggestion_words(&suggestion));
}

static const struct field *find(const struct field *members, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    return NULL;
}

/* Enters an array by "[N]" and moves on in the path. */
static int take_index(const char **path, const struct field **field, uint32_t *added,
                      struct error *error)
{
    char *end;
    unsigned long index = strtoul(*path + 1, &end, 10);

    if ((*field)->kind != FIELD_ARRAY)
        return error_set(error, -ENOENT, "\"%s\" is not an array", (*field)->name);
    if (!isdigit((unsigned char)(*path)[1]) || *end != ']')
        return error_set(error, -ENOENT, "expected a number in brackets, found \"%s\"", *path);
    if (index >= (*field)->count)
        return error_set(error, -ENOENT, "index [%lu] is out of range: the array has %u elements",
                         index, (*field)->count);
    *added += (uint32_t)index * (*field)->stride;
    *field = (*field)->members;
    *path = end + 1;
    return 0;
}

/* Reads the name at the beginning of the path, and the indexes after it. */
static int take_step(const char **path, const struct field *members, uint32_t count,
                     const char *parent, struct error *error, const struct field **ret_field,
                     uint32_t *added)
{
    size_t length = strcspn(*path, ".[");
    char name[STEP_MAX];
    int result = 0;

    snprintf(name, sizeof(name), "%.*s", (int)(length < STEP_MAX ? length : STEP_MAX - 1), *path);
    *ret_field = find(members, count, name);
    if (!*ret_field)
        return refuse_name(members, count, name, parent, error);
    *path += length;
    while (**path == '[' && result == 0)
        result = take_index(path, ret_field, added, error);
    return result;
}

int path_find(const struct schema *schema, const char *path, struct error *error,
              struct field *ret_field)
{
    const struct field *field = NULL;
    uint32_t added = 0; /* by indexes; everything else has the same offset as in element 0 */
    int result = take_step(&path, schema->fields, schema->n_fields, schema->type_name, error,
                           &field, &added);

    while (result == 0 && *path) {
        if (*path++ != '.')
            return error_set(error, -ENOENT, "expected a dot before \"%s\"", path - 1);
        result =
            take_step(&path, field->members, field->kind == FIELD_ARRAY ? 0 : field->n_members,
                      field->type_name ? field->type_name : field->name, error, &field, &added);
    }
    if (result < 0)
        return result;
    *ret_field = *field;
    ret_field->offset += added;
    return 0;
}
