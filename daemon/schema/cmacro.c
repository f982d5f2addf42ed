// SPDX-License-Identifier: Apache-2.0

/* Directives are read once, from the beginning to the end, and the text stays as it is: the lexer
 * passes over skipped bytes, and reads the body of a macro at its own place, so that a mistake in
 * it is shown there. A name that is not defined counts as 0 in #if, as in C; clang defines __bpf__
 * and
 * __BPF__ for the programs that write the records. */

#include "schema/cmacro.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "schema/ccondition.h"
#include "schema/clex.h"

/* One #if. */
struct condition_branch {
    uint32_t at;
    bool outer;    /* what is around it is read */
    bool is_taken; /* one of its parts was */
    bool is_read;  /* this part is */
    bool has_else;
};

struct directives {
    struct clex *lex;
    struct cmacros *macros;
    struct condition_branch branches[CMACRO_DEPTH_MAX];
    uint32_t depth;
};

/* One line of them. */
struct directive {
    uint32_t at;   /* of its # */
    uint32_t word; /* "define" */
    uint32_t word_length;
    uint32_t rest; /* after that */
    uint32_t end;
};

/* ---- macros ---------------------------------------------------------------------------------- */

static uint32_t bucket_of(const char *name, uint32_t length)
{
    uint32_t hash = 2166136261U;

    for (uint32_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619U;
    return hash % CMACRO_BUCKETS;
}

const struct cmacro *cmacros_find(const struct cmacros *macros, const char *text, uint32_t at,
                                  uint32_t length, uint32_t place)
{
    uint32_t index = macros->buckets[bucket_of(text + at, length)];

    for (; index > 0; index = macros->list[index - 1].next) {
        const struct cmacro *macro = &macros->list[index - 1];

        if (macro->name_length == length && memcmp(text + macro->name, text + at, length) == 0 &&
            macro->from <= place && place < macro->to)
            return macro;
    }
    return NULL;
}

void cmacros_deinit(struct cmacros *macros)
{
    free(macros->list);
    free(macros->skipped);
}

static struct cmacro *find_now(const struct directives *all, uint32_t at, uint32_t length,
                               uint32_t place)
{
    return (struct cmacro *)cmacros_find(all->macros, all->lex->text, at, length, place);
}

static int add_macro(struct directives *all, struct cmacro macro)
{
    struct cmacros *macros = all->macros;
    const char *text = all->lex->text;
    const struct cmacro *old = find_now(all, macro.name, macro.name_length, macro.name);
    uint32_t bucket = bucket_of(text + macro.name, macro.name_length);
    uint32_t length = macro.body_end - macro.body;

    if (old && old->body_end - old->body == length &&
        memcmp(text + old->body, text + macro.body, length) == 0)
        return 0;
    if (old)
        return clex_refuse(all->lex, macro.name, "%.*s is defined twice", (int)macro.name_length,
                           text + macro.name);
    if (macros->count == CMACRO_COUNT_MAX)
        return clex_refuse(all->lex, macro.name, "too many macros; at most %d are allowed",
                           CMACRO_COUNT_MAX);
    if (macros->count % 64 == 0) {
        struct cmacro *list = reallocarray(macros->list, macros->count + 64, sizeof(*list));

        if (!list)
            return error_set(all->lex->error, -ENOMEM, "out of memory");
        macros->list = list;
    }
    macro.next = macros->buckets[bucket];
    macros->list[macros->count++] = macro;
    macros->buckets[bucket] = macros->count;
    return 0;
}

static uint32_t skip_blanks(const struct directives *all, uint32_t at, uint32_t end)
{
    while (at < end && strchr(" \t\r\\\n", all->lex->text[at]))
        at++;
    return at;
}

/* The name after #define, #ifdef and the like; *ret_length 0: there is none. */
static uint32_t name_at(const struct directives *all, const struct directive *line,
                        uint32_t *ret_length)
{
    uint32_t at = skip_blanks(all, line->rest, line->end), end = at;

    while (end < line->end && clex_is_word(all->lex->text[end]))
        end++;
    *ret_length =
        end > at && !(all->lex->text[at] >= '0' && all->lex->text[at] <= '9') ? end - at : 0;
    return at;
}

static int refuse_nameless(const struct directives *all, const struct directive *line, uint32_t at)
{
    if (at == line->end)
        return clex_refuse(all->lex, at, "expected a name after #%.*s, but the line ends",
                           (int)line->word_length, all->lex->text + line->word);
    return clex_refuse(all->lex, at, "expected a name after #%.*s, not %c", (int)line->word_length,
                       all->lex->text + line->word, all->lex->text[at]);
}

static int read_define(struct directives *all, const struct directive *line)
{
    uint32_t length, at = name_at(all, line, &length);
    struct cmacro macro = {.name = at, .name_length = length, .from = line->end, .to = UINT32_MAX};

    if (length == 0)
        return refuse_nameless(all, line, at);
    macro.has_parameters = at + length < line->end && all->lex->text[at + length] == '(';
    macro.body = skip_blanks(all, at + length, line->end);
    macro.body_end = line->end;
    while (macro.body_end > macro.body && strchr(" \t\r", all->lex->text[macro.body_end - 1]))
        macro.body_end--;
    return add_macro(all, macro);
}

static int read_undef(struct directives *all, const struct directive *line)
{
    uint32_t length, at = name_at(all, line, &length);
    struct cmacro *macro = length ? find_now(all, at, length, at) : NULL;

    if (macro)
        macro->to = line->at;
    return length ? 0 : refuse_nameless(all, line, at);
}

/* ---- conditions ------------------------------------------------------------------------------ */

static bool is_read(const struct directives *all)
{
    return all->depth == 0 || all->branches[all->depth - 1].is_read;
}

static int read_condition(struct directives *all, const struct directive *line, bool *ret_holds)
{
    return ccondition_read(all->lex, all->macros, line->rest, line->end, ret_holds);
}

/* #ifdef and #ifndef */
static int read_defined(struct directives *all, const struct directive *line, bool *ret_holds)
{
    uint32_t length, at = name_at(all, line, &length);

    if (length == 0)
        return refuse_nameless(all, line, at);
    *ret_holds = ccondition_is_defined(all->macros, all->lex->text, at, length);
    return 0;
}

static bool is_directive(const struct directives *all, const struct directive *line,
                         const char *word)
{
    return line->word_length == strlen(word) &&
           memcmp(all->lex->text + line->word, word, line->word_length) == 0;
}

static int begin_branch(struct directives *all, const struct directive *line)
{
    bool outer = is_read(all), holds = false;
    int r = 0;

    if (all->depth == CMACRO_DEPTH_MAX)
        return clex_refuse(all->lex, line->at, "more than %d #if are within each other",
                           CMACRO_DEPTH_MAX);
    if (outer && is_directive(all, line, "if"))
        r = read_condition(all, line, &holds);
    else if (outer)
        r = read_defined(all, line, &holds);
    if (is_directive(all, line, "ifndef"))
        holds = !holds;
    all->branches[all->depth++] = (struct condition_branch){
        .at = line->at, .outer = outer, .is_taken = holds, .is_read = outer && holds};
    return r;
}

static int next_branch(struct directives *all, const struct directive *line)
{
    struct condition_branch *branch = all->depth > 0 ? &all->branches[all->depth - 1] : NULL;
    bool is_else = is_directive(all, line, "else"), holds = is_else;
    int r = 0;

    if (!branch || branch->has_else)
        return clex_refuse(all->lex, line->at, "this #%.*s has no #if", (int)line->word_length,
                           all->lex->text + line->word);
    branch->has_else = is_else;
    if (!is_else && branch->outer && !branch->is_taken)
        r = read_condition(all, line, &holds);
    branch->is_read = branch->outer && !branch->is_taken && holds;
    branch->is_taken |= holds;
    return r;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static int read_directive(struct directives *all, const struct directive *line)
{
    static const char *const without_effect[] = {"include", "include_next", "import", "pragma",
                                                 "line",    "ident",        "warning"};

    if (is_directive(all, line, "if") || is_directive(all, line, "ifdef") ||
        is_directive(all, line, "ifndef"))
        return begin_branch(all, line);
    if (is_directive(all, line, "elif") || is_directive(all, line, "else"))
        return next_branch(all, line);
    if (is_directive(all, line, "endif")) {
        if (all->depth == 0)
            return clex_refuse(all->lex, line->at, "this #endif has no #if");
        all->depth--;
        return 0;
    }
    if (!is_read(all) || line->word_length == 0)
        return 0;
    if (is_directive(all, line, "define"))
        return read_define(all, line);
    if (is_directive(all, line, "undef"))
        return read_undef(all, line);
    if (is_directive(all, line, "error"))
        return clex_refuse(all->lex, line->at, "#%.*s",
                           (int)(line->end - line->word < 100 ? line->end - line->word : 100),
                           all->lex->text + line->word);
    for (size_t i = 0; i < sizeof(without_effect) / sizeof(without_effect[0]); i++)
        if (is_directive(all, line, without_effect[i]))
            return 0;
    return clex_refuse(all->lex, line->word, "unknown directive #%.*s", (int)line->word_length,
                       all->lex->text + line->word);
}

/* Passes over a comment or a text in quotes that begins there; else over one byte. */
static uint32_t pass(const char *text, uint32_t at, uint32_t length)
{
    char quote = text[at];

    if (quote == '/' && at + 1 < length && text[at + 1] == '*') {
        for (at += 2; at + 1 < length && !(text[at] == '*' && text[at + 1] == '/');)
            at++;
        return at + 2 < length ? at + 2 : length;
    }
    if (quote == '/' && at + 1 < length && text[at + 1] == '/') {
        while (at < length && text[at] != '\n')
            at++;
        return at;
    }
    if (quote != '"' && quote != '\'')
        return at + 1;
    for (at++; at < length && text[at] != quote && text[at] != '\n';)
        at += text[at] == '\\' && at + 1 < length ? 2 : 1;
    return at < length && text[at] == quote ? at + 1 : at < length ? at : length;
}

/* Where a directive's line ends: after a backslash it goes on. */
static uint32_t line_end(const char *text, uint32_t at, uint32_t length)
{
    while (at < length && text[at] != '\n') {
        uint32_t next = pass(text, at, length);

        if (text[at] == '\\' && next < length && text[next] == '\r')
            next++;
        if (text[at] == '\\' && next < length && text[next] == '\n')
            next++;
        at = next;
    }
    return at;
}

static struct directive find_directive(const struct directives *all, uint32_t at)
{
    const char *text = all->lex->text;
    struct directive line = {.at = at, .end = line_end(text, at, all->lex->length)};

    line.word = skip_blanks(all, at + 1, line.end);
    line.rest = line.word;
    while (line.rest < line.end && clex_is_word(text[line.rest]))
        line.rest++;
    line.word_length = line.rest - line.word;
    /* a comment at its end is not part of it */
    for (uint32_t i = line.rest; i + 1 < line.end; i = pass(text, i, line.end))
        if (text[i] == '/' && (text[i + 1] == '/' || text[i + 1] == '*') &&
            skip_blanks(all, pass(text, i, line.end), line.end) == line.end) {
            line.end = i;
            break;
        }
    return line;
}

int cmacros_read(struct clex *lex, struct cmacros *macros)
{
    struct directives all = {.lex = lex, .macros = macros};
    bool is_line_start = true;
    int r = 0;

    macros->skipped = calloc(lex->length + 1, 1);
    if (!macros->skipped)
        return error_set(lex->error, -ENOMEM, "out of memory");
    for (uint32_t at = 0; at < lex->length && r == 0;) {
        uint32_t next = pass(lex->text, at, lex->length);
        bool is_here = lex->text[at] == '#' && is_line_start;

        if (is_here) {
            struct directive line = find_directive(&all, at);

            r = read_directive(&all, &line);
            next = line_end(lex->text, at, lex->length);
        }
        if (is_here || !is_read(&all))
            memset(macros->skipped + at, 1, next - at);
        if (lex->text[at] == '\n')
            is_line_start = true;
        else if (!strchr(" \t", lex->text[at]) || is_here)
            is_line_start = is_here;
        at = next;
    }
    if (r == 0 && all.depth > 0)
        return clex_refuse(lex, all.branches[all.depth - 1].at, "this #if has no #endif");
    return r;
}
