// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One side of a comparison, with its type: names become fields and enum values here. */

#include <stdbool.h>
#include <stdint.h>

#include "expr/expr.h"
#include "expr/parse.h"
#include "expr/term.h"

enum operand_type {
    OPERAND_INTEGER, /* and enums: both are values */
    OPERAND_BOOL,
    OPERAND_TEXT,
    OPERAND_LIST,
};

/* Holds every u64 and every s64. */
typedef __int128 wide;

struct operand {
    enum operand_type type;
    const struct node *node;
    const struct field *field; /* NULL: a constant */
    uint32_t index;            /* of a list's element */
    wide value;                /* constants: OPERAND_INTEGER */
    bool truth;                /* OPERAND_BOOL */
    struct text text;          /* OPERAND_TEXT */
};

/* What the words of an expression are looked up in. */
struct scope {
    const struct schema *schema;
    const struct tree *tree;
    struct expr_error *error;
};

/* Types node, which stands opposite to other (NULL: alone). 0, or -EINVAL with error filled. */
int operand_resolve(const struct scope *scope, const struct node *node, const struct node *other,
                    struct operand *ret_operand);

/* "uid (u32)", as errors name an operand. */
enum { OPERAND_WORDS_MAX = 128 };
void operand_describe(const struct scope *scope, const struct operand *operand,
                      char out[OPERAND_WORDS_MAX]);

/* A field operand's place in the sample. */
struct place operand_place(const struct operand *operand);
