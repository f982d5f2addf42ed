// SPDX-License-Identifier: Apache-2.0

/* Only packed and aligned change a layout as it is computed here. An attribute that changes it in
 * another way is refused, and so is an unknown one: a misspelt "packed" would shift all
 * fields. The kernel's short forms, __packed and __aligned(N), are known too. */

#include "schema/cattribute.h"

#include <string.h>

#include "base/suggestion.h"
#include "schema/cdecl.h"
#include "schema/cexpr.h"
#include "schema/clayout.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* They do not change where members lie. */
static const char *const harmless[] = {
    "unused",       "used",
    "deprecated",   "preserve_access_index",
    "btf_decl_tag", "btf_type_tag",
    "may_alias",    "designated_init",
    "nonstring",    "section",
    "visibility",   "weak",
    "noderef",      "warn_if_not_aligned",
    "counted_by",   "address_space",
    "common",
};

/* Whether the token is that word, or that word between double underscores. */
static bool is_attribute(const struct cparser *parser, const char *word)
{
    const struct ctoken *token = &parser->token;
    const char *text = cparse_text(parser, token);
    size_t length = strlen(word);

    return cparse_is_word(parser, word) ||
           (token->kind == CTOKEN_WORD && token->width == length + 4 &&
            memcmp(text, "__", 2) == 0 && memcmp(text + 2, word, length) == 0 &&
            memcmp(text + 2 + length, "__", 2) == 0);
}

static int refuse_attribute(struct cparser *parser)
{
    const struct ctoken *token = &parser->token;
    const char *known[] = {"packed", "aligned"};
    struct suggestion suggestion;

    if (token->kind != CTOKEN_WORD)
        return cparse_refuse(parser, "an attribute's name");
    suggestion_init_part(&suggestion, cparse_text(parser, token), token->width);
    for (size_t i = 0; i < COUNT(known); i++)
        suggestion_offer(&suggestion, known[i]);
    return clex_refuse(
        &parser->lex, token->at, "unknown attribute %.*s; allowed are packed and aligned(N)%s",
        cparse_quoted(token), cparse_text(parser, token), suggestion_question(&suggestion));
}

/* (N) or (TYPE), on the ( */
static int read_align(struct cparser *parser, struct cattributes *attributes)
{
    const struct ctype *type;
    uint64_t align;
    uint32_t at;
    int r;

    if (!cparse_is_mark(parser, '('))
        return cparse_refuse(parser, "(N) after aligned");
    r = cparse_advance(parser);
    if (r < 0)
        return r;
    at = parser->token.at;
    if (cdecl_is_type(parser)) {
        r = cdecl_read_type(parser, &type);
        if (r == 0 && !clayout_has_size(type))
            return clex_refuse(&parser->lex, at, "this type is incomplete: its size is unknown");
        if (r == 0)
            align = clayout_align(type);
    } else {
        r = cexpr_read_count(parser, "an alignment", CATTRIBUTE_ALIGN_MAX, &align);
    }
    if (r < 0)
        return r;
    if (align == 0 || (align & (align - 1)))
        return clex_refuse(&parser->lex, at, "an alignment must be a power of two");
    if (align > attributes->align)
        attributes->align = (uint32_t)align;
    return cparse_take_mark(parser, ')', ")");
}

static int read_attribute(struct cparser *parser, struct cattributes *attributes)
{
    bool is_harmless = false;
    int r;

    if (is_attribute(parser, "packed")) {
        attributes->is_packed = true;
        return cparse_advance(parser);
    }
    if (is_attribute(parser, "aligned")) {
        r = cparse_advance(parser);
        return r < 0 ? r : read_align(parser, attributes);
    }
    for (size_t i = 0; i < COUNT(harmless) && !is_harmless; i++)
        is_harmless = is_attribute(parser, harmless[i]);
    if (!is_harmless)
        return refuse_attribute(parser);
    r = cparse_advance(parser);
    if (r == 0 && cparse_is_mark(parser, '('))
        r = cparse_skip_parentheses(parser);
    return r;
}

/* ((packed, aligned(8))), after the word */
static int read_attribute_list(struct cparser *parser, struct cattributes *attributes)
{
    int r = cparse_take_mark(parser, '(', "(( after __attribute__");

    if (r == 0)
        r = cparse_take_mark(parser, '(', "(( after __attribute__");
    while (r == 0 && !cparse_is_mark(parser, ')')) {
        r = read_attribute(parser, attributes);
        if (r == 0 && !cparse_is_mark(parser, ')'))
            r = cparse_take_mark(parser, ',', ", or ))");
    }
    if (r == 0)
        r = cparse_advance(parser);
    return r < 0 ? r : cparse_take_mark(parser, ')', "))");
}

bool cattribute_is_next(const struct cparser *parser)
{
    static const char *const words[] = {"__attribute__", "__attribute", "__packed",
                                        "__aligned",     "_Alignas",    "alignas"};

    return cparse_is_one_of(parser, words, COUNT(words));
}

int cattribute_read(struct cparser *parser, struct cattributes *attributes)
{
    while (cattribute_is_next(parser)) {
        bool is_list =
            cparse_is_word(parser, "__attribute__") || cparse_is_word(parser, "__attribute");
        bool is_packed = cparse_is_word(parser, "__packed");
        int r = cparse_advance(parser);

        if (r < 0)
            return r;
        if (is_packed)
            attributes->is_packed = true;
        else
            r = is_list ? read_attribute_list(parser, attributes) : read_align(parser, attributes);
        if (r < 0)
            return r;
    }
    return 0;
}

struct cattributes cattribute_join(struct cattributes a, struct cattributes b)
{
    return (struct cattributes){
        .is_packed = a.is_packed || b.is_packed,
        .align = a.align > b.align ? a.align : b.align,
    };
}
