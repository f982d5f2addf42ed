// SPDX-License-Identifier: Apache-2.0

/* Each cell is formatted twice, once to measure its column and once to print it: a table on a
 * screen is small, so cells need not be kept. */

#include "sink/table_layout.h"

#include <stdlib.h>
#include <string.h>

#include "sink/table_cell.h"
#include "sink/table_histogram.h"

enum { TEXT_LEAST = 8, NAME_LEAST = 4, GAP = 2, HEAD_LINES = 2 };

enum column_kind { COLUMN_NUMBER, COLUMN_TEXT, COLUMN_HISTOGRAM };

struct column_of {
    const char *name;
    enum column_kind kind;
    uint32_t width;
    uint32_t least; /* the narrowest width allowed */
    struct table_histogram histogram;
};

struct columns {
    uint32_t count;
    struct column_of items[TABLE_COLUMNS_MAX];
};

void table_layout_clear(struct table_layout *layout)
{
    for (uint32_t i = 0; i < layout->n_rows; i++)
        json_decref(layout->rows[i]);
    layout->n_rows = 0;
    layout->left_out = 0;
}

void table_layout_add(struct table_layout *layout, json_t *row)
{
    if (layout->n_rows < TABLE_ROWS_MAX) {
        layout->rows[layout->n_rows++] = row;
        return;
    }
    layout->left_out++;
    json_decref(row);
}

const char *table_layout_window(const json_t *row)
{
    return json_string_value(json_object_get(row, "_end"));
}

/* ---- columns --------------------------------------------------------------------------------- */

/* Names that begin with an underscore are shown in the title, or by the row itself. */
static bool is_shown(const char *name)
{
    return name[0] != '_' && strcmp(name, "source") != 0;
}

static bool is_other(const json_t *row)
{
    return json_is_true(json_object_get(row, "_other"));
}

static void set_cell(const struct column_of *column, const json_t *row, struct table_cell *cell)
{
    const json_t *value = json_object_get(row, column->name);

    if (column->kind == COLUMN_HISTOGRAM) {
        table_histogram_draw(&column->histogram, value, cell);
        return;
    }
    table_cell_set(cell, value);
    if (json_is_null(value) && is_other(row)) {
        table_cell_clear(cell);
        table_cell_add(cell, "(other)");
    }
}

static void set_name(const struct column_of *column, struct table_cell *cell)
{
    struct table_cell label;

    table_cell_clear(cell);
    table_cell_add(cell, column->name);
    if (column->kind != COLUMN_HISTOGRAM)
        return;
    table_histogram_label(&column->histogram, &label);
    table_cell_add(cell, " ");
    table_cell_add(cell, label.text);
}

static void measure(const struct table_layout *layout, struct column_of *column)
{
    struct table_cell cell;

    column->kind = COLUMN_NUMBER;
    for (uint32_t i = 0; i < layout->n_rows; i++) {
        const json_t *value = json_object_get(layout->rows[i], column->name);

        if (table_histogram_is(value)) {
            column->kind = COLUMN_HISTOGRAM;
            table_histogram_widen(&column->histogram, value);
        } else if (column->kind == COLUMN_NUMBER && value && !json_is_number(value) &&
                   !json_is_null(value)) {
            column->kind = COLUMN_TEXT;
        }
    }
    for (uint32_t i = 0; i < layout->n_rows; i++) {
        set_cell(column, layout->rows[i], &cell);
        column->width = cell.width > column->width ? cell.width : column->width;
    }
    column->least = column->kind == COLUMN_TEXT && column->width > TEXT_LEAST ? TEXT_LEAST
                    : column->width > NAME_LEAST                              ? column->width
                                                                              : NAME_LEAST;
    set_name(column, &cell);
    column->width = cell.width > column->width ? cell.width : column->width;
}

static uint32_t total_width(const struct columns *columns)
{
    uint32_t width = 0;

    for (uint32_t i = 0; i < columns->count; i++)
        width += columns->items[i].width + (i > 0 ? GAP : 0);
    return width;
}

static struct column_of *widest(struct columns *columns)
{
    struct column_of *found = NULL;

    for (uint32_t i = 0; i < columns->count; i++)
        if (columns->items[i].width > columns->items[i].least &&
            (!found || columns->items[i].width > found->width))
            found = &columns->items[i];
    return found;
}

/* Narrows the widest column that can be narrower, one step at a time; then drops whole columns. */
static void fit(struct columns *columns, uint32_t width)
{
    struct column_of *found;

    while (total_width(columns) > width && (found = widest(columns)))
        found->width--;
    while (columns->count > 1 && total_width(columns) > width)
        columns->count--;
    if (columns->count > 0 && total_width(columns) > width)
        columns->items[0].width = width;
}

static void find_columns(const struct table_layout *layout, struct columns *columns)
{
    const char *name;
    json_t *value;

    columns->count = 0;
    if (layout->n_rows == 0)
        return;
    json_object_foreach(layout->rows[0], name, value)
    {
        if (!is_shown(name) || columns->count == TABLE_COLUMNS_MAX)
            continue;
        columns->items[columns->count] = (struct column_of){.name = name};
        measure(layout, &columns->items[columns->count++]);
    }
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void pad(FILE *file, uint32_t n)
{
    fprintf(file, "%*s", (int)n, "");
}

/* Right-aligns numbers. */
static void put_cell(FILE *file, const struct column_of *column, struct table_cell *cell, bool last)
{
    uint32_t room;

    table_cell_cut(cell, column->width);
    room = column->width - cell->width;
    if (column->kind == COLUMN_NUMBER)
        pad(file, room);
    fputs(cell->text, file);
    if (column->kind != COLUMN_NUMBER && !last)
        pad(file, room);
}

/* row: NULL for the names. */
static void put_line(FILE *file, const struct columns *columns, const json_t *row)
{
    struct table_cell cell;

    for (uint32_t i = 0; i < columns->count; i++) {
        const struct column_of *column = &columns->items[i];

        if (i > 0)
            pad(file, GAP);
        if (row)
            set_cell(column, row, &cell);
        else
            set_name(column, &cell);
        put_cell(file, column, &cell, i + 1 == columns->count);
    }
}

/* Writes "2026-11-22T22:51:30.123456789Z" as "2026-11-22 22:51:30", or only its time. */
static void put_time(FILE *file, const json_t *time, bool date)
{
    const char *text = json_string_value(time);

    if (text && strlen(text) >= 19 && date)
        fprintf(file, "%.10s ", text);
    fprintf(file, "%.8s", text && strlen(text) >= 19 ? text + 11 : "?");
}

static bool is_any(const struct table_layout *layout, const char *name)
{
    for (uint32_t i = 0; i < layout->n_rows; i++)
        if (json_is_true(json_object_get(layout->rows[i], name)))
            return true;
    return false;
}

/* The most important part comes first, since narrow terminals cut the rest. */
static void say_title(FILE *file, const struct table_layout *layout, uint32_t shown)
{
    uint64_t rows = layout->n_rows + layout->left_out;
    const json_t *row = layout->rows[0];

    fprintf(file, "%llu row%s", (unsigned long long)rows, rows == 1 ? "" : "s");
    if (shown < rows)
        fprintf(file, ", %u shown", shown);
    if (layout->lost > 0)
        fprintf(file, ", %llu lost", (unsigned long long)layout->lost);
    if (is_any(layout, "_partial"))
        fputs(", partial", file);
    if (is_any(layout, "_saturated"))
        fputs(", saturated", file);
    if (rows == 0 || !table_layout_window(row))
        return;
    fputs(": ", file);
    put_time(file, json_object_get(row, "_start"), true);
    fputs(" to ", file);
    put_time(file, json_object_get(row, "_end"), false);
    fputs(" UTC", file);
}

static void put_title(FILE *file, const struct table_layout *layout, uint32_t shown, uint32_t width)
{
    char text[256] = "";
    FILE *whole = fmemopen(text, sizeof(text), "w");
    struct table_cell cell;

    if (!whole)
        return;
    say_title(whole, layout, shown);
    fclose(whole);
    table_cell_clear(&cell);
    table_cell_add(&cell, text);
    if (width > 0)
        table_cell_cut(&cell, width);
    fputs(cell.text, file);
}

/* Turns what was written to `file` since the last line into a line. */
struct text_lines {
    FILE *file;
    char *text;
    size_t length;
    uint32_t n;
    table_layout_line line;
    void *data;
};

static void end_line(struct text_lines *page)
{
    fflush(page->file);
    page->text[page->length] = '\0'; /* a longer line may have been there before */
    page->line(page->data, page->n++, page->text);
    rewind(page->file);
}

uint32_t table_layout_draw(const struct table_layout *layout, struct table_layout_room room,
                           table_layout_line line, void *data)
{
    struct text_lines page = {.line = line, .data = data};
    struct columns *columns = malloc(sizeof(*columns));
    uint32_t shown = layout->n_rows;

    page.file = open_memstream(&page.text, &page.length);
    if (columns && page.file) {
        find_columns(layout, columns);
        if (room.width > 0)
            fit(columns, room.width);
        if (room.height > 0 && shown + HEAD_LINES > room.height)
            shown = room.height > HEAD_LINES ? room.height - HEAD_LINES : 0;
        put_title(page.file, layout, shown, room.width);
        end_line(&page);
        if (columns->count > 0 && room.height != 1) {
            put_line(page.file, columns, NULL);
            end_line(&page);
        }
        for (uint32_t i = 0; i < shown; i++) {
            put_line(page.file, columns, layout->rows[i]);
            end_line(&page);
        }
    }
    if (page.file)
        fclose(page.file);
    free(page.text);
    free(columns);
    return page.n;
}
