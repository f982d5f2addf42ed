// SPDX-License-Identifier: Apache-2.0

/* The verifier treats `const volatile` globals as constants, so code that one disables costs
 * nothing; of other globals this is the first value, which programs may change.
 * BTF gives the place and type of each one in its section; libbpf holds the bytes of the section
 * until the object is loaded. */

#include "source/constants.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/suggestion.h"
#include "schema/btf_lookup.h"
#include "source/btf_value.h"

/* ---- finding them ---------------------------------------------------------------------------- */

typedef bool (*variable_fn)(void *data, const char *section, const struct btf_var_secinfo *place,
                            const struct btf_type *variable);

/* Calls `call` for each global variable until one call returns true. */
static void each_variable(const struct btf *btf, variable_fn call, void *data)
{
    for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *section = btf__type_by_id(btf, id);

        if (!btf_is_datasec(section))
            continue;
        for (uint32_t i = 0; i < btf_vlen(section); i++) {
            const struct btf_var_secinfo *place = btf_var_secinfos(section) + i;
            const struct btf_type *variable = btf__type_by_id(btf, place->type);

            if (variable && btf_is_var(variable) &&
                call(data, lookup_name(btf, section), place, variable))
                return;
        }
    }
}

struct constant_search {
    const struct btf *btf;
    const char *name;
    size_t length;
    const char *section; /* where it was found; NULL: nowhere */
    const struct btf_var_secinfo *place;
    struct suggestion suggestion;
};

/* Accepts .rodata, .data, .bss, and with more after a dot, as .rodata.NAME. Sections such as
 * .rodata.str1.1 contain nothing that has a name. */
static bool can_be_set(const char *section)
{
    static const char *const sections[] = {".rodata", ".data", ".bss"};

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        size_t length = strlen(sections[i]);

        if (strncmp(section, sections[i], length) == 0 && strchr(".", section[length]))
            return true;
    }
    return false;
}

static bool match(void *data, const char *section, const struct btf_var_secinfo *place,
                  const struct btf_type *variable)
{
    struct constant_search *search = data;
    const struct btf_type *type = lookup_bare(search->btf, variable->type);
    const char *name = lookup_name(search->btf, variable);

    if (can_be_set(section) && type && !btf_is_ptr(type))
        suggestion_offer(&search->suggestion, name);
    if (strlen(name) != search->length || strncmp(name, search->name, search->length) != 0)
        return false;
    search->section = section;
    search->place = place;
    return true;
}

static int refuse_name(struct constant_search *search, const struct config_node *entry,
                       struct diag *diag)
{
    if (!search->section)
        diag_add_key(diag, entry, "the object has no such global variable; %s",
                     suggestion_words(&search->suggestion));
    else
        diag_add_key(diag, entry,
                     "globals of section %s cannot be set; those of .rodata, .data and .bss can",
                     search->section);
    return -EINVAL;
}

static int refuse_place(const struct config_node *entry, struct diag *diag)
{
    diag_add(diag, entry, "it is outside its section, so it cannot be set");
    return -EINVAL;
}

/* Where the value of the variable is until the object is loaded; false: outside its section. */
static bool find_place(struct bpf_object *object, const struct constant_search *search,
                       struct btf_place *ret)
{
    const struct bpf_map *map = bpf_object__find_map_by_name(object, search->section);
    size_t size = 0;
    /* libbpf returns these bytes as const and only lets the whole section be replaced, so they are
     * written in place */
    char *bytes =
        map ? (char *)(uintptr_t)bpf_map__initial_value((struct bpf_map *)(uintptr_t)map, &size)
            : NULL;

    if (!bytes || search->place->offset > size ||
        search->place->size > size - search->place->offset)
        return false;
    ret->btf = search->btf;
    ret->type = lookup_bare(search->btf, btf__type_by_id(search->btf, search->place->type)->type);
    ret->bytes = bytes + search->place->offset;
    ret->size = search->place->size;
    return true;
}

/* The key is the name of a variable, and maybe the path of a member: "limits.low". */
static int set_constant(struct bpf_object *object, const struct config_node *entry,
                        struct diag *diag)
{
    const struct btf *btf = bpf_object__btf(object);
    struct constant_search search = {
        .btf = btf, .name = entry->key, .length = strcspn(entry->key, ".")};
    const char *path = entry->key + search.length + (entry->key[search.length] == '.');
    struct btf_place place;

    suggestion_init(&search.suggestion, entry->key);
    if (btf)
        each_variable(btf, match, &search);
    if (!search.section || !can_be_set(search.section))
        return refuse_name(&search, entry, diag);
    if (!find_place(object, &search, &place))
        return refuse_place(entry, diag);
    return btf_value_find(&place, path, entry, diag) < 0 ? -EINVAL
                                                         : btf_value_set(&place, entry, diag);
}

int constants_set(struct bpf_object *object, const struct config_node *constants, struct diag *diag)
{
    int result = 0;

    if (!constants)
        return 0;
    if (constants->kind != CONFIG_MAP) {
        diag_add(diag, constants,
                 "expected NAME: VALUE pairs, as in constants: {min_bytes: 100}; found %s",
                 config_node_kind_name(constants));
        return -EINVAL;
    }
    for (const struct config_node *entry = constants->first; entry; entry = entry->next)
        if (set_constant(object, entry, diag) < 0)
            result = -EINVAL;
    return result;
}

/* Whether an integer of that size, signed or not, can have the value. */
static bool has_room(size_t size, uint64_t value)
{
    if (size >= sizeof(value))
        return size == sizeof(value);
    return value >> (size * 8) == 0 || (int64_t)value >> (size * 8 - 1) == -1;
}

int constants_set_number(struct bpf_object *object, const char *name, uint64_t value,
                         struct error *error)
{
    const struct btf *btf = bpf_object__btf(object);
    struct constant_search search = {.btf = btf, .name = name, .length = strlen(name)};
    struct btf_place place;

    suggestion_init(&search.suggestion, name);
    if (btf)
        each_variable(btf, match, &search);
    if (!search.section || !can_be_set(search.section) || !find_place(object, &search, &place))
        return error_set(error, -EINVAL, "the program has no global variable %s", name);
    if (!has_room(place.size, value))
        return error_set(error, -EINVAL, "the global variable %s has no room for %" PRIu64, name,
                         value);
    /* the low bytes come first on the machines that ringmill runs on */
    memcpy(place.bytes, &value, place.size);
    return 0;
}

/* ---- listing --------------------------------------------------------------------------------- */

struct constant_listing {
    const struct bpf_object *object;
    const struct btf *btf;
    void (*take)(void *context, const struct global_variable *constant);
    void *context;
};

/* Whether set_value() would take some value. */
static bool is_settable(const struct btf *btf, uint32_t type_id, uint32_t size)
{
    const struct btf_type *type = lookup_bare(btf, type_id);

    if (type && btf_is_composite(type))
        return size > 0 && size == type->size;
    for (int i = 0; type && btf_is_array(type) && i < LOOKUP_ALIASES_MAX; i++) {
        size = btf_array(type)->nelems ? size / btf_array(type)->nelems : 0;
        type = lookup_bare(btf, btf_array(type)->type);
    }
    return type && (btf_is_int(type) || btf_is_any_enum(type)) && size > 0 &&
           size <= sizeof(uint64_t) && size == type->size;
}

static bool list_one(void *data, const char *section, const struct btf_var_secinfo *place,
                     const struct btf_type *variable)
{
    const struct constant_listing *listing = data;
    struct global_variable constant = {
        .name = lookup_name(listing->btf, variable),
        .section = section,
        .btf = listing->btf,
        .type_id = variable->type,
        .size = place->size,
    };
    const struct bpf_map *map;
    const char *bytes;
    size_t size = 0;

    if (!can_be_set(section) || !*constant.name || strstr(constant.name, "___fmt") ||
        !is_settable(listing->btf, variable->type, place->size))
        return false;
    map = bpf_object__find_map_by_name(listing->object, section);
    bytes = map ? bpf_map__initial_value((struct bpf_map *)(uintptr_t)map, &size) : NULL;
    if (!bytes || place->offset > size || place->size > size - place->offset)
        return false;
    constant.bytes = bytes + place->offset;
    listing->take(listing->context, &constant);
    return false;
}

void constants_each(const struct bpf_object *object,
                    void (*take)(void *context, const struct global_variable *constant),
                    void *context)
{
    struct constant_listing listing = {object, bpf_object__btf(object), take, context};

    if (listing.btf)
        each_variable(listing.btf, list_one, &listing);
}
