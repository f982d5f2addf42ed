// SPDX-License-Identifier: Apache-2.0

/* Strict, because what a lenient reader makes of a slip is a table that is quietly wrong: a quote
 * in the middle of a field, a row that is too short, or a NUL is an error with its line. An empty
 * field is an empty text, not null: CSV has no null. */

#include "enrich/grid.h"

#include <errno.h>
#include <string.h>

/* What some spreadsheets write first: it is not part of the first name, and nobody would see why
 * that is not found. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct csv {
    struct grid *grid;
    char *at;
    char *end;
    uint32_t line;
    struct error *error;
};

enum field_end { END_FIELD, END_LINE };

static int wrong(const struct csv *csv, const char *what)
{
    return error_set(csv->error, -EINVAL, "line %u: %s", csv->line, what);
}

static bool at_line_end(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == '\n' ||
           (*csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n');
}

/* Moves over the comma or the line's end after a field. */
static enum field_end take_end(struct csv *csv)
{
    if (csv->at < csv->end && *csv->at == ',') {
        csv->at++;
        return END_FIELD;
    }
    if (csv->at < csv->end && *csv->at == '\r')
        csv->at++;
    if (csv->at < csv->end)
        csv->at++;
    return END_LINE;
}

static int take_plain(struct csv *csv, struct text *ret)
{
    char *begin = csv->at;

    while (!at_line_end(csv) && *csv->at != ',') {
        if (*csv->at == '"')
            return wrong(
                csv,
                "a quote is inside an unquoted field; quote the whole field and double the quote");
        csv->at++;
    }
    *ret = (struct text){begin, (uint32_t)(csv->at - begin)};
    return 0;
}

/* From after the first quote. */
static int take_quoted(struct csv *csv, struct text *ret)
{
    char *begin = csv->at, *to = begin;
    uint32_t lines = 0;

    for (;; *to++ = *csv->at++) {
        if (csv->at == csv->end)
            return wrong(csv, "a quoted field has no closing quote");
        lines += *csv->at == '\n';
        if (*csv->at != '"')
            continue;
        if (csv->at + 1 == csv->end || csv->at[1] != '"')
            break;
        csv->at++; /* of two, the second is taken */
    }
    csv->at++;
    if (!at_line_end(csv) && *csv->at != ',')
        return wrong(csv, "text after the closing quote of a field");
    csv->line += lines;
    *ret = (struct text){begin, (uint32_t)(to - begin)};
    return 0;
}

static int take_field(struct csv *csv, struct text *ret, enum field_end *ret_end)
{
    bool quoted = csv->at < csv->end && *csv->at == '"';
    int result;

    csv->at += quoted;
    result = quoted ? take_quoted(csv, ret) : take_plain(csv, ret);
    if (result == 0)
        *ret_end = take_end(csv);
    return result;
}

/* Nothing can ask for a column without a name, so of those there may be several. */
static int check_name(const struct csv *csv, const struct text *name)
{
    for (const struct text *other = csv->grid->names; other < name && name->length > 0; other++)
        if (other->length == name->length && memcmp(other->bytes, name->bytes, name->length) == 0)
            return error_set(csv->error, -EINVAL, "line 1: duplicate column %.*s",
                             (int)name->length, name->bytes);
    return 0;
}

static int take_names(struct csv *csv)
{
    struct grid *grid = csv->grid;
    enum field_end end = END_FIELD;

    while (end == END_FIELD) {
        int result;

        if (grid->n_columns == GRID_COLUMNS_MAX)
            return error_set(csv->error, -EFBIG, "it has more than %d columns, the most allowed",
                             GRID_COLUMNS_MAX);
        result = take_field(csv, &grid->names[grid->n_columns], &end);
        if (result == 0)
            result = check_name(csv, &grid->names[grid->n_columns++]);
        if (result < 0)
            return result;
    }
    return 0;
}

static int take_row(struct csv *csv)
{
    struct grid_cell *cells = grid_add_row(csv->grid, csv->error);
    enum field_end end = END_FIELD;
    uint32_t n = 0;

    if (!cells)
        return -EFBIG;
    for (; end == END_FIELD && n < csv->grid->n_columns; n++) {
        int result = take_field(csv, &cells[n].text, &end);

        if (result < 0)
            return result;
        cells[n].type = CELL_TEXT;
    }
    if (end == END_FIELD || n < csv->grid->n_columns)
        return error_set(csv->error, -EINVAL, "line %u: it has %s fields than line 1 has names",
                         csv->line, end == END_FIELD ? "more" : "fewer");
    return 0;
}

int csv_read(struct grid *grid, char *bytes, size_t size, struct error *error)
{
    struct csv csv = {.grid = grid, .at = bytes, .end = bytes + size, .line = 1, .error = error};
    int result;

    grid->row = "row";
    grid->first_row = 1;
    if (memchr(bytes, '\0', size))
        return error_set(error, -EINVAL, "it is not a text file: it contains a NUL byte");
    if (size >= strlen(BYTE_ORDER_MARK) &&
        memcmp(bytes, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
        csv.at += strlen(BYTE_ORDER_MARK);
    if (csv.at == csv.end)
        return error_set(error, -EINVAL, "it is empty; the first line must name the columns");
    result = take_names(&csv);
    while (result == 0 && csv.at < csv.end) {
        csv.line++;
        result = take_row(&csv);
    }
    return result;
}
