// SPDX-License-Identifier: Apache-2.0
/* Words for libyaml's errors. It keeps two places for a syntax error, where it stopped and where
 * the surrounding thing began; for bytes that are not text it keeps an offset only, from which the
 * place is counted here. Tabs get a hint, since libyaml's message does not name them. */

#include "config/syntax.h"

#include <errno.h>
#include <string.h>

#include "config/utf8.h"

static void report_bad_text(const yaml_parser_t *parser, const char *name, const char *text,
                            size_t length, struct diag *diag)
{
    size_t end = parser->problem_offset < length ? parser->problem_offset : length;
    const char *newline = memrchr(text, '\n', end);
    size_t start = newline ? (size_t)(newline - text) + 1 : 0;
    uint32_t line = 1;

    for (size_t i = 0; i < start; i++)
        line += text[i] == '\n';
    diag_add_place(diag, name, line, (uint32_t)utf8_count(text + start, end - start) + 1,
                   "not UTF-8 text: %s (0x%02x)", parser->problem,
                   parser->problem_value < 0 ? 0u : (unsigned)parser->problem_value);
}

/* Columns are characters, so this may look a little too far left after characters other than ASCII;
 * then the hint is missing, and nothing worse. */
static bool is_tab(const char *text, size_t length, const yaml_mark_t *mark)
{
    const char *end = text + length;

    for (size_t i = 0; i < mark->line && text; i++) {
        text = memchr(text, '\n', (size_t)(end - text));
        text = text ? text + 1 : NULL;
    }
    return text && mark->column < (size_t)(end - text) && text[mark->column] == '\t';
}

int syntax_report(const yaml_parser_t *parser, const char *name, const char *text, size_t length,
                  struct diag *diag)
{
    const yaml_mark_t *mark = &parser->problem_mark;
    uint32_t line = (uint32_t)mark->line + 1;
    uint32_t column = (uint32_t)mark->column + 1;

    if (parser->error == YAML_MEMORY_ERROR) {
        diag_add_place(diag, name, 0, 0, "out of memory");
        return -ENOMEM;
    }
    if (parser->error == YAML_READER_ERROR) {
        report_bad_text(parser, name, text, length, diag);
        return -EINVAL;
    }
    const char *hint = is_tab(text, length, mark) ? "; indent with spaces, not with tabs" : "";

    if (parser->context && parser->context_mark.line != mark->line)
        diag_add_place(diag, name, line, column, "%s, %s that begins on line %zu%s",
                       parser->problem, parser->context, parser->context_mark.line + 1, hint);
    else
        diag_add_place(diag, name, line, column, "%s%s%s%s", parser->problem,
                       parser->context ? ", " : "", parser->context ? parser->context : "", hint);
    return -EINVAL;
}
