// SPDX-License-Identifier: Apache-2.0

/* What the two formats share: the file's size is known and bounded before a byte of it is read, and
 * so is the number of rows before there is room for them. */

#include "enrich/grid.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void grid_free(struct grid *grid)
{
    if (!grid)
        return;
    free(grid->cells);
    free(grid->bytes);
    json_decref(grid->json);
    free(grid);
}

uint32_t grid_find(const struct grid *grid, const char *name)
{
    uint32_t i = 0;

    while (i < grid->n_columns && (grid->names[i].length != strlen(name) ||
                                   memcmp(grid->names[i].bytes, name, strlen(name)) != 0))
        i++;
    return i;
}

struct grid_cell *grid_add_row(struct grid *grid, struct error *error)
{
    struct grid_cell *cells;

    if (grid->n_rows == GRID_ROWS_MAX) {
        error_set(error, -EFBIG, "it has more than %d rows, the most allowed", GRID_ROWS_MAX);
        return NULL;
    }
    if (grid->n_rows == grid->room) {
        grid->room = grid->room ? grid->room * 2 : 64;
        cells = reallocarray(grid->cells, (size_t)grid->room * grid->n_columns, sizeof(*cells));
        if (!cells) {
            error_set(error, -ENOMEM, "out of memory");
            return NULL;
        }
        grid->cells = cells;
    }
    cells = &grid->cells[(size_t)grid->n_rows++ * grid->n_columns];
    memset(cells, 0, grid->n_columns * sizeof(*cells));
    return cells;
}

/* All of the file, with a NUL after it. */
static int read_file(const char *path, struct error *error, char **ret_bytes, size_t *ret_size)
{
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    _cleanup_(cleanup_free) char *bytes = NULL;
    struct stat about;
    size_t size = 0;
    ssize_t got = 1;

    if (fd < 0 || fstat(fd, &about) < 0)
        return error_set(error, -errno, "%s", strerror(errno));
    if (!S_ISREG(about.st_mode))
        return error_set(error, -EINVAL, "it is not a regular file");
    if (about.st_size > GRID_BYTES_MAX)
        return error_set(error, -EFBIG, "it is larger than %d MiB, the most allowed",
                         GRID_BYTES_MAX / 1024 / 1024);
    bytes = malloc((size_t)about.st_size + 1);
    if (!bytes)
        return error_set(error, -ENOMEM, "out of memory");
    while (size < (size_t)about.st_size && got > 0) {
        got = read(fd, bytes + size, (size_t)about.st_size - size);
        if (got < 0)
            return error_set(error, -errno, "%s", strerror(errno));
        size += (size_t)got;
    }
    bytes[size] = '\0';
    *ret_bytes = TAKE_PTR(bytes);
    *ret_size = size;
    return 0;
}

static bool ends_in(const char *path, const char *end)
{
    size_t length = strlen(path);

    return length > strlen(end) && strcmp(path + length - strlen(end), end) == 0;
}

int grid_load(const char *path, struct error *error, struct grid **ret_grid)
{
    _cleanup_(cleanup_grid_free) struct grid *grid = calloc(1, sizeof(*grid));
    bool is_csv = ends_in(path, ".csv");
    size_t size = 0;
    int result;

    if (!grid)
        return error_set(error, -ENOMEM, "out of memory");
    if (!is_csv && !ends_in(path, ".json"))
        return error_set(error, -EINVAL, "its name must end in .csv or .json");
    result = read_file(path, error, &grid->bytes, &size);
    if (result == 0)
        result = is_csv ? csv_read(grid, grid->bytes, size, error)
                        : objects_read(grid, grid->bytes, size, error);
    if (result == 0)
        *ret_grid = TAKE_PTR(grid);
    return result;
}
