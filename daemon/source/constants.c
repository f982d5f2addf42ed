// SPDX-License-Identifier: Apache-2.0

/* The verifier treats `const volatile` globals as constants, so code that one disables costs
 * nothing; of other globals this is the first value, which programs may change.
 * BTF gives the place and type of each one in its section; libbpf holds the bytes of the section
 * until the object is loaded. A value is never cut or wrapped to fit. */

#include "source/constants.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggestion.h"
#include "config/scalar.h"
#include "schema/btf_lookup.h"

/* The bytes of a constant, and their type. */
struct constant_bytes {
    const struct btf *btf;
    const struct btf_type *type; /* bare */
    char *bytes;
    size_t size;
};

/* ---- integers -------------------------------------------------------------------------------- */

/* The range of an integer of `size` bytes; high is unsigned. */
static void range_of(uint32_t size, bool is_signed, int64_t *ret_low, uint64_t *ret_high)
{
    uint32_t bits = size * 8;

    *ret_low = is_signed ? INT64_MIN >> (64 - bits) : 0;
    *ret_high = is_signed ? (uint64_t)(INT64_MAX >> (64 - bits)) : UINT64_MAX >> (64 - bits);
}

/* Reads unsigned numbers above the range of scalar_integer(). */
static bool read_unsigned(const char *text, uint64_t *ret)
{
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *ret = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
    return errno == 0 && *end == '\0';
}

static int refuse_integer(const struct config_node *node, int64_t low, uint64_t high,
                          struct diag *diag)
{
    diag_add(diag, node, "expected an integer from %" PRId64 " to %" PRIu64 ", found \"%s\"", low,
             high, node->text);
    return -EINVAL;
}

static int set_integer(const struct constant_bytes *place, const struct config_node *node,
                       bool is_signed, struct diag *diag)
{
    int64_t low, value;
    uint64_t high, bits;

    range_of((uint32_t)place->size, is_signed, &low, &high);
    if (scalar_integer(node->text, &value) == 0) {
        if (value < low || (value > 0 && (uint64_t)value > high))
            return refuse_integer(node, low, high, diag);
        bits = (uint64_t)value;
    } else if (!read_unsigned(node->text, &bits) || bits > high)
        return refuse_integer(node, low, high, diag);
    /* the low bytes come first on the machines that ringmill runs on */
    memcpy(place->bytes, &bits, place->size);
    return 0;
}

static int set_bool(const struct constant_bytes *place, const struct config_node *node,
                    struct diag *diag)
{
    bool value;

    if (scalar_bool(node->text, &value) < 0) {
        diag_add(diag, node, "expected true or false, found \"%s\"", node->text);
        return -EINVAL;
    }
    place->bytes[0] = value;
    return 0;
}

/* ---- enums ----------------------------------------------------------------------------------- */

/* The name and value of an enumerator by index; NULL: there are no more. */
static const char *enum_entry(const struct constant_bytes *place, uint32_t index,
                              uint64_t *ret_value)
{
    if (index >= btf_vlen(place->type))
        return NULL;
    if (btf_is_enum64(place->type)) {
        const struct btf_enum64 *entry = btf_enum64(place->type) + index;

        *ret_value = btf_enum64_value(entry);
        return btf__name_by_offset(place->btf, entry->name_off);
    }
    *ret_value = (uint64_t)(int64_t)btf_enum(place->type)[index].val;
    return btf__name_by_offset(place->btf, btf_enum(place->type)[index].name_off);
}

static int set_enum(const struct constant_bytes *place, const struct config_node *node,
                    struct diag *diag)
{
    struct suggestion suggestion;
    const char *name;
    uint64_t value;

    if (isdigit((unsigned char)node->text[0]) || node->text[0] == '-')
        return set_integer(place, node, btf_kflag(place->type), diag);
    suggestion_init(&suggestion, node->text);
    for (uint32_t i = 0; (name = enum_entry(place, i, &value)); i++) {
        if (strcmp(name, node->text) == 0) {
            memcpy(place->bytes, &value, place->size);
            return 0;
        }
        suggestion_offer(&suggestion, name);
    }
    diag_add(diag, node, "expected a number or a name; %s", suggestion_words(&suggestion));
    return -EINVAL;
}

/* ---- arrays ---------------------------------------------------------------------------------- */

static int set_value(const struct constant_bytes *place, const struct config_node *node,
                     struct diag *diag);

static bool holds_text(const struct btf_type *element)
{
    return element && btf_is_int(element) && element->size == 1 &&
           !(btf_int_encoding(element) & BTF_INT_BOOL);
}

static int set_text(const struct constant_bytes *place, const struct config_node *node,
                    struct diag *diag)
{
    if (node->length >= place->size) {
        diag_add(diag, node, "expected a text of up to %zu bytes, found %u", place->size - 1,
                 node->length);
        return -EINVAL;
    }
    memset(place->bytes, 0, place->size);
    memcpy(place->bytes, node->text, node->length);
    return 0;
}

static int set_array(const struct constant_bytes *place, const struct config_node *node,
                     struct diag *diag)
{
    const struct btf_array *array = btf_array(place->type);
    struct constant_bytes element = {
        .btf = place->btf,
        .type = lookup_bare(place->btf, array->type),
        .bytes = place->bytes,
        .size = array->nelems ? place->size / array->nelems : 0,
    };
    int result = 0;

    if (holds_text(element.type) && node->kind == CONFIG_SCALAR)
        return set_text(place, node, diag);
    if (node->kind != CONFIG_LIST) {
        diag_add(diag, node, "expected a list of up to %u values, found %s", array->nelems,
                 config_node_kind_name(node));
        return -EINVAL;
    }
    if (node->count > array->nelems) {
        diag_add(diag, node, "expected up to %u values, found %u", array->nelems, node->count);
        return -EINVAL;
    }
    memset(place->bytes, 0, place->size);
    for (const struct config_node *item = node->first; item; item = item->next) {
        if (set_value(&element, item, diag) < 0)
            result = -EINVAL;
        element.bytes += element.size;
    }
    return result;
}

/* ---- one constant ---------------------------------------------------------------------------- */

static int refuse_kind(const struct config_node *node, const char *what, struct diag *diag)
{
    diag_add(diag, node,
             "it is %s, which cannot be set; integers, bools, enums, char arrays, and arrays of "
             "these can",
             what);
    return -EINVAL;
}

static int set_scalar(const struct constant_bytes *place, const struct config_node *node,
                      struct diag *diag)
{
    if (node->kind != CONFIG_SCALAR || config_node_is_null(node)) {
        diag_add(diag, node, "expected one value, found %s", config_node_kind_name(node));
        return -EINVAL;
    }
    if (btf_is_any_enum(place->type))
        return set_enum(place, node, diag);
    if (btf_int_encoding(place->type) & BTF_INT_BOOL)
        return set_bool(place, node, diag);
    return set_integer(place, node, btf_int_encoding(place->type) & BTF_INT_SIGNED, diag);
}

static int set_value(const struct constant_bytes *place, const struct config_node *node,
                     struct diag *diag)
{
    const struct btf_type *type = place->type;

    if (!type)
        return refuse_kind(node, "of an invalid type", diag);
    if (btf_is_array(type))
        return set_array(place, node, diag);
    if (btf_is_composite(type))
        return refuse_kind(node, "a struct or union", diag);
    if (btf_is_ptr(type))
        return refuse_kind(node, "a pointer", diag);
    if (!btf_is_int(type) && !btf_is_any_enum(type))
        return refuse_kind(node, "of another type", diag);
    if (place->size == 0 || place->size > sizeof(uint64_t) || place->size != type->size)
        return refuse_kind(node, "an integer of an unusual size", diag);
    return set_scalar(place, node, diag);
}

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
    if (strcmp(name, search->name) != 0)
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

static int set_constant(struct bpf_object *object, const struct config_node *entry,
                        struct diag *diag)
{
    const struct btf *btf = bpf_object__btf(object);
    struct constant_search search = {.btf = btf, .name = entry->key};
    const struct btf_type *variable;
    struct bpf_map *map;
    struct constant_bytes place = {.btf = btf};
    size_t size = 0;

    suggestion_init(&search.suggestion, entry->key);
    if (btf)
        each_variable(btf, match, &search);
    if (!search.section || !can_be_set(search.section))
        return refuse_name(&search, entry, diag);
    map = bpf_object__find_map_by_name(object, search.section);
    /* libbpf returns these bytes as const and only lets the whole section be replaced, so they are
     * written in place */
    place.bytes = map ? (char *)(uintptr_t)bpf_map__initial_value(map, &size) : NULL;
    if (!place.bytes || search.place->offset > size ||
        search.place->size > size - search.place->offset)
        return refuse_kind(entry, "outside its section", diag);
    variable = btf__type_by_id(btf, search.place->type);
    place.type = lookup_bare(btf, variable->type);
    place.bytes += search.place->offset;
    place.size = search.place->size;
    return set_value(&place, entry, diag);
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
