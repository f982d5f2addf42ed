// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The types that samples may be of, as `ringmill schema` lists them: first those that only the
 * length of records leads to, then those of the BTF, first the ones that a convention names, then
 * those that only the DWARF has. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "record/schema.h"

struct btf;
struct types;

struct schema_list_type {
    char *name;
    char *map; /* the ring whose type it is; NULL: that is not known */
    uint32_t size;
    bool is_union;
    bool kept;      /* by a variable, so that it is there */
    bool in_dwarf;  /* and not in the BTF */
    bool by_length; /* the only one of the author's as long as the map's records */
};

struct schema_list {
    struct schema_list_type *types;
    uint32_t count;
    uint32_t room;
};

/* btf may be NULL; types is the file it is from, or NULL. 0, or -errno and a sentence. The caller
 * ends it with schema_list_deinit(), after a failure too. */
int schema_list_init(struct schema_list *list, const struct btf *btf, const struct types *types,
                     struct error *error);
/* Accepts a zeroed one. */
void schema_list_deinit(struct schema_list *list);

/* The layout of one type, and the list, as `ringmill schema --json` prints them; docs/schemas.md
 * says what the keys mean. The caller owns the object; NULL when out of memory. */
json_t *schema_json_type(const struct schema *schema);

/* As schema_json_type(), of all types of the list without their fields. */
json_t *schema_json_list(const struct schema_list *list);
