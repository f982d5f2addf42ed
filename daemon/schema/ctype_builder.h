// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the schema that is made of a C type keeps: names, which are counted, and lists of fields. Of
 * what several fields share it keeps one. Part of ctype_schema.c. */

#include "base/error.h"
#include "schema/ctype.h"

/* What the schema already has of a type, so that all fields of that type share it. */
struct kept_type {
    const struct ctype *type;
    const char *spelling;
    const struct enum_name *names;
};

struct schema_builder {
    struct schema *schema;
    const char *origin; /* "BTF", for errors */
    struct error *error;
    uint32_t n_visited;
    size_t n_bytes; /* of names */
    bool has_texts; /* a struct ringmill_text was met */
    void *kept;     /* a tree of struct kept_type */
};

/* The fields of one struct so far. */
struct field_list {
    struct field *fields;
    uint32_t used;
    uint32_t room;
};

/* Reports that memory is out. -ENOMEM. */
int builder_refuse_memory(const struct schema_builder *builder);
/* Keeps a copy of a printable name. 0, or -errno with a sentence. */
int builder_keep(struct schema_builder *builder, const char *text, const char **ret_kept);
/* What is kept of that type, at first nothing; NULL: out of memory, which was reported. */
struct kept_type *builder_keep_type(struct schema_builder *builder, const struct ctype *type);
/* Keeps the type's C spelling, without typedefs' targets. 0, or -errno with a sentence. */
int builder_keep_spelling(struct schema_builder *builder, const struct ctype *type,
                          const char **ret_spelling);

/* Adds a copy of the field. 0, or -ENOMEM with a sentence. */
int field_list_add(const struct schema_builder *builder, struct field_list *list,
                   const struct field *field);
/* The schema's copy of the list; NULL: out of memory, which was reported. */
struct field *field_list_keep(const struct schema_builder *builder, const struct field_list *list);
/* Frees the list. */
void field_list_deinit(struct field_list *list);
