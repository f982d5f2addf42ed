// SPDX-License-Identifier: Apache-2.0
#pragma once

/* =~ and !~ */

#include "expr/compile.h"

/* node is a NODE_MATCH. */
int match_compile(struct compile *compile, const struct node *node, uint32_t *ret_term);
