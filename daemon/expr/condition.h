// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Nodes that make a term. Each compile function returns 0, or -EINVAL or -ENOMEM with the error
 * filled. */

#include "expr/compile.h"

enum { EXPR_LIST_MAX = 2048 }; /* elements of a list */

/* Whether the node is a condition whatever the types of its fields are. */
bool node_is_condition(const struct compile *compile, const struct node *node);

/* Any condition, also && and || of several. */
int condition_compile(struct compile *compile, const struct node *node, uint32_t *ret_term);
/* A NODE_MATCH: =~ or !~. In match.c. */
int match_compile(struct compile *compile, const struct node *node, uint32_t *ret_term);
/* A NODE_IN: lists, ranges and networks. In member.c. */
int member_compile(struct compile *compile, const struct node *node, uint32_t *ret_term);
