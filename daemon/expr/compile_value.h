// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Values: fields, constants, and what operators make of them. */

#include "expr/operand.h"

/* For an operand whose surroundings give no type, names or clock. */
extern const struct beside beside_nothing;

/* What the values in node's subtree lend to each other; what they lack is taken from around. */
struct beside value_beside(const struct compile *compile, const struct node *node,
                           const struct beside *around);

/* Types node and adds the steps that compute it. What the tree says is a condition is refused. */
int value_compile(struct compile *compile, const struct node *node, const struct beside *beside,
                  struct operand *ret);
