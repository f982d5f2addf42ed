// SPDX-License-Identifier: Apache-2.0

/* The small steps that all parts of the C parser are made of. A name that is in a message is
 * quoted as it is written: the lexer lets only letters, digits and marks become tokens. */

#include "schema/cparse.h"

#include <errno.h>
#include <string.h>

int cparse_advance(struct cparser *parser)
{
    return clex_next(&parser->lex, &parser->token);
}

const char *cparse_text(const struct cparser *parser, const struct ctoken *token)
{
    return parser->lex.text + token->at;
}

bool cparse_is_mark(const struct cparser *parser, uint32_t mark)
{
    return parser->token.kind == CTOKEN_MARK && parser->token.mark == mark;
}

bool cparse_is_word(const struct cparser *parser, const char *word)
{
    const struct ctoken *token = &parser->token;

    return token->kind == CTOKEN_WORD && token->width == strlen(word) &&
           memcmp(cparse_text(parser, token), word, token->width) == 0;
}

bool cparse_is_one_of(const struct cparser *parser, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cparse_is_word(parser, words[i]))
            return true;
    return false;
}

int cparse_quoted(const struct ctoken *token)
{
    return token->width < CPARSE_NAME_MAX ? (int)token->width : CPARSE_NAME_MAX;
}

int cparse_refuse(struct cparser *parser, const char *expected)
{
    const struct ctoken *token = &parser->token;

    if (token->kind == CTOKEN_END)
        return clex_refuse(&parser->lex, token->at, "expected %s, but the text ends", expected);
    return clex_refuse(&parser->lex, token->at, "expected %s, not %.*s", expected,
                       cparse_quoted(token), cparse_text(parser, token));
}

int cparse_refuse_memory(struct cparser *parser)
{
    return error_set(parser->lex.error, -ENOMEM, "out of memory");
}

int cparse_refuse_twice(struct cparser *parser, const struct ctoken *name)
{
    return clex_refuse(&parser->lex, name->at, "%.*s is defined twice", cparse_quoted(name),
                       cparse_text(parser, name));
}

int cparse_take_mark(struct cparser *parser, uint32_t mark, const char *expected)
{
    if (!cparse_is_mark(parser, mark))
        return cparse_refuse(parser, expected);
    return cparse_advance(parser);
}

const char *cparse_keep(struct cparser *parser, const struct ctoken *token)
{
    return ctypes_keep_text(parser->types, cparse_text(parser, token), token->width);
}

int cparse_define(struct cparser *parser, const struct ctoken *token, const struct cname *name)
{
    struct cname defined = *name;
    int r;

    defined.text = cparse_text(parser, token);
    defined.length = token->width;
    if (cscope_find(&parser->scope, name->kind == CNAME_TAG, defined.text, defined.length))
        return cparse_refuse_twice(parser, token);
    r = cscope_add(&parser->scope, &defined);
    if (r == -E2BIG)
        return clex_refuse(&parser->lex, token->at, "too many names; at most %d are allowed",
                           CSCOPE_NAMES_MAX);
    return r < 0 ? cparse_refuse_memory(parser) : 0;
}

int cparse_enter(struct cparser *parser)
{
    if (parser->depth == CPARSE_DEPTH_MAX)
        return clex_refuse(&parser->lex, parser->token.at,
                           "structs and parentheses can be nested at most %d levels deep",
                           CPARSE_DEPTH_MAX);
    parser->depth++;
    return 0;
}

void cparse_leave(struct cparser *parser)
{
    parser->depth--;
}

int cparse_skip_parentheses(struct cparser *parser)
{
    uint32_t open = 0, first = parser->token.at;

    do {
        int r;

        if (parser->token.kind == CTOKEN_END)
            return clex_refuse(&parser->lex, first, "this ( has no matching )");
        if (cparse_is_mark(parser, '('))
            open++;
        if (cparse_is_mark(parser, ')'))
            open--;
        r = cparse_advance(parser);
        if (r < 0)
            return r;
    } while (open > 0);
    return 0;
}
