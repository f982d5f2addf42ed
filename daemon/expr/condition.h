// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Conditions, and what joins them. */

#include "expr/compile.h"

/* Does the tree say that the node is a condition, whatever the types of its fields? */
bool condition_is(const struct compile *compile, const struct node *node);

int condition_compile(struct compile *compile, const struct node *node, uint32_t *ret_term);
