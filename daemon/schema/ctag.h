// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The beginning that struct, union and enum have in common. */

#include "schema/cattribute.h"
#include "schema/cparse.h"

/* "struct", "union", "enum" */
const char *ctag_word(enum ctype_kind kind);

/* Reads KEYWORD [ATTRIBUTES] [TAG], from the keyword up to the { of a body, if there is one. The
 * type is new, or the one of that tag, and complete only if there is no body. */
int ctag_read(struct cparser *parser, enum ctype_kind kind, struct cattributes *attributes,
              bool *ret_has_body, struct ctype **ret_type);
