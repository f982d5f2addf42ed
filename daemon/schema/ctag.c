// SPDX-License-Identifier: Apache-2.0

/* A tag is known from before its body on, as a type without a size, so that a struct can hold a
 * pointer to itself but not itself. All tags of a text are in one scope, even those that are
 * defined inside of a struct, as in C. */

#include "schema/ctag.h"

const char *ctag_word(enum ctype_kind kind)
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

/* The type after a tag (width 0: none): a new one, or the one that is there. */
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
        *ret_type = (struct ctype *)known; /* a known type is complete and is not changed */
        return 0;
    }
    if (!name)
        return add_tag(parser, kind, tag, ret_type);
    if (name->type->kind != kind)
        return clex_refuse(&parser->lex, tag->at, "%.*s is %s %s, not %s %s", cparse_quoted(tag),
                           text, name->type->kind == CTYPE_ENUM ? "an" : "a",
                           ctag_word(name->type->kind), kind == CTYPE_ENUM ? "an" : "a",
                           ctag_word(kind));
    if (has_body && name->type->is_complete)
        return cparse_refuse_twice(parser, tag);
    *ret_type = name->type;
    return 0;
}

int ctag_read(struct cparser *parser, enum ctype_kind kind, struct cattributes *attributes,
              bool *ret_has_body, struct ctype **ret_type)
{
    struct ctoken tag = {.at = parser->token.at};
    int r = cparse_advance(parser);

    if (r == 0)
        r = cattribute_read(parser, attributes);
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
