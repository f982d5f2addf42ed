// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A grid that can be asked for the row of a key. The key's kind is that of the records' values, so
 * that nothing is converted when it is looked up:
 *
 *     by       team    floor           saddr in [10.0.0.1 10.0.0.2]
 *     10.0.0.1 ops     3                  key, 4 bytes in network order ──▶ row 0
 *     10.0.0.2 sales   null */

#include "enrich/grid.h"
#include "record/column.h"

enum { TABLE_ADDED_MAX = 32 }; /* columns that one table gives */

struct table;

/* Reads the file. by is the column with the keys, which are as the key's field says: numbers,
 * texts, addresses; added are the columns that rows are asked for. 0 and a table that the caller
 * owns; or -errno and a sentence without the file's name. */
int table_load(const char *path, const char *by, const struct field *key, const char *const *added,
               uint32_t n_added, struct error *error, struct table **ret_table);

/* Accepts NULL. */
void table_free(struct table *table);
DEFINE_CLEANUP(struct table, table_free);

/* How many rows the table has. */
uint32_t table_rows(const struct table *table);

/* What the added column of that index holds: texts, integers, floats or bools. */
const struct field *table_field(const struct table *table, uint32_t index);

/* The row of the key at that index of a column of keys, which is not null there; -1: none. */
int64_t table_find(const struct table *table, const struct column *keys, uint32_t index);

/* Puts the row's value of an added column into values. */
void table_get(const struct table *table, int64_t row, uint32_t added, struct column *values,
               uint32_t index);
