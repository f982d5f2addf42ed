// SPDX-License-Identifier: Apache-2.0

/* All entries of the file are looked at until the one wanted is found: types that only a local
 * variable has lie inside of its function's entry. A struct or union with that tag wins over a
 * typedef of that name, so a typedef is only remembered until the end. */

#include "schema/dwarf.h"

#include <dwarf.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "schema/choice.h"
#include "schema/ctype_schema.h"
#include "schema/debug_file.h"
#include "schema/die_struct.h"
#include "schema/die_type.h"
#include "schema/dies.h"

static int refuse_disorder(struct error *error)
{
    return error_set(error, -EINVAL, "the DWARF is damaged: it has no readable units");
}

/* ---- candidates ---- */

struct candidate_list {
    void *names; /* a tree of those that were taken */
    int (*take)(void *context, const struct dwarf_candidate *candidate);
    void *context;
    int result; /* of the last take */
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void forget_name(void *name)
{
    (void)name; /* it belongs to the file */
}

/* Whether the entry defines a struct by a name: its tag, or a typedef where it has none. */
static bool read_candidate(Dwarf_Die *die, struct dwarf_candidate *ret_candidate)
{
    bool is_typedef = dwarf_tag(die) == DW_TAG_typedef;
    Dwarf_Die group = *die;
    uint64_t size = 0;

    if (!is_typedef && !die_is_struct(die))
        return false;
    ret_candidate->name = die_name(die);
    if (!ret_candidate->name || !*ret_candidate->name || !printable(ret_candidate->name))
        return false;
    if (is_typedef &&
        (die_follow(die, DW_AT_type, &group) != 0 || !die_is_struct(&group) || die_name(&group)))
        return false;
    if (!die_is_definition(&group) || !die_number(&group, DW_AT_byte_size, &size) || size == 0 ||
        size > CTYPE_SIZE_MAX)
        return false;
    ret_candidate->size = (uint32_t)size;
    ret_candidate->is_union = dwarf_tag(&group) == DW_TAG_union_type;
    ret_candidate->is_typedef = is_typedef;
    ret_candidate->file = NULL;
    return true;
}

static int visit_candidate(Dwarf_Die *die, void *context)
{
    struct candidate_list *listing = context;
    struct dwarf_candidate candidate;

    if (!read_candidate(die, &candidate) || tfind(candidate.name, &listing->names, compare_names))
        return 0;
    if (!tsearch(candidate.name, &listing->names, compare_names))
        return -ENOMEM;
    candidate.file = dwarf_decl_file(die);
    listing->result = listing->take(listing->context, &candidate);
    return listing->result ? 1 : 0;
}

int schema_list_dwarf(const void *elf, size_t size, struct error *error,
                      int (*take)(void *context, const struct dwarf_candidate *candidate),
                      void *context)
{
    struct candidate_list listing = {.take = take, .context = context};
    struct debug_file file;
    int r = debug_file_open(elf, size, error, &file);

    if (r < 0)
        return r;
    r = dies_walk(file.dwarf, visit_candidate, &listing);
    tdestroy(listing.names, forget_name);
    debug_file_close(&file);
    if (r == -ENOMEM)
        return error_set(error, r, "out of memory");
    return r == -EINVAL ? refuse_disorder(error) : listing.result;
}

/* ---- one type ---- */

struct dwarf_search {
    Dwarf *dwarf;
    struct choice_name wanted;
    uint32_t n_typedefs; /* resolved so far */
    bool has_found;
    Dwarf_Die found; /* a struct or an enum, or a typedef of one */
};

/* Whether the entry is an enum or a typedef of one. */
static bool is_enum(Dwarf_Die *die)
{
    Dwarf_Die found = *die;

    for (int i = 0; i < DIES_DEPTH_MAX && dwarf_tag(&found) == DW_TAG_typedef; i++)
        if (die_follow(&found, DW_AT_type, &found) != 0)
            return false;
    return dwarf_tag(&found) == DW_TAG_enumeration_type && die_is_definition(&found);
}

static int visit_enum(Dwarf_Die *die, void *context)
{
    struct dwarf_search *search = context;
    const char *name = die_name(die);

    if (!name || strcmp(name, search->wanted.bare) != 0 || !is_enum(die))
        return 0;
    search->found = *die;
    search->has_found = true;
    return 1;
}

static int visit_wanted(Dwarf_Die *die, void *context)
{
    struct dwarf_search *search = context;
    bool is_typedef = dwarf_tag(die) == DW_TAG_typedef;
    Dwarf_Die group;
    const char *name;

    if (!is_typedef && !die_is_struct(die))
        return 0;
    name = die_name(die);
    if (!name || strcmp(name, search->wanted.bare) != 0)
        return 0;
    if (is_typedef) {
        if (!search->has_found && !search->wanted.has_keyword &&
            search->n_typedefs++ < DIE_STRUCT_DEFINITIONS_MAX &&
            die_find_struct(search->dwarf, die, &group) == 0) {
            search->found = group;
            search->has_found = true;
        }
        return 0;
    }
    if (!die_is_definition(die) ||
        !choice_allows(&search->wanted, dwarf_tag(die) == DW_TAG_union_type))
        return 0;
    search->found = *die;
    search->has_found = true;
    return 1;
}

static int visit_offer(Dwarf_Die *die, void *context)
{
    struct dwarf_candidate candidate;

    if (read_candidate(die, &candidate))
        choice_offer(context, candidate.name);
    return 0;
}

static int visit_offer_enum(Dwarf_Die *die, void *context)
{
    const char *name = dwarf_tag(die) == DW_TAG_enumeration_type ? die_name(die) : NULL;

    if (name && *name && printable(name) && die_is_definition(die))
        choice_offer(context, name);
    return 0;
}

static int refuse_name(Dwarf *dwarf, const char *type_name, struct error *error)
{
    bool enums = type_name && choice_parse(type_name).is_enum;
    struct choice choice;

    choice_init(&choice, type_name);
    if (dies_walk(dwarf, enums ? visit_offer_enum : visit_offer, &choice) < 0 &&
        choice.n_listed == 0)
        return refuse_disorder(error);
    return choice_refuse(&choice, "the DWARF", error);
}

static int read_schema(Dwarf *dwarf, const char *type_name, struct error *error,
                       struct schema **ret)
{
    _cleanup_(cleanup_ctypes_free) struct ctypes *types = NULL;
    struct dwarf_search search = {.dwarf = dwarf};
    const struct ctype *type;
    int r;

    if (!type_name)
        return refuse_name(dwarf, NULL, error);
    search.wanted = choice_parse(type_name);
    dies_walk(dwarf, search.wanted.is_enum ? visit_enum : visit_wanted, &search);
    if (!search.has_found)
        return refuse_name(dwarf, type_name, error);
    types = ctypes_new();
    if (!types)
        return error_set(error, -ENOMEM, "out of memory");
    r = die_type_read(dwarf, &search.found, types, error, &type);
    return r < 0 ? r : schema_from_ctype(type, type_name, "DWARF", error, ret);
}

int schema_from_dwarf(const void *elf, size_t size, const char *type_name, struct error *error,
                      struct schema **ret)
{
    struct debug_file file;
    int r = debug_file_open(elf, size, error, &file);

    if (r < 0)
        return r;
    r = read_schema(file.dwarf, type_name, error, ret);
    debug_file_close(&file);
    return r;
}
