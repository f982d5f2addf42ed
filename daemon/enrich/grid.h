// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A table as it is in a file: columns with names, rows of cells. By the file's name it is CSV
 * as RFC 4180 has it (.csv: a first row of names, then rows of as many texts), or JSON (.json: a
 * list of objects whose members are texts, numbers, true, false or null). All of it is in memory;
 * it is read once and then only looked at. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "record/field.h"

enum {
    GRID_BYTES_MAX = 64 * 1024 * 1024, /* of the file */
    GRID_ROWS_MAX = 1000000,
    GRID_COLUMNS_MAX = 64,
};

enum cell_type { CELL_NULL, CELL_TEXT, CELL_INTEGER, CELL_FLOAT, CELL_BOOL };

struct grid_cell {
    enum cell_type type;
    union {
        struct text text;
        int64_t integer; /* also CELL_BOOL: 0 or 1 */
        double number;
    };
};

struct grid {
    struct text names[GRID_COLUMNS_MAX];
    uint32_t n_columns;
    uint32_t n_rows;
    uint32_t room;           /* rows that cells has room for */
    struct grid_cell *cells; /* row by row */
    const char *row;    /* what a row is called: "line", where rows and lines agree, or "entry" */
    uint32_t first_row; /* the number of row 0 in messages */
    char *bytes;        /* what texts point into, of CSV */
    void *json;         /* the same, of JSON */
};

/* 0 and a grid that the caller owns; or -errno and a sentence without the file's name. */
int grid_load(const char *path, struct error *error, struct grid **ret_grid);

/* Accepts NULL. */
void grid_free(struct grid *grid);
DEFINE_CLEANUP(struct grid, grid_free);

static inline const struct grid_cell *grid_cell(const struct grid *grid, uint32_t row,
                                                uint32_t column)
{
    return &grid->cells[(size_t)row * grid->n_columns + column];
}

/* The column of that name; n_columns when there is none. */
uint32_t grid_find(const struct grid *grid, const char *name);

/* For readers: one more row of nulls. NULL after a sentence. */
struct grid_cell *grid_add_row(struct grid *grid, struct error *error);

/* Fills an empty grid from CSV as RFC 4180 has it: fields between commas, lines ended by LF or
 * CRLF, fields in quotes where they hold commas, line ends or (doubled) quotes. The first line has
 * the names. Texts of the grid point into bytes, where quotes are undone in place. 0, or -EINVAL
 * (or -ENOMEM, -EFBIG) and a sentence. In csv_reader.c. */
int csv_read(struct grid *grid, char *bytes, size_t size, struct error *error);

/* Fills an empty grid from JSON: a list of objects. Its columns are the members of all of them, in
 * the order in which they first come; what an object lacks is null. 0, or -EINVAL (or -ENOMEM,
 * -EFBIG) and a sentence. In objects.c. */
int objects_read(struct grid *grid, const char *bytes, size_t size, struct error *error);
