// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Rows of one window laid out as a table: a title, the columns' names, a line for each row. What is
 * too wide loses columns at the right; texts are cut before that, numbers never. */

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

enum { LAYOUT_ROWS_MAX = 1000, LAYOUT_COLUMNS_MAX = 64 };

struct layout {
    json_t *rows[LAYOUT_ROWS_MAX]; /* owned; objects of the same keys */
    uint32_t n_rows;
    uint64_t left_out; /* rows that there was no room for */
    uint64_t lost;     /* records, as events about losses said */
};

void layout_clear(struct layout *layout); /* but for lost; accepts a zeroed one */
/* Takes the row over. */
void layout_add(struct layout *layout, json_t *row);

/* What is the same in all rows of one window, and in no row of another one; NULL: no row of a
 * window. */
const char *layout_window(const json_t *row);

struct layout_room {
    uint32_t width, height; /* 0: as much as it takes */
};

/* A line as it is drawn: the title is the first, the names are the second. */
typedef void (*layout_line)(void *data, uint32_t number, const char *text);

/* Returns the number of lines. */
uint32_t layout_draw(const struct layout *layout, struct layout_room room, layout_line line,
                     void *data);
