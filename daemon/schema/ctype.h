// SPDX-License-Identifier: Apache-2.0
#pragma once

/* C types as BTF, DWARF and C text describe them, before they become fields. All types of one
 * reading belong to one struct ctypes and refer to each other freely; schema_from_ctype() turns one
 * struct of them into a schema, which keeps nothing of them. One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "record/schema.h"

enum {
    CTYPE_SIZE_MAX = (1 << 30) - 1, /* bytes; a ring's record has 30 bits for its length */
    CTYPE_SPELLING_DEPTH_MAX = 16,  /* stars, brackets and qualifiers on top of each other */
    CTYPE_BITS_MAX = 128,           /* of a bitfield */
    CTYPE_NAME_MAX = 1023,          /* bytes of a name out of DWARF; the rest is cut */
    CTYPE_SPELLING_MAX = 256,       /* bytes of a type's spelling, with the NUL */
};

enum ctype_kind {
    CTYPE_VOID, /* void, a function, or what is declared and never defined: no size */
    CTYPE_FUNCTION,
    CTYPE_INTEGER,
    CTYPE_BOOL,
    CTYPE_FLOAT,
    CTYPE_OTHER, /* a value of `size` bytes that no field kind can be: a complex number */
    CTYPE_ENUM,
    CTYPE_POINTER,
    CTYPE_ARRAY,
    CTYPE_STRUCT,
    CTYPE_UNION,
    CTYPE_ALIAS, /* a typedef; this and what follows is another type by another name */
    CTYPE_CONST,
    CTYPE_VOLATILE,
};

struct ctype;

struct cmember {
    const char *name; /* NULL: unnamed */
    const struct ctype *type;
    uint64_t bit;     /* from the start of the struct */
    uint32_t align;   /* asked for by an attribute; 0: not */
    uint8_t bits;     /* of a bitfield */
    bool is_bitfield; /* bits may be 0 then */
    bool is_packed;
};

struct ctype {
    enum ctype_kind kind;
    bool is_signed;
    bool is_complete;           /* STRUCT, UNION, ENUM: defined, not only declared */
    const char *name;           /* "unsigned int", "__u32", the tag; NULL: none */
    uint32_t size;              /* bytes; a flexible array has none */
    uint32_t align;             /* bytes; set by the C text reader only; 0: as the target's */
    const struct ctype *target; /* of what is made of another type; NULL: void */
    uint32_t count;             /* ARRAY: 0: flexible */
    uint32_t n_members;
    const struct cmember *members;
    uint32_t n_names;
    const struct enum_name *names; /* NULL: ENUM: not known, so it is a number */
    const struct ctype *narrow;    /* ENUM: the same in a bitfield of less than 32 bits; or NULL */
};

struct ctypes;

/* An empty set of types; NULL when out of memory. */
struct ctypes *ctypes_new(void);
/* Frees all types and what was kept with them. Accepts NULL. */
void ctypes_free(struct ctypes *types);
DEFINE_CLEANUP(struct ctypes, ctypes_free);

/* Zeroed memory that lives as long as types; NULL when out of memory. */
void *ctypes_keep(struct ctypes *types, size_t count, size_t size);
/* length bytes of text with a NUL after; NULL when out of memory. */
const char *ctypes_keep_text(struct ctypes *types, const char *text, size_t length);

/* A type of that kind, else zeroed; NULL when out of memory. */
struct ctype *ctypes_add(struct ctypes *types, enum ctype_kind kind);
/* An array of count elements; 0: flexible. 0, -ENOMEM, or -EFBIG when it would be larger than
 * CTYPE_SIZE_MAX. */
int ctypes_add_array(struct ctypes *types, const struct ctype *element, uint32_t count,
                     const struct ctype **ret_array);
/* A pointer of 8 bytes; target NULL: to void. 0 or -ENOMEM. */
int ctypes_add_pointer(struct ctypes *types, const struct ctype *target,
                       const struct ctype **ret_pointer);

/* The type without its typedefs and qualifiers; NULL is void. */
const struct ctype *ctype_bare(const struct ctype *type);

/* How C would write the type: "__u32", "struct flow_key", "char[16]", "const char *",
 * "int (*)()". Qualifiers of the whole are left out, those after a pointer are not. What is too
 * long or nested too deep holds "...". */
void ctype_spell(const struct ctype *type, char text[static CTYPE_SPELLING_MAX]);
