// SPDX-License-Identifier: Apache-2.0
#pragma once

/* in: lists, ranges and networks. */

#include "expr/compile.h"

enum { EXPR_LIST_MAX = 2048 }; /* elements of a list */

/* node is a NODE_IN. */
int member_compile(struct compile *compile, const struct node *node, uint32_t *ret_term);
