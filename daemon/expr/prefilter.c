// SPDX-License-Identifier: Apache-2.0

/* Reads a regular expression item by item, an item being a byte, an escape, a class or a group,
 * with what repeats it. Literal items make both sets longer; any other item ends the heads, and
 * begins the tails again:
 *
 *     ^   /  v  a  r  /  (log|www)  /      .*     \.  (html|log)  $
 *         heads grow ...............|             tails grow .....|
 *
 * At whatever may change the meaning of what follows (options, verbs, \Q), at an | outside of
 * groups and at all that is rare, the reader gives up. */

#include "expr/prefilter.h"

#include <string.h>

enum item_kind { ITEM_LITERAL, ITEM_OTHER };

struct prefilter_reader {
    const char *at, *end;
    bool given_up;
};

/* ---- sets of literals ------------------------------------------------------------------------ */

static const struct literals nothing_more = {.n = 1}; /* the empty literal */

static bool append(struct literals *literals, const char *bytes, size_t length)
{
    uint32_t last = literals->n - 1, used = literals->lengths[last];

    if (used + length > LITERAL_MAX)
        return false;
    memcpy(literals->bytes[last] + used, bytes, length);
    literals->lengths[last] = (uint8_t)(used + length);
    return true;
}

/* Each of a with each of b after it. False, and a is as it was: there is no room. */
static bool multiply(struct literals *a, const struct literals *b)
{
    struct literals product = {0};

    if (a->n * b->n > LITERALS_MAX)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t k = 0; k < b->n; k++) {
            product.n++;
            if (!append(&product, a->bytes[i], a->lengths[i]) ||
                !append(&product, b->bytes[k], b->lengths[k]))
                return false;
        }
    *a = product;
    return true;
}

uint32_t literals_common(const struct literals *literals)
{
    uint32_t common = literals->n ? literals->lengths[0] : 0;

    for (uint32_t i = 1; i < literals->n; i++)
        for (uint32_t at = 0; at < common; at++)
            if (at == literals->lengths[i] || literals->bytes[i][at] != literals->bytes[0][at])
                common = at;
    return common;
}

/* ---- items ----------------------------------------------------------------------------------- */

static char peek(const struct prefilter_reader *reader, ptrdiff_t ahead)
{
    return reader->end - reader->at > ahead ? reader->at[ahead] : '\0';
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A byte that stands for itself, escaped or not; '\0': there is none. */
static char take_literal(struct prefilter_reader *reader)
{
    char c = peek(reader, 0), next = peek(reader, 1);

    if (c == '\\' && next && !is_word(next) && (unsigned char)next < 0x80) {
        reader->at += 2;
        return next;
    }
    if (!c || is_one_of(c, "\\^$.[|()?*+{"))
        return '\0';
    reader->at++;
    return c;
}

/* Within a class or a group, where it does not matter what it is, but where it ends. */
static void skip_escape(struct prefilter_reader *reader)
{
    reader->given_up |= is_one_of(peek(reader, 1), "QEc");
    reader->at += 2;
}

/* The length of a named class such as [:alpha:]; 0: not a named class. */
static ptrdiff_t named_class(const struct prefilter_reader *reader)
{
    ptrdiff_t length = 2 + (peek(reader, 2) == '^');

    if (peek(reader, 0) != '[' || peek(reader, 1) != ':')
        return 0;
    while (is_word(peek(reader, length)))
        length++;
    return peek(reader, length) == ':' && peek(reader, length + 1) == ']' ? length + 2 : 0;
}

/* From the [ to after the ] */
static void skip_class(struct prefilter_reader *reader)
{
    reader->at += 1 + (peek(reader, 1) == '^');
    reader->at += peek(reader, 0) == ']'; /* the first one is a member */
    while (!reader->given_up && reader->at < reader->end && *reader->at != ']') {
        if (*reader->at == '\\')
            skip_escape(reader);
        else
            reader->at += named_class(reader) ? named_class(reader) : 1;
    }
    reader->at++;
}

/* What follows the ( that begins a group: nothing, or what kind it is. */
static void skip_opening(struct prefilter_reader *reader)
{
    reader->at++;
    if (peek(reader, 0) == '*')
        reader->given_up = true; /* a verb */
    if (peek(reader, 0) != '?')
        return;
    if (is_one_of(peek(reader, 1), ":=!>"))
        reader->at += 2;
    else
        reader->given_up = true;
}

/* From the ( to after its ). */
static void skip_group(struct prefilter_reader *reader)
{
    uint32_t depth = 0;

    while (!reader->given_up && reader->at < reader->end) {
        char c = *reader->at;

        if (c == '\\') {
            skip_escape(reader);
        } else if (c == '[') {
            skip_class(reader);
        } else if (c == '(') {
            depth++;
            skip_opening(reader);
        } else {
            reader->at++;
            if (c == ')' && --depth == 0)
                return;
        }
    }
}

/* A group of literals, as in (log|www). False, and nothing is taken: it is more than that. */
static bool take_choice(struct prefilter_reader *reader, struct literals *ret)
{
    struct prefilter_reader inner = *reader;

    *ret = nothing_more;
    inner.at += peek(reader, 1) == '?' && peek(reader, 2) == ':' ? 3 : 1;
    for (;;) {
        char c = take_literal(&inner);

        if (c) {
            if (!append(ret, &c, 1))
                return false;
            continue;
        }
        c = peek(&inner, 0);
        inner.at++;
        if (c == ')') {
            *reader = inner;
            return true;
        }
        if (c != '|' || ret->n == LITERALS_MAX)
            return false;
        ret->n++;
    }
}

/* The length of a repetition such as {2}, {2,}, {2,3} or {,3}; 0: not a repetition. */
static ptrdiff_t braces(const struct prefilter_reader *reader)
{
    ptrdiff_t length = 1;

    while (is_one_of(peek(reader, length), "0123456789,"))
        length++;
    return length > 1 && peek(reader, length) == '}' ? length + 1 : 0;
}

/* Whether something says how often. */
static bool skip_quantifier(struct prefilter_reader *reader)
{
    char c = peek(reader, 0);

    if (c == '{') {
        ptrdiff_t length = braces(reader);

        reader->given_up |= length == 0;
        reader->at += length;
    } else if (is_one_of(c, "?*+")) {
        reader->at++;
    } else {
        return false;
    }
    if (is_one_of(peek(reader, 0), "?+"))
        reader->at++;
    return true;
}

/* The literals are set if it is one, or one of some. */
static enum item_kind take_item(struct prefilter_reader *reader, struct literals *ret)
{
    bool literal = true;
    char c = take_literal(reader);

    *ret = nothing_more;
    if (c) {
        append(ret, &c, 1);
    } else if (peek(reader, 0) == '(') {
        literal = take_choice(reader, ret);
        if (!literal)
            skip_group(reader);
    } else {
        literal = false;
        switch (peek(reader, 0)) {
        case '\\':
            reader->given_up = !is_one_of(peek(reader, 1), "dDwWsSbB");
            reader->at += 2;
            break;
        case '[':
            skip_class(reader);
            break;
        case '.':
        case '^':
        case '$':
            reader->at++;
            break;
        default:
            reader->given_up = true;
        }
    }
    return !skip_quantifier(reader) && literal ? ITEM_LITERAL : ITEM_OTHER;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* .* where a match may begin or end anywhere anyway. */
static bool skip_anything(struct prefilter_reader *reader)
{
    if (peek(reader, 0) != '.' || peek(reader, 1) != '*' || is_one_of(peek(reader, 2), "?+"))
        return false;
    reader->at += 2;
    return true;
}

static void add_literals(struct prefilter *prefilter, const struct literals *literals)
{
    bool fits = multiply(&prefilter->tails, literals);

    if (!fits)
        prefilter->tails = *literals;
    if (prefilter->whole && !prefilter->gap)
        fits = multiply(&prefilter->heads, literals);
    prefilter->whole = prefilter->whole && fits;
}

/* Anything else. After the first one, heads grow no more. */
static void add_other(struct prefilter *prefilter, bool is_gap)
{
    prefilter->whole = prefilter->whole && is_gap && !prefilter->gap;
    prefilter->gap = prefilter->whole;
    prefilter->tails = nothing_more;
}

static void add_item(struct prefilter_reader *reader, struct prefilter *prefilter)
{
    struct literals literals;

    if (skip_anything(reader))
        add_other(prefilter, true);
    else if (take_item(reader, &literals) == ITEM_LITERAL)
        add_literals(prefilter, &literals);
    else
        add_other(prefilter, false);
}

void prefilter_read(const struct text *pattern, struct prefilter *ret)
{
    struct prefilter_reader reader = {.at = pattern->bytes,
                                      .end = pattern->bytes + pattern->length};
    struct prefilter prefilter = {.whole = true, .heads = nothing_more, .tails = nothing_more};

    *ret = (struct prefilter){0};
    if (memchr(pattern->bytes, 0, pattern->length))
        return;
    prefilter.anchored = peek(&reader, 0) == '^';
    reader.at += prefilter.anchored;
    if (!prefilter.anchored)
        skip_anything(&reader);
    while (!reader.given_up && reader.at < reader.end) {
        struct prefilter_reader rest = reader;

        prefilter.ended = *reader.at == '$' && reader.at + 1 == reader.end;
        if (prefilter.ended || (skip_anything(&rest) && rest.at == rest.end))
            break;
        add_item(&reader, &prefilter);
    }
    if (!reader.given_up)
        *ret = prefilter;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Most differ in their last byte, and need no call. */
static inline bool equal(const char *bytes, const struct literals *literals, uint32_t which)
{
    const char *literal = literals->bytes[which];
    uint32_t length = literals->lengths[which];

    return length == 0 ||
           (bytes[length - 1] == literal[length - 1] && memcmp(bytes, literal, length) == 0);
}

static inline bool begins(const struct literals *literals, uint32_t which, const struct text *text)
{
    return text->length >= literals->lengths[which] && equal(text->bytes, literals, which);
}

/* One of the literals lies at the end of the text, after `from`. */
static bool ends(const struct literals *literals, const struct text *text, uint32_t from)
{
    for (uint32_t i = 0; i < literals->n; i++) {
        uint32_t length = literals->lengths[i];

        if (text->length >= from + length &&
            equal(text->bytes + text->length - length, literals, i))
            return true;
    }
    return false;
}

/* Without its last newline, if it ends in one. */
static struct text shorten(const struct text *text)
{
    bool newline = text->length > 0 && text->bytes[text->length - 1] == '\n';

    return (struct text){text->bytes, text->length - newline};
}

static bool begins_with_one(const struct literals *literals, const struct text *text)
{
    for (uint32_t i = 0; i < literals->n; i++)
        if (begins(literals, i, text))
            return true;
    return false;
}

static bool is_one(const struct literals *literals, const struct text *text)
{
    for (uint32_t i = 0; i < literals->n; i++)
        if (literals->lengths[i] == text->length && begins(literals, i, text))
            return true;
    return false;
}

/* Where the first one that is after `from` ends; UINT32_MAX: there is none. */
static uint32_t find_end(const struct literals *literals, const struct text *text, uint32_t from)
{
    uint32_t first = UINT32_MAX;

    for (uint32_t i = 0; i < literals->n; i++) {
        const char *at = memmem(text->bytes + from, text->length - from, literals->bytes[i],
                                literals->lengths[i]);
        uint32_t end = at ? (uint32_t)(at - text->bytes) + literals->lengths[i] : UINT32_MAX;

        first = end < first ? end : first;
    }
    return first;
}

static uint32_t shortest_head(const struct literals *literals, const struct text *text)
{
    uint32_t first = UINT32_MAX;

    for (uint32_t i = 0; i < literals->n; i++)
        if (literals->lengths[i] < first && begins(literals, i, text))
            first = literals->lengths[i];
    return first;
}

/* The sooner the head ends, the more is left for the tail. */
static bool spans(const struct prefilter *prefilter, const struct text *text)
{
    uint32_t from = prefilter->anchored ? shortest_head(&prefilter->heads, text)
                                        : find_end(&prefilter->heads, text, 0);

    if (from == UINT32_MAX)
        return false;
    return prefilter->ended ? ends(&prefilter->tails, text, from)
                            : find_end(&prefilter->tails, text, from) != UINT32_MAX;
}

static bool fits(const struct prefilter *prefilter, const struct text *text)
{
    struct text shorter = shorten(text);

    return (!prefilter->anchored || begins_with_one(&prefilter->heads, text)) &&
           (!prefilter->ended || ends(&prefilter->tails, text, 0) ||
            (shorter.length < text->length && ends(&prefilter->tails, &shorter, 0)));
}

static bool is_head(const struct prefilter *prefilter, const struct text *text)
{
    struct text shorter = shorten(text);

    if (!prefilter->anchored)
        return prefilter->ended
                   ? ends(&prefilter->heads, text, 0) || ends(&prefilter->heads, &shorter, 0)
                   : find_end(&prefilter->heads, text, 0) != UINT32_MAX;
    return prefilter->ended ? is_one(&prefilter->heads, text) || is_one(&prefilter->heads, &shorter)
                            : begins_with_one(&prefilter->heads, text);
}

enum prefilter_answer prefilter_decide(const struct prefilter *prefilter, const struct text *text)
{
    enum prefilter_answer answer;

    if (!prefilter->whole)
        return fits(prefilter, text) ? PREFILTER_UNKNOWN : PREFILTER_NO;
    if (!prefilter->gap)
        return is_head(prefilter, text) ? PREFILTER_YES : PREFILTER_NO;
    answer = spans(prefilter, text) ? PREFILTER_YES : PREFILTER_NO;
    /* no .* goes over a newline, and the text may end before it */
    return memchr(text->bytes, '\n', text->length) ? PREFILTER_UNKNOWN : answer;
}
