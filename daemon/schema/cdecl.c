// SPDX-License-Identifier: Apache-2.0

/* A declarator is read from its name outwards but means something from the base type inwards:
 *
 *     int (*x[4])[2]      x is an array of 4 pointers to an array of 2 int
 *
 * So at a parenthesis the parser notes the place, skips to after it, applies what follows there to
 * the base type, and only then goes back to read the inside. Each level is skipped once for each
 * level around it, and there are few. */

#include "schema/cdecl.h"

#include <errno.h>
#include <string.h>

#include "base/suggestion.h"
#include "schema/cexpr.h"
#include "schema/clayout.h"
#include "schema/ctag.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ---- specifiers ---- */

static const char *const qualifiers[] = {"const",      "volatile", "restrict",
                                         "__restrict", "__const",  "__volatile__"};
static const char *const storages[] = {"typedef", "static", "extern", "register", "__extension__"};
static const char *const base_words[] = {"void",   "char",     "int",      "float",
                                         "double", "_Bool",    "short",    "long",
                                         "signed", "unsigned", "__int128", "__signed__"};
static const char *const tag_words[] = {"struct", "union", "enum"};

/* What is in the specifiers so far. */
struct specifiers {
    const char *base; /* "int"; NULL: none */
    uint32_t n_short;
    uint32_t n_long;
    uint32_t n_signed;
    uint32_t n_unsigned;
    bool is_const;
    bool is_volatile;
    uint32_t at; /* the first */
};

static bool is_defined_type(const struct cparser *parser)
{
    const struct ctoken *token = &parser->token;
    const char *text = cparse_text(parser, token);
    const struct cname *name;

    if (token->kind != CTOKEN_WORD)
        return false;
    name = cscope_find(&parser->scope, false, text, token->width);
    return name ? name->kind == CNAME_TYPE : cscope_known_alias(text, token->width) != NULL;
}

bool cdecl_is_type(const struct cparser *parser)
{
    return parser->token.kind == CTOKEN_WORD &&
           (cparse_is_one_of(parser, base_words, COUNT(base_words)) ||
            cparse_is_one_of(parser, tag_words, COUNT(tag_words)) ||
            cparse_is_one_of(parser, qualifiers, COUNT(qualifiers)) || is_defined_type(parser));
}

/* "unknown type uint23_t" */
static int refuse_type(struct cparser *parser)
{
    const struct ctoken *token = &parser->token;
    const char *text = cparse_text(parser, token);
    struct suggestion suggestion;
    const struct cname *tag;

    if (token->kind != CTOKEN_WORD)
        return cparse_refuse(parser, "a type");
    tag = cscope_find(&parser->scope, true, text, token->width);
    if (tag && tag->type->kind != CTYPE_ENUM)
        return clex_refuse(
            &parser->lex, token->at, "unknown type %.*s; write %s %.*s", cparse_quoted(token), text,
            tag->type->kind == CTYPE_UNION ? "union" : "struct", cparse_quoted(token), text);
    suggestion_init_part(&suggestion, text, token->width);
    cscope_offer_known(&suggestion);
    for (size_t i = 0; i < COUNT(base_words); i++)
        suggestion_offer(&suggestion, base_words[i]);
    for (size_t i = 0; i < COUNT(tag_words); i++)
        suggestion_offer(&suggestion, tag_words[i]);
    for (uint32_t i = 0; i < parser->scope.n_names; i++) {
        const struct cname *known = &parser->scope.names[i];

        if (known->kind == CNAME_TYPE)
            suggestion_offer_part(&suggestion, known->text, known->length);
    }
    return clex_refuse(&parser->lex, token->at, "unknown type %.*s%s", cparse_quoted(token), text,
                       suggestion_question(&suggestion));
}

/* Counts a word of a base type. False: there is one already that it cannot be beside. */
static bool note_word(const struct cparser *parser, struct specifiers *words)
{
    static const char *const bases[] = {"void",   "char",  "int",     "float",
                                        "double", "_Bool", "__int128"};

    if (cparse_is_word(parser, "short"))
        words->n_short++;
    else if (cparse_is_word(parser, "long"))
        words->n_long++;
    else if (cparse_is_word(parser, "signed") || cparse_is_word(parser, "__signed__"))
        words->n_signed++;
    else if (cparse_is_word(parser, "unsigned"))
        words->n_unsigned++;
    for (size_t i = 0; i < COUNT(bases); i++) {
        if (!cparse_is_word(parser, bases[i]))
            continue;
        if (words->base)
            return false;
        words->base = bases[i];
    }
    return true;
}

static bool has_modifiers(const struct specifiers *words)
{
    return words->n_short || words->n_long || words->n_signed || words->n_unsigned;
}

/* The type that the words say together; NULL: none. */
static const struct ctype *join_words(const struct specifiers *words)
{
    const char *base = words->base ? words->base : "int";
    bool is_unsigned = words->n_unsigned > 0, is_char = strcmp(base, "char") == 0;
    bool is_int = strcmp(base, "int") == 0;
    char spelling[32];

    if (words->n_signed + words->n_unsigned > 1 || words->n_short > 1 || words->n_long > 2 ||
        (words->n_short && words->n_long) || (!is_int && (words->n_short || words->n_long)))
        return NULL;
    if (!is_int && !is_char && strcmp(base, "__int128") != 0)
        return has_modifiers(words) ? NULL : cscope_base(base);
    if (words->n_short)
        base = "short";
    if (words->n_long)
        base = words->n_long == 1 ? "long" : "long long";
    stpcpy(stpcpy(spelling, is_unsigned                  ? "unsigned "
                            : is_char && words->n_signed ? "signed "
                                                         : ""),
           base);
    return cscope_base(spelling);
}

static int read_alias(struct cparser *parser, struct cspecifiers *specifiers)
{
    const struct ctoken *token = &parser->token;
    const char *text = cparse_text(parser, token);
    const struct cname *name = cscope_find(&parser->scope, false, text, token->width);

    specifiers->type = name ? name->alias : cscope_known_alias(text, token->width);
    return cparse_advance(parser);
}

static int read_tagged(struct cparser *parser, struct cspecifiers *specifiers)
{
    struct ctype *type;
    int r =
        cparse_is_word(parser, "enum") ? cenum_read(parser, &type) : cstruct_read(parser, &type);

    if (r < 0)
        return r;
    specifiers->type = type;
    specifiers->is_tag = type->name || type->kind == CTYPE_ENUM;
    specifiers->is_unnamed = !specifiers->is_tag;
    return 0;
}

/* Reads one specifier. 1: the word is not a specifier. */
static int read_specifier(struct cparser *parser, struct specifiers *words,
                          struct cspecifiers *specifiers)
{
    bool has_type = specifiers->type || words->base || has_modifiers(words);

    if (cattribute_is_next(parser))
        return cattribute_read(parser, &specifiers->attributes);
    if (cparse_is_one_of(parser, qualifiers, COUNT(qualifiers))) {
        words->is_const |= cparse_is_word(parser, "const") || cparse_is_word(parser, "__const");
        words->is_volatile |= cparse_is_word(parser, "volatile");
        return cparse_advance(parser);
    }
    if (cparse_is_one_of(parser, storages, COUNT(storages))) {
        specifiers->is_typedef |= cparse_is_word(parser, "typedef");
        return cparse_advance(parser);
    }
    if (cparse_is_one_of(parser, base_words, COUNT(base_words))) {
        if (specifiers->type || !note_word(parser, words))
            return clex_refuse(&parser->lex, parser->token.at,
                               "these words cannot be combined to a type");
        return cparse_advance(parser);
    }
    if (has_type)
        return 1;
    if (cparse_is_one_of(parser, tag_words, COUNT(tag_words)))
        return read_tagged(parser, specifiers);
    return is_defined_type(parser) ? read_alias(parser, specifiers) : 1;
}

static int add_qualifier(struct cparser *parser, enum ctype_kind kind, const struct ctype **type)
{
    struct ctype *qualified = ctypes_add(parser->types, kind);

    if (!qualified)
        return cparse_refuse_memory(parser);
    qualified->target = *type;
    *type = qualified;
    return 0;
}

int cdecl_read_specifiers(struct cparser *parser, struct cspecifiers *ret_specifiers)
{
    struct cspecifiers specifiers = {0};
    struct specifiers words = {.at = parser->token.at};
    int r;

    do
        r = read_specifier(parser, &words, &specifiers);
    while (r == 0);
    if (r < 0)
        return r;
    if (!specifiers.type && !words.base && !has_modifiers(&words))
        return refuse_type(parser);
    if (!specifiers.type)
        specifiers.type = join_words(&words);
    if (!specifiers.type)
        return clex_refuse(&parser->lex, words.at, "these words cannot be combined to a type");
    r = 0;
    if (words.is_volatile)
        r = add_qualifier(parser, CTYPE_VOLATILE, &specifiers.type);
    if (r == 0 && words.is_const)
        r = add_qualifier(parser, CTYPE_CONST, &specifiers.type);
    if (r == 0)
        *ret_specifiers = specifiers;
    return r;
}

/* ---- declarators ---- */

static int read_declarator(struct cparser *parser, const struct ctype *base,
                           struct cdeclarator *declarator);

/* Stars, each with its qualifiers. */
static int read_pointers(struct cparser *parser, const struct ctype **type,
                         struct cattributes *attributes)
{
    while (cparse_is_mark(parser, '*')) {
        bool is_const = false;
        int r = cparse_advance(parser);

        if (r == 0 && ctypes_add_pointer(parser->types, *type, type) < 0)
            return cparse_refuse_memory(parser);
        while (r == 0 && cparse_is_one_of(parser, qualifiers, COUNT(qualifiers))) {
            is_const |= cparse_is_word(parser, "const");
            r = cparse_advance(parser);
        }
        if (r == 0 && is_const)
            r = add_qualifier(parser, CTYPE_CONST, type);
        if (r == 0)
            r = cattribute_read(parser, attributes);
        if (r < 0)
            return r;
    }
    return 0;
}

/* [4][2]: the last one is the innermost. */
static int read_dimensions(struct cparser *parser, const struct ctype **type, bool *ret_is_flexible)
{
    uint64_t counts[CDECL_DIMENSIONS_MAX];
    uint32_t n_counts = 0, at = parser->token.at;
    bool is_flexible = false;
    int r = 0;

    for (; r == 0 && cparse_is_mark(parser, '['); n_counts++) {
        if (n_counts == CDECL_DIMENSIONS_MAX)
            return clex_refuse(&parser->lex, parser->token.at,
                               "an array can have at most %d dimensions", CDECL_DIMENSIONS_MAX);
        r = cparse_advance(parser);
        if (r == 0 && cparse_is_mark(parser, ']') && n_counts == 0) {
            is_flexible = true;
            counts[0] = 0;
        } else if (r == 0) {
            r = cexpr_read_count(parser, "an array's length", CTYPE_SIZE_MAX, &counts[n_counts]);
        }
        if (r == 0)
            r = cparse_take_mark(parser, ']', "]");
    }
    if (r == 0 && n_counts > 0 && !clayout_has_size(*type))
        return clex_refuse(&parser->lex, at,
                           "the elements of this array are incomplete: their size is unknown");
    if (r == 0 && n_counts > 0 && ctype_bare(*type)->size % clayout_align(*type))
        return clex_refuse(&parser->lex, at,
                           "the alignment of this array's elements is larger than their size");
    while (r == 0 && n_counts > 0)
        r = ctypes_add_array(parser->types, *type, (uint32_t)counts[--n_counts], type);
    if (r == -EFBIG)
        return clex_refuse(&parser->lex, at, "an array can have at most %d bytes", CTYPE_SIZE_MAX);
    if (r == -ENOMEM)
        return cparse_refuse_memory(parser);
    *ret_is_flexible = is_flexible;
    return r;
}

/* What follows the name, or after the parentheses around it. */
static int read_suffix(struct cparser *parser, const struct ctype **type, bool *ret_is_flexible)
{
    struct ctype *function;

    *ret_is_flexible = false;
    if (cparse_is_mark(parser, '[')) {
        int r = read_dimensions(parser, type, ret_is_flexible);

        if (r == 0 && *type && ctype_bare(*type)->kind == CTYPE_FUNCTION)
            return cparse_refuse(parser, "a type that is not a function");
        return r;
    }
    if (!cparse_is_mark(parser, '('))
        return 0;
    function = ctypes_add(parser->types, CTYPE_FUNCTION);
    if (!function)
        return cparse_refuse_memory(parser);
    function->target = *type;
    *type = function;
    return cparse_skip_parentheses(parser);
}

/* Whether what begins here are parentheses around a declarator, not parameters. */
static bool is_group(struct cparser *parser)
{
    struct cparser ahead = *parser;
    struct error ignored;

    if (!cparse_is_mark(parser, '('))
        return false;
    ahead.lex.error = &ignored;
    if (cparse_advance(&ahead) < 0)
        return false;
    return cparse_is_mark(&ahead, '*') || cparse_is_mark(&ahead, '(') ||
           (ahead.token.kind == CTOKEN_WORD && !cdecl_is_type(&ahead));
}

/* (INNER)SUFFIX, on the ( */
static int read_group(struct cparser *parser, const struct ctype *base,
                      struct cdeclarator *declarator)
{
    struct clex inside = parser->lex;
    struct clex behind;
    struct ctoken token;
    bool is_flexible;
    int r = cparse_skip_parentheses(parser);

    if (r == 0)
        r = read_suffix(parser, &base, &is_flexible);
    if (r < 0)
        return r;
    behind = parser->lex;
    token = parser->token;
    parser->lex = inside;
    r = cparse_advance(parser);
    if (r == 0)
        r = read_declarator(parser, base, declarator);
    if (r < 0)
        return r;
    if (!cparse_is_mark(parser, ')'))
        return cparse_refuse(parser, ")");
    if (declarator->type == base)
        declarator->is_flexible = is_flexible;
    parser->lex = behind;
    parser->token = token;
    return 0;
}

static int read_direct(struct cparser *parser, const struct ctype *base,
                       struct cdeclarator *declarator)
{
    int r = cattribute_read(parser, &declarator->attributes);

    if (r < 0)
        return r;
    if (is_group(parser))
        return read_group(parser, base, declarator);
    if (parser->token.kind == CTOKEN_WORD) {
        if (cparse_is_one_of(parser, base_words, COUNT(base_words)) ||
            cparse_is_one_of(parser, tag_words, COUNT(tag_words)) ||
            cparse_is_word(parser, "sizeof"))
            return cparse_refuse(parser, "a name");
        declarator->name = parser->token;
        r = cparse_advance(parser);
    }
    if (r == 0)
        r = read_suffix(parser, &base, &declarator->is_flexible);
    declarator->type = base;
    return r;
}

static int read_declarator(struct cparser *parser, const struct ctype *base,
                           struct cdeclarator *declarator)
{
    int r = cparse_enter(parser);

    if (r < 0)
        return r;
    r = read_pointers(parser, &base, &declarator->attributes);
    if (r == 0)
        r = read_direct(parser, base, declarator);
    cparse_leave(parser);
    return r;
}

int cdecl_read_declarator(struct cparser *parser, const struct ctype *base,
                          struct cdeclarator *ret_declarator)
{
    struct cdeclarator declarator = {0};
    int r = read_declarator(parser, base, &declarator);

    if (r == 0)
        *ret_declarator = declarator;
    return r;
}

int cdecl_read_type(struct cparser *parser, const struct ctype **ret_type)
{
    struct cspecifiers specifiers = {0};
    struct cdeclarator declarator = {0};
    int r = cdecl_read_specifiers(parser, &specifiers);

    if (r == 0)
        r = cdecl_read_declarator(parser, specifiers.type, &declarator);
    if (r < 0)
        return r;
    if (declarator.name.width)
        return clex_refuse(&parser->lex, declarator.name.at,
                           "unexpected name; write the type alone");
    *ret_type = declarator.type;
    return 0;
}
