// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a CSV file: what it gives lies within the bytes and is of one shape; and written
 * with all quotes it reads as the same cells again. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/grid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static struct grid *read_csv(char *bytes, size_t size)
{
    struct grid *grid = calloc(1, sizeof(*grid));
    struct error error;

    require(grid);
    grid->bytes = bytes;
    if (csv_read(grid, bytes, size, &error) == 0)
        return grid;
    require(error.text[0] != '\0');
    grid_free(grid);
    return NULL;
}

static void put(FILE *file, const struct text *text, char behind)
{
    fputc('"', file);
    for (uint32_t i = 0; i < text->length; i++) {
        if (text->bytes[i] == '"')
            fputc('"', file);
        fputc(text->bytes[i], file);
    }
    fputc('"', file);
    fputc(behind, file);
}

static struct grid *write_and_read(const struct grid *grid)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&bytes, &size);

    require(file);
    for (uint32_t i = 0; i < grid->n_columns; i++)
        put(file, &grid->names[i], i + 1 < grid->n_columns ? ',' : '\n');
    for (uint32_t row = 0; row < grid->n_rows; row++)
        for (uint32_t i = 0; i < grid->n_columns; i++)
            put(file, &grid_cell(grid, row, i)->text, i + 1 < grid->n_columns ? ',' : '\n');
    fclose(file);
    return read_csv(bytes, size);
}

static void compare(const struct grid *one, const struct grid *two)
{
    require(two && one->n_rows == two->n_rows && one->n_columns == two->n_columns);
    for (uint32_t row = 0; row < one->n_rows; row++)
        for (uint32_t i = 0; i < one->n_columns; i++) {
            const struct text *a = &grid_cell(one, row, i)->text;
            const struct text *b = &grid_cell(two, row, i)->text;

            require(grid_cell(one, row, i)->type == CELL_TEXT);
            require(a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size + 1);
    struct grid *grid, *again;

    require(bytes);
    if (size > 0)
        memcpy(bytes, data, size);
    bytes[size] = '\0';
    grid = read_csv(bytes, size);
    if (!grid)
        return 0;
    again = write_and_read(grid);
    compare(grid, again);
    grid_free(grid);
    grid_free(again);
    return 0;
}
