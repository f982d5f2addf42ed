// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One comparison: its types, and the term it becomes. */

#include "expr/operand.h"

/* Takes steps from `first` on into the term as those to run before it, and adds it. */
int compare_add(struct compile *compile, struct term *term, uint32_t first, uint32_t *ret_term);
/* As compare_add(), for a term whose operands may all be constants in registers: then the term is
 * evaluated here and replaced by its result. */
int compare_add_predicate(struct compile *compile, struct term *term, uint32_t first, bool constant,
                          uint32_t *ret_term);
/* Adds a term that holds for all records, or for none. */
int compare_add_truth(struct compile *compile, bool truth, uint32_t *ret_term);

/* Adds a term: the integer, which is consumed, lies in [lowest, highest], by value. Null is false,
 * inverted or not. Both may lie outside of what it can hold. */
int compare_range(struct compile *compile, struct operand *operand, wide lowest, wide highest,
                  bool inverted, uint32_t first, uint32_t *ret_term);

/* Whether it is a text in the sample, of a field of its own. */
bool compare_is_plain_text(const struct operand *operand);
/* Adds a term: such a text begins with the prefix, whose bytes live as long as the program. */
int compare_prefix(struct compile *compile, const struct operand *left, const struct text *prefix,
                   uint32_t first, uint32_t *ret_term);

/* Whether the two can be equal, by their types. */
bool compare_fits(const struct operand *left, const struct operand *constant);

/* left op right; node is what errors point at. */
int compare_nodes(struct compile *compile, const struct node *node, enum op op,
                  const struct node *left_node, const struct node *right_node,
                  const struct operand_context *context, uint32_t *ret_term);

/* Refuses a comparison of operands whose types do not fit: says what each side is and what to write
 * instead, as in `uid is a number and "root" is text; compare with a number, as in uid == 0`.
 * spelling: the operator, or "in".
 * In mismatch.c. */
int mismatch_refuse(const struct compile *compile, const struct node *node, const char *spelling,
                    const struct operand *left, const struct operand *right);

/* node is a NODE_COMPARE. */
int compare_compile(struct compile *compile, const struct node *node, uint32_t *ret_term);
