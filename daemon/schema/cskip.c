// SPDX-License-Identifier: Apache-2.0

/* A look ahead tells: a name before a parenthesis, outside of any other, is a function or a macro,
 * unless it is an attribute; braces after struct, union or enum are a type. */

#include "schema/cskip.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Where the parser was. */
struct parser_place {
    struct clex lex;
    struct ctoken token;
};

static struct parser_place save(const struct cparser *parser)
{
    return (struct parser_place){parser->lex, parser->token};
}

static void restore(struct cparser *parser, const struct parser_place *place)
{
    struct error *error = parser->lex.error;

    parser->lex = place->lex;
    parser->token = place->token;
    parser->lex.error = error;
}

static bool is_tag_word(const struct cparser *parser)
{
    static const char *const words[] = {"struct", "union", "enum"};

    return cparse_is_one_of(parser, words, COUNT(words));
}

static bool is_attribute_word(const struct cparser *parser)
{
    static const char *const words[] = {"__attribute__", "__attribute", "_Alignas",
                                        "alignas",       "__aligned",   "__packed"};

    return cparse_is_one_of(parser, words, COUNT(words));
}

static bool opens(const struct cparser *parser)
{
    return cparse_is_mark(parser, '(') || cparse_is_mark(parser, '{') ||
           cparse_is_mark(parser, '[');
}

static bool closes(const struct cparser *parser)
{
    return cparse_is_mark(parser, ')') || cparse_is_mark(parser, '}') ||
           cparse_is_mark(parser, ']');
}

/* From an opening bracket of any kind on to after the one that closes it. */
static int skip_brackets(struct cparser *parser)
{
    uint32_t first = parser->token.at, open = 0;
    char bracket = parser->lex.text[first];

    do {
        int r;

        if (parser->token.kind == CTOKEN_END)
            return clex_refuse(&parser->lex, first, "this %c has no matching %c", bracket,
                               bracket == '('   ? ')'
                               : bracket == '{' ? '}'
                                                : ']');
        open += opens(parser);
        open -= closes(parser);
        r = cparse_advance(parser);
        if (r < 0)
            return r;
    } while (open > 0);
    return 0;
}

/* ---- what it is ------------------------------------------------------------------------------ */

/* Whether the body of a struct, on its {, defines a map: __uint(type, ...). */
static bool is_map_body(struct cparser *parser)
{
    static const char *const words[] = {"__uint", "__type", "__array", "__ulong"};
    bool is_map = false;
    uint32_t open = 0;

    do {
        open += cparse_is_mark(parser, '{');
        open -= cparse_is_mark(parser, '}');
        is_map |= cparse_is_one_of(parser, words, COUNT(words));
    } while (cparse_advance(parser) == 0 && parser->token.kind != CTOKEN_END && open > 0);
    return is_map;
}

static bool is_foreign(struct cparser *parser)
{
    static const char *const storage[] = {"extern", "static"};
    bool is_stored = false, has_tag = false, after_name = false, is_first = true;

    for (;; is_first = false) {
        if (parser->token.kind == CTOKEN_END || cparse_is_mark(parser, ';') ||
            cparse_is_mark(parser, '='))
            return is_stored && !is_first;
        if (cparse_is_word(parser, "typedef"))
            return false;
        if (cparse_is_mark(parser, '{'))
            return !has_tag || is_map_body(parser);
        if (cparse_is_mark(parser, '(') && after_name)
            return true;
        is_stored |= cparse_is_one_of(parser, storage, COUNT(storage));
        has_tag |= is_tag_word(parser);
        after_name = parser->token.kind == CTOKEN_WORD && !is_attribute_word(parser);
        if ((opens(parser) ? skip_brackets(parser) : cparse_advance(parser)) < 0)
            return false;
    }
}

/* ---- skipping it ----------------------------------------------------------------------------- */

/* Whether another declaration begins after a macro call without a semicolon. */
static bool begins_declaration(const struct cparser *parser)
{
    static const char *const words[] = {"struct", "union",  "enum",  "typedef",
                                        "static", "extern", "const", "volatile"};

    return cparse_is_one_of(parser, words, COUNT(words)) || parser->token.kind == CTOKEN_END;
}

static int skip_declaration(struct cparser *parser)
{
    bool has_parameters = false, has_value = false, has_tag = false;
    uint32_t n_words = 0;

    while (parser->token.kind != CTOKEN_END && !cparse_is_mark(parser, ';')) {
        bool is_body = cparse_is_mark(parser, '{') && !has_value && !has_tag;
        bool is_call = cparse_is_mark(parser, '(') && n_words == 1;
        int r;

        has_value |= cparse_is_mark(parser, '=');
        has_parameters |= cparse_is_mark(parser, '(');
        has_tag |= is_tag_word(parser) && !has_parameters;
        n_words += parser->token.kind == CTOKEN_WORD;
        is_body |= cparse_is_mark(parser, '{') && !has_value && has_parameters;
        r = opens(parser) ? skip_brackets(parser) : cparse_advance(parser);
        if (r < 0 || is_body || (is_call && begins_declaration(parser)))
            return r;
    }
    return 0;
}

int cskip_foreign(struct cparser *parser, bool *ret_is_skipped)
{
    struct parser_place before = save(parser);
    bool is_it = is_foreign(parser);

    restore(parser, &before);
    *ret_is_skipped = is_it;
    return is_it ? skip_declaration(parser) : 0;
}

int cskip_initializer(struct cparser *parser)
{
    int r = 0;

    while (r == 0 && parser->token.kind != CTOKEN_END && !cparse_is_mark(parser, ';') &&
           !cparse_is_mark(parser, ','))
        r = opens(parser) ? skip_brackets(parser) : cparse_advance(parser);
    return r;
}
