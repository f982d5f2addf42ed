// SPDX-License-Identifier: Apache-2.0
#include "source/record_type.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/suggestion.h"
#include "record/schema.h"
#include "schema/btf_lookup.h"
#include "schema/choice.h"
#include "schema/find.h"
#include "schema/map_lookup.h"
#include "source/own_types.h"
#include "source/record_variables.h"

#define OTHER_PLACES "set types_from: to a file with the type, or describe it in layout:"

enum {
    NAMES_MAX = ERROR_TEXT_MAX / 2, /* bytes of a list of types */
    NAME_BYTES = 128,
    LENGTHS_MAX = 128, /* bytes of a list of lengths; a longer one is cut */
};

struct names {
    char text[NAMES_MAX]; /* "event, flow" */
    char first[NAME_BYTES];
    uint32_t count;
};

struct type_listing {
    const struct record_lengths *lengths;
    bool only_kept;       /* types that no convention names do not fit */
    uint32_t n_kept;      /* types that a convention names */
    struct names fitting; /* of one of the lengths */
    struct names cut;     /* where there are none: those within which the records can end */
    struct names own;
    struct record_type first;                              /* the first fitting one */
    const struct record_type *variables[RECORD_CALLS_MAX]; /* of different types */
    uint32_t n_variables;
    bool no_memory;
};

static void add_name(struct names *names, const char *name)
{
    size_t used = strlen(names->text);

    if (names->count == 0)
        snprintf(names->first, sizeof(names->first), "%s", name);
    if (names->count++ < CHOICE_LISTED_MAX)
        snprintf(names->text + used, sizeof(names->text) - used, "%s%s", used ? ", " : "", name);
    else if (names->count == CHOICE_LISTED_MAX + 1)
        snprintf(names->text + used, sizeof(names->text) - used, ", ...");
}

static bool is_a_length(const struct record_lengths *lengths, uint32_t size)
{
    for (uint32_t i = 0; i < lengths->count; i++)
        if (lengths->list[i] == size)
            return true;
    return false;
}

static void add_type(void *context, const struct own_type *type)
{
    struct type_listing *listing = context;

    add_name(&listing->own, type->name);
    listing->n_kept += type->is_kept;
    if (!is_a_length(listing->lengths, type->size) || (listing->only_kept && !type->is_kept))
        return;
    add_name(&listing->fitting, type->name);
    if (listing->first.name)
        return;
    listing->first = (struct record_type){strdup(type->name), type->size, type->is_union, ""};
    snprintf(listing->first.why, sizeof(listing->first.why), "the only type of %u bytes",
             type->size);
    listing->no_memory = !listing->first.name;
}

static void forget_types(struct type_listing *listing)
{
    free(listing->first.name);
    *listing = (struct type_listing){.lengths = listing->lengths, .only_kept = true};
}

/* Without DWARF one of several rings may have a type that BTF lacks; what a convention names is not
 * all that there is, but likely all that records are of if each ring can have one of its own. */
static int list_types(struct type_listing *listing, const struct btf *btf, const void *elf,
                      size_t size)
{
    int result = own_types_list(btf, elf, size, add_type, listing);

    if (result != OWN_TYPES_OF_BTF || !btf || lookup_count_rings(btf) <= 1)
        return listing->no_memory ? -ENOMEM : result;
    forget_types(listing);
    result = own_types_list(btf, elf, size, add_type, listing);
    if (listing->n_kept < lookup_count_rings(btf))
        listing->fitting.count = 0;
    return listing->no_memory ? -ENOMEM : result;
}

/* ---- the answer ------------------------------------------------------------------------------ */

void record_type_lengths(const struct btf *btf, const void *elf, size_t size, const char *ring,
                         struct record_lengths *ret)
{
    record_lengths_read(elf, size, ring, btf && lookup_is_perf_array(btf, ring),
                        btf && lookup_count_rings(btf) <= 1, ret);
}

/* "24", "24 or 32" */
static void list_lengths(const struct record_lengths *lengths, char text[LENGTHS_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < lengths->count && used < LENGTHS_MAX; i++)
        used += (size_t)snprintf(text + used, LENGTHS_MAX - used, "%s%u",
                                 i == 0                   ? ""
                                 : i + 1 < lengths->count ? ", "
                                                          : " or ",
                                 lengths->list[i]);
}

/* With one type for records of several lengths, some would be shown wrong. */
static void advise_selection(const struct names *names, struct error *error)
{
    char types[ERROR_HINT_MAX / 2] = "", text[NAMES_MAX], *rest = text, *name;
    size_t used = 0;
    int value = 1;

    snprintf(text, sizeof(text), "%s", names->text);
    while ((name = strsep(&rest, ",")) && used < sizeof(types)) {
        name += strspn(name, " ");
        if (*name != '.')
            used += (size_t)snprintf(types + used, sizeof(types) - used, "%s%d: %s",
                                     used ? ", " : "", value++, name);
    }
    if (used < sizeof(types))
        error_hint_example(error, "select", "FIELD, types: {%s}", types);
}

/* Whether one type for all records would show some of them wrong: they are of several lengths, or
 * filled through variables of several types. */
static bool is_of_several(const struct type_listing *listing)
{
    return listing->n_variables > 1 ||
           (listing->lengths->count > 1 && !listing->lengths->varies && listing->fitting.count > 1);
}

static int ask(const struct type_listing *listing, struct error *error)
{
    const struct names *names = listing->fitting.count ? &listing->fitting
                                : listing->cut.count   ? &listing->cut
                                                       : &listing->own;
    char where[LENGTHS_MAX + 64] = "the object", lengths[LENGTHS_MAX];
    bool is_constant = listing->lengths->count > 0 && !listing->lengths->varies;

    list_lengths(listing->lengths, lengths);
    if (is_constant && names == &listing->cut)
        snprintf(where, sizeof(where), "the object, for records that end within it, after %s bytes",
                 lengths);
    else if (is_constant)
        snprintf(where, sizeof(where), "the object%s of %s bytes",
                 listing->fitting.count ? ", for records" : ", but none for its records", lengths);
    if (names == &listing->own && (is_constant || listing->only_kept)) {
        error_set(error, CHOICE_OPEN, "which type do the records have? found in %s: %s",
                  listing->only_kept ? "BTF, which may lack it" : where, names->text);
        error_hint(error, "%s", OTHER_PLACES);
        return CHOICE_OPEN;
    }
    choice_ask(where, names->text, names->first, names->count == 1, error);
    if (is_of_several(listing))
        advise_selection(names, error);
    return CHOICE_OPEN;
}

static int refuse_typeless(const struct record_lengths *lengths, struct error *error)
{
    char text[LENGTHS_MAX];

    list_lengths(lengths, text);
    if (lengths->count > 0 && !lengths->varies)
        error_set(error, -ENOENT, "the object has no type for its records of %s bytes", text);
    else
        error_set(error, -ENOENT, "the object has no type for its records");
    error_hint(error, "%s", OTHER_PLACES);
    return -ENOENT;
}

/* Each type of the variables once. */
static void take_variable(void *context, const struct record_type *type)
{
    struct type_listing *listing = context;

    for (uint32_t i = 0; i < listing->n_variables; i++)
        if (strcmp(listing->variables[i]->name, type->name) == 0)
            return;
    if (listing->n_variables < RECORD_CALLS_MAX)
        listing->variables[listing->n_variables++] = type;
}

/* Of several types that are long enough, those that the variables have. */
static int narrow(struct type_listing *listing, struct record_variables *variables,
                  struct record_type *ret)
{
    record_variables_each(variables, take_variable, listing);
    if (listing->n_variables == 1 && listing->lengths->count == 1) {
        *ret = *listing->variables[0];
        ret->name = strdup(ret->name);
        return ret->name ? 0 : -ENOMEM;
    }
    for (uint32_t i = 0; i < listing->n_variables; i++) {
        if (i == 0)
            listing->fitting = (struct names){0};
        add_name(&listing->fitting, listing->variables[i]->name);
    }
    return 0;
}

static int narrow_by_variables(struct type_listing *listing, const void *elf, size_t size,
                               struct record_type *ret)
{
    struct record_variables *variables = NULL;
    int result = record_variables_read(listing->lengths, elf, size, &variables);

    if (result == 0)
        result = narrow(listing, variables, ret);
    record_variables_free(variables);
    return result;
}

/* ---- records that end within their type ------------------------------------------------------ */

struct cut_search {
    struct find_request request;
    struct type_listing *listing;
};

static void add_cut_type(void *context, const struct own_type *type)
{
    struct cut_search *search = context;
    const struct record_lengths *lengths = search->listing->lengths;
    struct schema *schema = NULL;
    struct find_place place;
    struct error error;
    uint32_t n_fitting = 0;

    search->request.type_name = type->name;
    if (find_schema(&search->request, &error, &place, &schema) < 0)
        return;
    while (n_fitting < lengths->count && record_type_fits(schema, lengths->list[n_fitting]))
        n_fitting++;
    if (n_fitting == lengths->count)
        add_name(&search->listing->cut, type->name);
    schema_free(schema);
}

/* Programs may give only the used part of a text at the end to bpf_ringbuf_output(). */
static int list_cut_types(struct type_listing *listing, const struct btf *btf, const void *elf,
                          size_t size)
{
    struct cut_search search = {.request = {.btf = btf, .elf = elf, .elf_size = size},
                                .listing = listing};
    const struct record_lengths *lengths = listing->lengths;

    if (listing->fitting.count > 0 || listing->only_kept || lengths->count == 0 || lengths->varies)
        return 0;
    return own_types_list(btf, elf, size, add_cut_type, &search);
}

/* ---- the decision ---------------------------------------------------------------------------- */

/* The listing keeps the name of its first type, unless that is the answer. */
static int decide(struct type_listing *listing, const struct btf *btf, const void *elf, size_t size,
                  struct error *error, struct record_type *ret)
{
    const struct record_lengths *lengths = listing->lengths;

    if (lengths->count == 1 && !lengths->varies && listing->fitting.count == 1) {
        *ret = listing->first;
        listing->first.name = NULL;
        return 0;
    }
    if (!lengths->varies && listing->fitting.count > 1 &&
        narrow_by_variables(listing, elf, size, ret) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    if (ret->name || (listing->fitting.count == 0 && btf && lookup_has_kept(btf)))
        return 0;
    if (list_cut_types(listing, btf, elf, size) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    return listing->own.count == 0 ? refuse_typeless(lengths, error) : ask(listing, error);
}

int record_type_find(const struct btf *btf, const void *elf, size_t size, const char *ring,
                     struct error *error, struct record_type *ret)
{
    struct record_lengths lengths;
    struct type_listing listing = {.lengths = &lengths};
    int result;

    *ret = (struct record_type){0};
    record_type_lengths(btf, elf, size, ring, &lengths);
    result = list_types(&listing, btf, elf, size);
    result = result < 0 ? error_set(error, result, "out of memory")
                        : decide(&listing, btf, elf, size, error, ret);
    free(listing.first.name);
    return result;
}

/* A variable does not say that all records of its ring are of that type; of a union they are. */
static bool may_be_one_of_several(const struct btf *btf, const char *ring)
{
    enum lookup_convention convention;
    struct candidate candidate;

    return btf && lookup_convention(btf, ring, &convention) && convention == LOOKUP_BY_VARIABLE &&
           lookup_type(btf, NULL, ring, NULL, &candidate) == 0 && !btf_is_union(candidate.type);
}

int record_type_contradict(const struct btf *btf, const void *elf, size_t size, const char *ring,
                           struct error *error)
{
    struct record_variables *variables = NULL;
    struct record_lengths lengths;
    struct type_listing listing = {.lengths = &lengths};
    int result;

    if (!may_be_one_of_several(btf, ring))
        return 0;
    record_type_lengths(btf, elf, size, ring, &lengths);
    if (lengths.varies)
        return 0;
    result = record_variables_read(&lengths, elf, size, &variables);
    if (result < 0)
        return error_set(error, result, "out of memory");
    record_variables_each(variables, take_variable, &listing);
    for (uint32_t i = 0; i < listing.n_variables; i++)
        add_name(&listing.fitting, listing.variables[i]->name);
    result = listing.n_variables > 1 ? ask(&listing, error) : 0;
    record_variables_free(variables);
    return result;
}

static void explain_convention(enum lookup_convention convention, struct record_type *type)
{
    static const char *const words[] = {
        [LOOKUP_BY_RING] = "named by the definition of the ring",
        [LOOKUP_BY_TRACER] = "named by GADGET_TRACER",
        [LOOKUP_BY_VARIABLE] = "named by an unused variable",
    };

    snprintf(type->why, sizeof(type->why), "%s", words[convention]);
}

int record_type_of_ring(const struct btf *btf, const void *elf, size_t size, const char *ring,
                        struct error *error, struct record_type *ret)
{
    enum lookup_convention convention;
    const char *name = btf ? lookup_convention(btf, ring, &convention) : NULL;
    int result;

    *ret = (struct record_type){0};
    if (!name)
        return record_type_find(btf, elf, size, ring, error, ret);
    result = elf ? record_type_contradict(btf, elf, size, ring, error) : 0;
    if (result < 0)
        return result;
    ret->name = strdup(name);
    if (!ret->name)
        return error_set(error, -ENOMEM, "out of memory");
    explain_convention(convention, ret);
    return 0;
}

/* ---- wrong names ----------------------------------------------------------------------------- */

struct name_search {
    struct names names;
    struct suggestion suggestion;
};

static void offer_type(void *context, const struct own_type *type)
{
    struct name_search *search = context;

    add_name(&search->names, type->name);
    suggestion_offer(&search->suggestion, type->name);
}

int record_type_refuse(const struct btf *btf, const void *elf, size_t size, const char *name,
                       struct error *error)
{
    struct choice_name wanted = choice_parse(name);
    struct name_search search = {0};
    int result;

    suggestion_init(&search.suggestion, wanted.bare);
    result = own_types_list(btf, elf, size, offer_type, &search);
    if (result < 0 || search.names.count == 0)
        return 0;
    error_set(error, -ENOENT, "the object has no %s \"%s\"; its types are %s",
              !wanted.has_keyword ? "type"
              : wanted.is_union   ? "union"
                                  : "struct",
              wanted.bare, search.names.text);
    if (*search.suggestion.best)
        error_hint_setting(error, "type", "%s", search.suggestion.best);
    else
        error_hint(error, "set types_from: to a file with this type, or describe it in layout:");
    return -ENOENT;
}

/* ---- lengths and types ----------------------------------------------------------------------- */

bool record_type_fits(const struct schema *schema, uint32_t length)
{
    if (length >= schema->size)
        return length == schema->size || schema_is_open_ended(schema);
    return schema->n_fields > 0 && length >= schema_least_length(schema);
}
