// SPDX-License-Identifier: Apache-2.0

/* A value is never cut or wrapped to fit. Members of a struct that are not named keep their value.
 */

#include "source/btf_value.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggestion.h"
#include "config/scalar.h"
#include "schema/btf_lookup.h"

enum {
    DEPTH_MAX = 16,      /* unnamed structs within each other */
    MEMBERS_MAX = 65536, /* that are looked at for one name; damaged BTF may have endless ones */
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

static int set_integer(const struct btf_place *place, const struct config_node *node,
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

static int set_bool(const struct btf_place *place, const struct config_node *node,
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
static const char *enum_entry(const struct btf_place *place, uint32_t index, uint64_t *ret_value)
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

static int set_enum(const struct btf_place *place, const struct config_node *node,
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

static bool holds_text(const struct btf_type *element)
{
    return element && btf_is_int(element) && element->size == 1 &&
           !(btf_int_encoding(element) & BTF_INT_BOOL);
}

static int set_text(const struct btf_place *place, const struct config_node *node,
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

static int set_array(const struct btf_place *place, const struct config_node *node,
                     struct diag *diag)
{
    const struct btf_array *array = btf_array(place->type);
    struct btf_place element = {
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
        if (btf_value_set(&element, item, diag) < 0)
            result = -EINVAL;
        element.bytes += element.size;
    }
    return result;
}

/* ---- one value ---------------------------------------------------------------------------- */

static int refuse_kind(const struct config_node *node, const char *what, struct diag *diag)
{
    diag_add(diag, node,
             "it is %s, which cannot be set; integers, bools, enums, char arrays, and arrays and "
             "structs of these can",
             what);
    return -EINVAL;
}

static int set_scalar(const struct btf_place *place, const struct config_node *node,
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

/* ---- structs --------------------------------------------------------------------------------- */

struct member_search {
    const char *name;
    size_t length;
    uint32_t n_seen;
    struct suggestion suggestion;
};

/* The member of that name, also in unnamed structs within it. False: there is none, or it is a
 * bitfield (*ret_is_bitfield). */
static bool find_member(const struct btf_place *place, struct member_search *search, int depth,
                        struct btf_place *ret_member, bool *ret_is_bitfield)
{
    const struct btf_member *member = btf_members(place->type);

    for (uint32_t i = 0; i < btf_vlen(place->type) && search->n_seen < MEMBERS_MAX;
         i++, member++, search->n_seen++) {
        const char *name = btf__name_by_offset(place->btf, member->name_off);
        uint32_t offset = btf_member_bit_offset(place->type, i) / 8;
        int64_t size = btf__resolve_size(place->btf, member->type);
        struct btf_place found = {place->btf, lookup_bare(place->btf, member->type),
                                  place->bytes + offset, size < 0 ? 0 : (size_t)size};

        if (!found.type || offset > place->size || found.size > place->size - offset)
            continue;
        if (!name || !*name) {
            if (btf_is_composite(found.type) && depth < DEPTH_MAX &&
                find_member(&found, search, depth + 1, ret_member, ret_is_bitfield))
                return true;
            continue;
        }
        suggestion_offer(&search->suggestion, name);
        if (strlen(name) != search->length || strncmp(name, search->name, search->length) != 0)
            continue;
        *ret_is_bitfield = btf_member_bitfield_size(place->type, i) > 0;
        *ret_member = found;
        return !*ret_is_bitfield;
    }
    return false;
}

int btf_value_find(struct btf_place *place, const char *path, const struct config_node *node,
                   struct diag *diag)
{
    while (*path) {
        struct member_search search = {.name = path, .length = strcspn(path, ".")};
        struct btf_place member;
        bool is_bitfield = false;

        if (!place->type || !btf_is_composite(place->type)) {
            diag_add_key(diag, node, "it is not a struct, so it has no member %s", path);
            return -EINVAL;
        }
        suggestion_init(&search.suggestion, path);
        if (!find_member(place, &search, 0, &member, &is_bitfield)) {
            if (is_bitfield)
                diag_add_key(diag, node, "it is a bitfield, which cannot be set");
            else
                diag_add_key(diag, node, "the struct has no member %.*s; %s", (int)search.length,
                             path, suggestion_words(&search.suggestion));
            return -EINVAL;
        }
        *place = member;
        path += search.length;
        path += *path == '.';
    }
    return 0;
}

static int set_struct(const struct btf_place *place, const struct config_node *node,
                      struct diag *diag)
{
    int result = 0;

    if (node->kind != CONFIG_MAP) {
        const char *first =
            btf_vlen(place->type) == 0
                ? NULL
                : btf__name_by_offset(place->btf, btf_members(place->type)->name_off);

        first = first && *first ? first : "member";
        diag_add(diag, node,
                 "it is a struct or union; name a member, as in {%s: 1} (on the command line: "
                 ".%s=1)",
                 first, first);
        return -EINVAL;
    }
    for (const struct config_node *entry = node->first; entry; entry = entry->next) {
        struct btf_place member = *place;

        if (btf_value_find(&member, entry->key, entry, diag) < 0 ||
            btf_value_set(&member, entry, diag) < 0)
            result = -EINVAL;
    }
    return result;
}

int btf_value_set(const struct btf_place *place, const struct config_node *node, struct diag *diag)
{
    const struct btf_type *type = place->type;

    if (!type)
        return refuse_kind(node, "of an invalid type", diag);
    if (btf_is_array(type))
        return set_array(place, node, diag);
    if (btf_is_composite(type))
        return set_struct(place, node, diag);
    if (btf_is_ptr(type))
        return refuse_kind(node, "a pointer", diag);
    if (!btf_is_int(type) && !btf_is_any_enum(type))
        return refuse_kind(node, "of another type", diag);
    if (place->size == 0 || place->size > sizeof(uint64_t) || place->size != type->size)
        return refuse_kind(node, "an integer of an unusual size", diag);
    return set_scalar(place, node, diag);
}

int btf_value_set_number(void *bytes, size_t size, const struct config_node *node,
                         struct diag *diag)
{
    const struct btf_place place = {.bytes = bytes, .size = size};

    if (size == 0 || size > sizeof(uint64_t))
        return refuse_kind(node, "of an unknown type", diag);
    if (node->kind != CONFIG_SCALAR || config_node_is_null(node)) {
        diag_add(diag, node, "expected one value, found %s", config_node_kind_name(node));
        return -EINVAL;
    }
    return set_integer(&place, node, node->text[0] == '-', diag);
}
