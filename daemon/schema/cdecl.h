// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The two halves of a C declaration: specifiers ("const struct key", "unsigned long") and
 * declarators ("*name[4]"), with their attributes. */

#include "schema/cattribute.h"
#include "schema/cparse.h"

enum { CDECL_DIMENSIONS_MAX = 8 };

struct cspecifiers {
    const struct ctype *type;
    bool is_typedef;
    bool is_tag;     /* a struct or union with a tag, or an enum: says something by itself */
    bool is_unnamed; /* a struct or union without a tag */
    struct cattributes attributes;
};

struct cdeclarator {
    struct ctoken name; /* CTOKEN_WORD, or width 0: unnamed */
    const struct ctype *type;
    bool is_flexible; /* an array without a length */
    struct cattributes attributes;
};

/* Whether the token looked at begins a type. */
bool cdecl_is_type(const struct cparser *parser);

/* Reads the specifiers from the token looked at, with a struct's or enum's body if there is one. */
int cdecl_read_specifiers(struct cparser *parser, struct cspecifiers *ret_specifiers);

/* Reads one declarator of base, with or without a name, up to its attributes. */
int cdecl_read_declarator(struct cparser *parser, const struct ctype *base,
                          struct cdeclarator *ret_declarator);

/* A type without a name to declare, as in sizeof(). */
int cdecl_read_type(struct cparser *parser, const struct ctype **ret_type);
