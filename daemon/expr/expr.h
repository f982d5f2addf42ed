// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The filter language: a condition on one record, typed against a schema once, then evaluated over
 * whole batches.
 *
 *     condition   terms joined by ! && || and ( ), binding as in C: ! before && before ||
 *     term        a bool field, true, false, or operand == != < <= > >= operand
 *     operand     a field (dots are part of its name), list[N], or a constant
 *     integer     5 -5 0x1f 0b101 1_000; decimal ones take ns us ms s min h d (the value is then in
 *                 nanoseconds) or B KiB MiB GiB TiB (in bytes)
 *     text        "in double quotes", with \" \\ \n \r \t \0 and \xNN
 *     name        of an enum value, where the other operand is a field of that enum; a field of the
 *                 same name comes first
 *
 * Types: integers and enums compare by value, whatever their widths and signs: no u64 equals -1 and
 * all are greater. A constant that a field cannot hold is no error. Bool and text know == and !=
 * only, and each compares with its own kind. A list compares by one of its elements, list[N].
 *
 * Null is a field that is not wholly inside the sample, a text whose place leads outside, or an
 * index past the list's end. A term with null in it is false, and what stands around it is as
 * usual:
 *
 *     null == x   false     !(null == x)   true      null == null   false
 *     null != x   false     !(null != x)   true      null < x       false
 *     null alone (bool)     false          !null     true
 */

#include <stdint.h>

#include "record/batch.h"
#include "record/schema.h"

enum {
    EXPR_TEXT_MAX = 16384,  /* bytes of an expression */
    EXPR_NODES_MAX = 4096,  /* operands and operators in it */
    EXPR_DEPTH_MAX = 32,    /* ( and ! inside each other; bounds the stack of every walk */
    EXPR_INDEX_MAX = 65535, /* N of list[N] */
    EXPR_ERROR_MAX = 512,
};

/* Why an expression was refused: one sentence, and where a caret would point. */
struct expr_error {
    char text[EXPR_ERROR_MAX];
    uint32_t column; /* bytes from the expression's start, from 0 */
    uint32_t width;  /* bytes of the offending token, at least 1; may stand at the text's end */
};

struct expr;

/* Checks text against schema and makes the form that runs. 0; -EINVAL with error filled; -ENOMEM
 * with error filled. The caller frees *ret_expr. The text may go afterwards, the schema too. */
int expr_compile(const char *text, const struct schema *schema, struct expr_error *error,
                 struct expr **ret_expr);
void expr_free(struct expr *expr); /* accepts NULL */

/* Keeps in batch's selection the records for which the condition holds, in order. The batch's
 * schema must be the one that expr was compiled for. Any thread, each with its own batch; takes no
 * memory but the stack, under 64 KiB of it. */
void expr_select(const struct expr *expr, struct batch *batch);
