// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Values: fields, constants, and what operators make of them. */

#include "expr/operand.h"

/* For an operand whose surroundings give no type, names or clock. */
extern const struct operand_context operand_context_none;

/* The context that the values in node's subtree give each other; what they lack is taken from
 * around. */
struct operand_context value_context(const struct compile *compile, const struct node *node,
                                     const struct operand_context *around);

/* Types node and adds the steps that compute it. What the tree says is a condition is refused. */
int value_compile(struct compile *compile, const struct node *node,
                  const struct operand_context *context, struct operand *ret);
