// SPDX-License-Identifier: Apache-2.0

/* Two passes: the first finds the columns, so that the second can lay cells out in rows. */

#include "enrich/grid.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static int find_columns(struct grid *grid, const json_t *object, struct error *error)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)object, name, value)
    {
        if (grid_find(grid, name) < grid->n_columns)
            continue;
        if (grid->n_columns == GRID_COLUMNS_MAX)
            return error_set(error, -EFBIG, "it has more than %d columns, the most allowed",
                             GRID_COLUMNS_MAX);
        grid->names[grid->n_columns++] = (struct text){name, (uint32_t)strlen(name)};
    }
    return 0;
}

static int read_cell(const json_t *value, struct grid_cell *cell)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        cell->type = CELL_TEXT;
        cell->text = (struct text){json_string_value(value), (uint32_t)json_string_length(value)};
        return 0;
    case JSON_INTEGER:
        cell->type = CELL_INTEGER;
        cell->integer = json_integer_value(value);
        return 0;
    case JSON_REAL:
        cell->type = CELL_FLOAT;
        cell->number = json_real_value(value);
        return 0;
    case JSON_TRUE:
    case JSON_FALSE:
        cell->type = CELL_BOOL;
        cell->integer = json_is_true(value);
        return 0;
    case JSON_NULL:
        return 0;
    default:
        return -EINVAL;
    }
}

static int read_row(struct grid *grid, const json_t *object, size_t index, struct error *error)
{
    struct grid_cell *cells = grid_add_row(grid, error);
    const char *name;
    json_t *value;

    if (!cells)
        return -EFBIG;
    json_object_foreach((json_t *)object, name, value)
    {
        if (read_cell(value, &cells[grid_find(grid, name)]) < 0)
            return error_set(error, -EINVAL,
                             "entry %zu: %s is a list or an object; only text, numbers, true, "
                             "false and null are allowed",
                             index, name);
    }
    return 0;
}

int objects_read(struct grid *grid, const char *bytes, size_t size, struct error *error)
{
    const json_t *object;
    json_error_t reason;
    size_t index;
    int result = 0;

    grid->row = "entry";
    grid->json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &reason);
    if (!grid->json)
        return error_set(error, -EINVAL, "line %d: %s", reason.line, reason.text);
    if (!json_is_array((json_t *)grid->json))
        return error_set(error, -EINVAL, "it must be a JSON list of objects, as in [{\"uid\": 0}]");
    json_array_foreach((json_t *)grid->json, index, object)
    {
        if (!json_is_object(object))
            return error_set(error, -EINVAL, "entry %zu is not an object", index);
        result = find_columns(grid, object, error);
        if (result < 0)
            return result;
    }
    json_array_foreach((json_t *)grid->json, index, object)
    {
        result = read_row(grid, object, index, error);
        if (result < 0)
            return result;
    }
    return 0;
}
