// SPDX-License-Identifier: Apache-2.0

/* Bodies of structs and unions. The members of one are collected in a list that grows and are laid
 * out when the body ends, because only what follows it says whether it is packed. */

#include "schema/ctag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "schema/cdecl.h"
#include "schema/cexpr.h"
#include "schema/clayout.h"

struct cstruct_members {
    struct cmember *members;
    uint32_t used;
    uint32_t room;
    uint32_t flexible_at; /* the place of a member without a length; 0: none */
    bool is_flexible;
};

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
static const char *find_repeated(const struct cstruct_members *list, const struct ctype *unnamed)
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

static int add_member(struct cparser *parser, struct cstruct_members *list, uint32_t at,
                      const struct cmember *member)
{
    const char *repeated = NULL;

    if (list->is_flexible)
        return clex_refuse(&parser->lex, list->flexible_at,
                           "only the last member can be an array without a length, as in data[]");
    if (list->used == CSTRUCT_MEMBERS_MAX)
        return clex_refuse(&parser->lex, at, "a struct can have at most %d members",
                           CSTRUCT_MEMBERS_MAX);
    if (member->name && has_member(list->members, list->used, member->name))
        repeated = member->name;
    if (!member->name && is_struct(member->type))
        repeated = find_repeated(list, ctype_bare(member->type));
    if (repeated)
        return clex_refuse(&parser->lex, at, "duplicate member %.*s", CPARSE_NAME_MAX, repeated);
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
        return clex_refuse(&parser->lex, at, "a bitfield must be an integer, a bool or an enum");
    max = bare->kind == CTYPE_BOOL ? 1 : 8 * (uint64_t)bare->size;
    if (max > CSTRUCT_BITS_MAX)
        max = CSTRUCT_BITS_MAX;
    r = cexpr_read_count(parser, "the width of this bitfield", max, &width);
    if (r < 0)
        return r;
    if (width == 0 && member->name)
        return clex_refuse(&parser->lex, at, "a bitfield of width 0 must be unnamed");
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
        return clex_refuse(&parser->lex, at, "a member cannot be a function; use a pointer to it");
    if (!bare || !bare->name || bare->kind == CTYPE_VOID)
        return clex_refuse(&parser->lex, at, "a member cannot be void; use a pointer to it");
    return clex_refuse(&parser->lex, at, "%s %.*s is not defined before", ctag_word(bare->kind),
                       CPARSE_NAME_MAX, bare->name);
}

/* One DECLARATOR [: WIDTH] [ATTRIBUTES]. */
static int read_member(struct cparser *parser, const struct cspecifiers *specifiers,
                       struct cstruct_members *list)
{
    struct cdeclarator declarator = {.type = specifiers->type};
    struct cattributes attributes;
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
        r = cattribute_read(parser, &declarator.attributes);
    if (r < 0)
        return r;
    attributes = cattribute_join(specifiers->attributes, declarator.attributes);
    member.is_packed = attributes.is_packed;
    member.align = attributes.align;
    r = add_member(parser, list, at, &member);
    if (r == 0 && declarator.is_flexible) {
        list->is_flexible = true;
        list->flexible_at = at;
    }
    return r;
}

/* SPECIFIERS; alone: an unnamed struct or union, or a tag defined in passing. */
static int read_unnamed(struct cparser *parser, const struct cspecifiers *specifiers, uint32_t at,
                        struct cstruct_members *list)
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

static int read_members_of_line(struct cparser *parser, struct cstruct_members *list)
{
    struct cspecifiers specifiers = {0};
    uint32_t at = parser->token.at;
    int r = cdecl_read_specifiers(parser, &specifiers);

    if (r < 0)
        return r;
    if (specifiers.is_typedef)
        return clex_refuse(&parser->lex, at,
                           "a typedef is not allowed inside a struct; move it before");
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
static int read_body(struct cparser *parser, struct cstruct_members *list)
{
    uint32_t open = parser->token.at;
    int r = cparse_advance(parser);

    while (r == 0 && !cparse_is_mark(parser, '}')) {
        if (parser->token.kind == CTOKEN_END)
            return clex_refuse(&parser->lex, open, "this { has no matching }");
        if (!cparse_is_mark(parser, ';'))
            r = read_members_of_line(parser, list);
        if (r == 0)
            r = cparse_take_mark(parser, ';', "; after the member");
    }
    return r < 0 ? r : cparse_advance(parser);
}

/* Lays out what the body said. */
static int complete(struct cparser *parser, const struct cstruct_members *list,
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
        return clex_refuse(&parser->lex, at, "this %s has more than %d bytes, the most allowed",
                           ctag_word(type->kind), CTYPE_SIZE_MAX);
    type->is_complete = true;
    return 0;
}

static int read_definition(struct cparser *parser, struct cattributes *attributes, uint32_t at,
                           struct ctype *type)
{
    struct cstruct_members list = {0};
    int r = cparse_enter(parser);

    if (r < 0)
        return r;
    parser->struct_depth++;
    r = read_body(parser, &list);
    parser->struct_depth--;
    cparse_leave(parser);
    if (r == 0)
        r = cattribute_read(parser, attributes);
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
    int r = ctag_read(parser, kind, &attributes, &has_body, &type);

    if (r == 0 && has_body)
        r = read_definition(parser, &attributes, at, type);
    if (r == 0)
        *ret_type = type;
    return r;
}
