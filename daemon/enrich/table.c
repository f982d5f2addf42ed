// SPDX-License-Identifier: Apache-2.0

/* The grid's rows by a hash index over the column of keys. The table never changes once it is read.
 */

#include "enrich/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/hash_index.h"
#include "config/scalar.h"
#include "expr/address_literal.h"
#include "record/derive.h"

enum key_kind { KEY_TEXT, KEY_INTEGER, KEY_BYTES };

/* A key as it is compared: a text, the bytes of an address, or a number. */
struct table_key {
    struct text text;
    uint64_t number;
    uint8_t bytes[16];
};

enum { COLUMNS_LISTED_MAX = 512 }; /* bytes of names in a message */

struct table {
    struct grid *grid;
    enum key_kind kind;
    uint32_t key_size; /* of KEY_BYTES */
    bool is_address;   /* the number is an IPv4 address, its bytes as they lie in memory */
    uint32_t n_added;
    uint32_t columns[TABLE_ADDED_MAX]; /* of the grid */
    struct field fields[TABLE_ADDED_MAX];
    struct table_key *keys; /* by row */
    struct hash_index index;
};

void table_free(struct table *table)
{
    if (!table)
        return;
    grid_free(table->grid);
    free(table->keys);
    free(table->index.slots);
    free(table);
}

/* ---- columns --------------------------------------------------------------------------------- */

static int refuse_column(const struct table *table, const char *name, struct error *error)
{
    const struct grid *grid = table->grid;
    char list[COLUMNS_LISTED_MAX] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < grid->n_columns && used < sizeof(list); i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%.*s", i ? ", " : "",
                                 (int)grid->names[i].length, grid->names[i].bytes);
    return error_set(error, -EINVAL, "no such column: %s; the columns are %s%s", name, list,
                     used < sizeof(list) ? "" : "...");
}

static int find_column(const struct table *table, const char *name, struct error *error,
                       uint32_t *ret)
{
    uint32_t column = grid_find(table->grid, name);

    if (column == table->grid->n_columns)
        return refuse_column(table, name, error);
    *ret = column;
    return 0;
}

/* Integers among floats are floats; all else is of one type, but for nulls. */
static bool merge(enum cell_type *type, enum cell_type next)
{
    bool numbers = (*type == CELL_INTEGER || *type == CELL_FLOAT) &&
                   (next == CELL_INTEGER || next == CELL_FLOAT);

    if (next == CELL_NULL || next == *type)
        return true;
    if (*type != CELL_NULL && !numbers)
        return false;
    *type = numbers ? CELL_FLOAT : next;
    return true;
}

static int type_column(struct table *table, const char *name, struct error *error)
{
    static const struct field number = {
        .kind = FIELD_FLOAT, .size = sizeof(double), .type_name = "double"};
    const struct field *const fields[] = {
        [CELL_NULL] = &derive_text,      [CELL_TEXT] = &derive_text, [CELL_FLOAT] = &number,
        [CELL_INTEGER] = &derive_signed, [CELL_BOOL] = &derive_bool,
    };
    enum cell_type type = CELL_NULL;
    uint32_t column = 0;
    int result = find_column(table, name, error, &column);

    if (result < 0)
        return result;
    for (uint32_t i = 0; i < table->grid->n_rows; i++)
        if (!merge(&type, grid_cell(table->grid, i, column)->type))
            return error_set(error, -EINVAL,
                             "%s %u: column %s mixes types; use one type in the whole column",
                             table->grid->row, i + table->grid->first_row, name);
    table->columns[table->n_added] = column;
    table->fields[table->n_added++] = *fields[type];
    return 0;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static int choose_kind(struct table *table, const struct field *key, struct error *error)
{
    switch (key->kind) {
    case FIELD_CHARS:
        table->kind = KEY_TEXT;
        return 0;
    case FIELD_BYTES:
        table->kind = KEY_BYTES;
        table->key_size = key->size;
        if (key->size == 16 || key->size == 6)
            return 0;
        break;
    case FIELD_UINT:
    case FIELD_INT:
    case FIELD_ENUM:
    case FIELD_BOOL:
        table->kind = KEY_INTEGER;
        table->is_address = key->meaning == MEANING_IPV4;
        return 0;
    default:
        break;
    }
    return error_set(error, -EINVAL, "the key must be text, an integer or an address");
}

/* Cells are not NUL-ended. */
static bool read_integer(const struct grid_cell *cell, uint64_t *ret)
{
    char text[SCALAR_TEXT_MAX];
    int64_t value;

    if (cell->type == CELL_INTEGER) {
        *ret = (uint64_t)cell->integer;
        return true;
    }
    if (cell->type != CELL_TEXT || cell->text.length >= sizeof(text))
        return false;
    memcpy(text, cell->text.bytes, cell->text.length);
    text[cell->text.length] = '\0';
    if (scalar_integer(text, &value) < 0)
        return false;
    *ret = (uint64_t)value;
    return true;
}

static const char *read_address(const struct table *table, const struct grid_cell *cell,
                                struct table_key *key)
{
    uint32_t size = table->is_address ? 4 : table->key_size, raw;
    struct address address;

    if (cell->type != CELL_TEXT || address_parse(cell->text.bytes, cell->text.length, &address) ||
        address.is_network)
        return "is not an address";
    if (address.size == 4 && size == 16)
        address = address_mapped(&address);
    if (address.size != size)
        return "is an address of another type than the key";
    memcpy(key->bytes, address.bytes, size);
    memcpy(&raw, address.bytes, sizeof(raw));
    key->number = raw;
    return NULL;
}

/* What is wrong with a key; NULL: nothing. */
static const char *read_key(const struct table *table, const struct grid_cell *cell,
                            struct table_key *key)
{
    if (cell->type == CELL_NULL)
        return "is missing";
    if (table->kind == KEY_BYTES || table->is_address)
        return read_address(table, cell, key);
    if (table->kind == KEY_INTEGER)
        return read_integer(cell, &key->number) ? NULL : "is not an integer";
    key->text = cell->text;
    return cell->type == CELL_TEXT ? NULL : "is not text";
}

static uint64_t hash_key(const struct table *table, const struct table_key *key)
{
    if (table->kind == KEY_TEXT)
        return XXH3_64bits(key->text.bytes, key->text.length);
    return table->kind == KEY_BYTES ? XXH3_64bits(key->bytes, table->key_size)
                                    : XXH3_64bits(&key->number, sizeof(key->number));
}

static bool same_key(const struct table *table, const struct table_key *a,
                     const struct table_key *b)
{
    if (table->kind == KEY_INTEGER)
        return a->number == b->number;
    if (table->kind == KEY_BYTES)
        return memcmp(a->bytes, b->bytes, table->key_size) == 0;
    return a->text.length == b->text.length &&
           memcmp(a->text.bytes, b->text.bytes, a->text.length) == 0;
}

/* The row of the key, counted from 1; HASH_INDEX_NONE: there is none. */
static uint32_t find_row(const struct table *table, const struct table_key *key, uint64_t hash)
{
    uint32_t at = (uint32_t)hash, row;

    do
        row = hash_index_next(&table->index, hash, &at);
    while (row != HASH_INDEX_NONE && !same_key(table, key, &table->keys[row - 1]));
    return row;
}

static int add_row(struct table *table, uint32_t row, uint32_t by, struct error *error)
{
    const struct grid *grid = table->grid;
    const char *wrong = read_key(table, grid_cell(grid, row, by), &table->keys[row]);
    uint32_t earlier;
    uint64_t hash;

    if (wrong)
        return error_set(error, -EINVAL, "%s %u: its key %s", grid->row, row + grid->first_row,
                         wrong);
    hash = hash_key(table, &table->keys[row]);
    earlier = find_row(table, &table->keys[row], hash);
    if (earlier != HASH_INDEX_NONE)
        return error_set(error, -EINVAL, "%s %u: duplicate key, already in %s %u", grid->row,
                         row + grid->first_row, grid->row, earlier - 1 + grid->first_row);
    hash_index_add(&table->index, hash, row + 1);
    return 0;
}

static int index_rows(struct table *table, const char *by, struct error *error)
{
    const uint32_t rows = table->grid->n_rows;
    uint32_t column = 0;
    int result = find_column(table, by, error, &column);

    if (result < 0)
        return result;
    table->index = hash_index_over(calloc(1, hash_index_size(rows)), rows);
    table->keys = calloc(rows + 1, sizeof(*table->keys));
    if (!table->index.slots || !table->keys)
        return error_set(error, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < rows && result == 0; i++)
        result = add_row(table, i, column, error);
    return result;
}

int table_load(const char *path, const char *by, const struct field *key, const char *const *added,
               uint32_t n_added, struct error *error, struct table **ret_table)
{
    _cleanup_(cleanup_table_free) struct table *table = calloc(1, sizeof(*table));
    int result;

    if (!table)
        return error_set(error, -ENOMEM, "out of memory");
    result = grid_load(path, error, &table->grid);
    if (result == 0)
        result = choose_kind(table, key, error);
    if (result == 0)
        result = index_rows(table, by, error);
    for (uint32_t i = 0; i < n_added && result == 0; i++)
        result = type_column(table, added[i], error);
    if (result == 0)
        *ret_table = TAKE_PTR(table);
    return result;
}

/* ---- looking --------------------------------------------------------------------------------- */

uint32_t table_rows(const struct table *table)
{
    return table->grid->n_rows;
}

const struct field *table_field(const struct table *table, uint32_t index)
{
    return &table->fields[index];
}

int64_t table_find(const struct table *table, const struct column *keys, uint32_t index)
{
    struct table_key key;

    if (table->kind == KEY_TEXT)
        key.text = keys->texts[index];
    else if (table->kind == KEY_INTEGER)
        key.number = keys->integers[index];
    else
        memcpy(key.bytes, keys->texts[index].bytes, table->key_size);
    return (int64_t)find_row(table, &key, hash_key(table, &key)) - 1;
}

void table_get(const struct table *table, int64_t row, uint32_t added, struct column *values,
               uint32_t index)
{
    const struct grid_cell *cell = grid_cell(table->grid, (uint32_t)row, table->columns[added]);

    column_set_null(values, index, cell->type == CELL_NULL);
    switch (cell->type) {
    case CELL_TEXT:
        values->texts[index] = cell->text;
        break;
    case CELL_FLOAT:
        values->floats[index] = cell->number;
        break;
    case CELL_INTEGER:
    case CELL_BOOL:
        if (table->fields[added].kind == FIELD_FLOAT)
            values->floats[index] = (double)cell->integer;
        else
            values->integers[index] = (uint64_t)cell->integer;
        break;
    case CELL_NULL:
        break;
    }
}
