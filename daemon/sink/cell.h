// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What a value of an event looks like in a table: one line of printable characters, whatever is in
 * it, so that no text can move a terminal's cursor; and how many columns it takes there. Call with
 * a UTF-8 locale in use. */

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
/* From the first character on that does not fit, all is left out. */
void cell_add(struct cell *cell, const char *text);
/* A number, a text, or the values of a top(). NULL is null. */
void cell_set(struct cell *cell, const json_t *value);
/* Cuts it to that many columns at most; the last of them shows that it was cut. */
void cell_cut(struct cell *cell, uint32_t width);
