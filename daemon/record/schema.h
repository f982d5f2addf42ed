// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The typed layout of one source's samples. Built once at load, immutable afterwards, and read by
 * any thread. Whoever calls schema_new() owns the schema and everything below it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

enum field_kind {
    FIELD_UINT,  /* 1, 2, 4 or 8 bytes, host byte order */
    FIELD_INT,   /* the same, signed */
    FIELD_BOOL,  /* 1 byte: 0 is false, all else is true */
    FIELD_ENUM,  /* an integer of `size` bytes, `is_signed` or not, whose values have names */
    FIELD_CHARS, /* char[size]: text up to the first NUL, or all of it */
    FIELD_TEXT,  /* struct ringmill_text: offset and length of a text elsewhere in the sample */
    FIELD_TEXTS, /* struct ringmill_texts: the same for a run of NUL-ended texts */
};

/* What a value means beyond its layout. */
enum field_meaning {
    MEANING_NONE,
    MEANING_KTIME, /* nanoseconds of CLOCK_MONOTONIC, as bpf_ktime_get_ns() gives them */
};

struct enum_name {
    const char *name;
    int64_t value; /* unsigned 64-bit enums: the same bits */
};

struct field {
    const char *name;
    enum field_kind kind;
    enum field_meaning meaning;
    bool is_signed;                /* FIELD_INT and signed FIELD_ENUM */
    uint32_t offset;               /* bytes from the sample's start */
    uint32_t size;                 /* bytes at offset */
    const struct enum_name *names; /* FIELD_ENUM: n_names of them, in declaration order */
    uint32_t n_names;
};

struct schema {
    const char *type_name; /* "struct exec_event" */
    uint32_t size;         /* bytes of the fixed part; a sample may be shorter or longer */
    uint32_t n_fields;
    struct field *fields; /* in declaration order */
};

/* A schema with room for n_fields zeroed fields, or NULL when out of memory. */
struct schema *schema_new(const char *type_name, uint32_t n_fields);
void schema_free(struct schema *schema);
DEFINE_CLEANUP(struct schema, schema_free);

/* A copy of the text that lives as long as the schema; NULL when out of memory. */
const char *schema_keep(struct schema *schema, const char *text);
/* A zeroed array that lives as long as the schema; NULL when out of memory. */
void *schema_keep_array(struct schema *schema, size_t count, size_t size);

/* NULL when there is no such field. */
const struct field *schema_find(const struct schema *schema, const char *name);
/* The first field of that meaning; NULL when there is none. */
const struct field *schema_find_meaning(const struct schema *schema, enum field_meaning meaning);
