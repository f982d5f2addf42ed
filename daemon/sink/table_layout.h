// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Lays out the rows of one window as a table: a title, the column names, a line for each row. A
 * table that is too wide loses columns at the right; before that, texts are cut, numbers never. */

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

enum { LAYOUT_ROWS_MAX = 1000, LAYOUT_COLUMNS_MAX = 64 };

struct layout {
    json_t *rows[LAYOUT_ROWS_MAX]; /* owned; objects of the same keys */
    uint32_t n_rows;
    uint64_t left_out; /* rows that did not fit */
    uint64_t lost;     /* lost records, as reported by loss events */
};

void layout_clear(struct layout *layout); /* Clears all but `lost`; accepts a zeroed one. */
/* Takes the row over. */
void layout_add(struct layout *layout, json_t *row);

/* Identifies the window of a row: rows of one window give equal texts, rows of different windows do
 * not. NULL: the row does not belong to a window. */
const char *layout_window(const json_t *row);

struct layout_room {
    uint32_t width, height; /* 0: unlimited */
};

/* Receives a line to draw; line 0 is the title, line 1 the names. */
typedef void (*layout_line)(void *data, uint32_t number, const char *text);

/* Returns the number of lines. */
uint32_t layout_draw(const struct layout *layout, struct layout_room room, layout_line line,
                     void *data);
