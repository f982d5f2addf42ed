// SPDX-License-Identifier: Apache-2.0
#include "schema/meaning_enum.h"

#include <errno.h>
#include <string.h>

#include "schema/enums.h"

static bool is_of_flags(const char *as)
{
    return strncmp(as, "flags:", strlen("flags:")) == 0;
}

const char *meaning_enum_name(const char *as)
{
    const char *name;

    if (!is_of_flags(as) && strncmp(as, "enum:", strlen("enum:")) != 0)
        return strcmp(as, "enum") == 0 ? "" : NULL;
    name = strchr(as, ':') + 1;
    return strpbrk(name, ",:") ? "" : name;
}

int meaning_enum_choose(struct schema *schema, const struct meaning_choice *choice,
                        struct field *field, struct error *error)
{
    bool integer =
        field->kind == FIELD_UINT || field->kind == FIELD_INT || field->kind == FIELD_ENUM;

    if (!*meaning_enum_name(choice->as))
        return error_set(error, -EINVAL,
                         "\"%s\" is not a meaning; write one enum, as in flags:ENUM or enum:ENUM",
                         choice->as);
    if (!integer)
        return error_set(error, -EINVAL, "%s cannot be %s: it is %s; it must be an integer%s%s%s",
                         choice->path, choice->as, field->type_name ? field->type_name : "bytes",
                         field->kind == FIELD_ARRAY ? "; for its elements write " : "",
                         field->kind == FIELD_ARRAY ? choice->path : "",
                         field->kind == FIELD_ARRAY ? "[]" : "");
    if (choice->named->kind != FIELD_ENUM)
        return error_set(
            error, -EINVAL,
            "%s cannot be %s: the names of the enum are unknown; 64-bit enums of clang "
            "before version 15 need the object's DWARF",
            choice->path, choice->as);
    if (enums_give(schema, field, choice->named) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    field->meaning = is_of_flags(choice->as) ? MEANING_FLAGS : MEANING_NONE;
    return 0;
}
