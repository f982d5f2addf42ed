// SPDX-License-Identifier: Apache-2.0

/* One after the other is asked until one has the type. "It has none of that name" leads on to the
 * next; anything else that is wrong with a place that has it (damage, too many members) ends the
 * search, since a struct of the same name elsewhere would hide it. DWARF is the exception: it comes
 * late, and only this daemon relies on it, so a fault in it is reported only when no other place
 * has the type.
 *
 * BTF has the layout right and, from clang before 15, some enums wrong: those of 64 bits have no
 * names that can be trusted, and no enum is signed. Where such enums are about, and the same file
 * has DWARF, they are taken from there. */

#include "schema/find.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "schema/btf.h"
#include "schema/btf_lookup.h"
#include "schema/choice.h"
#include "schema/ctext.h"
#include "schema/dwarf.h"
#include "schema/enums.h"
#include "schema/types.h"

enum { LOOKED_MAX = 512 }; /* bytes of the list of places that were looked at */

struct type_search {
    const struct find_request *request;
    const char *name;          /* of the type; NULL: not known */
    const struct types *other; /* types_from; NULL: none */
    bool own_dwarf;            /* the object has .debug_info */
    struct error refusal;      /* what the first place with types said, */
    int refusal_code;          /* and returned */
    uint32_t n_looked;
    char looked[LOOKED_MAX]; /* "the BTF of the object, ..." */
    struct schema *schema;   /* found */
};

static void note(struct type_search *search, const char *what, const char *where)
{
    size_t used = strlen(search->looked);

    search->n_looked++;
    snprintf(search->looked + used, LOOKED_MAX - used, "%s%s of %s", used ? ", " : "", what, where);
}

/* Stores the first refusal, for the places are in the order of their worth, or else the first one
 * that knows a similar name, or that lists types to choose from. */
static int refused(struct type_search *search, int code, const struct error *error)
{
    bool first = !*search->refusal.text;
    bool better = (!*search->refusal.hint && *error->hint) ||
                  (search->refusal_code != CHOICE_OPEN && code == CHOICE_OPEN);

    if ((code == -ENOENT || code == CHOICE_OPEN) && (first || better)) {
        search->refusal = *error;
        search->refusal_code = code;
    }
    return code == CHOICE_OPEN ? -ENOENT : code;
}

static int look_in_btf(struct type_search *search, const struct btf *btf, const char *where,
                       struct error *error)
{
    const char *ring = search->request->map_name;
    struct candidate ignored;
    struct error mine = {0};
    int r = 0;

    note(search, "the BTF", where);
    if (!search->name && ring) /* what a convention says of another ring is not for this one */
        r = lookup_type(btf, NULL, ring, &mine, &ignored);
    if (r == 0)
        r = schema_from_btf(btf, search->name, &mine, &search->schema);
    if (r < 0 && r != -ENOENT && r != CHOICE_OPEN)
        *error = mine;
    return refused(search, r, &mine);
}

static int look_in_dwarf(struct type_search *search, const void *elf, size_t size,
                         const char *where, struct error *error)
{
    struct error mine = {0};
    int r;

    note(search, "the DWARF", where);
    r = schema_from_dwarf(elf, size, search->name, &mine, &search->schema);
    if (r == -ENOMEM) {
        *error = mine;
        return r;
    }
    return refused(search, r < 0 && r != CHOICE_OPEN ? -ENOENT : r, &mine);
}

static int look_in_layout(struct type_search *search, struct error *error, struct find_place *place)
{
    struct error mine = {0};
    int r = schema_from_ctext(search->request->layout, search->name, &mine, &place->line,
                              &place->column, &search->schema);

    if (r < 0 && r != -ENOENT) {
        *error = mine;
        error_prefix(error, "layout");
        return r;
    }
    note(search, "the C text", "layout");
    if (r < 0)
        *place = (struct find_place){0};
    return refused(search, r, &mine);
}

/* ---- enums that the BTF has wrong ---- */

static int mend_enums(struct type_search *search, const struct btf *btf, const void *elf,
                      size_t size, struct error *error)
{
    _cleanup_(cleanup_schema_free) struct schema *dwarf = NULL;

    if (!enums_are_doubtful(btf) ||
        schema_from_dwarf(elf, size, search->schema->type_name, NULL, &dwarf) < 0)
        return 0;
    if (enums_adopt(search->schema, dwarf) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    return 0;
}

/* ---- the search ---- */

static int look_everywhere(struct type_search *search, struct error *error,
                           struct find_place *place)
{
    const struct find_request *request = search->request;
    const struct types *other = search->other;
    int r = -ENOENT;

    if (request->btf) {
        r = look_in_btf(search, request->btf, "the object", error);
        if (r == 0 && search->own_dwarf)
            r = mend_enums(search, request->btf, request->elf, request->elf_size, error);
    }
    if (r == -ENOENT && other && other->btf) {
        r = look_in_btf(search, other->btf, request->types_from, error);
        if (r == 0 && other->has_dwarf)
            r = mend_enums(search, other->btf, other->elf, other->elf_size, error);
    }
    if (r == -ENOENT && search->own_dwarf &&
        (search->name || !request->btf || lookup_is_empty(request->btf)))
        r = look_in_dwarf(search, request->elf, request->elf_size, "the object", error);
    if (r == -ENOENT && other && other->has_dwarf && search->name)
        r = look_in_dwarf(search, other->elf, other->elf_size, request->types_from, error);
    if (r == -ENOENT && request->layout)
        r = look_in_layout(search, error, place);
    return r;
}

static const char *what_to_do(const struct find_request *request)
{
    if (request->types_from && request->layout)
        return NULL;
    if (request->types_from)
        return "describe it in layout:";
    return request->layout ? "set types_from: to a file with this type"
                           : "set types_from: to a file with this type, or describe it in layout:";
}

/* The first refusal names what there is; the rest is where else it was looked for. */
static int explain(const struct type_search *search, struct error *error)
{
    const struct find_request *request = search->request;
    const char *advice = what_to_do(request);

    if (!*search->looked) {
        error_set(error, -ENOENT, "%s has neither BTF nor DWARF: its types were stripped",
                  request->types_from ? request->types_from : "the object");
    } else {
        *error = search->refusal;
        if (search->refusal_code == CHOICE_OPEN || request->is_all)
            advice = NULL; /* CHOICE_OPEN: the type was found; only its name is missing */
        if (search->n_looked > 1 && search->refusal_code != CHOICE_OPEN)
            error_append(error, " (searched: %s)", search->looked);
    }
    if (advice)
        error_hint(error, "%s", advice);
    return -ENOENT;
}

/* A name given, or one that a convention gives; a layout without a name stands for itself. */
static const char *choose_name(const struct type_search *search)
{
    const struct find_request *request = search->request;
    const char *name = request->type_name;

    if (!name && request->btf && !request->layout)
        name = lookup_convention(request->btf, request->map_name, NULL);
    if (!name && search->other && search->other->btf && !request->layout)
        name = lookup_convention(search->other->btf, request->map_name, NULL);
    return name;
}

static bool has_dwarf(const struct find_request *request)
{
    _cleanup_(cleanup_types_free) struct types *types = NULL;

    return request->elf && types_open_memory(request->elf, request->elf_size, NULL, &types) == 0 &&
           types->has_dwarf;
}

int find_schema(const struct find_request *request, struct error *error,
                struct find_place *ret_place, struct schema **ret_schema)
{
    _cleanup_(cleanup_types_free) struct types *other = NULL;
    struct type_search search = {.request = request};
    struct find_place place = {0};
    struct error unwanted = {0};
    int r = 0;

    error = error ? error : &unwanted;
    if (request->type_name && choice_parse(request->type_name).is_enum != request->is_enum)
        return error_set(error, -ENOENT, "%s is not a struct or union", request->type_name);
    if (request->types_from)
        r = types_open(request->types_from, error, &other);
    if (r < 0) {
        error_prefix(error, "types_from");
        return r;
    }
    search.other = other;
    search.own_dwarf = has_dwarf(request);
    search.name = choose_name(&search);
    r = request->layout && !search.name ? look_in_layout(&search, error, &place)
                                        : look_everywhere(&search, error, &place);
    if (r == -ENOENT)
        r = explain(&search, error);
    if (r < 0) {
        schema_free(search.schema);
        if (ret_place)
            *ret_place = place;
        return r;
    }
    *ret_schema = search.schema;
    return 0;
}
