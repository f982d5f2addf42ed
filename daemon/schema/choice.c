// SPDX-License-Identifier: Apache-2.0

/* Names of types are matched without their keyword, as people write them; a keyword that is there
 * must fit. The list in an error is short: who wants all of it has `ringmill schema`. */

#include "schema/choice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct choice_name choice_parse(const char *type_name)
{
    struct choice_name name = {.bare = type_name};

    name.is_union = strncmp(type_name, "union ", strlen("union ")) == 0;
    name.is_enum = strncmp(type_name, "enum ", strlen("enum ")) == 0;
    name.has_keyword =
        name.is_union || name.is_enum || strncmp(type_name, "struct ", strlen("struct ")) == 0;
    if (name.has_keyword)
        name.bare = strchr(type_name, ' ');
    name.bare += strspn(name.bare, " ");
    return name;
}

bool choice_allows(const struct choice_name *name, bool is_union)
{
    return !name->has_keyword || (!name->is_enum && name->is_union == is_union);
}

void choice_init(struct choice *choice, const char *type_name)
{
    *choice = (struct choice){.name = type_name};
    suggestion_init(&choice->suggestion, type_name ? choice_parse(type_name).bare : "");
}

void choice_offer(struct choice *choice, const char *candidate)
{
    if (!candidate)
        return;
    if (strcmp(candidate, choice->suggestion.name) != 0) /* only its keyword was wrong */
        suggestion_offer(&choice->suggestion, candidate);
    for (uint32_t i = 0; i < choice->n_listed; i++)
        if (strcmp(choice->listed[i], candidate) == 0)
            return;
    if (choice->n_listed < CHOICE_LISTED_MAX)
        choice->listed[choice->n_listed++] = candidate;
    else
        choice->has_more = true;
}

static void list(const struct choice *choice, size_t room, char *text)
{
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < choice->n_listed && used < room; i++)
        used +=
            (size_t)snprintf(text + used, room - used, "%s%s", i ? ", " : "", choice->listed[i]);
    if (choice->has_more && used < room)
        snprintf(text + used, room - used, ", ...");
}

int choice_ask(const char *where, const char *candidates, const char *first, bool is_one,
               struct error *error)
{
    error_set(error, CHOICE_OPEN, "which type do the records have? found in %s: %s", where,
              candidates);
    (is_one ? error_hint_setting : error_hint_example)(error, "type", "%s", first);
    return CHOICE_OPEN;
}

int choice_refuse(const struct choice *choice, const char *where, struct error *error)
{
    char candidates[ERROR_TEXT_MAX / 2];

    list(choice, sizeof(candidates), candidates);
    if (choice->n_listed == 0 && choice->name && choice_parse(choice->name).is_enum)
        return error_set(error, -ENOENT, "no type \"%s\" in %s, which has no enums", choice->name,
                         where);
    if (choice->n_listed == 0)
        return error_set(error, -ENOENT, "%s has no struct", where);
    if (!choice->name)
        return choice_ask(where + (strncmp(where, "the ", 4) == 0 ? 4 : 0), candidates,
                          choice->listed[0], choice->n_listed == 1, error);
    error_set(error, -ENOENT, "no type \"%s\" in %s; there are: %s", choice->name, where,
              candidates);
    suggestion_hint(&choice->suggestion, error);
    return -ENOENT;
}
