// SPDX-License-Identifier: Apache-2.0
#pragma once

/* One comparison: its types, and the term it becomes. */

#include "expr/operand.h"
#include "expr/parse.h"
#include "expr/term.h"

/* node is a NODE_COMPARE. 0, or -EINVAL with scope's error filled. The term may point into the
 * tree's bytes. */
int compare_check(const struct scope *scope, const struct node *node, struct term *ret_term);
