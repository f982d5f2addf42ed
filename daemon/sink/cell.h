// SPDX-License-Identifier: Apache-2.0
#pragma once

/* How a value of an event is shown in a table: one line of printable characters, whatever the value
 * contains, so that no text can move the cursor of a terminal; and the number of columns it takes.
 * Call with a UTF-8 locale in use. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { CELL_TEXT_MAX = 1024 };

struct cell {
    char text[CELL_TEXT_MAX];
    uint32_t length;
    uint32_t width; /* columns of a terminal */
    bool full;      /* something was left out */
};

void cell_clear(struct cell *cell);
/* Adds a text; at the first character that does not fit, the rest is left out. */
void cell_add(struct cell *cell, const char *text);
/* A number, a text, or the values of a top(). NULL is null. */
void cell_set(struct cell *cell, const json_t *value);
/* Cuts the cell to `width` columns; the last one then shows that it was cut. */
void cell_cut(struct cell *cell, uint32_t width);
