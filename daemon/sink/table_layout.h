// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Lays out the rows of one window as a table: a title, the column names, a line for each row. A
 * table that is too wide loses columns at the right; before that, texts are cut, numbers never. */

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

enum { TABLE_ROWS_MAX = 1000, TABLE_COLUMNS_MAX = 64 };

struct table_layout {
    json_t *rows[TABLE_ROWS_MAX]; /* owned; objects of the same keys */
    uint32_t n_rows;
    uint64_t left_out; /* rows that did not fit */
    uint64_t lost;     /* lost records, as reported by loss events */
};

/* Releases all rows, but keeps `lost`; accepts a zeroed one. */
void table_layout_clear(struct table_layout *layout);
/* Adds a row, which it takes over; a row that does not fit is counted in left_out. */
void table_layout_add(struct table_layout *layout, json_t *row);

/* Identifies the window of a row: rows of one window give equal texts, rows of different windows do
 * not. NULL: the row does not belong to a window. */
const char *table_layout_window(const json_t *row);

struct table_layout_room {
    uint32_t width, height; /* 0: unlimited */
};

/* Receives a line to draw; line 0 is the title, line 1 the names. */
typedef void (*table_layout_line)(void *data, uint32_t number, const char *text);

/* Calls `line` for each line that fits into the room. Returns how many. */
uint32_t table_layout_draw(const struct table_layout *layout, struct table_layout_room room,
                           table_layout_line line, void *data);
