// SPDX-License-Identifier: Apache-2.0
#pragma once

/* struct, union and enum: the beginning that they have in common (ctag.c), and their bodies
 * (cstruct.c, cenum.c). */

#include "schema/cattribute.h"
#include "schema/cparse.h"

enum {
    CSTRUCT_MEMBERS_MAX = 4096, /* of one struct */
    CSTRUCT_BITS_MAX = 64,      /* of a bitfield */
};

/* "struct", "union", "enum" */
const char *ctag_word(enum ctype_kind kind);

/* Reads KEYWORD [ATTRIBUTES] [TAG], from the keyword up to the { of a body, if there is one. The
 * type is new, or the one of that tag, and complete only if there is no body. */
int ctag_read(struct cparser *parser, enum ctype_kind kind, struct cattributes *attributes,
              bool *ret_has_body, struct ctype **ret_type);

/* Reads a struct or union, with or without a body, from the keyword to after the body, the
 * attributes there included. */
int cstruct_read(struct cparser *parser, struct ctype **ret_type);

/* Reads an enum, with or without a body, from the keyword to after the body, the attributes there
 * included. */
int cenum_read(struct cparser *parser, struct ctype **ret_type);
