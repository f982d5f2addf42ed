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
#include "schema/dwarf.h"

enum { NAMES_MAX = ERROR_TEXT_MAX / 2 }; /* bytes of a list of types */

struct names {
    char text[NAMES_MAX]; /* "event, flow" */
    uint32_t count;
};

struct type_listing {
    uint32_t length; /* 0: any */
    struct btf *kernel;
    bool kernel_tried;
    struct names fitting; /* of that length */
    struct names own;
    char *first; /* the first fitting one */
    bool first_is_union;
    bool no_memory;
};

/* ---- the author's types ---------------------------------------------------------------------- */

static bool is_kernel_name(struct type_listing *listing, const char *name)
{
    const char *flavor = strstr(name, "___");
    char bare[256];

    if (!listing->kernel_tried)
        listing->kernel = btf__load_vmlinux_btf();
    listing->kernel_tried = true;
    snprintf(bare, sizeof(bare), "%.*s", flavor ? (int)(flavor - name) : (int)strlen(name), name);
    return listing->kernel && (btf__find_by_name_kind(listing->kernel, bare, BTF_KIND_STRUCT) > 0 ||
                               btf__find_by_name_kind(listing->kernel, bare, BTF_KIND_UNION) > 0 ||
                               btf__find_by_name_kind(listing->kernel, bare, BTF_KIND_TYPEDEF) > 0);
}

/* A header of the system, or the kernel's types in one file. */
static bool is_foreign_file(const char *path)
{
    const char *base = strrchr(path, '/');
    size_t length = strlen(path);
    const char *folder;

    base = base ? base + 1 : path;
    if (length < 2 || strcmp(path + length - 2, ".h") != 0)
        return false;
    if (strncmp(base, "vmlinux", strlen("vmlinux")) == 0 || strstr(path, "/usr/include/"))
        return true;
    for (folder = base > path ? base - 1 : path; folder > path && folder[-1] != '/';)
        folder--;
    return strncmp(folder, "linux/", 6) == 0 || strncmp(folder, "asm", 3) == 0;
}

static void add_name(struct names *names, const char *name)
{
    size_t used = strlen(names->text);

    if (names->count++ < CHOICE_LISTED_MAX)
        snprintf(names->text + used, sizeof(names->text) - used, "%s%s", used ? ", " : "", name);
    else if (names->count == CHOICE_LISTED_MAX + 1)
        snprintf(names->text + used, sizeof(names->text) - used, ", ...");
}

static void add_type(struct type_listing *listing, const char *name, uint32_t size, bool is_union,
                     const char *file)
{
    if (file ? is_foreign_file(file) : is_kernel_name(listing, name))
        return;
    add_name(&listing->own, name);
    if (size != listing->length)
        return;
    add_name(&listing->fitting, name);
    if (listing->first)
        return;
    listing->first = strdup(name);
    listing->first_is_union = is_union;
    listing->no_memory = !listing->first;
}

static int take(void *context, const struct dwarf_candidate *candidate)
{
    add_type(context, candidate->name, candidate->size, candidate->is_union, candidate->file);
    return 0;
}

/* BTF has no types that only local variables have, so for one of several rings it is not enough. */
static int list_types(struct type_listing *listing, const struct btf *btf, const void *elf,
                      size_t size)
{
    _cleanup_(cleanup_free) struct candidate *list = NULL;
    uint32_t count = 0;
    int result = schema_list_dwarf(elf, size, NULL, take, listing);

    if (result != -ENOENT)
        return listing->no_memory ? -ENOMEM : 0;
    result = btf && lookup_count_rings(btf) <= 1 ? lookup_candidates(btf, &list, &count) : 0;
    for (uint32_t i = 0; i < count; i++)
        add_type(listing, list[i].name, list[i].type->size, btf_is_union(list[i].type), NULL);
    return listing->no_memory ? -ENOMEM : result;
}

/* ---- the answer ------------------------------------------------------------------------------ */

void record_type_lengths(const struct btf *btf, const void *elf, size_t size, const char *ring,
                         struct record_lengths *ret)
{
    record_lengths_read(elf, size, ring, btf && lookup_count_rings(btf) <= 1, ret);
}

/* Types that a variable keeps are offered before others, and find_schema() does that. */
static bool has_kept(const struct btf *btf)
{
    _cleanup_(cleanup_free) struct candidate *list = NULL;
    uint32_t count = 0;

    return btf && lookup_candidates(btf, &list, &count) == 0 && count > 0 && list[0].kept;
}

static int ask(const struct type_listing *listing, struct error *error)
{
    const struct names *names = listing->fitting.count ? &listing->fitting : &listing->own;
    char where[128] = "the object";

    if (listing->length)
        snprintf(where, sizeof(where), "the object%s of %u bytes",
                 listing->fitting.count ? ", for records" : ", but none for its records",
                 listing->length);
    return choice_ask(where, names->text, names->count == 1, error);
}

int record_type_find(const struct btf *btf, const void *elf, size_t size, const char *ring,
                     struct error *error, struct record_type *ret)
{
    struct type_listing listing = {0};
    struct record_lengths lengths;
    int result;

    *ret = (struct record_type){0};
    record_type_lengths(btf, elf, size, ring, &lengths);
    if (lengths.count == 1 && !lengths.varies)
        listing.length = lengths.list[0];
    result = list_types(&listing, btf, elf, size);
    btf__free(listing.kernel);
    if (result < 0)
        error_set(error, result, "out of memory");
    else if (listing.length && listing.fitting.count == 1)
        *ret =
            (struct record_type){TAKE_PTR(listing.first), listing.length, listing.first_is_union};
    else if (listing.fitting.count > 0 || (listing.own.count > 0 && !has_kept(btf)))
        result = ask(&listing, error);
    free(listing.first);
    return result;
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
