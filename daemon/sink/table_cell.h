// SPDX-License-Identifier: Apache-2.0
#pragma once

/* How a value of an event is shown in a table: one line of printable characters, whatever the value
 * contains, so that no text can move the cursor of a terminal; and the number of columns it takes.
 * Call with a UTF-8 locale in use. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { TABLE_CELL_TEXT_MAX = 1024 };

struct table_cell {
    char text[TABLE_CELL_TEXT_MAX];
    uint32_t length;
    uint32_t width; /* columns of a terminal */
    bool full;      /* something was left out */
};

/* Makes the cell empty. */
void table_cell_clear(struct table_cell *cell);
/* Adds a text; at the first character that does not fit, the rest is left out. */
void table_cell_add(struct table_cell *cell, const char *text);
/* Replaces the text by a value: a number, a text, or the values of a top(). NULL is null. */
void table_cell_set(struct table_cell *cell, const json_t *value);
/* Cuts the cell to `width` columns; the last one then shows that it was cut. */
void table_cell_cut(struct table_cell *cell, uint32_t width);
