// SPDX-License-Identifier: Apache-2.0

/* Bodies of structs, unions and enums. A tag is known from before its body on, as a type without a
 * size, so that a struct can hold a pointer to itself but not itself. The members of one struct
 * are collected in a list that grows and are laid out when the body ends, because only what
 * stands behind it says whether it is packed. */

#include "schema/cstruct.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "schema/cdecl.h"
#include "schema/cexpr.h"
#include "schema/clayout.h"

struct member_list {
    struct cmember *members;
    uint32_t used;
    uint32_t room;
    uint32_t flexible_at; /* the place of a member without a length; 0: none */
    bool is_flexible;
};

static int quoted(const struct ctoken *token)
{
    return token->width < CPARSE_NAME_MAX ? (int)token->width : CPARSE_NAME_MAX;
}

/* ---- tags ---- */

static const char *kind_word(enum ctype_kind kind)
{
    return kind == CTYPE_ENUM ? "enum" : kind == CTYPE_UNION ? "union" : "struct";
}

static int add_tag(struct cparser *parser, enum ctype_kind kind, const struct ctoken *tag,
                   struct ctype **ret_type)
{
    struct ctype *type = ctypes_add(parser->types, kind);
    struct cname name = {.kind = CNAME_TAG, .type = type};
    int r = 0;

    if (!type)
        return cparse_refuse_memory(parser);
    if (tag->width) {
        type->name = cparse_keep(parser, tag);
        if (!type->name)
            return cparse_refuse_memory(parser);
        r = cparse_define(parser, tag, &name);
    }
    if (r == 0)
        *ret_type = type;
    return r;
}

/* The type behind a tag (width 0: none): a new one, or the one that is there. */
static int find_tag(struct cparser *parser, enum ctype_kind kind, const struct ctoken *tag,
                    bool has_body, struct ctype **ret_type)
{
    const char *text = cparse_text(parser, tag);
    const struct cname *name = NULL;
    const struct ctype *known = NULL;

    if (tag->width)
        name = cscope_find(&parser->scope, true, text, tag->width);
    if (tag->width && !name && !has_body && kind == CTYPE_STRUCT)
        known = cscope_known_struct(text, tag->width);
    if (known) {
        *ret_type = (struct ctype *)known; /* it is complete, so nobody completes it */
        return 0;
    }
    if (!name)
        return add_tag(parser, kind, tag, ret_type);
    if (name->type->kind != kind)
        return clex_refuse(&parser->lex, tag->at, "%.*s is %s %s, not %s %s", quoted(tag), text,
                           name->type->kind == CTYPE_ENUM ? "an" : "a", kind_word(name->type->kind),
                           kind == CTYPE_ENUM ? "an" : "a", kind_word(kind));
    if (has_body && name->type->is_complete)
        return cparse_refuse_twice(parser, tag);
    *ret_type = name->type;
    return 0;
}

/* KEYWORD ATTRIBUTES TAG, up to the body. */
static int read_tag(struct cparser *parser, enum ctype_kind kind, struct cattributes *attributes,
                    bool *ret_has_body, struct ctype **ret_type)
{
    struct ctoken tag = {.at = parser->token.at};
    int r = cparse_advance(parser);

    if (r == 0)
        r = cdecl_read_attributes(parser, attributes);
    if (r == 0 && parser->token.kind == CTOKEN_WORD) {
        tag = parser->token;
        r = cparse_advance(parser);
    }
    if (r < 0)
        return r;
    *ret_has_body = cparse_is_mark(parser, '{');
    if (!tag.width && !*ret_has_body)
        return cparse_refuse(parser, "a tag or {");
    return find_tag(parser, kind, &tag, *ret_has_body, ret_type);
}

/* ---- members ---- */

static bool is_struct(const struct ctype *type)
{
    const struct ctype *bare = ctype_bare(type);

    return bare && (bare->kind == CTYPE_STRUCT || bare->kind == CTYPE_UNION);
}

static bool has_member(const struct cmember *members, uint32_t n_members, const char *name)
{
    for (uint32_t i = 0; i < n_members; i++) {
        const struct ctype *bare = ctype_bare(members[i].type);

        if (members[i].name ? strcmp(members[i].name, name) == 0
                            : is_struct(bare) && has_member(bare->members, bare->n_members, name))
            return true;
    }
    return false;
}

/* The first name of an unnamed struct that the list has, too; NULL: none. */
static const char *find_repeated(const struct member_list *list, const struct ctype *unnamed)
{
    for (uint32_t i = 0; i < unnamed->n_members; i++) {
        const struct cmember *member = &unnamed->members[i];
        const char *repeated = NULL;

        if (!member->name && is_struct(member->type))
            repeated = find_repeated(list, ctype_bare(member->type));
        else if (member->name && has_member(list->members, list->used, member->name))
            repeated = member->name;
        if (repeated)
            return repeated;
    }
    return NULL;
}

static int add_member(struct cparser *parser, struct member_list *list, uint32_t at,
                      const struct cmember *member)
{
    const char *repeated = NULL;

    if (list->is_flexible)
        return clex_refuse(&parser->lex, list->flexible_at,
                           "only the last member can be an array without a length");
    if (list->used == CSTRUCT_MEMBERS_MAX)
        return clex_refuse(&parser->lex, at, "a struct has at most %d members",
                           CSTRUCT_MEMBERS_MAX);
    if (member->name && has_member(list->members, list->used, member->name))
        repeated = member->name;
    if (!member->name && is_struct(member->type))
        repeated = find_repeated(list, ctype_bare(member->type));
    if (repeated)
        return clex_refuse(&parser->lex, at, "there are two members called %.*s", CPARSE_NAME_MAX,
                           repeated);
    if (list->used == list->room) {
        uint32_t room = list->room ? 2 * list->room : 16;
        struct cmember *members = reallocarray(list->members, room, sizeof(*members));

        if (!members)
            return cparse_refuse_memory(parser);
        list->members = members;
        list->room = room;
    }
    list->members[list->used++] = *member;
    return 0;
}

/* : WIDTH, on the colon */
static int read_width(struct cparser *parser, struct cmember *member)
{
    const struct ctype *bare = ctype_bare(member->type);
    uint64_t width, max;
    uint32_t at;
    int r = cparse_advance(parser);

    at = parser->token.at;
    if (r < 0)
        return r;
    if (!bare || (bare->kind != CTYPE_INTEGER && bare->kind != CTYPE_BOOL &&
                  (bare->kind != CTYPE_ENUM || !bare->is_complete)))
        return clex_refuse(&parser->lex, at, "a bitfield is an integer, a bool or an enum");
    max = bare->kind == CTYPE_BOOL ? 1 : 8 * (uint64_t)bare->size;
    if (max > CSTRUCT_BITS_MAX)
        max = CSTRUCT_BITS_MAX;
    r = cexpr_read_count(parser, "the width of this bitfield", max, &width);
    if (r < 0)
        return r;
    if (width == 0 && member->name)
        return clex_refuse(&parser->lex, at, "a bitfield of width 0 has no name");
    member->is_bitfield = true;
    member->bits = (uint8_t)width;
    return 0;
}

static int check_member(struct cparser *parser, const struct cmember *member, uint32_t at)
{
    const struct ctype *bare = ctype_bare(member->type);

    if (clayout_has_size(member->type))
        return 0;
    if (bare && bare->kind == CTYPE_FUNCTION)
        return clex_refuse(&parser->lex, at, "a member cannot be a function; a pointer to one can");
    if (!bare || !bare->name || bare->kind == CTYPE_VOID)
        return clex_refuse(&parser->lex, at, "a member cannot be void; a pointer to it can");
    return clex_refuse(&parser->lex, at, "%s %.*s is not defined up to here", kind_word(bare->kind),
                       CPARSE_NAME_MAX, bare->name);
}

/* One DECLARATOR [: WIDTH] [ATTRIBUTES]. */
static int read_member(struct cparser *parser, const struct cspecifiers *specifiers,
                       struct member_list *list)
{
    struct cdeclarator declarator = {.type = specifiers->type};
    struct cmember member = {0};
    uint32_t at = parser->token.at;
    int r = 0;

    if (!cparse_is_mark(parser, ':'))
        r = cdecl_read_declarator(parser, specifiers->type, &declarator);
    if (r < 0)
        return r;
    if (declarator.name.width) {
        at = declarator.name.at;
        member.name = cparse_keep(parser, &declarator.name);
        if (!member.name)
            return cparse_refuse_memory(parser);
    } else if (!cparse_is_mark(parser, ':')) {
        return cparse_refuse(parser, "a member's name");
    }
    member.type = declarator.type;
    if (cparse_is_mark(parser, ':'))
        r = read_width(parser, &member);
    else
        r = check_member(parser, &member, at);
    if (r == 0)
        r = cdecl_read_attributes(parser, &declarator.attributes);
    if (r < 0)
        return r;
    member.is_packed = specifiers->attributes.is_packed || declarator.attributes.is_packed;
    member.align = declarator.attributes.align > specifiers->attributes.align
                       ? declarator.attributes.align
                       : specifiers->attributes.align;
    r = add_member(parser, list, at, &member);
    if (r == 0 && declarator.is_flexible) {
        list->is_flexible = true;
        list->flexible_at = at;
    }
    return r;
}

/* SPECIFIERS; alone: an unnamed struct or union, or a tag defined in passing. */
static int read_unnamed(struct cparser *parser, const struct cspecifiers *specifiers, uint32_t at,
                        struct member_list *list)
{
    struct cmember member = {
        .type = specifiers->type,
        .is_packed = specifiers->attributes.is_packed,
        .align = specifiers->attributes.align,
    };

    if (specifiers->is_tag)
        return 0;
    if (!specifiers->is_unnamed)
        return cparse_refuse(parser, "a member's name");
    return add_member(parser, list, at, &member);
}

static int read_members_of_line(struct cparser *parser, struct member_list *list)
{
    struct cspecifiers specifiers;
    uint32_t at = parser->token.at;
    int r = cdecl_read_specifiers(parser, &specifiers);

    if (r < 0)
        return r;
    if (specifiers.is_typedef)
        return clex_refuse(&parser->lex, at, "a typedef stands outside of structs");
    if (cparse_is_mark(parser, ';'))
        return read_unnamed(parser, &specifiers, at, list);
    for (;;) {
        r = read_member(parser, &specifiers, list);
        if (r < 0 || !cparse_is_mark(parser, ','))
            return r;
        r = cparse_advance(parser);
        if (r < 0)
            return r;
    }
}

/* { MEMBERS }, on the { */
static int read_body(struct cparser *parser, struct member_list *list)
{
    uint32_t open = parser->token.at;
    int r = cparse_advance(parser);

    while (r == 0 && !cparse_is_mark(parser, '}')) {
        if (parser->token.kind == CTOKEN_END)
            return clex_refuse(&parser->lex, open, "this { is not closed");
        if (!cparse_is_mark(parser, ';'))
            r = read_members_of_line(parser, list);
        if (r == 0)
            r = cparse_take_mark(parser, ';', "; after the member");
    }
    return r < 0 ? r : cparse_advance(parser);
}

/* Lays out what the body said. */
static int complete(struct cparser *parser, const struct member_list *list,
                    const struct cattributes *attributes, uint32_t at, struct ctype *type)
{
    struct cmember *members = ctypes_keep(parser->types, list->used, sizeof(*members));
    int r;

    if (!members)
        return cparse_refuse_memory(parser);
    if (list->used)
        memcpy(members, list->members, list->used * sizeof(*members));
    type->n_members = list->used;
    r = clayout_place(type, members, attributes->is_packed, attributes->align);
    if (r < 0)
        return clex_refuse(&parser->lex, at, "this %s has more than %d bytes",
                           kind_word(type->kind), CTYPE_SIZE_MAX);
    type->is_complete = true;
    return 0;
}

static int read_definition(struct cparser *parser, struct cattributes *attributes, uint32_t at,
                           struct ctype *type)
{
    struct member_list list = {0};
    int r = cparse_enter(parser);

    if (r < 0)
        return r;
    parser->struct_depth++;
    r = read_body(parser, &list);
    parser->struct_depth--;
    cparse_leave(parser);
    if (r == 0)
        r = cdecl_read_attributes(parser, attributes);
    if (r == 0)
        r = complete(parser, &list, attributes, at, type);
    free(list.members);
    if (r == 0 && parser->struct_depth == 0) {
        parser->last = type;
        parser->last_name = NULL;
    }
    return r;
}

int cstruct_read(struct cparser *parser, struct ctype **ret_type)
{
    enum ctype_kind kind = cparse_is_word(parser, "union") ? CTYPE_UNION : CTYPE_STRUCT;
    struct cattributes attributes = {0};
    uint32_t at = parser->token.at;
    struct ctype *type;
    bool has_body;
    int r = read_tag(parser, kind, &attributes, &has_body, &type);

    if (r == 0 && has_body)
        r = read_definition(parser, &attributes, at, type);
    if (r == 0)
        *ret_type = type;
    return r;
}

/* ---- enums ---- */

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
        r = cdecl_read_attributes(parser, &ignored);
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
                           quoted(&token), cparse_text(parser, &token));
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
        return clex_refuse(&parser->lex, at, "no integer type holds all values of this enum");
    type->size = type->align = size;
    type->is_signed = list->has_negative;
    type->names = names;
    type->n_names = list->used;
    type->is_complete = true;
    return 0;
}

int cstruct_read_enum(struct cparser *parser, struct ctype **ret_type)
{
    struct cattributes attributes = {0};
    uint32_t at = parser->token.at;
    struct name_list list = {0};
    struct ctype *type;
    bool has_body;
    int r = read_tag(parser, CTYPE_ENUM, &attributes, &has_body, &type);

    if (r == 0 && has_body) {
        r = read_enumerators(parser, &list);
        if (r == 0)
            r = cdecl_read_attributes(parser, &attributes);
        if (r == 0)
            r = complete_enum(parser, &list, attributes.is_packed, at, type);
        free(list.names);
    }
    if (r == 0)
        *ret_type = type;
    return r;
}
