// SPDX-License-Identifier: Apache-2.0

/* The outermost level of a C text: declarations, one after the other, and then the choice of one
 * struct. Variables and functions that come along in a header are read and forgotten, or skipped;
 * everything else that cannot be understood is refused at its place, because a wrong layout shows
 * as wrong data much later. */

#include "schema/ctext.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema/cdecl.h"
#include "schema/cexpr.h"
#include "schema/choice.h"
#include "schema/clayout.h"
#include "schema/cmacro.h"
#include "schema/cparse.h"
#include "schema/cskip.h"
#include "schema/ctype_schema.h"

/* ---- declarations ---- */

static int add_typedef(struct cparser *parser, const struct cdeclarator *declarator, uint32_t align)
{
    const struct ctoken *name = &declarator->name;
    struct ctype *alias = ctypes_add(parser->types, CTYPE_ALIAS);
    struct cname defined = {.kind = CNAME_TYPE, .alias = alias};
    const struct cname *known =
        cscope_find(&parser->scope, false, cparse_text(parser, name), name->width);

    if (!alias)
        return cparse_refuse_memory(parser);
    if (known && known->kind == CNAME_TYPE && known->alias->target == declarator->type)
        return 0; /* C11 lets a typedef be repeated */
    alias->target = declarator->type;
    alias->align = align;
    alias->name = cparse_keep(parser, name);
    if (!alias->name)
        return cparse_refuse_memory(parser);
    if (parser->last && ctype_bare(alias) == parser->last && !parser->last_name)
        parser->last_name = alias->name;
    return cparse_define(parser, name, &defined);
}

/* One DECLARATOR [ATTRIBUTES]. */
static int read_declared(struct cparser *parser, const struct cspecifiers *specifiers)
{
    struct cdeclarator declarator = {0};
    struct cattributes attributes;
    uint32_t at = parser->token.at;
    int r = cdecl_read_declarator(parser, specifiers->type, &declarator);

    if (r < 0)
        return r;
    if (!declarator.name.width)
        return cparse_refuse(parser, specifiers->is_typedef ? "the typedef's name" : "a name or ;");
    r = cattribute_read(parser, &declarator.attributes);
    if (r == 0 && !specifiers->is_typedef && cparse_is_mark(parser, '='))
        return cskip_initializer(parser);
    if (r < 0 || !specifiers->is_typedef)
        return r;
    attributes = cattribute_join(specifiers->attributes, declarator.attributes);
    if (attributes.is_packed)
        return clex_refuse(&parser->lex, at,
                           "packed has no effect on a typedef; write it directly after the }");
    return add_typedef(parser, &declarator, attributes.align);
}

static int read_declaration(struct cparser *parser)
{
    struct cspecifiers specifiers = {0};
    uint32_t at = parser->token.at;
    int r = cdecl_read_specifiers(parser, &specifiers);

    if (r < 0)
        return r;
    if (cparse_is_mark(parser, '{'))
        return cparse_refuse(parser, "a name or ;");
    if (!cparse_is_mark(parser, ';') && parser->token.kind != CTOKEN_END) {
        r = read_declared(parser, &specifiers);
        while (r == 0 && cparse_is_mark(parser, ',')) {
            r = cparse_advance(parser);
            if (r == 0)
                r = read_declared(parser, &specifiers);
        }
    } else if (!specifiers.is_tag && !specifiers.is_unnamed) {
        return clex_refuse(&parser->lex, at, "this declaration has no name");
    }
    if (r < 0 || parser->token.kind == CTOKEN_END) /* one may forget the last semicolon */
        return r;
    return cparse_take_mark(parser, ';', "; after the declaration");
}

static int read_text(struct cparser *parser)
{
    int r = cparse_advance(parser);

    while (r == 0 && parser->token.kind != CTOKEN_END) {
        bool is_skipped = false;

        if (cparse_is_mark(parser, ';'))
            r = cparse_advance(parser);
        else
            r = cskip_foreign(parser, &is_skipped);
        if (r == 0 && !is_skipped && !cparse_is_mark(parser, ';') &&
            parser->token.kind != CTOKEN_END)
            r = read_declaration(parser);
    }
    return r;
}

/* ---- the one that was asked for ---- */

static bool is_sample(const struct ctype *type)
{
    type = ctype_bare(type);
    return type && (type->kind == CTYPE_STRUCT || type->kind == CTYPE_UNION) && type->is_complete;
}

static bool is_enum(const struct ctype *type)
{
    type = ctype_bare(type);
    return type && type->kind == CTYPE_ENUM && type->is_complete;
}

/* Offers all structs and unions, or enums, and typedefs of those without a tag. */
static void offer_all(const struct cparser *parser, bool enums, struct choice *choice)
{
    for (uint32_t i = 0; i < parser->scope.n_names; i++) {
        const struct cname *name = &parser->scope.names[i];
        const struct ctype *type = name->kind == CNAME_TAG ? name->type : name->alias;

        if (name->kind == CNAME_CONSTANT || !(enums ? is_enum(type) : is_sample(type)))
            continue;
        if (name->kind == CNAME_TAG || !ctype_bare(type)->name)
            choice_offer(choice, type->name);
    }
}

static int refuse_name(const struct cparser *parser, const char *type_name, struct error *error)
{
    struct choice choice;

    choice_init(&choice, type_name);
    offer_all(parser, choice_parse(type_name).is_enum, &choice);
    return choice_refuse(&choice, "the layout", error);
}

static int find_type(const struct cparser *parser, const char *type_name, struct error *error,
                     const struct ctype **ret_type)
{
    struct choice_name wanted = choice_parse(type_name);
    uint32_t length = (uint32_t)strlen(wanted.bare);
    const struct cname *tag = cscope_find(&parser->scope, true, wanted.bare, length);
    const struct cname *name = cscope_find(&parser->scope, false, wanted.bare, length);

    if (wanted.is_enum && tag && is_enum(tag->type))
        *ret_type = tag->type;
    else if (wanted.is_enum && name && name->kind == CNAME_TYPE && is_enum(name->alias))
        *ret_type = ctype_bare(name->alias);
    else if (tag && is_sample(tag->type) && choice_allows(&wanted, tag->type->kind == CTYPE_UNION))
        *ret_type = tag->type;
    else if (name && name->kind == CNAME_TYPE && is_sample(name->alias) && !wanted.has_keyword)
        *ret_type = ctype_bare(name->alias);
    else
        return refuse_name(parser, type_name, error);
    return 0;
}

static int choose(const struct cparser *parser, const char *type_name, struct error *error,
                  struct schema **ret)
{
    const struct ctype *type = parser->last;

    if (type_name) {
        int r = find_type(parser, type_name, error, &type);

        return r < 0 ? r : schema_from_ctype(type, type_name, "C text", error, ret);
    }
    if (!type)
        return error_set(error, -ENOENT, "the layout defines no struct");
    return schema_from_ctype(type, parser->last_name, "C text", error, ret);
}

/* Only where the text itself cannot be understood there is a place. */
static void put_place(const struct cparser *parser, bool is_inside, uint32_t *ret_line,
                      uint32_t *ret_column)
{
    uint32_t line = 0, column = 0;

    if (is_inside)
        clex_place(&parser->lex, parser->lex.error_at, &line, &column);
    if (ret_line)
        *ret_line = line;
    if (ret_column)
        *ret_column = column;
}

static int read_layout(struct cparser *parser, struct cmacros *macros, const char *text,
                       const char *type_name, struct error *error, bool *ret_is_inside,
                       struct schema **ret)
{
    size_t length = strnlen(text, CTEXT_LENGTH_MAX + 1);
    int r;

    if (length > CTEXT_LENGTH_MAX)
        return error_set(error, -EINVAL, "a layout can have at most %d bytes", CTEXT_LENGTH_MAX);
    if (!parser->types)
        return error_set(error, -ENOMEM, "out of memory");
    clex_init(&parser->lex, text, (uint32_t)length, error);
    r = cmacros_read(&parser->lex, macros);
    parser->lex.macros = macros;
    if (r == 0)
        r = read_text(parser);
    *ret_is_inside = r == -EINVAL;
    return r < 0 ? r : choose(parser, type_name, error, ret);
}

int schema_from_ctext(const char *text, const char *type_name, struct error *error,
                      uint32_t *ret_line, uint32_t *ret_column, struct schema **ret)
{
    struct cparser parser = {.types = ctypes_new()};
    bool is_inside = false;
    struct cmacros macros = {0};
    int r = read_layout(&parser, &macros, text, type_name, error, &is_inside, ret);

    if (r < 0)
        put_place(&parser, is_inside, ret_line, ret_column);
    cscope_deinit(&parser.scope);
    cmacros_deinit(&macros);
    ctypes_free(parser.types);
    return r;
}
