// SPDX-License-Identifier: Apache-2.0

/* Makes one list of the types that BTF and DWARF have. */

#include "cli/schema_list.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "schema/btf_lookup.h"
#include "schema/choice.h"
#include "schema/dwarf.h"
#include "schema/map_lookup.h"
#include "schema/types.h"
#include "source/record_type.h"

/* Takes over the texts of type, also when it fails. */
static int add(struct schema_list *list, struct schema_list_type type)
{
    if (list->count == list->room) {
        uint32_t room = list->room ? 2 * list->room : 64;
        struct schema_list_type *types = reallocarray(list->types, room, sizeof(*types));

        if (types) {
            list->types = types;
            list->room = room;
        }
    }
    if (list->count == list->room || !type.name) {
        free(type.name);
        free(type.map);
        return -ENOMEM;
    }
    list->types[list->count++] = type;
    return 0;
}

/* Whether the length of records led to it, which is said of it already. */
static bool is_guessed(const struct schema_list *list, const char *name)
{
    for (uint32_t i = 0; i < list->count && list->types[i].by_length; i++)
        if (strcmp(list->types[i].name, name) == 0)
            return true;
    return false;
}

static int add_btf(struct schema_list *list, const struct btf *btf)
{
    _cleanup_(cleanup_free) struct candidate *candidates = NULL;
    uint32_t count = 0;
    int r = lookup_candidates(btf, &candidates, &count);

    for (uint32_t i = 0; i < count && r == 0; i++) {
        const struct candidate *from = &candidates[i];
        size_t length = (size_t)from->map_length;

        if (!from->kept && is_guessed(list, from->name))
            continue;
        r = add(list, (struct schema_list_type){
                          .name = strdup(from->name),
                          .map = length ? strndup(from->map, length) : NULL,
                          .size = from->type->size,
                          .is_union = btf_is_union(from->type),
                          .kept = from->kept,
                      });
    }
    return r;
}

/* The types that only the lengths of records lead to. */
static int add_guessed(struct schema_list *list, const struct btf *btf, const struct types *types)
{
    const char *ring;
    int r = 0;

    for (uint32_t i = 0; r == 0 && (ring = lookup_ring(btf, i)); i++) {
        struct record_type found;

        if (lookup_convention(btf, ring, NULL))
            continue;
        r = record_type_find(btf, types->elf, types->elf_size, ring, NULL, &found);
        if (r == -ENOENT || r == CHOICE_OPEN)
            r = 0;
        if (found.name)
            r = add(list, (struct schema_list_type){
                              .name = found.name,
                              .map = strdup(ring),
                              .size = found.length,
                              .is_union = found.is_union,
                              .in_dwarf = btf__find_by_name(btf, found.name) < 0,
                              .by_length = true,
                          });
    }
    return r;
}

/* The data of the callback that gets each type of the DWARF. */
struct taker {
    struct schema_list *list;
    const struct btf *btf;
};

static int take(void *context, const struct dwarf_candidate *candidate)
{
    const struct taker *taker = context;

    if (is_guessed(taker->list, candidate->name) ||
        (taker->btf && btf__find_by_name(taker->btf, candidate->name) >= 0))
        return 0;
    return add(taker->list, (struct schema_list_type){
                                .name = strdup(candidate->name),
                                .size = candidate->size,
                                .is_union = candidate->is_union,
                                .in_dwarf = true,
                            });
}

/* A file with BTF that is not a BPF object is a kernel, whose BTF is complete. */
static bool wants_dwarf(const struct btf *btf, const struct types *types)
{
    return types && types->has_dwarf && (!btf || types->is_bpf);
}

int schema_list_init(struct schema_list *list, const struct btf *btf, const struct types *types,
                     struct error *error)
{
    struct taker taker = {list, btf};
    int r;

    *list = (struct schema_list){0};
    r = btf && types && types->is_bpf && types->elf ? add_guessed(list, btf, types) : 0;
    if (r == 0 && btf)
        r = add_btf(list, btf);
    if (r < 0)
        return error_set(error, r, "out of memory");
    if (wants_dwarf(btf, types))
        r = schema_list_dwarf(types->elf, types->elf_size, error, take, &taker);
    if (r < 0 && btf)
        r = 0; /* damaged DWARF is ignored where there is BTF */
    return r;
}

void schema_list_deinit(struct schema_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        free(list->types[i].name);
        free(list->types[i].map);
    }
    free(list->types);
}
