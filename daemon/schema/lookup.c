// SPDX-License-Identifier: Apache-2.0

/* Names lead to types here, and where they do not, the error says which ones would have. An object
 * often describes kernel structs beside its events, so those that a variable keeps on purpose
 * are offered first. BTF may come from any file: nothing here follows a chain without an end. */

#include "schema/lookup.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ALIASES_MAX = 32 }; /* typedefs and qualifiers on top of each other */

const char *lookup_name(const struct btf *btf, const struct btf_type *type)
{
    const char *name = btf__name_by_offset(btf, type->name_off);

    return name ? name : "";
}

const struct btf_type *lookup_bare(const struct btf *btf, uint32_t id)
{
    const struct btf_type *type = btf__type_by_id(btf, id);

    for (int i = 0; i < ALIASES_MAX; i++) {
        if (!type || !(btf_is_mod(type) || btf_is_typedef(type)))
            return type;
        type = btf__type_by_id(btf, type->type);
    }
    return NULL;
}

static bool is_candidate(const struct btf *btf, const struct btf_type *type)
{
    return type && btf_is_struct(type) && *lookup_name(btf, type) && type->size > 0;
}

/* The struct behind `const struct X *unused_X`, the variable that keeps an event's type in BTF. */
static const struct btf_type *kept_type(const struct btf *btf, const struct btf_type *type)
{
    if (!btf_is_var(type) || strncmp(lookup_name(btf, type), "unused", strlen("unused")) != 0)
        return NULL;
    type = lookup_bare(btf, type->type);
    return type && btf_is_ptr(type) ? lookup_bare(btf, type->type) : NULL;
}

/* Lists the types that may have been meant: those kept on purpose, or else every struct. */
static void list_candidates(const struct btf *btf, bool kept, size_t room, char *text)
{
    uint32_t listed = 0;
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *type = btf__type_by_id(btf, id);

        if (kept)
            type = kept_type(btf, type);
        if (!is_candidate(btf, type))
            continue;
        if (listed++ == LOOKUP_CANDIDATES_MAX) {
            snprintf(text + used, room - used, ", ...");
            return;
        }
        used += (size_t)snprintf(text + used, room - used, "%s%s", used ? ", " : "",
                                 lookup_name(btf, type));
        if (used >= room)
            return;
    }
}

static int refuse_name(const struct btf *btf, const char *name, struct error *error)
{
    char candidates[ERROR_TEXT_MAX / 2];

    list_candidates(btf, true, sizeof(candidates), candidates);
    if (!*candidates)
        list_candidates(btf, false, sizeof(candidates), candidates);
    if (!*candidates)
        return error_set(error, -ENOENT, "the BTF holds no struct at all");
    if (!name)
        return error_set(error, -ENOENT, "the type of the samples must be named; there are: %s",
                         candidates);
    return error_set(error, -ENOENT, "no struct \"%s\" in the BTF; there are: %s", name,
                     candidates);
}

/* The struct that a variable keeps, if there is exactly one. */
static const struct btf_type *find_kept(const struct btf *btf)
{
    const struct btf_type *found = NULL;

    for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *type = kept_type(btf, btf__type_by_id(btf, id));

        if (!is_candidate(btf, type) || type == found)
            continue;
        if (found)
            return NULL;
        found = type;
    }
    return found;
}

static const struct btf_type *find_struct(const struct btf *btf, const char *name)
{
    const struct btf_type *type;
    int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

    if (id < 0)
        id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
    if (id < 0)
        return NULL;
    type = lookup_bare(btf, (uint32_t)id);
    return type && btf_is_struct(type) ? type : NULL;
}

static const char *bare_name(const char *name)
{
    const char *prefix = "struct ";

    return strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;
}

int lookup_struct(const struct btf *btf, const char *type_name, struct error *error,
                  const struct btf_type **ret_type)
{
    const char *name = type_name ? bare_name(type_name) : NULL;
    const struct btf_type *type = name ? find_struct(btf, name) : find_kept(btf);

    if (!type)
        return refuse_name(btf, name, error);
    *ret_type = type;
    return 0;
}
