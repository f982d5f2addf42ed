// SPDX-License-Identifier: Apache-2.0

#include "sink/table_cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

void table_cell_clear(struct table_cell *cell)
{
    cell->length = cell->width = 0;
    cell->full = false;
    cell->text[0] = '\0';
}

static void add_bytes(struct table_cell *cell, const char *bytes, size_t n, uint32_t width)
{
    cell->full |= cell->length + n >= sizeof(cell->text);
    if (cell->full)
        return;
    memcpy(cell->text + cell->length, bytes, n);
    cell->length += (uint32_t)n;
    cell->text[cell->length] = '\0';
    cell->width += width;
}

/* Characters that change the order or the joining of those around them. */
static bool is_format(wchar_t character)
{
    return character == 0xad || character == 0x61c || character == 0xfeff ||
           (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x206f) ||
           (character >= 0xe0000 && character <= 0xe0fff);
}

/* Escapes bytes that are not text in the same way as other formats. */
static void add_escaped(struct table_cell *cell, wchar_t character)
{
    char escaped[16];
    int length = snprintf(escaped, sizeof(escaped), character < 0x100 ? "\\x%02x" : "\\u%04x",
                          (unsigned int)character);

    add_bytes(cell, escaped, (size_t)length, (uint32_t)length);
}

void table_cell_add(struct table_cell *cell, const char *text)
{
    const char *end = text + strlen(text);
    mbstate_t state = {0};

    while (text < end) {
        wchar_t character = 0;
        size_t n = mbrtowc(&character, text, (size_t)(end - text), &state);
        int width;

        if (n == 0 || n > (size_t)(end - text)) {
            memset(&state, 0, sizeof(state));
            add_escaped(cell, (unsigned char)*text++);
            continue;
        }
        width = wcwidth(character);
        if (width < 0 || is_format(character))
            add_escaped(cell, character);
        else
            add_bytes(cell, text, n, (uint32_t)width);
        text += n;
    }
}

/* Writes whole numbers without a fraction, as long as a double holds them exactly. */
static void format_real(double real, char *number, size_t size)
{
    if (real == floor(real) && fabs(real) < 1e15)
        snprintf(number, size, "%.0f", real);
    else
        snprintf(number, size, "%.6g", real);
}

static void add_scalar(struct table_cell *cell, const json_t *value)
{
    char number[64];

    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        table_cell_add(cell, json_string_value(value));
        return;
    case JSON_INTEGER:
        snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        format_real(json_real_value(value), number, sizeof(number));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        snprintf(number, sizeof(number), "%s", json_is_true(value) ? "true" : "false");
        break;
    default:
        snprintf(number, sizeof(number), "-");
    }
    table_cell_add(cell, number);
}

static void add_any(struct table_cell *cell, const json_t *value)
{
    char *text;

    if (!json_is_array(value) && !json_is_object(value)) {
        add_scalar(cell, value);
        return;
    }
    text = json_dumps(value, JSON_COMPACT);
    table_cell_add(cell, text ? text : "?");
    free(text);
}

void table_cell_set(struct table_cell *cell, const json_t *value)
{
    const json_t *element;
    size_t i;

    table_cell_clear(cell);
    if (!json_is_array(value)) {
        add_any(cell, value);
        return;
    }
    json_array_foreach(value, i, element)
    {
        const json_t *counted = json_object_get(element, "value");

        table_cell_add(cell, i > 0 ? ", " : "");
        add_any(cell, counted ? counted : element);
        if (counted) {
            table_cell_add(cell, " ");
            add_any(cell, json_object_get(element, "count"));
        }
    }
}

void table_cell_cut(struct table_cell *cell, uint32_t width)
{
    struct table_cell cut;
    const char *at = cell->text, *end = cell->text + cell->length;
    mbstate_t state = {0};

    if (cell->width <= width || width == 0)
        return;
    table_cell_clear(&cut);
    while (at < end) {
        wchar_t character = 0;
        size_t n = mbrtowc(&character, at, (size_t)(end - at), &state);
        int columns = n > 0 && n <= (size_t)(end - at) ? wcwidth(character) : -1;

        if (columns < 0 || cut.width + (uint32_t)columns > width - 1)
            break;
        add_bytes(&cut, at, n, (uint32_t)columns);
        at += n;
    }
    add_bytes(&cut, "\xe2\x80\xa6", 3, 1);
    *cell = cut;
}
