// SPDX-License-Identifier: Apache-2.0

/* An enum is as large as its values demand: an unsigned int, an int if one of them is negative,
 * else 64 bits. The names keep their order, because that is how people read them. */

#include "schema/ctag.h"

#include <stdlib.h>
#include <string.h>

#include "schema/cexpr.h"

struct name_list {
    struct enum_name *names;
    uint32_t used;
    uint32_t room;
    bool has_negative;
    int64_t min;  /* of the negative ones */
    uint64_t max; /* of the others */
};

static int add_name(struct cparser *parser, const struct ctoken *token, struct cvalue value,
                    struct name_list *list)
{
    const struct cname constant = {.kind = CNAME_CONSTANT, .value = value};
    struct enum_name *name;
    int r = cparse_define(parser, token, &constant);

    if (r < 0)
        return r;
    if (list->used == list->room) {
        uint32_t room = list->room ? 2 * list->room : 16;
        struct enum_name *names = reallocarray(list->names, room, sizeof(*names));

        if (!names)
            return cparse_refuse_memory(parser);
        list->names = names;
        list->room = room;
    }
    name = &list->names[list->used++];
    name->value = (int64_t)value.bits;
    name->name = cparse_keep(parser, token);
    if (!name->name)
        return cparse_refuse_memory(parser);
    if (!value.is_unsigned && name->value < 0) {
        list->has_negative = true;
        list->min = name->value < list->min ? name->value : list->min;
    } else if (value.bits > list->max) {
        list->max = value.bits;
    }
    return 0;
}

/* An enum's constant is an int where it fits into one. */
static struct cvalue constant_of(uint64_t bits, bool is_unsigned)
{
    bool is_negative = !is_unsigned && (int64_t)bits < 0;

    if (is_negative)
        return (struct cvalue){.bits = bits, .is_long = (int64_t)bits < INT32_MIN};
    return (struct cvalue){
        .bits = bits,
        .is_long = bits > UINT32_MAX,
        .is_unsigned = bits > INT64_MAX || (bits > INT32_MAX && bits <= UINT32_MAX),
    };
}

/* NAME [= VALUE]; next: the value without the last part, replaced by the following one. */
static int read_enumerator(struct cparser *parser, struct name_list *list, bool *is_full,
                           struct cvalue *next)
{
    struct ctoken token = parser->token;
    struct cattributes ignored = {0};
    int r;

    if (token.kind != CTOKEN_WORD)
        return cparse_refuse(parser, "an enum constant's name or }");
    r = cparse_advance(parser);
    if (r == 0)
        r = cattribute_read(parser, &ignored);
    if (r < 0)
        return r;
    if (cparse_is_mark(parser, '=')) {
        r = cparse_advance(parser);
        if (r == 0)
            r = cexpr_read(parser, next);
        if (r < 0)
            return r;
        *next = constant_of(next->bits, next->is_unsigned);
    } else if (*is_full) {
        return clex_refuse(&parser->lex, token.at, "the value of %.*s does not fit into 64 bits",
                           cparse_quoted(&token), cparse_text(parser, &token));
    }
    r = add_name(parser, &token, *next, list);
    *is_full = next->is_unsigned && next->bits == UINT64_MAX;
    *next = constant_of(next->bits + 1, next->is_unsigned || next->bits == INT64_MAX);
    return r;
}

static int read_enumerators(struct cparser *parser, struct name_list *list)
{
    struct cvalue next = {0};
    bool is_full = false;
    int r = cparse_advance(parser);

    while (r == 0 && !cparse_is_mark(parser, '}')) {
        r = read_enumerator(parser, list, &is_full, &next);
        if (r == 0 && !cparse_is_mark(parser, '}'))
            r = cparse_take_mark(parser, ',', ", or }");
    }
    return r < 0 ? r : cparse_advance(parser);
}

static bool fits(const struct name_list *list, uint32_t size)
{
    uint32_t bits = 8 * size;

    if (!list->has_negative)
        return bits == 64 || list->max >> bits == 0;
    return list->max <= (UINT64_C(1) << (bits - 1)) - 1 &&
           list->min >= (int64_t)(UINT64_MAX << (bits - 1));
}

static int complete_enum(struct cparser *parser, const struct name_list *list, bool is_packed,
                         uint32_t at, struct ctype *type)
{
    struct enum_name *names = ctypes_keep(parser->types, list->used, sizeof(*names));
    uint32_t size = is_packed ? 1 : 4;

    if (!names)
        return cparse_refuse_memory(parser);
    if (list->used == 0)
        return clex_refuse(&parser->lex, at, "this enum has no constants");
    memcpy(names, list->names, list->used * sizeof(*names));
    while (size < 8 && !fits(list, size))
        size *= 2;
    if (!fits(list, size))
        return clex_refuse(&parser->lex, at, "the values of this enum do not fit into 64 bits");
    type->size = type->align = size;
    type->is_signed = list->has_negative;
    type->names = names;
    type->n_names = list->used;
    type->is_complete = true;
    return 0;
}

int cenum_read(struct cparser *parser, struct ctype **ret_type)
{
    struct cattributes attributes = {0};
    uint32_t at = parser->token.at;
    struct name_list list = {0};
    struct ctype *type;
    bool has_body;
    int r = ctag_read(parser, CTYPE_ENUM, &attributes, &has_body, &type);

    if (r == 0 && has_body) {
        r = read_enumerators(parser, &list);
        if (r == 0)
            r = cattribute_read(parser, &attributes);
        if (r == 0)
            r = complete_enum(parser, &list, attributes.is_packed, at, type);
        free(list.names);
    }
    if (r == 0)
        *ret_type = type;
    return r;
}
