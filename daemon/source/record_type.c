// SPDX-License-Identifier: Apache-2.0
#include "source/record_type.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/schema.h"
#include "schema/btf_lookup.h"
#include "schema/choice.h"
#include "schema/map_lookup.h"
#include "source/own_types.h"
#include "source/record_variables.h"

enum {
    NAMES_MAX = ERROR_TEXT_MAX / 2, /* bytes of a list of types */
    LENGTHS_MAX = 128,              /* bytes of a list of lengths; a longer one is cut */
};

struct names {
    char text[NAMES_MAX]; /* "event, flow" */
    uint32_t count;
};

struct type_listing {
    const struct record_lengths *lengths;
    struct names fitting; /* of one of the lengths */
    struct names own;
    struct record_type first;                              /* the first fitting one */
    const struct record_type *variables[RECORD_CALLS_MAX]; /* of different types */
    uint32_t n_variables;
    bool no_memory;
};

static void add_name(struct names *names, const char *name)
{
    size_t used = strlen(names->text);

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
    if (!is_a_length(listing->lengths, type->size))
        return;
    add_name(&listing->fitting, type->name);
    if (listing->first.name)
        return;
    listing->first = (struct record_type){strdup(type->name), type->size, type->is_union, {0}, {0}};
    listing->no_memory = !listing->first.name;
}

/* For one of several rings the types of BTF are not enough. */
static int list_types(struct type_listing *listing, const struct btf *btf, const void *elf,
                      size_t size)
{
    int result = own_types_list(btf, elf, size, add_type, listing);

    if (result == OWN_TYPES_OF_BTF && btf && lookup_count_rings(btf) > 1)
        listing->own.count = listing->fitting.count = 0;
    return listing->no_memory ? -ENOMEM : result;
}

/* ---- the answer ------------------------------------------------------------------------------ */

void record_type_lengths(const struct btf *btf, const void *elf, size_t size, const char *ring,
                         struct record_lengths *ret)
{
    record_lengths_read(elf, size, ring, btf && lookup_count_rings(btf) <= 1, ret);
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

static int ask(const struct type_listing *listing, struct error *error)
{
    const struct names *names = listing->fitting.count ? &listing->fitting : &listing->own;
    char where[LENGTHS_MAX + 64] = "the object", lengths[LENGTHS_MAX];

    list_lengths(listing->lengths, lengths);
    if (listing->lengths->count > 0 && !listing->lengths->varies)
        snprintf(where, sizeof(where), "the object%s of %s bytes",
                 listing->fitting.count ? ", for records" : ", but none for its records", lengths);
    return choice_ask(where, names->text, names->count == 1, error);
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
    if (ret->name ||
        (listing->fitting.count == 0 && (listing->own.count == 0 || (btf && lookup_has_kept(btf)))))
        return 0;
    return ask(listing, error);
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

void record_type_explain(const struct record_type *type, char text[RECORD_TYPE_WHY_MAX])
{
    if (*type->variable)
        snprintf(text, RECORD_TYPE_WHY_MAX, "the type of the variable %s in %s()", type->variable,
                 type->function);
    else if (*type->function)
        snprintf(text, RECORD_TYPE_WHY_MAX, "the type of a parameter of %s()", type->function);
    else
        snprintf(text, RECORD_TYPE_WHY_MAX, "the only type of %u bytes", type->length);
}

/* ---- lengths and types ----------------------------------------------------------------------- */

bool record_type_fits(const struct schema *schema, uint32_t length)
{
    const struct field *last = schema->n_fields ? &schema->fields[schema->n_fields - 1] : NULL;
    bool is_bytes;

    if (length >= schema->size)
        return length == schema->size || schema_is_open_ended(schema);
    while (last && last->kind == FIELD_STRUCT && last->n_members)
        last = &last->members[last->n_members - 1];
    if (!last)
        return false;
    is_bytes = last->kind == FIELD_CHARS || (last->kind == FIELD_ARRAY && last->stride == 1);
    return length >= last->offset + (is_bytes ? 0 : last->size);
}
